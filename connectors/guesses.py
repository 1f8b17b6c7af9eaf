# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which column of a table is what, by its name in five languages and by its values."""

import re

from .durations import unit_of_name
from .values import is_empty

# What columns are called, best names first: English, German, French, Spanish, Romanian.
# fmt: off
COMMON = {
    "external_id": (
        "external id", "id", "entry id", "uuid", "worklog id", "beleg nr", "belegnr",
        "belegnummer", "rechnungsnummer", "rechnung nr", "document number",
        "invoice no",
        "invoice number", "no facture", "numéro de facture", "número de factura",
        "nr factură", "nr document"),
    "changed_at": (
        "updated at", "updated", "last updated", "changed", "modified", "write date",
        "geändert", "geändert am", "modifié le", "actualizado", "modificat",
        "modificado"),
    "deleted": (
        "deleted", "void", "deleted at", "gelöscht", "storniert", "supprimé",
        "eliminado",
        "șters"),
    "partner_id": (
        "customer", "client", "customer name", "client name", "kunde", "kundenname",
        "cliente", "société", "empresa", "company", "firma", "kunde nr", "kundennummer",
        "customer number", "client number", "ust idnr", "vat"),
}
TIME = {
    "ticket_id": (
        "ticket", "ticket number", "ticket id", "ticketnummer", "issue key", "issue",
        "case", "tichet", "incidencia", "vorgang"),
    "employee_email": (
        "email", "e mail", "user email", "employee email", "mail", "courriel", "correo",
        "correo electrónico"),
    "employee_id": (
        "employee", "user", "user name", "mitarbeiter", "mitarbeiterin", "benutzer",
        "person", "employé", "utilisateur", "collaborateur", "empleado", "usuario",
        "angajat", "utilizator", "author"),
    "unit_amount": (
        "duration h", "hours", "duration", "time spent", "time", "duration decimal",
        "minutes", "seconds", "stunden", "dauer", "zeit", "minuten", "durée", "heures",
        "temps", "duración", "horas", "tiempo", "durată", "durata", "ore", "minute"),
    "date": (
        "date", "work date", "start date", "day", "spent on", "datum", "tag",
        "startdatum", "date de début", "jour", "fecha", "fecha de inicio", "data",
        "ziua",
        "started"),
    "name": (
        "description", "title", "notes", "text", "comment", "summary", "subject",
        "beschreibung", "titel", "tätigkeit", "bemerkung", "kommentar", "libellé",
        "commentaire", "descripción", "descriere", "observații"),
    "internal_note": ("internal note", "notiz intern", "interne notiz", "note interne",
                      "nota interna", "notă internă"),
    "is_billable": ("billable", "abrechenbar", "verrechenbar", "facturable",
                    "facturabil", "facturabilă"),
}
PURCHASE = {
    "partner_email": ("email", "e mail", "customer email", "courriel", "correo"),
    "credits": (
        "credits", "hours bought", "hours purchased", "hours", "quantity",
        "stunden gekauft", "stunden", "menge", "anzahl", "heures achetées", "heures",
        "quantité", "horas compradas", "horas", "cantidad", "ore cumpărate", "ore",
        "cantitate"),
    "value_per_credit": (
        "value per credit", "price per hour", "price", "rate", "unit price",
        "preis std",
        "preis stunde", "stundensatz", "einzelpreis", "preis", "prix horaire", "prix",
        "precio por hora", "precio", "preț pe oră", "preț"),
    "currency_id": ("currency", "währung", "devise", "moneda", "monedă"),
    "date_start": (
        "valid from", "start date", "start", "from", "gültig ab", "von", "beginn",
        "valable du", "début", "válido desde", "desde", "valabil de la", "început"),
    "date_expiry": (
        "valid until", "valid to", "expiry date", "expiry", "expires", "end date",
        "end",
        "gültig bis", "bis", "ende", "ablauf", "valable jusqu au", "fin",
        "válido hasta", "hasta", "valabil până la", "expiră"),
    "description": ("description", "package", "paket", "beschreibung", "forfait",
                    "paquete", "descripción", "pachet", "descriere"),
}
# fmt: on
FIELDS = {"time_entry": {**COMMON, **TIME}, "purchase": {**COMMON, **PURCHASE}}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")


def guess_fields(rows, target) -> list[tuple[str, str]]:
    """Return ``(column, target field)`` for the columns whose meaning is plain.

    :param rows: the first rows, as dicts
    """
    columns = list(dict.fromkeys(name for row in rows for name in row if name))
    plain = {name: _plain(name) for name in columns}
    found = []
    for field, names in FIELDS[target].items():
        fits = [name for name in columns if plain[name] in names]
        fits = [
            name for name in fits if _can_be(field, [row.get(name) for row in rows])
        ]
        if fits:
            found.append(
                (min(fits, key=lambda n: _rank(field, names, plain, n)), field)
            )
    return _with_people(found, columns, plain, target)


def _rank(field, names, plain, name):
    # A column that tells its unit leaves nothing to ask.
    return field == "unit_amount" and not unit_of_name(name), names.index(plain[name])


def _with_people(found, columns, plain, target):
    """First and last name together are a person."""
    fields = {field for _name, field in found}
    if target != "time_entry" or fields & {"employee_id", "employee_email"}:
        return found
    for pair in (
        ("first name", "last name"),
        ("vorname", "nachname"),
        ("prénom", "nom"),
        ("nombre", "apellido"),
        ("prenume", "nume"),
    ):
        names = [name for part in pair for name in columns if plain[name] == part]
        if len(names) == 2:
            return found + [(name, "employee_id") for name in names]
    return found


def _can_be(field, values) -> bool:
    told = [str(value).strip() for value in values if not is_empty(value)]
    if field == "external_id":
        return len(told) == len(values) and len(set(told)) == len(told)
    if field in ("employee_email", "partner_email"):
        return bool(told) and all(map(EMAIL.fullmatch, told))
    return True


def _plain(name: str) -> str:
    """A name without case, punctuation and camels."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return " ".join(re.findall(r"\w+", words.replace("_", " ").lower()))

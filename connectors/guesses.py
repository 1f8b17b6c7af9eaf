# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which column of a table is what, by its name in five languages and by its values."""

import re
import unicodedata

from .durations import unit_of_name
from .errors import quote
from .values import FALSE, TRUE, is_empty

# What columns are called, best names first, without accents: English, German, French,
# Spanish, Romanian. The number of a line ("Nr.", "N°") is not an ID: it changes when
# the table is sorted.
# fmt: off
COMMON = {
    "external_id": (
        "external id", "id", "entry id", "uuid", "worklog id", "beleg nr", "belegnr",
        "belegnummer", "rechnungsnummer", "rechnung nr", "rechnungsnr",
        "document number", "invoice no", "invoice number", "invoice", "no facture",
        "n facture", "numero de facture", "numero facture", "facture", "n de factura",
        "n o de factura",
        "numero de factura", "num factura", "factura", "nr factura", "numar factura",
        "nr document"),
    "changed_at": (
        "updated at", "updated", "last updated", "changed", "modified", "write date",
        "geandert", "geandert am", "modifie le", "modifie", "actualizado", "modificado",
        "modificat", "actualizat"),
    "deleted": (
        "deleted", "void", "deleted at", "geloscht", "storniert", "supprime",
        "eliminado", "sters"),
    "partner_id": (
        "customer", "client", "customer name", "client name", "kunde", "kundenname",
        "nom du client", "nombre del cliente", "nume client", "cliente", "societe",
        "entreprise", "empresa", "company", "firma", "companie", "kunde nr",
        "kundennummer", "customer number", "client number", "no client", "n client",
        "cod client", "ust idnr", "vat", "tva", "nif", "cui"),
}
TIME = {
    "ticket_id": (
        "ticket", "ticket number", "ticket id", "ticket no", "ticketnummer",
        "ticket nr", "no ticket", "n ticket", "numero de ticket", "nr tichet",
        "issue key", "issue", "case", "work package", "tichet", "incidencia",
        "incident", "vorgang"),
    "employee_email": (
        "email", "e mail", "user email", "employee email", "mail", "courriel", "correo",
        "correo electronico", "adresse e mail", "adresa de e mail"),
    "employee_id": (
        "employee", "user", "user name", "full name", "mitarbeiter", "mitarbeiterin",
        "benutzer", "bearbeiter", "person", "employe", "utilisateur", "collaborateur",
        "technicien", "empleado", "usuario", "tecnico", "angajat", "utilizator",
        "technician", "author"),
    "unit_amount": (
        "duration h", "hours", "duration", "time spent", "units", "time",
        "duration decimal", "minutes", "seconds", "stunden", "dauer", "zeit",
        "arbeitszeit", "zeitaufwand", "minuten", "duree", "heures", "temps",
        "temps passe", "duracion", "horas", "tiempo", "tiempo dedicado", "durata",
        "ore", "timp", "timp lucrat", "minute"),
    "date": (
        "date", "work date", "start date", "day", "date spent", "spent on", "datum",
        "tag", "arbeitstag", "startdatum", "date de debut", "jour", "fecha", "dia",
        "fecha de inicio", "data", "ziua", "data lucrarii", "started"),
    "name": (
        "description", "title", "notes", "text", "comment", "summary", "subject",
        "beschreibung", "titel", "tatigkeit", "bemerkung", "kommentar", "libelle",
        "commentaire", "titre", "descripcion", "comentario", "titulo", "descriere",
        "comentariu", "titlu", "observatii"),
    "internal_note": ("internal note", "notiz intern", "interne notiz", "note interne",
                      "nota interna"),
    "is_billable": ("billable", "abrechenbar", "verrechenbar", "fakturierbar",
                    "facturable", "facturabil", "facturabila"),
}
PURCHASE = {
    "partner_email": (
        "email", "e mail", "customer email", "mail", "courriel", "correo",
        "correo electronico"),
    "credits": (
        "credits", "hours bought", "hours purchased", "hours sold", "hours", "quantity",
        "stunden gekauft", "gekaufte stunden", "stunden", "menge", "anzahl",
        "heures achetees", "heures", "quantite", "horas compradas", "horas", "cantidad",
        "ore cumparate", "ore", "cantitate"),
    "value_per_credit": (
        "value per credit", "price per hour", "hourly rate", "hourly price", "price",
        "rate", "unit price", "preis std", "preis stunde", "preis pro stunde",
        "stundensatz", "einzelpreis", "preis", "prix horaire", "taux horaire",
        "prix par heure", "prix unitaire", "prix", "precio por hora", "tarifa",
        "precio unitario", "precio", "pret pe ora", "tarif orar", "pret unitar",
        "pret"),
    "credits_used": (
        "hours used", "used hours", "credits used", "used", "consumed",
        "stunden verbraucht", "verbrauchte stunden", "verbraucht", "verbrauch",
        "heures consommees", "heures utilisees", "consommees", "consomme", "utilise",
        "horas consumidas", "horas usadas", "horas utilizadas", "consumido",
        "ore consumate", "ore folosite", "ore utilizate", "consumate", "folosite",
        "opening used"),
    # With tax or without it: only these names tell.
    "amount_total": (
        "net amount", "amount net", "untaxed amount", "amount excl tax",
        "amount without tax", "betrag netto", "nettobetrag", "summe netto", "netto",
        "montant ht", "total ht", "prix total ht", "importe neto", "total neto",
        "base imponible", "suma neta", "valoare neta", "valoare fara tva",
        "total fara tva"),
    "currency_id": ("currency", "wahrung", "devise", "monnaie", "moneda", "valuta"),
    "date_start": (
        "valid from", "start date", "start", "from", "gultig ab", "von", "beginn",
        "valable du", "valable a partir du", "debut", "valido desde", "desde",
        "inicio", "valabil de la", "valabil din", "inceput"),
    "date_expiry": (
        "valid until", "valid to", "expiry date", "expiry", "expires", "end date",
        "end", "gultig bis", "bis", "ende", "ablauf", "valable jusqu au", "fin",
        "expire le", "valido hasta", "hasta", "caduca", "vencimiento",
        "valabil pana la", "expira", "data expirarii"),
    "description": ("description", "package", "paket", "beschreibung", "forfait",
                    "paquete", "descripcion", "pachet", "descriere"),
}
# Ticks of rows that another system has billed, or will bill, by itself.
BILLED = {"invoiced", "billed", "exported", "fakturiert", "abgerechnet", "verrechnet",
          "facture", "facturee", "exporte", "facturado", "facturada", "exportado",
          "facturat", "facturata", "exportat"}
# What is left, where nothing tells what was used.
LEFT = {"hours left", "remaining hours", "hours remaining", "remaining", "left", "rest",
        "reststunden", "verbleibend", "heures restantes", "restant", "restantes",
        "solde", "horas restantes", "saldo", "ore ramase", "ramase"}
START = {"start", "start time", "started at", "begin", "from", "von", "beginn",
         "anfang", "kommen", "startzeit", "debut", "heure de debut", "heure debut",
         "de", "inicio", "hora de inicio", "hora inicio", "desde", "inceput",
         "ora inceput", "ora de inceput", "de la"}
END = {"end", "end time", "ended at", "finish", "to", "until", "bis", "ende", "gehen",
       "endzeit", "fin", "heure de fin", "heure fin", "a", "hora de fin", "hora fin",
       "hasta", "sfarsit", "ora sfarsit", "ora de sfarsit", "pana la"}
BREAK = {"break", "breaks", "pause", "pausen", "descanso", "pausa", "pauza"}
# fmt: on
FIELDS = {"time_entry": {**COMMON, **TIME}, "purchase": {**COMMON, **PURCHASE}}
RELATIONS = ("partner_id", "employee_id", "ticket_id")
# "Time" is a duration for some, and the time of day for others.
TIMES = {"time", "zeit", "temps", "tiempo", "timp"}
TIME_OF_DAY = re.compile(r"\d\d:\d\d(:\d\d)?( ?[ap]\.?m\.?)?|\d?\d:\d\d ?[ap]\.?m\.?")
HAS_TIME = re.compile(r"\d:\d\d|^\d{1,2}h\d\d$")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
# First and last name together are a person.
PAIRS = (
    ("first name", "last name"),
    ("vorname", "nachname"),
    ("prenom", "nom"),
    ("nombre", "apellido"),
    ("nombre", "apellidos"),
    ("prenume", "nume"),
)
MAX_COLUMNS = 500
DEPTH = 3  # of nested objects


def flatten(values, depth=DEPTH):
    """Yield ``(name, value)`` of a row; dots lead into nested objects."""
    for name, value in values.items():
        if isinstance(value, dict) and depth > 1:
            for inner, found in flatten(value, depth - 1):
                yield f"{name}.{inner}", found
        elif name:
            yield str(name), value


def get_columns(rows) -> dict[str, list]:
    """Return the values of each column of some rows, as far as they tell anything."""
    columns = {}
    for row in rows:
        for name, value in flatten(row):
            if name in columns or len(columns) < MAX_COLUMNS:
                columns.setdefault(name, []).append(value)
    return columns


def guess_fields(columns, target) -> list[tuple[str, str]]:
    """Return ``(column, target field)`` for the columns whose meaning is plain.

    :param columns: the values of the first rows by column
    """
    count = max(map(len, columns.values()), default=0)
    plain = {name: _plain(name) for name in columns}
    found = []
    for field, names in FIELDS[target].items():
        fits = [
            name
            for name in columns
            if plain[name] in names
            and _can_be(field, plain[name], columns[name], count)
        ]
        if fits:
            found.append(
                (min(fits, key=lambda n: _rank(field, names, plain, n)), field)
            )
    if target == "purchase":
        return _with_what_is_left(found, plain)
    return _with_span(_with_people(found, plain), plain, columns)


def _with_what_is_left(found, plain):
    fields = {field for _name, field in found}
    left = [name for name in plain if plain[name] in LEFT]
    if not left or "credits_used" in fields:
        return found
    return [*found, (left[0], "credits_left" if "credits" in fields else "credits")]


def _with_span(found, plain, columns):
    """Start, end and break, where no column tells the duration."""
    if "unit_amount" in {field for _name, field in found}:
        return found
    pairs = (("time_start", START), ("time_end", END))
    span = [
        (name, field)
        for field, names in pairs
        for name in list(plain)
        if plain[name] in names and any(map(HAS_TIME.search, get_texts(columns[name])))
    ]
    if [field for _name, field in span] != ["time_start", "time_end"]:
        return found
    pauses = [(name, "time_break") for name in plain if plain[name] in BREAK]
    return found + span + pauses[:1]


def guess_billed(columns) -> list[str]:
    """Return the columns that tick what was billed elsewhere."""
    return [
        name
        for name, values in columns.items()
        if _plain(name) in BILLED and _are_ticks(get_texts(values))
    ]


def _are_ticks(texts) -> bool:
    return bool(texts) and all(text.lower() in TRUE | FALSE for text in texts)


def _rank(field, names, plain, name):
    # A column that tells its unit leaves nothing to ask.
    return field == "unit_amount" and not unit_of_name(name), names.index(plain[name])


def _with_people(found, plain):
    fields = {field for _name, field in found}
    if fields & {"employee_id", "employee_email"}:
        return found
    for pair in PAIRS:
        names = [name for part in pair for name in plain if plain[name] == part]
        if len(names) == 2:
            return found + [(name, "employee_id") for name in names]
    return found


def _can_be(field, name, values, count) -> bool:
    told = get_texts(values)
    if field == "external_id":
        return len(told) == count and len(set(told)) == len(told)
    if field in ("employee_email", "partner_email"):
        return bool(told) and all(map(EMAIL.fullmatch, told))
    if field in RELATIONS:
        return not _are_ticks(told)
    if field == "date":
        return not told or any(map(str.isdigit, "".join(told)))
    if field == "unit_amount" and name in TIMES:
        return not all(TIME_OF_DAY.fullmatch(text.lower()) for text in told)
    return True


def get_texts(values) -> list[str]:
    """What single values say, without those that say nothing."""
    return [
        quote(value).strip()
        for value in values
        if not is_empty(value) and not isinstance(value, (dict, list))
    ]


def _plain(name: str) -> str:
    """A name without case, accents, punctuation and camels."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    letters = unicodedata.normalize("NFKD", words.replace("_", " ").lower())
    bare = "".join(char for char in letters if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", bare))

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What columns are, by their names in eight languages, their values and our records."""

import base64
import random
from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged

from ...connectors.guesses import get_columns, guess_billed, guess_fields
from ...connectors.tables import is_total
from ...connectors.values import ValueRefused, parse_date
from ..support.peers import http_peer
from ..support.sync import workbook
from .test_sync_files import FilesCase

# Header, a row of it, and what each column is; "" for a column that is nothing.
TIME_TABLES = {
    "en": (
        "ID|Ticket Number|User|Email|Work Date|Hours|Description|Billable|Client|Rate",
        "7|HT1|Ada|a@x.test|2026-10-05|1.5|Call|yes|Mill|95",
        "external_id|ticket_id|employee_id|employee_email|date|unit_amount|name|"
        "is_billable|partner_id|",
    ),
    "de": (
        "Eintrag-Nr.|Ticketnummer|Bearbeiter|E-Mail|Datum|Stunden|Tätigkeit|Abrechenbar|"
        "Kunde|Geändert am|Notiz intern",
        "7|HT1|Ada|a@x.test|05.10.2026|1,5|Anruf|ja|Mill|06.10.2026|leise",
        "external_id|ticket_id|employee_id|employee_email|date|unit_amount|name|"
        "is_billable|partner_id|changed_at|internal_note",
    ),
    "fr": (
        "N° d'enregistrement|N° ticket|Employé|Courriel|Jour|Durée|Libellé|Facturable|"
        "Société|Modifié le",
        "7|HT1|Ada|a@x.test|05/10/2026|1h30|Appel|oui|Mill|06/10/2026",
        "external_id|ticket_id|employee_id|employee_email|date|unit_amount|name|"
        "is_billable|partner_id|changed_at",
    ),
    "es": (
        "Número de registro|Incidencia|Técnico|Correo electrónico|Fecha|Duración|"
        "Descripción|Facturable|Cliente|Actualizado",
        "7|HT1|Ada|a@x.test|05/10/2026|1:30|Llamada|sí|Mill|06/10/2026",
        "external_id|ticket_id|employee_id|employee_email|date|unit_amount|name|"
        "is_billable|partner_id|changed_at",
    ),
    "ro": (
        "Nr. înregistrare|Nr. tichet|Angajat|Correo|Dată|Durată|Observații|Facturabilă|"
        "Firmă|Notă internă",
        "7|HT1|Ada|a@x.test|05.10.2026|1:30|Apel|da|Mill|discret",
        "external_id|ticket_id|employee_id|employee_email|date|unit_amount|name|"
        "is_billable|partner_id|internal_note",
    ),
    "it": (
        "ID voce|Richiesta|Tecnico|Data intervento|Ore lavorate|Descrizione|"
        "Fatturabile|Ragione sociale",
        "7|HT1|Ada|05/10/2026|1:30|Chiamata|sì|Mill",
        "external_id|ticket_id|employee_id|date|unit_amount|name|is_billable|"
        "partner_id",
    ),
    "nl": (
        "Registratienummer|Melding|Medewerker|Datum|Gewerkte uren|Omschrijving|"
        "Factureerbaar|Klant|Boekdatum",
        "7|HT1|Ada|05-10-2026|1:30|Gesprek|ja|Mill|06-10-2026",
        "external_id|ticket_id|employee_id|date|unit_amount|name|is_billable|"
        "partner_id|",
    ),
    "pt": (
        "Número do registro|Chamado|Funcionário|Data do serviço|Horas trabalhadas|"
        "Descrição|Faturável|Razão social",
        "7|HT1|Ada|05/10/2026|1:30|Ligação|sim|Mill",
        "external_id|ticket_id|employee_id|date|unit_amount|name|is_billable|"
        "partner_id",
    ),
}
PURCHASE_TABLES = {
    "en": (
        "Invoice No|Customer|Package|Hours Purchased|Price per Hour|Currency|"
        "Valid From|Valid Until",
        "I1|Mill|Big|50|95|EUR|2026-01-01|2026-12-31",
        "external_id|partner_id|description|credits|value_per_credit|currency_id|"
        "date_start|date_expiry",
    ),
    "de": (
        "Rechnungsnr.|Kundennummer|Paket|Stunden gekauft|Preis/Std.|Währung|Gültig ab|"
        "Gültig bis|Storniert",
        "I1|K1|Groß|50|95|EUR|01.01.2026|31.12.2026|nein",
        "external_id|partner_id|description|credits|value_per_credit|currency_id|"
        "date_start|date_expiry|deleted",
    ),
    "fr": (
        "Numéro de facture|Client|Forfait|Heures achetées|Taux horaire|Devise|"
        "Valable du|Valable jusqu'au",
        "I1|Mill|Grand|50|95|EUR|01/01/2026|31/12/2026",
        "external_id|partner_id|description|credits|value_per_credit|currency_id|"
        "date_start|date_expiry",
    ),
    "es": (
        "N.º de factura|Cliente|Paquete|Horas compradas|Tarifa|Moneda|Válido desde|"
        "Válido hasta",
        "I1|Mill|Grande|50|95|EUR|01/01/2026|31/12/2026",
        "external_id|partner_id|description|credits|value_per_credit|currency_id|"
        "date_start|date_expiry",
    ),
    "ro": (
        "Număr factură|Client|Pachet|Ore cumpărate|Preț pe oră|Monedă|Valabil din|"
        "Expiră",
        "I1|Mill|Mare|50|95|EUR|01.01.2026|31.12.2026",
        "external_id|partner_id|description|credits|value_per_credit|currency_id|"
        "date_start|date_expiry",
    ),
    "it": (
        "N. fattura|Cliente|Pacchetto|Ore acquistate|Prezzo per ora|Valuta|Valido dal|"
        "Valido fino al|Ore utilizzate",
        "I1|Mill|Grande|50|95|EUR|01/01/2026|31/12/2026|5",
        "external_id|partner_id|description|credits|value_per_credit|currency_id|"
        "date_start|date_expiry|credits_used",
    ),
    "nl": (
        "Factuurnummer|Klant|Pakket|Gekochte uren|Uurtarief|Munteenheid|Geldig vanaf|"
        "Geldig tot|Resterende uren",
        "I1|Mill|Groot|50|95|EUR|01-01-2026|31-12-2026|5",
        "external_id|partner_id|description|credits|value_per_credit|currency_id|"
        "date_start|date_expiry|credits_left",
    ),
    "pt": (
        "Número da fatura|Cliente|Pacote|Horas contratadas|Preço por hora|Moeda|"
        "Válido desde|Válido até|Saldo de horas",
        "I1|Mill|Grande|50|95|EUR|01/01/2026|31/12/2026|5",
        "external_id|partner_id|description|credits|value_per_credit|currency_id|"
        "date_start|date_expiry|credits_left",
    ),
}


def guess(table, target="time_entry"):
    names, *rows = (line.split("|") for line in table)
    columns = get_columns([dict(zip(names, row, strict=True)) for row in rows])
    return dict(guess_fields(columns, target))


@tagged("post_install", "-at_install")
class TestNames(BaseCase):
    def check(self, tables, target):
        for language, (header, row, wanted) in tables.items():
            names = dict(zip(header.split("|"), wanted.split("|"), strict=True))
            self.assertEqual(
                guess([header, row], target),
                {name: field for name, field in names.items() if field},
                language,
            )

    def test_columns_of_time(self):
        self.check(TIME_TABLES, "time_entry")

    def test_columns_of_purchases(self):
        self.check(PURCHASE_TABLES, "purchase")

    def test_what_values_rule_out(self):
        """A name that fits is not enough where its values cannot be that."""
        table = ["Employee?|User|Time|Data|ID|Hours", "Yes|Ada|09:15|x|1|1,5"]
        found = guess([*table, "Yes|Bob|10:45|y|1|2"])
        self.assertEqual(found, {"User": "employee_id", "Hours": "unit_amount"})
        self.assertEqual(guess(["Time", "1:30"]), {"Time": "unit_amount"})
        self.assertEqual(
            guess(["Email|Mail", "soon|a@x.test"])["Mail"], "employee_email"
        )

    def test_number_of_a_line_is_no_id(self):
        for name in ("Nr.", "N°", "No.", "Núm.", "#"):
            self.assertEqual(guess([f"{name}|Hours", "1|2"]), {"Hours": "unit_amount"})

    def test_first_and_last_name_are_a_person(self):
        pairs = ("First Name|Last Name", "Vorname|Nachname", "Prénom|Nom")
        for pair in (*pairs, "Nombre|Apellidos", "Prenume|Nume"):
            found = guess([pair, "Ada|Roth"])
            self.assertEqual(set(found.values()), {"employee_id"}, pair)
            self.assertEqual(len(found), 2, pair)

    def test_nested_objects(self):
        columns = get_columns([{"id": 7, "user": {"name": "Ada", "x": {"y": 1}}}])
        self.assertEqual(list(columns), ["id", "user.name", "user.x.y"])
        self.assertIn(("user.name", "employee_id"), guess_fields(columns, "time_entry"))

    def test_any_value_is_looked_at(self):
        odd = [10**5000, b"1", [1], {}, None, True, "1\x00", "\ud800", float("nan")]
        rows = [{"ID": value, "Hours": value, "Client": value} for value in odd]
        columns = get_columns(rows)
        for target in ("time_entry", "purchase"):
            guess_fields(columns, target)
        guess_billed(columns)

    def test_what_was_billed_elsewhere(self):
        columns = {"Invoiced?": ["Yes", "No"], "Facturé": ["oui"], "Facture": ["F-1"]}
        self.assertEqual(guess_billed(columns), ["Invoiced?", "Facturé"])

    def test_totals(self):
        table = {
            ("id", "Total", "", "", "3,5"): True,
            ("id", "12", "", "", "3,5"): False,
            ("", "Total", "", "", "3,5"): True,
            ("", "", "", "", "28:00:00"): True,
            ("", "10004", "", "", "20"): False,
            ("", "Total", "Ada", "1", "2"): False,
            ("", "", "Total", "15", "1350"): True,
            ("", "", "Total", "15", "Ada"): False,
            ("", "Total", "", "15", "1350"): False,
            ("id", "", "Total", "15", "1350"): True,
            ("id", "", "Totaal", "15", "Ada"): True,
            ("id", "12", "Total", "15", "1350"): False,
            ("id", "", "Ada", "15", "1350"): False,
        }
        for (id_field, *cells), expected in table.items():
            values = dict(zip(("id", "who", "x", "sum"), cells, strict=True))
            self.assertEqual(is_total(values, id_field), expected, cells)

    def test_days_as_a_workbook_counts_them(self):
        self.assertEqual(parse_date(46300), date(2026, 10, 5))
        self.assertEqual(parse_date(46300.5), date(2026, 10, 5))
        for value in ("46300", 5102, 20000, 1e9, -46300):
            with self.assertRaises(ValueRefused, msg=value):
                parse_date(value)


@tagged("post_install", "-at_install")
class TestRecords(FilesCase):
    def preview(self, source):
        return self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )

    def mapped(self, source):
        return {line.source_field: line.target_field for line in source.mapping_ids}

    def test_columns_by_the_records_they_name(self):
        """Names nobody foresaw: the values are our people, tickets and customers."""
        text = (
            "Who,For,Done,Hours,Day\n"
            "Ada Roth,Mill & Sons,{number}: router,1.5,2026-09-07\n"
            "ada@desk.test,Mill & Sons,tidied up,2,2026-09-08\n"
        )
        source = self.file_source(text)
        self.assertEqual(self.preview(source).error_count, 0)
        self.assertEqual(
            self.mapped(source),
            {
                "Who": "employee_id",
                "For": "partner_id",
                "Done": "ticket_id",
                "Hours": "unit_amount",
                "Day": "date",
            },
        )
        self.assertEqual(self.hours(source), [(True, 90, True), (True, 120, True)])

    def test_time_that_was_billed_elsewhere_is_left_out(self):
        text = (
            "id,ticket,email,date,hours,Invoiced?\n"
            "1,{number},ada@desk.test,2026-09-07,1,No\n"
            "2,{number},ada@desk.test,2026-09-07,2,Yes\n"
        )
        source = self.file_source(text)
        self.assertEqual(self.preview(source).row_count, 1)
        self.assertEqual(self.hours(source), [(True, 60, True)])

    def test_system_that_cannot_be_read_is_told_in_the_preview(self):
        source = self.file_source("", preset="tempo", url="ftp://tempo.test")
        preview = self.preview(source)
        self.assertIn("isn&#39;t a web address", preview.table)
        self.assertEqual(preview.row_count, 0)

    def test_readings_are_told_without_numbers_of_months(self):
        text = "id,ticket,email,date,hours\n1,{number},ada@desk.test,05/10/2026,1\n"
        preview = self.preview(self.file_source(text))
        self.assertIn("5 October 2026", preview.table)
        self.assertIn("10 May 2026", preview.table)

    def test_utf_16_without_a_mark(self):
        text = "id;ticket;email;date;Stunden;Text\n1;{number};ada@desk.test;7.9.2026;"
        for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
            source = self.file_source(f"{text}1,25;Über\n", encoding)
            self.assertEqual(self.preview(source).error_count, 0, encoding)
            self.assertEqual(self.hours(source), [(True, 75, True)], encoding)

    def test_quotes_and_line_breaks_in_cells(self):
        text = (
            'id;ticket;email;date;hours;text\n1;{number};ada@desk.test;7.9.2026;"1,5";'
            '"a ""b"";\n\nc"\n2;{number};ada@desk.test;8.9.2026;"0,25";=SUM(A1)\n'
        )
        source = self.file_source(text)
        self.preview(source)
        self.assertEqual(self.hours(source), [(True, 90, True), (True, 15, True)])
        self.assertEqual(self.targets(source)["1"].name, 'a "b";\n\nc')

    def test_dates_that_all_can_be_two_days_are_asked_once(self):
        text = (
            "id,ticket,email,date,hours\n1,{number},ada@desk.test,05/10/2026,1\n"
            "2,{number},ada@desk.test,06/10/2026,2\n"
        )
        source = self.file_source(text)
        self.preview(source)
        self.assertFalse(self.hours(source))
        self.assertEqual(len(self.errors(source)), 2)
        source.date_order = "mdy"
        source.record_ids.action_retry()
        days = [line.date for line in self.targets(source).values()]
        self.assertEqual(sorted(days), [date(2026, 5, 10), date(2026, 6, 10)])

    def test_sheet_that_a_person_made(self):
        """Titles, dates as numbers, a sum below: as people keep their hours."""
        source = self.file_source("")
        source.file = base64.b64encode(
            workbook(
                ["Hours of September"],
                [],
                ["ID", "Ticket", "Mitarbeiter", "Datum", "Dauer", "Text"],
                [1, self.ticket.number, "Ada Roth", 46272, 0.0625, "Serial"],
                [2, self.ticket.number, "Ada Roth", date(2026, 9, 8), "1:15", "Text"],
                [3, self.ticket.number, "Ada Roth", date(2026, 9, 9), "=1/24", "Open"],
                ["Summe", None, None, None, "2:45", None],
            )
        )
        self.assertEqual(self.preview(source).error_count, 1)
        self.assertEqual(self.hours(source), [(True, 90, True), (True, 75, True)])
        self.assertIn("no duration", self.errors(source)[0], "a formula never computed")
        self.assertEqual(self.targets(source)["1"].date, date(2026, 9, 7))

    def test_any_file_is_previewed_or_refused_in_a_sentence(self):
        chance, source = random.Random(21), self.file_source("")
        for _time in range(60):
            content = self.odd_file(chance)
            file = base64.b64encode(content)
            source.write({"file": file, "mapping_ids": [Command.clear()]})
            try:
                source.action_preview()
            except UserError as refusal:
                self.assertTrue(str(refusal), content)

    def odd_file(self, chance):
        book = workbook(["id", "hours", "date"], [1, 2.5, date(2026, 9, 7)])
        torn = book[: chance.randrange(len(book))]
        letters = 'id,hours;date\t"\n\r=1.5\x00é\ud800:/-%|\ufeff\u0663½∞'
        text = "".join(chance.choices(letters, k=chance.randint(1, 400)))
        noise = chance.choice((text.encode("utf-8", "replace"), chance.randbytes(300)))
        heads = (b"", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
        return chance.choice((chance.choice(heads) + noise, torn, noise + torn))

    def test_any_answer_is_previewed_or_refused_in_a_sentence(self):
        answers = (
            "[]", "{}", "null", "1e999", "[[[[]]]]", "[1, null, [], \"x\"]", "[{}]",
            '[{"id": {"id": {"id": {"id": 1}}}, "hours": [1], "user": {"name": null}}]',
            '[{"id": 1, "hours": 1e400, "date": -1}, {"id": 1, "hours": NaN}]',
            '[{"": 1, "a.b": 2, "a": {"b": 3}, "hours": true, "date": false}]',
            '[{"id": "\\ud800", "hours": "\\u0000", "date": "' + "9" * 5000 + '"}]',
            '[{"hours": ' + "9" * 5000 + "}]", "[" * 5000, '{"next": "//evil.test/"}',
            '[{"date": 46300, "hours": "-", "start": "08:00", "end": 0.5}]', "\xff",
        )  # fmt: skip
        answer = []
        with http_peer(lambda h, r: h.send(answer[0].encode("latin-1"))) as peer:
            source = self.env["service.sync.source"].create(
                {
                    "name": "Odd",
                    "connector": "json",
                    "target": "time_entry",
                    "url": peer.url,
                }
            )
            for text in answers:
                answer[:] = [text]
                source.mapping_ids = [Command.clear()]
                try:
                    source.action_preview()
                except UserError as refusal:
                    self.assertTrue(str(refusal), text)

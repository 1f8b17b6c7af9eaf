# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Files of kinds that no preset was made from, imported by what the screen says."""

import base64
from datetime import date

from odoo import Command
from odoo.tests import tagged

from ..support.sync import workbook
from .test_sync_files import FilesCase

FRENCH_BOOKS = (
    "Journal;Date;N° pièce;Compte client;Libellé;Qté;P.U. HT;Montant HT;Échéance\n"
    "VE;03/02/2026;FA-2026-014;Mill & Sons;Forfait 20 h;20;92,50;1\u00a0850,00;"
    "02/02/2027\n"
    "VE;17/02/2026;FA-2026-015;Mill & Sons;Forfait 7,5 h;7,5;100,00;750,00;16/02/2027\n"
    "VE;18/02/2026;FA-2026-016;Inconnue SARL;Forfait 5 h;5;100,00;500,00;17/02/2027\n"
    ";;;;Total;32,5;;3\u00a0100,00;\n"
)
ROMANIAN_HOURS = (
    "Nr. crt.\tData\tAngajat\tTichet\tNr. ore\tLucrări efectuate\n"
    "1\t07.09.2026\tAda Roth\t{number}\t1,5\tReparat imprimanta\n"
    "2\t08.09.2026\tAda Roth\t{number}\t0,25\tApel telefonic\n"
    "3\t08.09.2026\tIon Pop\t{number}\t2\tInstalare\n"
)
SPANISH_TICKETS = (
    "Incidencia;Cliente;Técnico asignado;Asunto;Fecha de apertura;Fecha de cierre;"
    "Tiempo dedicado;Facturable\n"
    "{number};Mill & Sons;Ada Roth;Impresora averiada;04/09/2026;07/09/2026;1:30;Sí\n"
    "{number};Mill & Sons;Ada Roth;Contraseña;09/09/2026;21/09/2026;0:20;No\n"
)
SPANS = (
    "Tag,Von,Bis,Pause,Dauer,Wer,Ticket,Was\n"
    "2026-09-07,08:00,09:20,,1h 20,ada@desk.test,{number},Serial\n"
    "2026-09-07,13:00,16:00,0:30,2h 30,ada@desk.test,{number},Cable\n"
    "2026-09-08,09:00,09:45,,45 min,ada@desk.test,{number},Call\n"
)
JIRA = (
    "Summary,Issue key,Issue id,Assignee,Labels,Labels,Log Work,Log Work,Time Spent,"
    "Updated\n"
    "Printer,{number},10711,Ada Roth,a,b,call; and a mail;05/Oct/26 9:15 AM;"
    '712020:3f0c;5400,"on\nsite;06/Oct/26 8:00 AM;712020:3f0c;600\n'
    'later;07/Oct/26 8:00 AM;712020:3f0c;300",6300,07/Oct/26 8:10 AM\n'
    "Reset,{number},10802,Ada Roth,,,reset;08/Oct/26 11:00 AM;557058:aa;1200,,1200,"
    "08/Oct/26 11:12 AM\n"
    "No work,SUP-14,10803,Ada Roth,,,,,,08/Oct/26 11:12 AM\n"
)
CLOCK = (
    "Date,Technician,Ticket,Hours,Billable,Account,Order\n"
    "2026-09-07,Ada Roth,{number},1.5,true,00042,202600070001\n"
    "2026-09-08,Ada Roth,{number},10.00,false,00042,202600070002\n"
)
SAVED_AGAIN = (
    "Date;Technician;Ticket;Hours;Billable;Account;Order;\n"
    "07.09.2026;Ada Roth;{number};1,5;WAHR;42;202600070001;\n"
    "08.09.2026;Ada Roth;{number};10;FALSCH;42;202600070002;\n"
    "08.09.2026;Ada Roth;{number};1;WAHR;42;202600070002;\n"
)


@tagged("post_install", "-at_install")
class TestLists(FilesCase):
    def preview(self, source):
        return self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )

    def purchases(self, source):
        source.action_sync_now()
        self.assertFalse(source.last_error)
        return {
            key: (
                lot.credits,
                lot.opening_used,
                lot.value_per_credit,
                lot.date_start,
                lot.date_expiry,
            )
            for key, lot in self.targets(source).items()
        }

    def test_french_bookkeeping(self):
        source = self.file_source(FRENCH_BOOKS, "cp1252", target="purchase")
        preview = self.preview(source)
        self.assertEqual((preview.row_count, preview.error_count), (3, 1))
        choice = preview.choice_ids
        self.assertEqual(choice.key, "Inconnue SARL")
        choice.partner_id = self.env["res.partner"].create({"name": "Inconnue"})
        preview.action_remember()
        self.assertEqual(
            self.purchases(source),
            {
                "FA-2026-014": (20, 0, 92.5, date(2026, 2, 3), date(2027, 2, 2)),
                "FA-2026-015": (7.5, 0, 100, date(2026, 2, 17), date(2027, 2, 16)),
                "FA-2026-016": (5, 0, 100, date(2026, 2, 18), date(2027, 2, 17)),
            },
        )

    def test_german_workbook_with_titles(self):
        source = self.file_source("", target="purchase")
        source.file = base64.b64encode(
            workbook(
                ["Systemhaus Roth – Stundenkontingente"],
                ["Stand", date(2026, 9, 30)],
                [],
                ["Vertrag-Nr.", "Kunde / Firma", "Kontingent (Std.)", "Abgerufen",
                 "Preis", "Läuft ab am", "Bemerkung"],
                ["V-100/26", "Mill & Sons", 40, 12.5, 3600, date(2027, 3, 31), "groß"],
                ["V-101/26", "Mill & Sons", 10, 0, 950, date(2026, 12, 31), None],
                ["V-102/26", "Mill & Sons", 5, 5, 475, date(2026, 12, 31), None],
                ["Summe", None, 55, 17.5, 5025, None, None],
            )
        )  # fmt: skip
        preview = self.preview(source)
        self.assertEqual((preview.row_count, preview.error_count), (2, 2))
        self.assertIn("3,600 per credit, 144,000 in all", preview.table)
        self.assertIn("90 per credit, 3,600 in all", preview.table)
        preview.price_basis = "all"
        preview.action_remember()
        self.assertEqual(self.preview(source).error_count, 0)
        found = self.purchases(source)
        self.assertEqual(set(found), {"V-100/26", "V-101/26"})
        self.assertEqual(found["V-100/26"][:3], (40, 12.5, 90))
        self.assertEqual(found["V-100/26"][4], date(2027, 3, 31))

    def test_currency_that_only_the_format_of_a_cell_tells(self):
        """And a dollar that can be of two countries is asked about, once."""
        currencies = self.env["res.currency"].with_context(active_test=False)
        dollars = currencies.search([("name", "in", ("USD", "AUD", "CAD"))])
        dollars.write({"active": True, "symbol": "$"})
        currencies.search([("name", "=", "EUR")]).write({"active": True})
        source = self.file_source("", target="purchase", no_expiry="never")
        source.file = base64.b64encode(
            workbook(
                ["Number", "Customer", "Hours", "Price per hour"],
                ["N-10", "Mill & Sons", 4, 90.5],
                ["N-11", "Mill & Sons", 4, 80],
                ["N-12", "Mill & Sons", 4, 70],
                formats={
                    "D2": '#,##0.00\\ "€"',
                    "D3": "[$$-409]#,##0.00",
                    "D4": '"$"#,##0.00',
                },
            )
        )
        preview = self.preview(source)
        self.assertIn("90.5 €", preview.table)
        self.assertEqual((preview.row_count, preview.error_count), (3, 1))
        self.assertIn("(AUD, CAD, USD)", preview.table)
        self.purchases(source)
        source.currency_id = dollars.filtered(lambda one: one.name == "CAD")
        self.records(source)["N-12"].action_retry()
        found = {
            key: (lot.currency_id.name, lot.value_per_credit)
            for key, lot in self.targets(source).items()
        }
        self.assertEqual(
            found, {"N-10": ("EUR", 90.5), "N-11": ("USD", 80), "N-12": ("CAD", 70)}
        )

    def test_romanian_hours_between_tabs(self):
        source = self.file_source(ROMANIAN_HOURS)
        preview = self.preview(source)
        self.assertEqual((preview.row_count, preview.error_count), (3, 1))
        self.assertTrue(source.row_is_key, "a running number is no ID")
        self.assertEqual(preview.choice_ids.key, "Ion Pop")
        preview.choice_ids.employee_id = self.agent_employee
        preview.action_remember()
        self.assertEqual(
            self.hours(source), [(True, 90, True), (True, 15, True), (True, 120, True)]
        )

    def test_an_export_without_ids_that_a_spreadsheet_saved_again(self):
        """No row comes twice, whichever way it is written; a new one comes."""
        source = self.file_source(CLOCK)
        self.assertEqual(self.preview(source).error_count, 0)
        self.assertTrue(source.row_is_key)
        hours = [(True, 90, True), (True, 600, False)]
        self.assertEqual(self.hours(source), hours)
        entries = source.record_ids.mapped("res_id")
        self.targets(source)[source.record_ids[0].external_id].name = "Put right"
        again = SAVED_AGAIN.format(number=self.ticket.number)
        source.file = base64.b64encode(again.encode("cp1252"))
        self.assertEqual(self.preview(source).error_count, 0)
        self.assertEqual(self.hours(source), [*hours, (True, 60, True)])
        self.assertEqual(source.last_run_id.created_count, 1)
        self.assertLessEqual(set(entries), set(source.record_ids.mapped("res_id")))
        kept = self.env["account.analytic.line"].browse(entries)
        self.assertIn("Put right", kept.mapped("name"), "what is known stays")
        source.action_sync_now()
        self.assertEqual(source.last_run_id.unchanged_count, 3, "known as it is now")
        shortened = again + "08.09.2026;Ada Roth;{number};1;ja;9,87654E+11;5\n"
        source.file = base64.b64encode(shortened.encode("cp1252"))
        self.assertEqual(len(self.hours(source)), 3)
        self.assertIn("shortened the number 9,87654E+11", self.errors(source)[0])

    def test_rows_known_before_spellings_were_kept(self):
        source = self.file_source(CLOCK)
        self.preview(source)
        self.hours(source)
        source.record_ids.likeness = False
        self.hours(source)
        again = SAVED_AGAIN.format(number=self.ticket.number)
        source.file = base64.b64encode(again.encode("cp1252"))
        self.hours(source)
        self.assertEqual(source.last_run_id.created_count, 1)

    def test_a_joined_id_that_a_spreadsheet_saved_again(self):
        fields = {"Day": "external_id", "No": "external_id", "Hours": "unit_amount"}
        fields |= {"Ticket": "ticket_id", "Who": "employee_id", "Date": "date"}
        source = self.file_source(
            "Day,No,Date,Who,Ticket,Hours\n"
            "2026-09-07,0012,2026-09-07,Ada Roth,{number},1.5\n",
            mapping_ids=[
                Command.create({"source_field": name, "target_field": field})
                for name, field in fields.items()
            ],
        )
        self.assertEqual(self.hours(source), [(True, 90, True)])
        again = (
            "Day,No,Date,Who,Ticket,Hours\n"
            f"07.09.2026,12,07.09.2026,Ada Roth,{self.ticket.number},1.5\n"
        )
        source.file = base64.b64encode(again.encode())
        self.assertIn("2026-09-07|0012 is known", self.preview(source).table)
        self.assertEqual(len(self.hours(source)), 1)
        self.assertIn("2026-09-07|0012 is known", self.errors(source)[0])

    def test_work_in_cells_of_its_issue(self):
        """As Jira exports it: a row of an issue has each piece of work in a column."""
        self.ticket.number = "SUP-12"
        source = self.file_source(JIRA)
        preview = self.preview(source)
        self.assertEqual(preview.choice_ids.mapped("kind"), ["employee", "employee"])
        for choice in preview.choice_ids:
            choice.employee_id = self.agent_employee
        preview.action_remember()
        self.assertEqual(self.preview(source).error_count, 0)
        minutes = [row[1] for row in self.hours(source)]
        self.assertEqual(sorted(minutes), [5, 10, 20, 90])
        lines = self.targets(source)
        self.assertEqual(
            {str(line.date): line.name for line in lines.values()},
            {"2026-10-05": "call; and a mail", "2026-10-06": "on\nsite"}
            | {"2026-10-07": "later", "2026-10-08": "reset"},
        )
        text = JIRA.format(number="SUP-12").replace("5400", "3600")
        source.file = base64.b64encode(text.encode())
        source.action_sync_now()
        self.assertEqual(
            (source.last_run_id.updated_count, source.last_run_id.created_count), (1, 0)
        )

    def test_spanish_tickets(self):
        """Of two dates none is taken: both are shown, to be chosen."""
        source = self.file_source(SPANISH_TICKETS)
        preview = self.preview(source)
        self.assertEqual((preview.row_count, preview.error_count), (2, 0))
        self.assertIn("“Work Date / Start of the Work”", preview.table)
        self.assertIn("Fecha de cierre", preview.table)
        source.mapping_ids = [
            Command.create({"source_field": "Fecha de cierre", "target_field": "date"})
        ]
        self.assertNotIn("Map a source field", self.preview(source).table)
        self.assertEqual(self.hours(source), [(True, 90, True), (True, 20, False)])
        days = [line.date for line in self.targets(source).values()]
        self.assertEqual(sorted(days), [date(2026, 9, 7), date(2026, 9, 21)])

    def test_hours_and_minutes_beside_a_start_and_an_end(self):
        source = self.file_source(SPANS)
        self.assertEqual(self.preview(source).error_count, 0)
        self.assertEqual(
            self.hours(source), [(True, 80, True), (True, 150, True), (True, 45, True)]
        )

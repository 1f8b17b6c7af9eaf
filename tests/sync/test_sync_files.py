# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Exports of other tools as they are, imported to the figures a person expects."""

import base64
from contextlib import closing
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ...connectors import Row
from ...models.sync.styles import settle
from ..support.common import ServiceCreditCommon
from ..support.peers import http_peer
from ..support.sync import SyncCommon, SyncMixin

TOGGL = (
    "\ufeffUser,Email,Client,Project,Task,Description,Billable,Start date,Start "
    "time,End date,End time,Duration,Tags,Amount (EUR)\n"
    'Ada Roth,ada@desk.test,Mill & Sons,Care,,"{number} monitor dead, '
    'swapped",Yes,2026-09-07,08:00:00,2026-09-07,10:15:00,02:15:00,"onsite,'
    ' fast",213.75\n'
    'Ada Roth,ada@desk.test,Mill & Sons,Care,,"Call, with ""Mr Mill"" '
    'himself",No,2026-09-07,11:00:00,2026-09-07,11:20:00,00:20:00,,\n'
    "Ada Roth,ada@desk.test,Mill & Sons,Care,,Whole weekend,Yes,2026-09-12,"
    "08:00:00,2026-09-13,12:45:00,28:45:00,,\n"
)
CLOCKIFY = (
    '"Project","Client","Description","Task","User","Email","Tags",'
    '"Billable","Invoiced","Start Date","Start Time","End Date","End Time",'
    '"Duration (h)","Duration (decimal)"\n'
    '"Care","Mill & Sons","{number}","","Ada Roth","ada@desk.test","",'
    '"Yes","No","07.09.2026","08:00","07.09.2026","08:50","00:50:00",'
    '"0.83"\n'
    '"Care","Mill & Sons","{number}","","Ada Roth","ada@desk.test","",'
    '"Yes","Yes","08.09.2026","08:00","08.09.2026","09:00","01:00:00",'
    '"1.00"\n'
)
HARVEST = (
    "Date,Client,Project,Project Code,Task,Notes,Hours,Hours Rounded,"
    "Billable?,Invoiced?,First Name,Last Name,Currency\n"
    '2026-09-07,Mill & Sons,Care,{number},Phone,Router,"2,25","2,25",Yes,'
    "No,Ada,Roth,Euro - EUR\n"
    '2026-09-08,Mill & Sons,Care,,Phone,"Two\n'
    'lines","0,33","0,5",No,No,Ada,Roth,Euro - EUR\n'
    '2026-09-09,Mill & Sons,Care,,Phone,Billed there,"6,5","6,5",Yes,Yes,'
    "Ada,Roth,Euro - EUR\n"
)
EXCEL = (
    "ID;Ticket;Datum;Mitarbeiter;E-Mail;Dauer;Abrechenbar;Text;Notiz "
    "intern\n"
    "21;{number};07.09.2026;Ada Roth;ada@desk.test;0,104166667;ja;Gerät "
    "geprüft;Teil 9 €\n"
    "22;{number};8.9.26;Ada Roth;ada@desk.test;0,003472222;nein;Rückruf\n"
    "23;#{number} - Drucker;08.09.2026;Ada Roth;ada@desk.test;01:15:00;ja;"
    "Umzug;;\n"
    "9,87654E+11;{number};08.09.2026;Ada Roth;ada@desk.test;0,25;ja;"
    "Anfahrt;\n"
)
PACKAGES = (
    "Desk GmbH;;;;;;;;\n"
    "Hours sold, as of 30 September;;;;;;;;\n"
    ";;;;;;;;\n"
    "Beleg-Nr.;Kunde;Paket;Stunden gekauft;Stunden verbraucht;Preis/Std.;"
    "Währung;Gültig ab;Gültig bis\n"
    "R-1;Mill & Sons;Large;1.500,00;12,25;90,00 €;Euro - EUR;01.02.2026;"
    "31.12.9999\n"
    "R-2;Mill & Sons;Small;20,000;2,5;80;EUR;1.3.2026;unbegrenzt\n"
    "R-3;Mill & Sons;Small;30,000;0;85,50;€;15.04.2026;14.04.2027\n"
    "R-4;Mill & Sons;Small;10,5;0;85,50;€;15.04.2026;\n"
    ";Summe;;1.560,50;14,75;;;;\n"
)


class FilesCase(SyncMixin, ServiceCreditCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent_employee.write({"work_email": "ada@desk.test", "name": "Ada Roth"})
        cls.item = cls._sell(hours=100)
        cls.ticket = cls._create_ticket()
        cls.ticket.partner_id.commercial_partner_id.name = "Mill & Sons"

    def file_source(self, text, encoding="utf-8", **values):
        content = text.format(number=self.ticket.number).encode(encoding)
        return self.env["service.sync.source"].create(
            {
                "name": "Export",
                "target": "time_entry",
                "file": base64.b64encode(content),
                **values,
            }
        )

    def api_source(self, preset, answer):
        peer = http_peer(lambda h, r: h.send(answer(r)))
        source = self.env["service.sync.source"].create(
            {"name": preset, "preset": preset, "url": peer.__enter__().url}
        )
        self.addCleanup(peer.__exit__, None, None, None)
        return source

    def hours(self, source):
        """Ticket, minutes and whether they are billable, in the order of the rows."""
        source.action_sync_now()
        self.assertFalse(source.last_error)
        rows = source.record_ids.sorted("line_number").filtered("res_id")
        lines = self.env["account.analytic.line"].browse(rows.mapped("res_id"))
        return [
            (
                line.ticket_id == self.ticket,
                round(line.unit_amount * 60),
                line.is_billable,
            )
            for line in lines
        ]

    def errors(self, source):
        rows = source.record_ids.sorted("line_number")
        return [row.error for row in rows if row.state == "error"]


@tagged("post_install", "-at_install")
class TestPresets(FilesCase):
    def test_toggl(self):
        source = self.file_source(TOGGL, preset="toggl")
        self.assertEqual(self.hours(source), [(True, 135, True), (True, 20, False)])
        self.assertIn("24 hours", self.errors(source)[0], "read right, then refused")
        self.hours(source)
        self.assertEqual(source.last_run_id.created_count, 0, "nothing comes twice")

    def test_clockify_leaves_out_what_was_invoiced(self):
        source = self.file_source(CLOCKIFY, preset="clockify")
        self.assertEqual(self.hours(source), [(True, 50, True)])
        self.assertFalse(self.errors(source))

    def test_harvest(self):
        source = self.file_source(HARVEST, preset="harvest")
        self.assertEqual(self.hours(source), [(True, 135, True), (True, 20, False)])
        self.assertFalse(self.errors(source))

    def test_tempo(self):
        def answer(request):
            page = request.query.get("offset")
            row = {
                "tempoWorklogId": 9 if page else 8,
                "issue": {"id": 77},
                "timeSpentSeconds": 900 if page else 8100,
                "billableSeconds": 0 if page else 8100,
                "startDate": "2026-09-07",
                "description": "Router",
                "updatedAt": "2026-09-07T10:00:00Z",
                "author": {"accountId": "712020:ab"},
            }
            more = {} if page else {"next": "/4/worklogs?offset=1"}
            return {"metadata": more, "results": [row]}

        source = self.api_source("tempo", answer)
        source.action_sync_now()
        self.assertEqual(source.failed_count, 2)
        row = source.record_ids[0]
        row.ticket_id = self.ticket
        row.action_retry()
        self.assertEqual(row.employee_key, "712020:ab", "still to be chosen")
        row.employee_id = self.agent_employee
        source.record_ids.action_retry()
        lines = self.env["account.analytic.line"].browse(
            source.record_ids.sorted("external_id").mapped("res_id")
        )
        self.assertEqual(
            [round(n * 60) for n in lines.mapped("unit_amount")], [135, 15]
        )
        self.assertEqual(lines.ticket_id, self.ticket, "chosen once, remembered")
        self.assertEqual(lines.mapped("is_billable"), [True, False])

    def test_zammad_minutes_and_the_day_of_the_company(self):
        def answer(request):
            row = {
                "id": 4,
                "ticket_id": self.ticket.number,
                "time_unit": "15.0",
                "created_by_id": "Ada Roth",
                "created_at": "2026-09-07T22:40:00.000Z",
                "updated_at": "2026-09-07T22:40:00.000Z",
            }
            rows = [{**row, "time_unit": spent[0]}, {**row, "id": 5, **spent[1]}]
            return rows if request.query["page"] == "1" else []

        spent = ["15.0", {"time_unit": "30.0"}]
        self.env.company.partner_id.tz = "Europe/Berlin"
        source = self.api_source("zammad", answer)
        self.assertEqual(source.timezone, "Europe/Berlin")
        self.assertEqual(self.hours(source), [(True, 15, True), (True, 30, True)])
        line = self.targets(source)["4"]
        self.assertEqual(line.date, date(2026, 9, 8))
        spent[:] = ["1.5", {"time_unit": "0.25"}]
        source = self.api_source("zammad", answer)
        self.assertEqual(
            self.hours(source), [(True, 90, True), (True, 15, True)], "some use hours"
        )

    def test_openproject_and_kimai(self):
        def openproject(request):
            row = {
                "id": 5,
                "hours": "PT1H45M",
                "spentOn": "2026-09-07",
                "updatedAt": "2026-09-07T10:00:00Z",
                "comment": {"raw": "Router"},
                "_links": {
                    "user": {"title": "Ada Roth"},
                    "workPackage": {"title": f"Fix {self.ticket.number}"},
                },
            }
            rows = [row] if request.query["offset"] == "1" else []
            return {"_embedded": {"elements": rows}}

        def kimai(request):
            row = {
                "id": 6,
                "begin": "2026-09-07T08:00:00+0200",
                "duration": 5400,
                "user": {"username": "Ada Roth"},
                "project": {"customer": {"name": "Mill & Sons"}},
                "description": "Router",
                "billable": True,
                "exported": False,
            }
            rows = [row, {**row, "id": 7, "exported": True}]
            return rows if request.query["page"] == "1" else []

        source = self.api_source("openproject", openproject)
        self.assertEqual(self.hours(source), [(True, 105, True)])
        source = self.api_source("kimai", kimai)
        self.assertEqual(self.hours(source), [(True, 90, True)])

    def test_a_preset_can_be_changed_and_picked_later(self):
        source = self.file_source(
            "key,who\n", preset="toggl", mapping_ids=[], match_order="vat"
        )
        self.assertEqual((source.match_order, len(source.mapping_ids)), ("vat", 0))
        source.preset = "harvest"
        names = source.mapping_ids.mapped("source_field")
        self.assertIn("Project Code", names)
        self.assertEqual(source.skip_ids.source_field, "Invoiced?")
        for preset in source._fields["preset"].get_values(self.env):
            self.env["service.sync.source"].create({"name": preset, "preset": preset})


@tagged("post_install", "-at_install")
class TestUploads(FilesCase):
    def test_table_of_excel_in_german(self):
        source = self.file_source(EXCEL, "cp1252")
        preview = self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )
        self.assertEqual((preview.row_count, preview.error_count), (4, 1))
        self.assertIn("Fraction of a day", preview.table)
        self.assertIn("2:30", preview.table)
        self.assertEqual(
            self.hours(source), [(True, 150, True), (True, 5, False), (True, 75, True)]
        )
        self.assertIn("shortened the external ID", self.errors(source)[0])
        line = self.targets(source)["22"]
        self.assertEqual((line.date, line.name), (date(2026, 9, 8), "Rückruf"))

    def test_unit_that_nothing_tells_is_asked_once(self):
        text = "id,ticket,date,email,duration\n1,{number},2026-09-07,ada@desk.test,2\n"
        source = self.file_source(text + "2,{number},2026-09-07,ada@desk.test,3\n")
        preview = self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )
        for reading in ("Hours: 2:00", "Minutes: 0:02", "choose the unit"):
            self.assertIn(reading, preview.table)
        self.assertFalse(self.hours(source))
        duration = source.mapping_ids.filtered(
            lambda m: m.target_field == "unit_amount"
        )
        duration.unit = "minutes"
        source.record_ids.action_retry()
        lines = self.targets(source).values()
        self.assertEqual([round(line.unit_amount * 60) for line in lines], [3, 2])

    def test_ids_that_lost_their_zeros(self):
        text = "id,ticket,date,email,hours\n{id},{number},2026-09-07,ada@desk.test,1\n"
        source = self.file_source(text.replace("{id}", "0012"))
        source.action_preview()
        self.assertEqual(len(self.hours(source)), 1)
        again = text.replace("{id}", "12").format(number=self.ticket.number)
        source.file = base64.b64encode(again.encode())
        self.assertEqual(len(self.hours(source)), 1)
        self.assertIn("0012 is known", self.errors(source)[0])

    def test_several_fields_are_the_id(self):
        text = "day,no,ticket,mail,hours\n2026-09-07,1,{number},ada@desk.test,1\n"
        text += "2026-09-07,2,{number},ada@desk.test,2\n,,{number},ada@desk.test,3\n"
        fields = [("day", "external_id"), ("no", "external_id"), ("day", "date")]
        fields += [("ticket", "ticket_id"), ("mail", "employee_email")]
        fields += [("hours", "unit_amount")]
        source = self.file_source(
            text,
            mapping_ids=[
                Command.create({"source_field": name, "target_field": field})
                for name, field in fields
            ],
        )
        self.assertEqual([row[1] for row in self.hours(source)], [60, 120])
        self.assertEqual(set(self.targets(source)), {"2026-09-07|1", "2026-09-07|2"})
        self.assertIn("no external ID", self.errors(source)[0])
        with self.assertRefused(ValidationError, says="rows already imported"):
            source.mapping_ids[1].unlink()
        with self.assertRefused(ValidationError, source):
            source.row_is_key = True

    def test_what_lands_on_the_catch_all_ticket_waits_for_its_own(self):
        text = "id,ticket,date,email,hours\n1,Lost,2026-09-07,ada@desk.test,1\n"
        lost = self._create_ticket(name="Time without a ticket")
        source = self.file_source(text, catch_all_ticket_id=lost.id)
        source.action_preview()
        self.assertEqual(
            self.hours(source), [(False, 60, False)], "its customer pays not"
        )
        row = source.record_ids
        self.assertTrue(row.is_catch_all)
        with self.assertRefused(UserError, says="Choose the ticket"):
            row.action_move_to_ticket()
        row.ticket_id = self.ticket
        row.action_move_to_ticket()
        line = self.env["account.analytic.line"].browse(row.res_id)
        self.assertEqual((line.ticket_id, line.is_billable), (self.ticket, True))
        self.assertFalse(row.is_catch_all)
        source.file = base64.b64encode(
            (text + "2,Lost,2026-09-08,ada@desk.test,2\n").encode()
        )
        source.action_sync_now()
        self.assertEqual(self.targets(source)["2"].ticket_id, self.ticket)

    def test_customer_with_several_tickets_is_asked(self):
        self._create_ticket(name="Another")
        text = "id,client,date,email,hours\n1,Mill & Sons,2026-09-07,ada@desk.test,1\n"
        source = self.file_source(text)
        source.action_preview()
        self.assertFalse(self.hours(source))
        self.assertIn("2 open tickets: choose", self.errors(source)[0])
        source.record_ids.ticket_id = self.ticket
        source.record_ids.action_retry()
        self.assertEqual(self.targets(source)["1"].ticket_id, self.ticket)

    def test_any_value_leaves_the_styles_undecided(self):
        """What one cell holds never stops the reading of the others."""
        mapping = {"external_id": "id", "unit_amount": "spent", "date": "day"}
        source = self.json_source(
            SimpleNamespace(url="https://x.test"), mapping, target="time_entry"
        )
        odd = [Decimal("NaN"), Decimal("sNaN"), Decimal("1e-999999"), float("inf")]
        odd += [10**400, b"1", [1], {"a": 1}, None, True, "1\x00", "\ud800", "1,000"]
        odd += ["03/04/2999", "00/00/0000", "01/02/03", "9" * 5000, "٣", "½", "-"]
        for value in odd:
            rows = [Row(1, {"id": "1", "spent": value, "day": value})]
            for question in settle(source, rows):
                self.assertTrue(question.readings, value)
        self.assertEqual(source.date_order, "auto")
        self.assertEqual(source._get_mapping()["unit_amount"].unit, "auto")

    def test_preset_is_picked_in_the_form(self):
        with Form(self.env["service.sync.source"]) as form:
            form.name = "Hours"
            form.preset = "tempo"
            form.url = "https://tempo.test/4/worklogs"
            form.page_size = 50
        source = form.record
        self.assertEqual((source.connector, source.paging), ("json", "next"))
        self.assertEqual(source._get_mapping()["unit_amount"].unit, "seconds")
        self.assertEqual(source.next_path, "metadata.next")

    def test_secrets_of_further_headers(self):
        source = self.json_source(
            SimpleNamespace(url="https://x.test"),
            header_ids=[Command.create({"name": "X-Token", "secret": "t0ken"})],
        )
        with closing(source._get_connector()) as connector:
            self.assertEqual(connector.headers()["X-Token"], "t0ken")
            self.assertIn("t0ken", connector.secrets)
        with self.assertRefused(AccessError, says="values of headers"):
            source.export_data(["header_ids/secret"])
        self.assertFalse(source.copy().header_ids.secret)
        manager = self.env["res.users"].create(
            {
                "name": "Manager",
                "login": "files-manager",
                "group_ids": [
                    Command.link(
                        self.env.ref(
                            "helpdesk_service_credit.group_service_credit_manager"
                        ).id
                    )
                ],
            }
        )
        header = source.header_ids.with_user(manager)
        self.assertEqual(header.name, "X-Token")
        with self.assertRaises(AccessError):
            header.read(["secret"])


@tagged("post_install", "-at_install")
class TestPackages(SyncCommon):
    def test_list_of_prepaid_packages(self):
        self.customer.name = "Mill & Sons"
        self.env.ref("base.EUR").active = True
        source = self.env["service.sync.source"].create(
            {
                "name": "Packages",
                "preset": "packages",
                "file": base64.b64encode(PACKAGES.encode("cp1252")),
            }
        )
        preview = self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )
        self.assertEqual((preview.row_count, preview.error_count), (4, 1))
        self.assertIn("No end", preview.table)
        source.action_sync_now()
        lots = self.targets(source)
        self.assertEqual(
            {
                key: (
                    *(lot.credits - lot.opening_used, lot.credits),
                    *(lot.value_per_credit, str(lot.date_expiry)),
                )
                for key, lot in lots.items()
            },
            {
                "R-1": (1487.75, 1500, 90, "9998-12-31"),
                "R-2": (17.5, 20, 80, "9998-12-31"),
                "R-3": (30, 30, 85.5, "2027-04-14"),
            },
        )
        self.assertEqual(set(lots), {"R-1", "R-2", "R-3"})
        record = self.records(source)["R-4"]
        self.assertIn("On the connected system, choose", record.error)
        source.no_expiry = "never"
        record.action_retry()
        self.assertEqual(str(self.targets(source)["R-4"].date_expiry), "9998-12-31")

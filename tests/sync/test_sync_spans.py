# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Time with a start and an end, people who left, packages that are partly used."""

import base64
from datetime import date

from odoo.tests import BaseCase, tagged

from ...connectors import ValueRefused
from ...connectors.spans import read_clock, read_span
from ...connectors.values import parse_datetime
from ..support.sync import SyncCommon
from .test_sync_files import FilesCase


@tagged("post_install", "-at_install")
class TestSpans(BaseCase):
    def test_time_of_day(self):
        table = {
            "08:00": 8 * 3600,
            "8:30:15": 8 * 3600 + 1815,
            "8h30": 8 * 3600 + 1800,
            "12:15 AM": 900,
            "12:15 pm": 12 * 3600 + 900,
            "1:00 p.m.": 13 * 3600,
            "24:00": 86400,
            0.25: 6 * 3600,
            "0,354166667": 30600,
        }
        for value, seconds in table.items():
            self.assertEqual(read_clock(value), seconds, value)
        for value in (
            "25:00",
            "24:01",
            "8:75",
            "13:00 PM",
            "soon",
            "",
            7,
            "8.50",
            None,
        ):
            self.assertIsNone(read_clock(value), value)

    def test_start_and_end(self):
        table = {
            ("08:00", "09:30"): 90,
            ("22:30", "00:15"): 105,
            ("08:00", "08:00"): 0,
            ("2026-10-05T22:30:00Z", "2026-10-06T00:15:00Z"): 105,
            ("2026-10-05 22:30", "2026-10-07 22:30"): 2880,
            # The night in which clocks go back has an hour more.
            ("2026-10-25 01:30", "2026-10-25 03:30"): 180,
        }

        def read(value):
            return parse_datetime(value, zone="Europe/Berlin")

        for (start, end), minutes in table.items():
            self.assertEqual(read_span(start, end, read), minutes * 60, start)
        for start, end in (
            ("14:00", "13:00"),
            ("2026-10-05T09:00:00Z", "2026-10-05T08:00:00Z"),
            ("2026-10-05", "2026-10-06"),
            ("2026-10-05 08:00", "09:30"),
            ("08:00", ""),
            (None, "08:00"),
            ("soon", "later"),
        ):
            with self.assertRaises(ValueRefused, msg=start):
                read_span(start, end, read)


@tagged("post_install", "-at_install")
class TestTimeOfSpans(FilesCase):
    def preview(self, source):
        return self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )

    def test_times_of_day_and_a_break(self):
        text = (
            "id;Ticket;Mitarbeiter;Datum;Von;Bis;Pause\n"
            "1;{number};Ada Roth;07.09.2026;08:00;10:30;30\n"
            "2;{number};Ada Roth;07.09.2026;23:15;00:45;\n"
            "3;{number};Ada Roth;08.09.2026;14:00;13:00;\n"
            "4;{number};Ada Roth;08.09.2026;14:00;;\n"
        )
        source = self.file_source(text)
        preview = self.preview(source)
        self.assertIn("10:30 = 2:00", preview.table)
        self.assertEqual(preview.error_count, 1)
        self.assertIn("until it has ended", preview.table)
        self.assertEqual(self.hours(source), [(True, 120, True), (True, 90, True)])
        targets = self.targets(source)
        self.assertEqual(
            [(targets[key].time_start, targets[key].time_stop) for key in ("1", "2")],
            [(8, 10), (23.25, 0.75)],
        )
        self.assertIn("“13:00” is before “14:00”", self.errors(source)[0])
        self.assertEqual(set(self.records(source)), {"1", "2", "3"})

    def test_what_is_still_running_waits_for_its_end(self):
        """As the APIs and exports of clocks write it; a correction is none."""
        text = (
            "id,ticket,email,date,seconds,stop\n"
            "1,{number},ada@desk.test,2026-09-07,-1788768000,\n"
            "2,{number},ada@desk.test,2026-09-07,-1,\n"
            "3,{number},ada@desk.test,2026-09-07,0,\n"
            "4,{number},ada@desk.test,2026-09-07,,\n"
            "5,{number},ada@desk.test,2026-09-07,600,\n"
            "6,{number},ada@desk.test,2026-09-07,-1800,\n"
            "7,{number},ada@desk.test,2026-09-07,,12:00\n"
        )
        source = self.file_source(text)
        preview = self.preview(source)
        self.assertEqual((preview.row_count, preview.error_count), (3, 2))
        self.assertEqual(preview.table.count("it is still running"), 4)
        preview.action_sync_now()
        self.assertEqual(set(self.records(source)), {"5", "6", "7"})
        self.assertIn("shorten the entry", self.records(source)["6"].error)
        text = text.replace("-1,", "900,12:15")
        source.file = base64.b64encode(text.format(number=self.ticket.number).encode())
        self.assertEqual([row[1] for row in self.hours(source)], [15, 10])

    def test_moments_that_tell_the_day(self):
        text = (
            "id,ticket,employee,start,end\n"
            "1,{number},Ada Roth,2026-09-07T22:30:00Z,2026-09-08T00:15:00Z\n"
        )
        self.env.company.partner_id.tz = "Europe/Berlin"
        source = self.file_source(text)
        self.preview(source)
        self.assertEqual(self.hours(source), [(True, 105, True)])
        entry = self.targets(source)["1"]
        self.assertEqual(entry.date, date(2026, 9, 8), "in Berlin")
        self.assertEqual((entry.time_start, entry.time_stop), (0.5, 2.25))

    def test_day_and_time_in_columns_of_their_own(self):
        text = (
            "id,ticket,employee,d1,t1,d2,t2\n"
            "1,{number},Ada Roth,07.09.2026,22:00,08.09.2026,23:30\n"
            "2,{number},Ada Roth,07.09.2026,08:00,07.09.2026,09:30\n"
        )
        names = {"d1": "time_start", "t1": "time_start"}
        names |= {"d2": "time_end", "t2": "time_end"}
        names |= {"id": "external_id", "ticket": "ticket_id", "employee": "employee_id"}
        source = self.file_source(
            text,
            mapping_ids=[
                (0, 0, {"source_field": name, "target_field": field})
                for name, field in names.items()
            ],
        )
        self.assertEqual(self.hours(source), [(True, 90, True)])
        self.assertIn("24 hours", self.errors(source)[0], "25:30 was understood")

    def test_duration_goes_before_start_and_end(self):
        """A duration may be less than the span: it is what was worked."""
        text = "id,ticket,email,date,from,to,hours\n"
        text += "1,{number},ada@desk.test,2026-09-07,08:00,12:00,1.5\n"
        source = self.file_source(text)
        self.preview(source)
        self.assertNotIn("time_start", source.mapping_ids.mapped("target_field"))
        self.assertEqual(self.hours(source), [(True, 90, True)])

    def test_days_are_no_start_and_end(self):
        text = "id,ticket,email,date,from,to\n"
        text += "1,{number},ada@desk.test,2026-09-07,07.09.2026,08.09.2026\n"
        source = self.file_source(text)
        self.assertIn("Map a source field", self.preview(source).table)

    def test_people_who_left(self):
        text = "id,ticket,email,date,hours\n1,{number},ada@desk.test,2026-09-07,1\n"
        source = self.file_source(text)
        self.preview(source)
        self.assertEqual(self.hours(source), [(True, 60, True)])
        self.agent_employee.active = False
        text += "2,{number},ada@desk.test,2026-09-08,1\n"
        text = text.replace("07,1", "07,2").format(number=self.ticket.number)
        source.file = base64.b64encode(text.encode())
        self.assertEqual(
            self.hours(source), [(True, 120, True)], "old time is corrected"
        )
        self.assertIn("Ada Roth, who is archived", self.errors(source)[0])
        record = self.records(source)["2"]
        record.employee_id = self.employee
        record.action_retry()
        self.assertEqual(self.targets(source)["2"].employee_id, self.employee)

    def test_time_that_is_taken_back(self):
        text = "id,ticket,email,date,hours\n1,{number},ada@desk.test,2026-09-07,-0.5\n"
        source = self.file_source(text)
        self.assertEqual(self.preview(source).error_count, 1)
        self.assertFalse(self.hours(source))
        self.assertIn("shorten the entry", self.errors(source)[0])


@tagged("post_install", "-at_install")
class TestPartlyUsed(SyncCommon):
    def packages(self, text):
        self.customer.name = "Mill & Sons"
        self.env.ref("base.EUR").active = True
        source = self.env["service.sync.source"].create(
            {
                "name": "Packages",
                "preset": "packages",
                "file": base64.b64encode(text.encode()),
            }
        )
        source.action_preview()
        source.action_sync_now()
        return source

    def figures(self, source):
        return {
            key: (
                lot.credits,
                lot.opening_used,
                lot.value_per_credit,
                lot.paid_per_credit,
            )
            for key, lot in self.targets(source).items()
        }

    def test_what_was_used_is_imported_with_it(self):
        """It keeps its price, and is taken off when the draft is confirmed."""
        source = self.packages(
            "Beleg-Nr.;Kunde;Stunden gekauft;Stunden verbraucht;Rest;Preis/Std.;"
            "Währung;Gültig bis\n"
            "R1;Mill & Sons;50,00;32,25;17,75;95,00;EUR;31.12.2027\n"
            "R2;Mill & Sons;20;20;0;90;EUR;31.12.2027\n"
            "R3;Mill & Sons;10;11;-1;90;EUR;31.12.2027\n"
            "R4;Mill & Sons;10;;10;90;EUR;31.12.2027\n"
        )
        self.assertEqual(
            self.figures(source), {"R1": (50, 32.25, 95, 0), "R4": (10, 0, 90, 0)}
        )
        lot = self.targets(source)["R1"]
        lot.is_draft = False
        self.assertEqual((lot.credits_available, lot.value_available), (17.75, 1686.25))
        records = self.records(source)
        self.assertNotIn("R2", records, "nothing is left of it")
        self.assertIn("credits can't have", records["R3"].error)

    def test_rest_without_what_was_used(self):
        source = self.packages(
            "Invoice No,Customer,Hours Purchased,Hours Left,Net amount,Currency,"
            "Valid Until\n"
            "I1,Mill & Sons,40,10,3800,EUR,2027-12-31\n"
            "I2,Mill & Sons,5,0,500,EUR,2027-12-31\n"
        )
        self.assertEqual(self.figures(source), {"I1": (40, 30, 95, 95)})

    def test_value_of_the_amount_for_all(self):
        source = self.packages(
            "N° facture;Client;Heures;Montant HT;Devise;Expire le\n"
            "F1;Mill & Sons;30;1.000,00;EUR;31/12/2027\n"
            "F2;Mill & Sons;10,5;0,00;EUR;31/12/2027\n"
        )
        lots = self.targets(source)
        self.assertAlmostEqual(lots["F1"].value_per_credit, 1000 / 30)
        self.assertEqual(lots["F1"].paid_total, 1000)
        self.assertEqual(self.figures(source)["F2"], (10.5, 0, 0, 0))

    def test_price_and_amount(self):
        source = self.packages(
            "Invoice No,Customer,Hours,Price,Net Amount,Currency,Valid Until\n"
            "I1,Mill & Sons,10,95,900,EUR,2027-12-31\n"
        )
        self.assertEqual(self.figures(source), {"I1": (10, 0, 95, 90)})

    def test_amount_that_may_have_tax_in_it_is_not_guessed(self):
        text = "Invoice No,Customer,Hours,Amount,Currency,Valid Until\n"
        source = self.packages(text + "I1,Mill & Sons,10,1130.50,EUR,2027-12-31\n")
        self.assertNotIn("amount_total", source.mapping_ids.mapped("target_field"))
        self.assertFalse(self.targets(source), "it is asked")
        preview = self.env["service.sync.preview"].create({"source_id": source.id})
        self.assertEqual(preview.asked, "price_basis")
        self.assertIn("113.05 per credit, 1,130.5 in all", preview.table)
        for basis, value in (("gross", 0), ("all", 113.05)):
            source = self.packages(text + "I1,Mill & Sons,10,1130.50,EUR,2027-12-31\n")
            source.price_basis = basis
            source.action_sync_now()
            self.assertEqual(self.targets(source)["I1"].value_per_credit, value)

    def test_more_is_used_later(self):
        text = "Invoice No,Customer,Hours,Used,Price per Hour,Currency,Valid Until\n"
        row = "I1,Mill & Sons,10,{used},95,EUR,2027-12-31\n"
        source = self.packages(text + row.format(used=2))
        for used, known in ((5, 5), (10, 10), (12, 10)):
            content = (text + row.format(used=used)).encode()
            source.file = base64.b64encode(content)
            source.action_sync_now()
            lot = self.targets(source)["I1"]
            self.assertEqual((lot.credits, lot.opening_used), (10, known))
        self.assertIn("credits can't have", source.record_ids.error)

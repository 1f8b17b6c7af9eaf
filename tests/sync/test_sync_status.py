# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The truth table of the coloured dot, row by row, with a moving clock."""

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from ...models.sync.cycle import Cycle
from ..support.peers import http_peer
from ..support.sync import SyncCommon

START = datetime(2026, 5, 4, 12, 0, 0)


def hours(number):
    return timedelta(hours=number)


def ago(number):
    return START - hours(number)


# state, last sync, last change, errors → colour, label
TABLE = [
    ("active", None, None, 0, "grey", "Starting"),
    ("active", None, ago(1), 0, "grey", "Starting"),
    ("active", None, None, 3, "grey", "Errors"),
    ("active", ago(0), ago(0), 0, "green", "Up to date"),
    ("active", ago(1), ago(1), 0, "green", "Up to date"),
    ("active", ago(2), ago(2), 0, "green", "Up to date"),
    ("active", ago(1), ago(24), 0, "green", "Up to date"),
    ("active", ago(1), ago(24.1), 0, "orange", "No recent change"),
    ("active", ago(1), ago(12 * 24), 0, "orange", "No recent change"),
    ("active", ago(1), None, 0, "orange", "No recent change"),
    ("active", ago(2.01), ago(0), 0, "orange", "Late"),
    ("active", ago(50), ago(0), 0, "orange", "Late"),
    ("active", ago(50), ago(100), 0, "orange", "Late"),
    ("active", ago(1), ago(1), 1, "orange", "Errors"),
    ("active", ago(9), ago(9), 4, "orange", "Errors"),
    ("stopped", ago(1), ago(1), 5, "red", "Stopped"),
    ("stopped", None, None, 5, "red", "Stopped"),
    ("cancelled", ago(1), ago(1), 0, "grey", "Cancelled"),
    ("cancelled", None, None, 2, "grey", "Cancelled"),
]


@tagged("post_install", "-at_install")
class TestSyncStatus(SyncCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls.csv_source("id\n1\n")

    def test_truth_table(self):
        for row in TABLE:
            state, last_sync, last_change, errors, color, label = row
            self.source.write(
                {
                    "state": state,
                    "last_sync": last_sync or False,
                    "last_change": last_change or False,
                    "error_count": errors,
                    "last_error": "It broke." if errors else False,
                }
            )
            with self.subTest(row=row), freeze_time(START):
                self.source.invalidate_recordset()
                self.assertEqual(self.source.status, color)
                self.assertEqual(self.source.status_label, label)
                self.assertTrue(self.source.status_text)
                if errors and state != "cancelled":
                    self.assertIn("It broke.", self.source.status_text)

    def test_errors_are_counted_in_words_for_one_and_for_many(self):
        for count in (1, 4):
            self.source.error_count = count
            text = self.source.status_text
            self.assertRegex(text, f"^Errors in a row: {count}, next attempt: ")

    def test_a_system_whose_rows_all_failed_is_not_well(self):
        """However recent they are; a few of many are counted in the words."""
        record = {"source_id": self.source.id, "state": "error", "error": "Bad."}
        records = self.env["service.sync.record"].sudo()
        records.create([{**record, "external_id": str(number)} for number in (1, 2)])
        with freeze_time(START):
            self.source.write({"last_sync": ago(1), "last_change": ago(1)})
            self.assertEqual(self.source.status, "orange")
            self.assertEqual(self.source.status_label, "Rows in Error")
            self.assertIn("2 of 2", self.source.status_text)
            records.create({**record, "external_id": "3", "state": "imported"})
            self.source.invalidate_recordset()
            self.assertEqual(self.source.status, "green")
            self.assertIn("2 of 3", self.source.status_text)

    def test_status_is_searchable(self):
        self.source.write({"state": "stopped", "error_count": 5})
        Source = self.env["service.sync.source"]
        self.assertIn(self.source, Source.search([("status", "=", "red")]))
        self.assertNotIn(self.source, Source.search([("status", "!=", "red")]))

    def at(self, source, number, expected):
        """Let the scheduled action run so many hours after the start."""
        with freeze_time(START + hours(number)):
            source._cron_sync()
            source.invalidate_recordset()
            self.assertEqual(source.status, expected, f"after {number} h")

    def clock_source(self):
        """A source with one row of ten minutes before the start; (source, answer)."""
        row = {"id": 1, "changed": "2026-05-04T11:50:00Z", "customer": "ACME-1"}
        answer = {"rows": [{**row, "credits": 5}], "status": 200}

        def script(handler, request):
            body = {"data": {"items": answer["rows"]}}
            handler.send(body, status=answer["status"])

        peer = http_peer(script)
        source = self.json_source(peer.__enter__(), page_parameter=False)
        self.addCleanup(peer.__exit__, None, None, None)
        source.next_sync = START
        return source, answer

    def test_green_while_it_changes_orange_when_quiet_or_late(self):
        source, answer = self.clock_source()
        self.assertEqual(source.status, "grey")
        self.at(source, 0, "green")
        self.assertEqual(source.last_change, datetime(2026, 5, 4, 11, 50))
        for number in range(1, 24):
            self.at(source, number, "green")  # every hour; the change is recent
        self.at(source, 24, "orange")  # it runs, and nothing changed for a day
        self.at(source, 25, "orange")
        self.assertEqual(source.last_change, datetime(2026, 5, 4, 11, 50))
        answer["rows"][0].update(changed="2026-05-05T13:30:00Z", credits=6)
        self.at(source, 26, "green")
        with freeze_time(START + hours(28.1)):  # no worker ran meanwhile
            source.invalidate_recordset()
            self.assertEqual(source.status, "orange")
            self.assertEqual(source.status_label, "Late")
        self.at(source, 28.1, "green")
        self.assertEqual(len(self.targets(source)), 1)

    def test_red_after_errors_grey_after_reset_and_cancel(self):
        source, answer = self.clock_source()
        self.at(source, 0, "green")
        answer["status"] = 503
        for number in (1.2, 2, 3, 4):
            self.at(source, number, "orange")
        self.at(source, 5.5, "red")
        answer["status"] = 200
        self.at(source, 12, "red")  # red stays until a user resumes
        source.action_resume()
        source.next_sync = START + hours(13)
        self.at(source, 13, "green")
        source.action_reset()
        self.assertEqual(source.status, "grey")
        source.next_sync = START + hours(14)
        self.at(source, 14, "green")
        source.action_cancel()
        self.at(source, 15, "grey")
        self.assertEqual(len(self.targets(source)), 1)

    def test_scheduled_hourly(self):
        cron = self.env.ref("helpdesk_service_credit.service_sync_first_cron")
        self.assertTrue(cron.active)
        self.assertEqual(self.source.interval_minutes, 60)
        with freeze_time(START):
            self.source.next_sync = START + timedelta(minutes=1)
            cron.ir_actions_server_id.run()
            self.assertFalse(self.source.last_run_id, "not due yet")
        with freeze_time(START + timedelta(minutes=2)):
            cron.ir_actions_server_id.run()
            self.assertTrue(self.source.last_run_id)
            self.assertGreater(self.source.next_sync, fields.Datetime.now())

    def test_a_first_import_has_a_slot_of_its_own(self):
        """Sources that were read once don't wait for those that were not."""
        regular, first = (
            self.env.ref(f"helpdesk_service_credit.service_sync_{name}cron")
            for name in ("", "first_")
        )
        new = self.source.copy({"next_sync": START})
        with freeze_time(START):
            self.source.write({"last_sync": START, "next_sync": START})
            regular.ir_actions_server_id.run()
            self.assertTrue(self.source.last_run_id)
            self.assertFalse(new.last_run_id)
            first.ir_actions_server_id.run()
            self.assertTrue(new.last_run_id)

    def test_a_source_with_more_comes_after_the_others(self):
        """One that was read for a while is due anew behind those that waited."""
        other = self.source.copy({"next_sync": START})
        with freeze_time(START + hours(1)):
            self.source.next_sync = START
            self.source._run_cycle()
            cycle = Cycle(self.source)
            cycle.run = cycle._begin()
            cycle._pause()
            due = other.search(other._domain_due(), order="next_sync, id")
        ours = due.filtered(lambda source: source in self.source + other)
        self.assertEqual(ours.ids, (other + self.source).ids)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The truth table of the coloured dot, row by row, with a moving clock."""

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from .sync_common import SyncCommon
from .sync_peers import http_peer

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

    def test_status_is_searchable(self):
        self.source.write({"state": "stopped", "error_count": 5})
        Source = self.env["service.sync.source"]
        self.assertIn(self.source, Source.search([("status", "=", "red")]))
        self.assertNotIn(self.source, Source.search([("status", "!=", "red")]))

    def test_clock_moves_and_colours_follow(self):
        """The seed, told by the clock: new, running hourly, quiet, late, broken."""
        rows, status = [], [200]

        def script(handler, request):
            handler.send({"data": {"items": rows}}, status=status[0])

        Source = self.env["service.sync.source"]
        with http_peer(script) as peer:
            source = self.json_source(peer, page_parameter=False)
            self.assertEqual(source.status, "grey")
            rows.append(
                {"id": 1, "changed": "2026-05-04T11:50:00Z", "customer": "ACME-1"}
            )
            rows[0]["credits"] = 5

            def at(number, expected):
                with freeze_time(START + hours(number)):
                    Source._cron_sync()
                    source.invalidate_recordset()
                    self.assertEqual(source.status, expected, f"after {number} h")

            source.next_sync = START
            at(0, "green")
            self.assertEqual(source.last_change, datetime(2026, 5, 4, 11, 50))
            for number in range(1, 24):
                at(number, "green")  # it runs every hour, the change is recent
            at(24, "orange")  # it runs, and nothing changed for a day
            at(25, "orange")
            self.assertEqual(source.last_change, datetime(2026, 5, 4, 11, 50))
            rows[0].update(changed="2026-05-05T13:30:00Z", credits=6)
            at(26, "green")
            with freeze_time(START + hours(28.1)):  # no worker ran meanwhile
                source.invalidate_recordset()
                self.assertEqual(
                    (source.status, source.status_label), ("orange", "Late")
                )
            at(28.1, "green")
            status[0] = 503
            at(29.2, "orange")
            for number in (30, 31, 32):
                at(number, "orange")
            at(33.5, "red")
            status[0] = 200
            at(40, "red")  # red stays until somebody resumes
            source.action_resume()
            source.next_sync = START + hours(41)
            at(41, "green")
            source.action_reset()
            self.assertEqual(source.status, "grey")
            source.next_sync = START + hours(42)
            at(42, "green")
            source.action_cancel()
            at(43, "grey")
        self.assertEqual(len(self.targets(source)), 1)

    def test_scheduled_hourly(self):
        cron = self.env.ref("helpdesk_service_credit.service_sync_cron")
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

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Cycles against a real endpoint: incremental, replayable, stoppable."""

from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.sync import cycle
from ..support.peers import http_peer, json_rows
from ..support.sync import CycleCase


@tagged("post_install", "-at_install")
class TestSyncCycle(CycleCase):
    def test_first_cycle_imports_every_page_as_drafts(self):
        self.assertEqual(self.sync(), (7, 0, 0, 0))
        targets = self.targets(self.source)
        self.assertEqual(sorted(targets), list("1234567"))
        self.assertEqual(targets["3"].credits, 30)
        self.assertEqual(targets["3"].partner_id, self.customer)
        self.assertTrue(all(lot.is_draft for lot in targets.values()))
        run = self.source.last_run_id
        self.assertEqual((run.state, run.read_count), ("done", 7))
        self.assertEqual(self.source.run_ids, run)

    def test_runs_are_removed_after_a_while_but_for_the_last(self):
        for _time in range(3):
            self.sync()
        Run = self.env["service.sync.run"]
        with freeze_time(datetime.now() + timedelta(days=80)):
            self.assertEqual(Run._gc_old(), (0, 0))
        with freeze_time(datetime.now() + timedelta(days=91)):
            self.assertEqual(Run._gc_old(limit=1), (1, 1))
            Run._gc_old()
        self.assertEqual(self.source.run_ids, self.source.last_run_id)

    def test_a_list_longer_than_its_time_goes_on_after_each_pause(self):
        with patch.object(cycle, "MANUAL_SECONDS", 0):
            for pages in (1, 2, 3):
                self.source.action_sync_now()
                run = self.source.last_run_id
                self.assertEqual((run.state, run.page_count), ("running", pages))
                self.assertTrue(run.resume)
            self.source.action_sync_now()
        self.assertEqual((run.state, run.created_count), ("done", 7))
        self.assertFalse(run.resume)
        self.assertTrue(self.source.last_sync)
        pages = [request.query["page"] for request in self.peer.requests]
        self.assertEqual(pages, ["1", "2", "3", "4"], "none is asked for twice")

    def test_queries_do_not_grow_with_the_runs(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.sync()
            return self.cr.sql_log_count - before

        self.sync()
        few = count()
        self.env["service.sync.run"].create(
            [{"source_id": self.source.id, "state": "done"} for _run in range(300)]
        )
        self.assertLessEqual(count(), few + 2)

    def test_told_otherwise_purchases_are_usable(self):
        self.source.create_as_draft = False
        self.sync()
        self.assertEqual(self.targets(self.source)["1"].state, "open")

    def test_next_cycle_reads_from_the_last_change_on_ties_included(self):
        self.sync()
        self.peer.requests.clear()
        self.assertEqual(self.sync(), (0, 0, 1, 0))
        since = self.peer.requests[0].query["since"]
        self.assertEqual(since, self.rows[-1]["changed"] + "Z")

    def test_row_with_the_very_date_of_the_last_one_is_not_lost(self):
        self.sync()
        self.rows.append({**self.rows[-1], "id": 8})
        self.assertEqual(self.sync(), (1, 0, 1, 0))

    def test_change_updates_in_place(self):
        self.sync()
        lot = self.targets(self.source)["2"]
        self.rows.append(self.row(2, minutes=30, credits=25))
        self.assertEqual(self.sync(), (0, 1, 1, 0))
        self.assertEqual(lot.credits, 25)
        self.assertEqual(self.targets(self.source)["2"], lot)

    def test_last_change_and_last_sync(self):
        self.sync()
        newest = datetime.fromisoformat(self.rows[-1]["changed"])
        self.assertEqual(self.source.last_change, newest.replace(microsecond=0))
        self.assertAlmostEqual(
            self.source.last_sync, datetime.now(), delta=timedelta(seconds=30)
        )
        self.assertEqual(
            self.source.next_sync, self.source.last_sync + timedelta(minutes=60)
        )

    def test_replay_of_everything_does_nothing(self):
        self.sync()
        lots = self.targets(self.source)
        dates = {key: lot.write_date for key, lot in lots.items()}
        self.source.action_reset()
        self.assertFalse(self.source.last_sync)
        self.assertEqual(self.sync(), (0, 0, 7, 0))
        self.assertEqual(self.targets(self.source), lots)
        self.assertEqual({k: lot.write_date for k, lot in lots.items()}, dates)

    def test_reset_asks_for_everything_again(self):
        self.sync()
        self.source.action_reset()
        self.peer.requests.clear()
        self.sync()
        self.assertNotIn("since", self.peer.requests[0].query)

    def test_every_paging_gives_the_same_records(self):
        expected = None
        for size in (1, 2, 3, 7, 50):
            with http_peer(json_rows(self.rows, page_size=size)) as peer:
                source = self.json_source(peer, name=f"Pages of {size}")
                self.sync(source)
            found = {key: lot.credits for key, lot in self.targets(source).items()}
            expected = expected or found
            with self.subTest(size=size):
                self.assertEqual(found, expected)

    def test_rows_that_come_twice(self):
        self.rows.insert(1, dict(self.rows[0]))
        self.assertEqual(self.sync(), (7, 0, 1, 0))

    def test_same_id_for_different_rows_of_one_moment_is_reported(self):
        self.rows[1] = {**self.rows[0], "credits": 99}
        created, updated, unchanged, failed = self.sync()
        self.assertEqual((created, failed), (5, 1))
        record = self.records(self.source)["1"]
        self.assertEqual(record.state, "error")
        self.assertIn("(1 and 2)", record.error)

    def test_same_id_again_on_a_later_page_is_reported(self):
        self.rows[5] = {**self.rows[0], "credits": 99}
        created, updated, unchanged, failed = self.sync()
        self.assertEqual((created, updated, failed), (6, 0, 1))
        record = self.records(self.source)["1"]
        self.assertIn("twice in one run", record.error)
        self.assertEqual(self.targets(self.source)["1"].credits, 10)

    def test_newer_version_in_the_same_cycle_wins(self):
        self.rows[1] = {**self.row(1, minutes=20), "credits": 42}
        self.rows.append({**self.row(3, minutes=30), "credits": 43})
        self.sync()
        targets = self.targets(self.source)
        self.assertEqual(targets["1"].credits, 42)
        self.assertEqual(targets["3"].credits, 43)

    def test_row_without_external_id_is_refused_with_its_line(self):
        self.rows[3]["id"] = ""
        self.assertEqual(self.sync(), (6, 0, 0, 1))
        record = self.records(self.source)[False]
        self.assertIn("Line 4 has no external ID", record.error)
        self.source.action_reset()
        self.sync()
        self.assertEqual(self.source.failed_count, 1, "reported once, not twice")

    def test_rows_alike_without_external_id_all_fail(self):
        self.rows[:] = [{**self.row(1), "id": None}] * 3
        self.assertEqual(self.sync(), (0, 0, 0, 3))
        self.assertEqual(self.source.failed_count, 1)

    def test_bad_rows_do_not_stop_the_page(self):
        self.rows[0]["credits"] = "many"
        self.rows[1]["credits"] = 0
        self.rows[2]["credits"] = 1.23456
        self.rows[3]["customer"] = None
        self.assertEqual(self.sync(), (3, 0, 0, 4))
        errors = {k: r.error for k, r in self.records(self.source).items() if r.error}
        self.assertIn("“many” isn't a number", errors["1"])
        self.assertIn("no number of credits", errors["2"])
        self.assertIn("1.23456", errors["3"])
        self.assertIn("names no customer", errors["4"])
        self.assertEqual(self.source.error_count, 0)

    def test_retry_after_the_reason_is_gone(self):
        self.rows[0]["customer"] = "NEW-1"
        self.sync()
        record = self.records(self.source)["1"]
        record.action_retry()
        self.assertEqual(record.state, "error")
        self.customer.copy({"name": "Newcomer", "ref": "NEW-1"})
        record.action_retry()
        self.assertEqual(record.state, "imported")
        self.assertEqual(self.targets(self.source)["1"].partner_id.name, "Newcomer")
        self.assertFalse(record.payload)
        with self.assertRefused(UserError, says="not in error"):
            record.action_retry()

    def test_retry_keeps_decimals_and_dates_as_they_were(self):
        text = "id;customer;credits;start\n1;NEW-2;1.234,50;31.12.2026\n"
        mapping = {
            "external_id": "id",
            "partner_id": "customer",
            "credits": "credits",
            "date_start": "start",
        }
        source = self.csv_source(text, mapping)
        self.sync(source)
        self.customer.copy({"ref": "NEW-2"})
        self.records(source)["1"].action_retry()
        lot = self.targets(source)["1"]
        self.assertEqual(lot.credits, 1234.5)
        self.assertEqual(lot.date_start, fields.Date.to_date("2026-12-31"))

    def test_date_in_the_future_does_not_hide_later_changes(self):
        self.rows[:] = [self.row(1), {**self.row(2), "changed": "2199-01-01T00:00:00"}]
        self.sync()
        self.assertLessEqual(self.source.last_change, fields.Datetime.now())
        self.rows.append(self.row(3, minutes=60))
        with freeze_time(datetime.now() + timedelta(minutes=5)):
            self.rows[-1]["changed"] = datetime.now().isoformat()
            self.assertEqual(self.sync()[0], 1)

    def test_rows_gone_at_the_source_stay_here(self):
        self.sync()
        lots = self.targets(self.source)
        del self.rows[1:]
        self.source.action_reset()
        self.sync()
        self.assertEqual(self.targets(self.source), lots)
        seen = self.records(self.source)
        self.assertLess(seen["2"].last_seen, seen["1"].last_seen + timedelta(seconds=9))

    def test_rows_not_seen_since_a_date_can_be_listed(self):
        with freeze_time(datetime.now() - timedelta(days=3)):
            self.sync()
        del self.rows[1:]
        self.source.action_reset()
        self.sync()
        yesterday = fields.Datetime.now() - timedelta(days=1)
        unseen = self.env["service.sync.record"].search(
            [("source_id", "=", self.source.id), ("last_seen", "<", yesterday)]
        )
        self.assertEqual(sorted(unseen.mapped("external_id")), list("234567"))

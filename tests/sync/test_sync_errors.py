# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Systems that fail: pauses, stops, and what was stored before."""

from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from ..support.peers import http_peer, json_rows
from ..support.sync import SECRET, SyncCommon


@tagged("post_install", "-at_install")
class TestSyncErrors(SyncCommon):
    def test_growing_pauses_then_red(self):
        with http_peer(lambda h, r: h.send(b"", status=500)) as peer:
            admin = self.env.ref("base.user_admin")
            source = self.json_source(peer, user_id=admin.id)
            source.next_sync = fields.Datetime.now()
            moment, pauses = datetime.now(), []
            for number in range(1, 6):
                with freeze_time(moment):
                    self.env["service.sync.source"]._cron_sync()
                    self.assertEqual(source.error_count, number)
                    self.assertIn("500", source.last_error)
                    if number < 5:
                        pause = source.next_sync - fields.Datetime.now()
                        pauses.append(pause.total_seconds() / 60)
                        moment += pause + timedelta(seconds=1)
            self.assertEqual(pauses, [5, 10, 20, 40])
            self.assertEqual((source.state, source.status), ("stopped", "red"))
            self.assertFalse(source.next_sync)
            self.assertEqual(source.activity_ids.user_id, admin)
            peer.requests.clear()
            self.env["service.sync.source"]._cron_sync()
            self.assertFalse(peer.requests, "a stopped source is left alone")
        self.assertEqual(source.run_ids.mapped("state"), ["failed"] * 5)

    def test_pressing_again_and_again_is_one_error_more_each_time(self):
        """Each pause is twice the last one, and no number of presses is too many."""
        with http_peer(lambda h, r: h.send(b"", status=500)) as peer:
            source = self.json_source(peer)
            for pressed in (6, 31, 100):
                source.error_count = pressed - 1
                source.action_sync_now()
                self.assertEqual(source.error_count, pressed)
                self.assertEqual(source.state, "stopped")
                self.assertIn("500", source.last_error)
                self.assertFalse(source.is_running)
            self.assertFalse(source.activity_ids, "who presses is told at once")

    def test_without_a_responsible_a_manager_hears_of_it(self):
        group = "helpdesk_service_credit.group_service_credit_manager"
        here = self.env["res.company"].create({"name": "Here"})
        new_test_user(self.env, "sync_far", group)
        manager = new_test_user(
            self.env,
            "sync_near",
            group,
            company_id=here.id,
            company_ids=[Command.set(here.ids)],
        )
        source = self.csv_source("", company_id=here.id, user_id=False)
        for nobody in (self.env["res.users"], self.env.ref("base.user_root")):
            source.user_id = nobody
            source.error_count = 4
            source.action_sync_now()
            self.assertEqual(source.state, "stopped")
            self.assertEqual(source.activity_ids.user_id, manager)
            source.activity_ids.unlink()
            source.action_resume()

    def test_resume_and_success_forget_the_errors(self):
        answers = [500, 500, 200]

        def script(handler, request):
            handler.send({"data": {"items": []}}, status=answers.pop(0))

        with http_peer(script) as peer:
            source = self.json_source(peer)
            source.action_sync_now()
            source.action_sync_now()
            self.assertEqual(source.error_count, 2)
            source.action_resume()
            self.assertEqual((source.error_count, source.last_error), (0, False))
            source.action_sync_now()
            self.assertEqual((source.error_count, source.status), (0, "orange"))

    def test_wish_to_wait_is_granted(self):
        def script(handler, request):
            handler.send(b"", status=429, headers={"Retry-After": "7200"})

        with http_peer(script) as peer:
            source = self.json_source(peer)
            source.action_sync_now()
            self.assertGreater(
                source.next_sync, fields.Datetime.now() + timedelta(minutes=119)
            )
            for _time in range(6):
                source.action_sync_now()
            self.assertEqual((source.error_count, source.state), (1, "active"))
            self.assertIn("429", source.last_error)

    def test_one_bad_source_never_stops_the_others(self):
        good = self.csv_source("id,customer,credits\n1,ACME-1,10\n", name="B")
        bad = self.csv_source("", name="A")
        Source = type(good)
        connect = Source._get_connector

        def crash(source, *args):
            if source == bad:
                raise KeyError(SECRET)
            return connect(source, *args)

        (good | bad).next_sync = fields.Datetime.now() - timedelta(minutes=1)
        with (
            patch.object(Source, "_get_connector", crash),
            self.assertLogs("odoo.addons.helpdesk_service_credit", "ERROR") as logs,
        ):
            self.env["service.sync.source"]._cron_sync()
        self.assertIn("unexpectedly (KeyError)", bad.last_error)
        self.assertNotIn(SECRET, "".join(logs.output))
        self.assertEqual(len(self.targets(good)), 1)

    def test_file_with_other_columns_is_an_error_of_the_system(self):
        source = self.csv_source("ID,Cust,N,V\n1,ACME-1,1,2\n2,ACME-1,1,2\n")
        source.action_sync_now()
        self.assertEqual(
            source.last_error,
            "The file has no column “id”: its columns are ID, Cust, N, V.",
        )
        self.assertFalse(source.record_ids)
        preview = source.action_preview()
        preview = self.env[preview["res_model"]].browse(preview["res_id"])
        self.assertIn(source.last_error, preview.table)

    def test_drop_in_the_middle_keeps_the_pages_before_and_finishes_later(self):
        rows = [
            {"id": n, "changed": "2026-01-01", "customer": "ACME-1", "credits": n}
            for n in range(1, 5)
        ]
        broken = [True]

        def script(handler, request):
            page = int(request.query["page"])
            if page == 2 and broken:
                return handler.send(b'{"data": {"items": [{"id"', length=900)
            return json_rows(rows, page_size=2)(handler, request)

        with http_peer(script) as peer:
            source = self.json_source(peer)
            source.action_sync_now()
            self.assertIn("broke off", source.last_error)
            self.assertEqual(sorted(self.targets(source)), ["1", "2"])
            self.assertFalse(source.cursor_moment)
            broken.clear()
            source.action_sync_now()
        self.assertEqual(sorted(self.targets(source)), ["1", "2", "3", "4"])
        self.assertEqual(source.last_run_id.unchanged_count, 2)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Workers that die and workers that race, as real processes on real commits."""

import gc
import os
import signal
import tracemalloc
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields, modules, sql_db
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged

from ...connectors import CONNECTORS
from ...models.sync.cycle import LEASE, Cycle
from ...models.sync.store import Store
from ..support.books import assert_books
from ..support.played import LONG, played
from ..support.sync import SyncMixin
from .test_connectors_postgresql import peer_connection, peer_settings

ROWS = 25
MEASURE = -1
PAGE = 10  # so a cycle has three pages, of which the last is short


class Worker:
    """A process of its own that runs one cycle, with connections of its own."""

    def __init__(self, case, pages):
        self.answer, answer = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                os.write(answer, self.run(case.source_id, pages).encode())
            except BaseException as error:
                os.write(answer, repr(error).encode())
            finally:
                os._exit(0)  # nothing of the test may run twice
        os.close(answer)
        case.addCleanup(os.close, self.answer)

    def run(self, source_id, pages):
        modules.module.current_test = None  # this is a worker: it commits
        # The sockets of the parent are left alone, not even closed.
        self.inherited, sql_db._Pool = sql_db._Pool, None
        registry = Registry(get_db_name())
        self.inherited_db, registry._db = registry._db, sql_db.db_connect(get_db_name())
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            source = env["service.sync.source"].browse(source_id)
            CONNECTORS[source.connector].page_size = PAGE
            if pages == MEASURE:
                return self.measure(source)
            if pages:
                self.kill_after(pages)
            return "finished" if source._run_cycle() else "busy"

    def measure(self, source):
        """Run a cycle; return the most memory Python needed at once, in bytes.

        Garbage is collected after each page: it comes and goes, and is not meant.
        """
        store = Cycle._store_page

        def store_and_clean(cycle, page):
            gc.collect()
            return store(cycle, page)

        Cycle._store_page = store_and_clean
        gc.collect()
        gc.freeze()
        tracemalloc.start()
        source._run_cycle()
        return str(tracemalloc.get_traced_memory()[1])

    def kill_after(self, pages):
        """Die without a word inside the transaction of page number ``pages``."""
        do, stored = Store.store, []

        def store_and_die(store, rows, again=False):
            counts = do(store, rows, again)
            store.env.flush_all()
            stored.append(rows)
            if len(stored) == pages:
                os.kill(os.getpid(), signal.SIGKILL)
            return counts

        Store.store = store_and_die

    def wait(self):
        """Return the word it ended with and the signal that killed it, if one did."""
        _pid, status = os.waitpid(self.pid, 0)
        text = os.read(self.answer, 4096).decode()
        played("crash points", "sync", kills=int(os.WIFSIGNALED(status)))
        return text, os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@tagged("post_install", "-at_install")
class TestSyncCrash(SyncMixin, BaseCase):
    """Everything here is committed, by this process or by workers, and removed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.peer = peer_connection()
        cls.addClassCleanup(cls.peer.close)

    def setUp(self):
        super().setUp()
        self.sql(
            "DROP SCHEMA IF EXISTS sync_crash CASCADE; CREATE SCHEMA sync_crash;"
            " CREATE TABLE sync_crash.sale AS SELECT n AS id, 'CRASH-1' AS customer,"
            " n AS credits, timestamptz '2026-03-01' + n / 3 * interval '1 minute'"
            f" AS changed FROM generate_series(1, {ROWS}) AS n"
        )
        self.addCleanup(self.sql, "DROP SCHEMA sync_crash CASCADE")
        self.source_id, self.partner_id = self.commit(self.create_records)
        self.addCleanup(self.commit, self.remove_records)

    def tearDown(self):
        self.commit(lambda env: assert_books(self, env))
        super().tearDown()

    def sql(self, text):
        with self.peer.cursor() as cr:
            cr.execute(text)
            return cr.fetchall() if cr.description else None

    def commit(self, work):
        with self.registry.cursor() as cr:
            result = work(api.Environment(cr, SUPERUSER_ID, {}))
            cr.commit()
        return result

    def create_records(self, env):
        partner = env["res.partner"].create({"name": "Crash", "ref": "CRASH-1"})
        source = self.create_source(
            {
                "external_id": "id",
                "changed_at": "changed",
                "partner_id": "customer",
                "credits": "credits",
            },
            env=env,
            connector="postgresql",
            overlap_minutes=0,
            **{k: v for k, v in peer_settings().items() if v},
            query="SELECT * FROM sync_crash.sale",
        )
        return source.id, partner.id

    def remove_records(self, env):
        self.remove_source(env, self.source_id)
        env["res.partner"].browse(self.partner_id).unlink()

    def remove_source(self, env, source_id):
        source = env["service.sync.source"].browse(source_id)
        records = env["service.sync.record"].search([("source_id", "=", source.id)])
        lots = env["service.credit.purchase"].browse(records.mapped("res_id"))
        records.unlink()
        source.unlink()
        lots.unlink()

    def set_query(self, env):
        source = env["service.sync.source"].browse(self.source_id)
        source.query = "SELECT * FROM sync_crash.sale"
        source.password = peer_settings()["password"]

    def count_rows(self, env):
        rows = env["service.sync.record"]._read_group(
            [("state", "=", "imported")], ["source_id"], ["__count"]
        )
        return {source.id: count for source, count in rows}

    def worker(self, pages=0):
        """Start a worker that is killed while it stores page number ``pages``."""
        return Worker(self, pages)

    def state(self):
        """What is stored: credits by external id, and the position."""

        def read(env):
            source = env["service.sync.source"].browse(self.source_id)
            records = env["service.sync.record"].search([("source_id", "=", source.id)])
            lots = env["service.credit.purchase"]
            stored = lots.search([("partner_id", "=", self.partner_id)])
            by_id = {r.external_id: lots.browse(r.res_id).credits for r in records}
            runs = source.run_ids.mapped("state")
            return by_id, len(stored), source.cursor_external_id, runs

        return self.commit(read)

    def test_killed_at_every_page_then_finished(self):
        everything = {str(n): float(n) for n in range(1, ROWS + 1)}
        for page in (1, 2, 3):
            with self.subTest(page=page):
                self.assertEqual(self.worker(page).wait(), ("", signal.SIGKILL))
                by_id, purchases, position, runs = self.state()
                before = (page - 1) * PAGE
                self.assertEqual(len(by_id), before, "only whole pages are stored")
                self.assertEqual(purchases, before)
                self.assertEqual(position, str(before) if before else False)
                self.assertEqual(runs, ["running"])
                self.assertEqual(self.worker().wait(), ("busy", 0), "as it seems")
                self.pass_lease()
                self.assertEqual(self.commit(self.get_status), "Interrupted")
                self.assertEqual(self.worker().wait(), ("finished", 0))
                by_id, purchases, position, runs = self.state()
                self.assertEqual(by_id, everything)
                self.assertEqual(purchases, ROWS, "nothing came twice")
                self.assertEqual(runs, ["done", "failed"])
                self.assertIn("interrupted", self.commit(self.get_errors))
                self.assertEqual(self.commit(self.get_status), "No recent change")
                self.doCleanups()
                self.setUp()

    def pass_lease(self):
        """Let the time go by that a worker which died had reserved."""
        table = "service_sync_source"
        minutes = f"interval '{LEASE.total_seconds() / 60 + 1} minutes'"
        self.sql(
            f"UPDATE {table} SET lease_until = lease_until - {minutes}"
            f" WHERE id = {self.source_id}"
        )

    def get_status(self, env):
        return env["service.sync.source"].browse(self.source_id).status_label

    def get_errors(self, env):
        runs = env["service.sync.source"].browse(self.source_id).run_ids
        return "".join(text for text in runs.mapped("error") if text)

    def test_source_that_kills_each_worker_is_stopped(self):
        for _time in range(5):
            self.assertEqual(self.worker(1).wait(), ("", signal.SIGKILL))
            self.pass_lease()
        self.assertEqual(self.worker().wait(), ("busy", 0))

        def read(env):
            source = env["service.sync.source"].browse(self.source_id)
            self.assertEqual((source.state, source.error_count), ("stopped", 5))
            self.assertIn("interrupted", source.last_error)
            self.assertFalse(source.is_running)
            return source.activity_ids.unlink()

        self.commit(read)
        self.assertEqual(self.state()[3], ["failed"] * 5)

    def test_worker_whose_lease_was_taken_stores_nothing_more(self):
        """It was thought dead, or the source was reset, while it stored a page."""

        def reset(env):
            env["service.sync.source"].browse(self.source_id).action_reset()

        def store_and_reset(store, rows, again=False):
            counts = do(store, rows, again)
            if self.source_id not in resets:
                resets.append(self.source_id)
                self.commit(reset)
            return counts

        do, resets = Store.store, []
        with patch.object(Store, "store", store_and_reset):
            self.assertEqual(self.worker().wait(), ("finished", 0))
        by_id, purchases, _position, runs = self.state()
        self.assertEqual((by_id, purchases, runs), ({}, 0, ["cancelled"]))
        self.assertEqual(self.worker().wait(), ("finished", 0))
        by_id, purchases, _position, runs = self.state()
        self.assertEqual((len(by_id), purchases), (ROWS, ROWS))
        self.assertEqual(runs, ["done", "cancelled"])

    def test_memory_does_not_grow_with_the_rows(self):
        def peak(count):
            self.sql(
                "TRUNCATE sync_crash.sale; INSERT INTO sync_crash.sale SELECT n,"
                " 'CRASH-1', 1, timestamptz '2026-03-01' + n * interval '1 second'"
                f" FROM generate_series(1, {count}) AS n"
            )
            self.commit(
                lambda env: (
                    env["service.sync.source"].browse(self.source_id).action_reset()
                )
            )
            text, killed = self.worker(MEASURE).wait()
            self.assertFalse(killed)
            self.assertEqual(len(self.state()[0]), count)
            return int(text)

        pages = 64 if LONG else 34
        few, many = peak(4 * PAGE), peak(pages * PAGE)
        self.assertLess(many - few, 60 * PAGE * 200, "less than what a row takes")

    def test_two_workers_one_source(self):
        workers = [self.worker(), self.worker()]
        answers = [worker.wait()[0] for worker in workers]
        self.assertIn("finished", answers)
        by_id, purchases, _position, runs = self.state()
        self.assertEqual((len(by_id), purchases), (ROWS, ROWS))
        self.assertEqual(set(runs), {"done"})

    def test_two_sources_at_once(self):
        """Each is run by its own worker; neither waits for the other."""
        other_id = self.commit(
            lambda env: env["service.sync.source"].browse(self.source_id).copy().id
        )
        self.addCleanup(self.commit, lambda env: self.remove_source(env, other_id))
        first_id, workers = self.source_id, []
        for self.source_id in (first_id, other_id):
            self.commit(self.set_query)
            workers.append(self.worker())
        self.source_id = first_id
        self.assertEqual([worker.wait() for worker in workers], [("finished", 0)] * 2)
        stored = self.commit(self.count_rows)
        self.assertEqual(stored, {first_id: ROWS, other_id: ROWS})

    def test_source_is_busy_while_a_worker_holds_it(self):
        def hold(env):
            source = env["service.sync.source"].browse(self.source_id)
            until = fields.Datetime.now() + LEASE
            source.write({"lease_key": "other", "lease_until": until})
            self.assertTrue(source.is_running)
            self.assertEqual(source.status_label, "Running")
            self.assertIn("0 rows read", source.status_text)

        self.commit(hold)
        self.assertEqual(self.worker().wait(), ("busy", 0))
        self.assertFalse(self.state()[0])

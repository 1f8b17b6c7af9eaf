# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Long work on OCA's `queue_job`, which `dev/test --beside` installs.

The name keeps it out of runs without that addon. Jobs are stored, taken and performed
as its runner does, and commit.
"""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields, modules
from odoo.tests import new_test_user, tagged

from .scratch import ScratchCase, buy
from .sync import SyncMixin

FILE = "\n".join(
    ["id,customer,credits"] + [f"{number},Q-1,5" for number in range(1, 4)]
)


@tagged("post_install", "-at_install")
class TestBesideQueue(SyncMixin, ScratchCase):
    @classmethod
    def _prepare(cls, env):
        customer = env["res.partner"].create(
            {
                "name": "Queue",
                "is_company": True,
                "ref": "Q-1",
                "email": "queue@example.test",
            }
        )
        buy(env, customer, 10)
        cls.customer_id = customer.id
        cls.user_id = new_test_user(
            env,
            "queue_clerk",
            "base.group_user,helpdesk_service_credit.group_service_credit_user",
        ).id

    def setUp(self):
        super().setUp()
        # What is performed here commits, as a worker does.
        self.patch(modules.module, "current_test", None)
        with self._env() as env:
            env["queue.job"].search([]).unlink()

    def _request(self, env):
        statement = env["service.credit.statement"].create(
            {"partner_id": self.customer_id}
        )
        files = env["service.statement.file"]
        return files._request(statement, env["res.users"].browse(self.user_id))

    def _perform(self):
        """Take and perform every job that waits.

        :return: how many
        """
        from odoo.addons.queue_job.controllers.main import RunJobController
        from odoo.addons.queue_job.job import Job

        with self._env() as env:
            uuids = env["queue.job"].search([("state", "=", "pending")]).mapped("uuid")
            for uuid in uuids:
                job = Job.load(env, uuid)
                job.set_enqueued()
                job.store()
        for uuid in uuids:
            with self._env() as env:
                job = RunJobController._acquire_job(env, uuid)
                RunJobController._try_perform_job(env, job)
        with self._env() as env:
            jobs = env["queue.job"].search([("uuid", "in", uuids)])
            self.assertEqual(set(jobs.mapped("state")), {"done"})
        return len(uuids)

    def test_a_statement_is_a_job(self):
        with self._env() as env:
            file_id = self._request(env).id
        with self._env() as env:
            self.assertEqual(self._request(env).id, file_id)
            [job] = env["queue.job"].search([])
            self.assertEqual(job.model_name, "service.statement.file")
            self.assertIn(f":{file_id}:", job.identity_key)
        self.assertEqual(self._perform(), 1)
        with self._env() as env:
            file = env["service.statement.file"].browse(file_id)
            self.assertEqual(file.state, "ready")
            self.assertIn(b"10.00", file.attachment_id.raw)

    def test_what_no_job_did_the_scheduled_action_does(self):
        with self._env() as env:
            file_id = self._request(env).id
            env["queue.job"].search([]).unlink()
        with self._env() as env:
            env["service.statement.file"]._cron_make()
        with self._env() as env:
            file = env["service.statement.file"].browse(file_id)
            self.assertEqual(file.state, "ready")

    def test_a_mailed_statement_is_a_job(self):
        with self._env() as env:
            customer = env["res.partner"].browse(self.customer_id)
            customer.service_statement_frequency = "month"
            due = env["service.statement.sent"]._get_due()
            self.assertTrue(due)
            env["service.statement.sent"]._cron_send()
        with self._env() as env:
            env["service.statement.sent"]._cron_send()
            self.assertEqual(env["queue.job"].search_count([]), len(due))
        self._perform()
        with self._env() as env:
            file = env["service.statement.file"].search(
                [("user_id", "=", False), ("partner_id", "=", self.customer_id)]
            )
            self.assertIn(file.state, ("ready", "nothing"))

    def _create_sources(self, env, count):
        return env["service.sync.source"].concat(
            *(
                self.csv_source(FILE, env=env, name=f"Queue {number}")
                for number in range(count)
            )
        )

    def test_each_connected_system_is_a_job(self):
        with self._env() as env:
            env["service.sync.source"].search([]).active = False
            sources = self._create_sources(env, 3)
            sources.next_sync = fields.Datetime.now()
        for _twice in range(2):
            with self._env() as env:
                env["service.sync.source"]._cron_sync()
        with self._env() as env:
            jobs = env["queue.job"].search([])
            keys = {f":{source.id}:" for source in sources.with_env(env)}
            self.assertEqual(len(jobs), 3)
            for key in keys:
                self.assertTrue(any(key in job.identity_key for job in jobs))
            self.assertFalse(sources.with_env(env).last_run_id)
        self.assertEqual(self._perform(), 3)
        with self._env() as env:
            sources = sources.with_env(env)
            self.assertEqual(sources.mapped("last_run_id.state"), ["done"] * 3)
            self.assertTrue(all(sources.mapped("last_sync")))
            sources.active = False

    def test_without_a_runner_the_scheduled_action_reads_what_waits_long(self):
        with self._env() as env:
            env["service.sync.source"].search([]).active = False
            source = self._create_sources(env, 1)
            source.next_sync = fields.Datetime.now() - timedelta(minutes=90)
        with self._env() as env:
            env["service.sync.source"]._cron_sync()
        with self._env() as env:
            source = source.with_env(env)
            self.assertEqual(source.last_run_id.state, "done")
            source.active = False
            # The job finds nothing to do but reads once more.
        self._perform()

    def test_a_long_import_goes_on_in_another_job(self):
        with self._env() as env:
            env["service.sync.source"].search([]).active = False
            source = self._create_sources(env, 1)
            source.next_sync = fields.Datetime.now()
        with (
            self._env() as env,
            patch(
                "odoo.addons.helpdesk_service_credit.models.sync.cycle.MANUAL_SECONDS",
                -1,
            ),
        ):
            source.with_env(env).action_sync_now()
        with self._env() as env:
            self.assertEqual(env["queue.job"].search_count([]), 1)
        self._perform()
        with self._env() as env:
            source = source.with_env(env)
            self.assertEqual(source.last_run_id.state, "done")
            source.active = False

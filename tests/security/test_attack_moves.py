# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..support.funding import MAY
from ..support.tasks import TaskFundingCommon

WORKER = "hr_timesheet.group_hr_timesheet_user"


@tagged("post_install", "-at_install")
class TestAttackMoves(TaskFundingCommon):
    """Nothing is moved to where its author may not create it, and nothing of a place is
    told to people who may not work there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.worker = cls._create_person("worker", WORKER)
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})

    def _create_secret_task(self, **values):
        """Return a task of another customer, who has ten credits."""
        self._buy(10, partner_id=self.other_customer.id)
        project = self._create_rollout(
            partner_id=self.other_customer.id, use_service_credits=True, **values
        )
        return self._create_task(project)

    def _assert_not_moved(self, task):
        entry = self._do(1, employee_id=self.worker.employee_id.id)
        rows = self._rows()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            entry.with_user(self.worker).task_id = task
        self.env.invalidate_all()
        self.assertEqual(entry.task_id, self.task)
        self.assertEqual(self._rows(), rows)

    def test_time_goes_to_no_private_project(self):
        """It would draw the credits of a customer one knows nothing of."""
        self._buy(10)
        self._assert_not_moved(self._create_secret_task(privacy_visibility="followers"))

    def test_time_goes_to_no_other_company(self):
        self._buy(10)
        self._assert_not_moved(self._create_secret_task(company_id=self.elsewhere.id))

    def test_records_go_to_no_other_company(self):
        """Those with a company that people write."""
        manager = self._create_person(
            "manager",
            "helpdesk_service_credit.group_service_credit_manager,"
            "account.group_account_manager,base.group_system",
        )
        records = (
            self._buy(10, is_draft=True),
            self.env["service.rate"].create({"name": "Night", "applies": "always"}),
            self.env["service.credit.recognition"].create({"date": "2026-01-31"}),
            self.env["service.sync.source"].create(
                {"name": "Old", "connector": "json", "target": "purchase"}
            ),
        )
        for record in records:
            with (
                self.subTest(model=record._name),
                self.assertRaises(AccessError),
                self.env.cr.savepoint(),
            ):
                record.with_user(manager).company_id = self.elsewhere
            self.assertEqual(record.company_id, self.company)

    def test_who_pays_is_for_people_who_log_time(self):
        """What a customer has left is no business of every colleague."""
        self._buy(10)
        reader = self._create_person("reader", "base.group_user")
        task = self.task.with_user(reader)
        self.assertTrue(task.has_access("read"))
        with self.assertRaises(AccessError):
            task.get_time_preview(1.0, MAY)

    def test_rates_are_tried_in_own_companies(self):
        self.env["service.rate"].create(
            {"name": "Night", "applies": "always", "company_id": self.elsewhere.id}
        )
        window = self.env["service.rate.preview"].with_user(self.agent)
        self.assertTrue(window.create({"date": MAY}).preview)
        window = window.create({"date": MAY, "company_id": self.elsewhere.id})
        self.assertFalse(window.preview)

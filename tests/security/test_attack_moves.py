# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re

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

    def _get_places(self):
        """Return which field says whose the records are, by model that people write and
        whose rules ask for the company."""
        access = self.env["ir.model.access"].search([("perm_write", "=", True)])
        rules = self.env["ir.rule"].search(
            [("groups", "=", False), ("model_id", "in", access.model_id.ids)]
        )
        places = {}
        for rule in rules:
            model = self.env[rule.model_id.model]
            path = re.search(r"[\"'](?:(\w+)\.)?company_id[\"']", rule.domain_force)
            if path and model._original_module == "helpdesk_service_credit":
                places[model._name] = path[1] or "company_id"
        del places["service.sync.record"]  # people write what is chosen, nothing else
        return places

    def _create_of_company(self):
        allotment = {"partner_id": self.customer.id, "credits": 10}
        return [
            self.env["service.rate"].create({"name": "Night", "applies": "always"}),
            self.env["service.credit.recognition"].create({"date": "2026-01-31"}),
            self.env["service.credit.plan"].create(allotment),
        ]

    def _create_owned(self):
        """Return a record of each such model, and what it would be moved to."""
        elsewhere = {"company_id": self.elsewhere.id}
        system = {"name": "Old", "connector": "json", "target": "purchase"}
        source, foreign = self.env["service.sync.source"].create(
            [system, {**system, **elsewhere}]
        )
        of_source = {
            "service.sync.mapping": {
                "source_field": "shop",
                "target_field": "description",
            },
            "service.sync.skip": {"source_field": "paid"},
            "service.sync.header": {"name": "X-Shop"},
            "service.sync.customer": {"key": "1", "partner_id": self.customer.id},
        }
        pool = self._buy(10, is_draft=True, sharing="group")
        owned = {
            pool: self.elsewhere,
            source: self.elsewhere,
            **dict.fromkeys(self._create_of_company(), self.elsewhere),
            self.env["service.credit.share"].create(
                {
                    "purchase_id": pool.id,
                    "partner_id": self.other_customer.id,
                    "credits": 1,
                }
            ): self._buy(
                10, sharing="group", currency_id=pool.currency_id.id, **elsewhere
            ),
        }
        for model, values in of_source.items():
            record = self.env[model].create({"source_id": source.id, **values})
            owned[record] = foreign
        return owned

    def test_records_go_to_no_other_company(self):
        """Those that people write."""
        manager = self._create_person(
            "manager",
            "helpdesk_service_credit.group_service_credit_manager,"
            "account.group_account_manager,base.group_system",
        )
        owned, places = self._create_owned(), self._get_places()
        self.assertEqual({record._name for record in owned}, set(places))
        for record, target in owned.items():
            place = places[record._name]
            before = record[place]
            with self.subTest(model=record._name):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    record.with_user(manager)[place] = target
                self.env.invalidate_all()
                self.assertEqual(record[place], before)

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

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..support.funding import MAY
from ..support.tasks import TaskFundingCommon

WORKER = "project.group_project_user,hr_timesheet.group_hr_timesheet_user"


@tagged("post_install", "-at_install")
class TestPaidTimeStays(TaskFundingCommon):
    """What pays for time on a task is decided once, for all of it, by its customer."""

    def test_hours_that_follow_later_are_paid(self):
        self._buy(10)
        entry = self._do(0)
        self.assertEqual(entry.coverage, "non_billable")
        with Form(self.task) as form:
            with form.timesheet_ids.edit(0) as line:
                line.unit_amount = 2
            self.assertEqual(form.service_credits_available, 8)
        self.assertEqual((entry.coverage, entry.credits), ("credits", 2))

    def test_hours_are_those_of_a_day(self):
        self._buy(100)
        for hours in (-1, 24.5):
            with self.assertRefused(ValidationError, self.task):
                self._do(hours)
        entry = self._do(1)
        with self.assertRefused(ValidationError, self.task):
            entry.unit_amount = -1

    def test_project_that_is_not_billable_any_more(self):
        purchase = self._buy(2)
        item = self._sell(self.time_product)
        self.task.sale_line_id = item
        self._do(3)
        pieces = self._task_pieces()
        self.rollout.allow_billable = False
        self.assertEqual(self._task_pieces(), pieces)
        self.assertEqual(purchase.credits_available, 0)

    def test_employee_rates_move_nothing(self):
        self._buy(10)
        entry = self._do(2)
        self.team.default_project_id = self.rollout
        ticket = self._create_ticket()
        on_ticket = self._work(1, ticket)
        self.assertEqual(on_ticket.project_id, self.rollout)
        item = self._sell(self.time_product)
        self.rollout.sale_line_employee_ids = [
            Command.create({"employee_id": self.employee.id, "sale_line_id": item.id})
        ]
        for paid, credits in ((entry, 2), (on_ticket, 1)):
            self.assertEqual((paid.coverage, paid.credits), ("credits", credits))
            self.assertFalse(paid.so_line)

    def test_the_item_that_sold_the_credits_pays_nothing(self):
        self.prepaid_product.service_credits = 1
        item = self._sell(hours=5)
        self._buy(1)
        self.rollout.over_limit_policy = "overage"
        self.task.sale_line_id = item
        self._do(3)
        none = item.browse()
        self.assertEqual(
            self._task_pieces(),
            [("credits", 1, 1, none), ("overage", 2, 0, none)],
        )
        with self.assertRefused(ValidationError, item):
            self._do(1, so_line=item.id, is_so_line_edited=True)

    def test_project_beside_the_task(self):
        self._buy(10)
        worker = self._create_person("worker_wim", WORKER)
        self.rollout.require_approval = True
        other = self._create_rollout(name="Other")
        (self.rollout + other).message_subscribe(worker.partner_id.ids)
        entries = self.env["account.analytic.line"].with_user(worker)
        entry = entries.create(
            {
                "task_id": self.task.id,
                "project_id": other.id,
                "unit_amount": 2,
                "date": MAY,
            }
        )
        self.assertEqual(entry.project_id, self.rollout)
        self.assertEqual(entry.approval_state, "draft")
        with self.assertRefused(AccessError):
            entry.project_id = other
        # Nor does the approval of a project whose time is left to core.
        plain = self._create_rollout(name="Plain", require_approval=True)
        (plain + other).message_subscribe(worker.partner_id.ids)
        task = self._create_task(plain)
        vals = {"task_id": task.id, "unit_amount": 1, "date": MAY}
        with self.assertRefused(ValidationError, task, plain):
            entries.create({**vals, "project_id": other.id})
        on_plain = entries.create(vals)
        self.assertEqual(on_plain.approval_state, "draft")
        with self.assertRefused(ValidationError, task, plain):
            on_plain.project_id = other
        self.assertEqual(entries.create({"project_id": other.id}).project_id, other)

    def test_an_emptied_item_is_the_only_one_that_is_asked(self):
        """As on a ticket, until another one is chosen or the customer changes."""
        own, other = self._sell(hours=10), self._sell(hours=10)
        self.rollout.write({"use_service_credits": False, "prepaid_limit": "chain"})
        self.task.sale_line_id = own
        self.assertEqual(self._do(1).so_line, own)
        with Form(self.task) as form:
            form.sale_line_id = own.browse()
        entry = self._do(1)
        self.assertEqual(entry.coverage, "non_billable")
        self.assertFalse(entry.so_line)
        self.task.sale_line_id = other
        self.assertEqual(self._do(1).so_line, other)
        self.task.sale_line_id = False
        self.task.partner_id = self.other_customer
        self.task.partner_id = self.contact
        self.assertFalse(self.task.is_sale_line_cleared)
        self.task.sale_line_id = own
        self.task.write({"partner_id": self.other_customer.id, "sale_line_id": False})
        self.assertFalse(
            self.task.is_sale_line_cleared, "Another customer starts anew."
        )
        self.task.write({"partner_id": self.contact.id, "sale_line_id": own.id})
        self.task.write({"partner_id": self.customer.id, "sale_line_id": False})
        self.assertTrue(self.task.is_sale_line_cleared)
        self.task.sale_line_id = own
        with self.assertRefused(AccessError):
            self.task.with_user(self._create_person("worker_wes", WORKER)).write(
                {"is_sale_line_cleared": True}
            )

    def test_logged_time_moves_to_another_item_when_asked(self):
        items = [self._sell(hours=10) for _index in range(2)]
        self.rollout.over_limit_policy = "overage"
        self._buy(1)
        self.task.sale_line_id = items[0]
        self._do(2)
        self.assertFalse(self.task.movable_timesheet_count)
        self.task.sale_line_id = items[1]
        self.assertEqual(self.task.movable_timesheet_count, 1)
        self.assertEqual(self._task_pieces()[1][3], items[0])
        self.task.action_move_timesheets()
        self.assertEqual(self._task_pieces()[1][3], items[1])
        self.assertEqual(
            [item.qty_delivered for item in items], [0, 1], "What credits paid stays."
        )
        self.assertFalse(self.task.movable_timesheet_count)
        self.assertIn(items[1].order_id.name, self.task.message_ids[0].body)
        self.rollout.prepaid_limit = "chain"
        self.task.sale_line_id = items[0]
        self.assertFalse(self.task.movable_timesheet_count, "The chain shared it out.")
        self.task.sale_line_id = False
        with self.assertRefused(UserError, self.task):
            self.task.action_move_timesheets()

    def test_what_an_employees_rate_bills_is_not_moved_from_it(self):
        items = [self._sell(self.time_product) for _index in range(3)]
        rated = self.env["hr.employee"].create({"name": "Rhea"})
        self.task.sale_line_id = items[0]
        before = self._do(1, employee_id=rated.id)
        self.rollout.sale_line_employee_ids = [
            Command.create({"employee_id": rated.id, "sale_line_id": items[2].id})
        ]
        self.assertEqual(self.rollout.pricing_type, "employee_rate")
        entry = self._do(1, employee_id=rated.id)
        other = self._do(1)
        self.assertEqual((entry.so_line, other.so_line), (items[2], items[0]))
        self.assertFalse(self.task.movable_timesheet_count)
        self.task.sale_line_id = items[1]
        self.assertEqual(self.task.movable_timesheet_count, 2)
        self.task.action_move_timesheets()
        self.assertEqual(
            [line.so_line for line in (before, entry, other)],
            [items[2], items[2], items[1]],
        )
        self.assertFalse(self.task.movable_timesheet_count)

    def test_overage_of_the_customer_before(self):
        """It is quoted to that one, and no item of the next covers it."""
        self._buy(1)
        self.rollout.over_limit_policy = "overage"
        self.env.company.service_overage_product_id = self.time_product
        self._do(3)
        waiting = self.task.timesheet_ids.filtered(lambda e: e.coverage == "overage")
        item = self._sell(self.time_product, partner=self.other_customer)
        self.task.write({"partner_id": self.other_customer.id, "sale_line_id": item.id})
        self._authorize(item, 10)
        self.assertEqual(waiting.coverage, "overage")
        waiting.action_bill_overage()
        self.assertEqual(waiting.overage_decision, "to_bill")
        order = waiting.overage_line_id.order_id
        self.assertEqual(order.partner_id, self.customer)

    def test_what_waits_is_decided_once_approval_is_off(self):
        self._buy(10)
        worker = self._create_person("worker_wyn", WORKER)
        manager = self._create_person(
            "lead_mia", f"{WORKER},project.group_project_manager"
        )
        self.rollout.message_subscribe(worker.partner_id.ids)
        self.rollout.require_approval = True
        entry = (
            self.env["account.analytic.line"]
            .with_user(worker)
            .create({"task_id": self.task.id, "unit_amount": 2, "date": MAY})
        )
        entry.action_submit()
        self.rollout.require_approval = False
        self.assertTrue(entry.with_user(manager).may_approve)
        entry.with_user(manager).action_approve()
        self.assertEqual(entry.approval_state, "approved")

    def test_milestone_that_is_not_paid_or_another_customers(self):
        purchase = self._buy(20)
        milestone = self.env["project.milestone"].create(
            {"name": "Done", "project_id": self.rollout.id, "service_credits": 4}
        )
        self.task.milestone_id = milestone
        milestone.action_allocate_service_credits()
        free = self._do(1)
        self.assertEqual(free.coverage, "non_billable")
        milestone.service_credits = 6
        self.assertEqual(self._do(1).coverage, "credits")
        milestone.service_credits = 4
        self._buy(5, partner_id=self.other_customer.id)
        foreign = self._create_task(
            partner_id=self.other_customer.id, milestone_id=milestone.id
        )
        self.assertEqual(self._do(1, foreign).coverage, "credits")
        self.assertFalse(self._find_risks(free))
        milestone.action_adjust_service_credits(0)
        self.assertEqual(self._find_risks(free).kind, "non_billable")
        self.assertEqual(purchase.credits_available, 19)

    def _find_risks(self, entry):
        self.env.flush_all()
        self.env.invalidate_all()
        risks = self.env["service.revenue.risk"]
        return risks.search([("timesheet_id", "=", entry.id)])

    def test_who_reads_all_time_goes_on_reading_it(self):
        """A sales administrator without timesheets is not limited to overage."""
        self._buy(10)
        entry = self._do(1)
        admin = self._create_person(
            "sales_sam",
            "sales_team.group_sale_manager,analytic.group_analytic_accounting,"
            "helpdesk_service_credit.group_service_credit_manager",
        )
        found = self.env["account.analytic.line"].with_user(admin).search([])
        self.assertIn(entry, found)

    def test_the_balance_is_for_those_who_log_time(self):
        groups = "project.group_project_user"
        member = self._create_person("member_mia", groups)
        worker = self._create_person(
            "worker_wanda", f"{groups},hr_timesheet.group_hr_timesheet_user"
        )
        self.rollout.message_subscribe((member + worker).partner_id.ids)
        for name in ("service_credits_available", "service_credit_next_expiry"):
            self.task.with_user(worker).read([name])
            with self.assertRaises(AccessError):
                self.task.with_user(member).read([name])

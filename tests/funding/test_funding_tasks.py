# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import Form, new_test_user, tagged

from ..support.funding import MAY
from ..support.tasks import TaskFundingCommon

WORKER = "project.group_project_user,hr_timesheet.group_hr_timesheet_user"


@tagged("post_install", "-at_install")
class TestFundingTasks(TaskFundingCommon):
    """Time on tasks is paid as time on tickets is, where the project says so."""

    def test_credits_pay_first(self):
        purchase = self._buy(10)
        entry = self._do(2)
        self.assertEqual(self._rows(), [(purchase, 2, entry)])
        self.assertEqual(self._task_pieces(), [("credits", 2, 2, entry.so_line)])
        self.assertFalse(entry.so_line)
        allocation = entry.consumption_ids.allocation_id
        self.assertEqual(allocation.task_id, self.task)
        self.assertEqual(allocation.commercial_partner_id, self.customer)
        self.assertEqual(self.task.service_credits_used, 2)
        self.assertEqual(entry.timesheet_invoice_type, "service_credits")
        self.assertIn(purchase.name, entry.coverage_note)

    def test_left_to_core_until_the_project_says_otherwise(self):
        self._buy(10)
        item = self._sell(self.time_product)
        plain = self._create_rollout(name="Plain")
        entry = self._do(2, self._create_task(plain, sale_line_id=item.id))
        self.assertEqual(entry.so_line, item)
        self.assertFalse(entry.coverage)
        self.assertFalse(self._rows())
        # What was logged before the project asks stays with core.
        plain.use_service_credits = True
        entry.unit_amount = 3
        self.assertFalse(entry.coverage)
        self.assertEqual(entry.so_line, item)
        other = self._sell(self.time_product)
        entry.task_id.sale_line_id = other
        self.assertEqual(entry.so_line, other)
        self.assertEqual(self._do(1, entry.task_id).coverage, "credits")

    def test_not_billable_project_is_left_to_core(self):
        self._buy(10)
        self.rollout.allow_billable = False
        self.assertFalse(self._do(2).coverage)

    def test_switched_off_new_time_is_left_to_core(self):
        self._buy(10)
        entry = self._do(2)
        self.rollout.use_service_credits = False
        self.assertFalse(self._do(2).coverage)
        entry.unit_amount = 1
        self.assertEqual((entry.coverage, entry.credits), ("credits", 1))

    def test_rounding_adds_up_over_the_task(self):
        self._buy(10)
        for _index in range(3):
            self._do(1 / 3)
        self.assertEqual(self.task.service_credits_used, 1)

    def test_rest_goes_to_the_item_then_to_the_policy(self):
        self._buy(1)
        item = self._sell(hours=1)
        self.rollout.write({"prepaid_limit": "closed", "over_limit_policy": "overage"})
        self.task.sale_line_id = item
        self._do(3)
        none = item.browse()
        self.assertEqual(
            self._task_pieces(),
            [
                ("credits", 1, 1, none),
                ("sale_line", 1, 0, item),
                ("overage", 1, 0, none),
            ],
        )
        pieces = self.task.timesheet_ids
        self.assertEqual(pieces.task_id, self.task)
        self.assertEqual(pieces.project_id, self.rollout)

    def test_rates_weigh_time_on_tasks(self):
        self._buy(10)
        rates = self.env["service.rate"]
        rates.create({"name": "All Hours", "factor": 1.5, "applies": "always"})
        entry = self._do(2)
        billed = entry.unit_amount, entry.hours_billed, entry.credits
        self.assertEqual(billed, (2, 3, 3))

    def test_refused_with_the_task_named(self):
        self._buy(1)
        with self.assertRefused(ValidationError, says="on task Cabling on"):
            self._do(3)
        self.assertFalse(self.task.timesheet_ids)

    def test_chain_takes_the_next_prepaid_item(self):
        first, second = self._sell(hours=1), self._sell(hours=5)
        self.rollout.write({"use_service_credits": False, "prepaid_limit": "chain"})
        self.task.sale_line_id = first
        self._do(3)
        self.assertEqual(
            self._task_pieces(),
            [("sale_line", 1, 0, first), ("sale_line", 2, 0, second)],
        )
        # The item of the task is its own matter.
        self.assertEqual(self.task.sale_line_id, first)

    def test_cap(self):
        item = self._sell(self.time_product)
        self._authorize(item, 2)
        self.rollout.over_limit_policy = "overage"
        self.task.sale_line_id = item
        self._do(3)
        self.assertEqual(
            self._task_pieces(),
            [("sale_line", 2, 0, item), ("overage", 1, 0, item.browse())],
        )
        self._authorize(item, 4)
        self.assertEqual(set(self.task.timesheet_ids.mapped("so_line")), {item})
        self.assertEqual(item.authorized_hours_used, 3)

    def test_subtask_is_its_own_work(self):
        self._buy(10)
        child = self._create_task(
            parent_id=self.task.id, partner_id=self.other_customer.id
        )
        self._do(1)
        entry = self._do(1, child)
        # The other customer never bought anything.
        self.assertEqual(entry.partner_id, self.other_customer)
        self.assertEqual(entry.coverage, "non_billable")
        child.partner_id = self.contact
        own = self._do(1, child)
        self.assertEqual(own.consumption_ids.allocation_id.task_id, child)
        self.assertEqual(self.task.service_credits_used, 1)

    def test_task_without_customer(self):
        self._buy(10)
        self.rollout.partner_id = False
        entry = self._do(1, self._create_task())
        self.assertEqual(entry.coverage, "non_billable")
        self.assertFalse(self._rows())

    def test_customer_of_the_project(self):
        self._buy(10)
        self.task.partner_id = False
        entry = self._do(1)
        self.assertEqual(entry.partner_id, self.customer)
        self.assertEqual(entry.coverage, "credits")

    def test_time_stays_with_the_customer_it_was_logged_for(self):
        self._buy(10)
        entry = self._do(2)
        self.task.partner_id = self.other_customer
        self.assertEqual(entry.partner_id, self.customer)
        entry.unit_amount = 3
        self.assertEqual(entry.credits, 3)
        self.assertEqual(entry.consumption_ids.purchase_id.partner_id, self.customer)

    def test_moved_task_takes_its_time_along_as_it_is(self):
        self._buy(10)
        entry = self._do(2)
        item = self._sell(self.time_product)
        other = self._create_rollout(name="Other", sale_line_id=item.id)
        self.task.project_id = other
        self.env.flush_all()
        self.assertEqual(entry.project_id, other)
        self.assertEqual((entry.coverage, entry.credits), ("credits", 2))
        self.assertFalse(entry.so_line)

    def test_moved_entry_asks_again(self):
        purchase = self._buy(10)
        item = self._sell(self.time_product)
        plain = self._create_task(
            self._create_rollout(name="Plain"), sale_line_id=item.id
        )
        entry = self._do(2)
        entry.task_id = plain
        self.env.flush_all()
        self.assertEqual(purchase.credits_available, 10)
        self.assertEqual((entry.coverage, entry.so_line), (False, item))
        entry.task_id = self.task
        self.assertEqual((entry.coverage, entry.so_line), ("credits", item.browse()))
        self.assertEqual(purchase.credits_available, 8)

    def test_entry_moves_between_ticket_and_task(self):
        purchase = self._buy(10)
        entry = self._do(2)
        entry.ticket_id = self.ticket
        self.assertFalse(entry.task_id)
        self.assertEqual(self.task.service_credits_used, 0)
        self.assertEqual(self.ticket.service_credits_used, 2)
        self.assertEqual(purchase.credits_available, 8)

    def test_ticket_wins_over_its_task(self):
        self._buy(10)
        entry = self._do(2, ticket_id=self.ticket.id)
        self.assertEqual(entry.consumption_ids.allocation_id.ticket_id, self.ticket)
        self.assertEqual(self.task.service_credits_used, 0)

    def test_project_of_another_company(self):
        self._buy(10)
        company = self.env["res.company"].create({"name": "Second"})
        self.env.user.company_ids += company
        employee = self.env["hr.employee"].create(
            {"name": "Of Second", "company_id": company.id}
        )
        project = self.env["project.project"].create(
            {
                "name": "Second's",
                "company_id": company.id,
                "partner_id": self.customer.id,
                "allow_billable": True,
                "use_service_credits": True,
            }
        )
        entries = self.env(
            context={**self.env.context, "allowed_company_ids": company.ids}
        )["account.analytic.line"]
        entry = entries.create(
            {
                "task_id": self._create_task(project).id,
                "unit_amount": 2,
                "date": MAY,
                "employee_id": employee.id,
            }
        )
        self.assertEqual(entry.company_id, company)
        self.assertEqual(entry.coverage, "non_billable")
        self.assertFalse(self._rows())

    def test_milestone_paid_by_credits_is_not_paid_twice(self):
        purchase = self._buy(10)
        milestone = self.env["project.milestone"].create(
            {
                "name": "Go live",
                "project_id": self.rollout.id,
                "service_credits": 4,
            }
        )
        self.task.milestone_id = milestone
        milestone.action_allocate_service_credits()
        entry = self._do(2)
        self.assertEqual(entry.coverage, "non_billable")
        self.assertEqual(purchase.credits_available, 6)
        self.assertIn("Go live", entry.coverage_note)

    def test_deleting_and_unticking_give_back(self):
        purchase = self._buy(10)
        entry = self._do(2)
        entry.is_billable = False
        self.assertEqual(entry.coverage, "non_billable")
        entry.is_billable = True
        self.assertEqual(purchase.credits_available, 8)
        entry.unlink()
        self.assertEqual(purchase.credits_available, 10)

    def test_typed_values(self):
        """Nobody chooses by the customer, company or unit whose credits pay."""
        self._buy(10)
        self._buy(10, partner_id=self.other_customer.id)
        entry = self._do(1, partner_id=self.other_customer.id)
        self.assertEqual(entry.partner_id, self.customer)
        admin = self._create_person(
            "time_tom", "hr_timesheet.group_timesheet_manager,base.group_user"
        )
        mine = entry.with_user(admin)
        day = self.env.ref("uom.product_uom_day")
        for values in (
            {"partner_id": self.other_customer.id},
            {"product_uom_id": day.id},
            {"credits": 0},
            {"coverage": "non_billable"},
        ):
            with self.assertRefused(AccessError):
                mine.write(values)

    def test_task_with_credits_is_not_deleted(self):
        self._buy(10)
        self._do(1).unlink()
        with self.assertRefused(UserError):
            self.task.unlink()

    def test_preview_is_what_posting_does(self):
        self._buy(1)
        item = self._sell(hours=1)
        self.rollout.write({"prepaid_limit": "closed", "over_limit_policy": "overage"})
        self.task.sale_line_id = item
        values = {"task_id": self.task.id, "unit_amount": 3, "date": MAY}
        preview = self.env["account.analytic.line"]._preview_entry(values)
        self.assertFalse(self.task.timesheet_ids)
        entry = self._do(3)
        self.assertEqual(
            [part["payer"] for part in preview["slices"]],
            self.task.timesheet_ids.sorted("id").mapped("coverage"),
        )
        self.assertEqual(preview["note"], entry.coverage_note)

    def test_form_of_the_task(self):
        self._buy(10)
        with Form(self.task) as form:
            with form.timesheet_ids.new() as line:
                line.name = "Typed"
                line.unit_amount = 2
                line.employee_id = self.employee
                line.date = MAY
            self.assertEqual(form.service_credits_available, 8)
        entry = self.task.timesheet_ids
        self.assertEqual((entry.coverage, entry.credits), ("credits", 2))

    def test_own_employee_logs(self):
        self._buy(10)
        worker = self._create_person(
            "worker_will",
            "project.group_project_user,hr_timesheet.group_hr_timesheet_user",
        )
        self.rollout.message_subscribe(worker.partner_id.ids)
        entry = (
            self.env["account.analytic.line"]
            .with_user(worker)
            .create({"task_id": self.task.id, "unit_amount": 2, "date": MAY})
        )
        self.assertEqual(entry.coverage, "credits")
        self.assertTrue(entry.payers)
        entry.unit_amount = 1
        self.assertEqual(entry.sudo().credits, 1)
        entry.unlink()

    def test_approval(self):
        self._buy(10)
        worker = self._create_person(
            "worker_wes",
            "project.group_project_user,hr_timesheet.group_hr_timesheet_user",
        )
        lead = self._create_person(
            "lead_lil",
            "project.group_project_user,hr_timesheet.group_hr_timesheet_user",
        )
        self.rollout.write(
            {"require_approval": True, "approver_ids": [Command.link(lead.id)]}
        )
        entry = (
            self.env["account.analytic.line"]
            .with_user(worker)
            .create({"task_id": self.task.id, "unit_amount": 2, "date": MAY})
        )
        self.assertEqual(entry.approval_state, "draft")
        self.assertEqual(self.task.with_user(worker).unsubmitted_hours, 2)
        self.task.with_user(worker).action_submit_time()
        with self.assertRefused(AccessError):
            entry.action_approve()
        self.assertTrue(entry.with_user(lead).may_approve)
        entry.with_user(lead).action_reject("Which cable?")
        self.assertEqual(entry.coverage, "non_billable")
        self.assertEqual(entry.sudo().approval_activity_id.res_model, "project.task")
        entry.name = "The long cable"
        self.assertEqual((entry.coverage, entry.approval_state), ("credits", "draft"))
        entry.action_submit()
        entry.with_user(lead).action_approve()
        self.assertEqual(entry.approval_state, "approved")
        with self.assertRefused(UserError):
            entry.unit_amount = 1

    def test_overage_is_billed_on_a_quotation(self):
        self._buy(1)
        self.rollout.over_limit_policy = "overage"
        self.env.company.service_overage_product_id = self.time_product
        self._do(3)
        waiting = self.task.timesheet_ids.filtered(lambda e: e.coverage == "overage")
        waiting.with_user(self.helpdesk_manager).action_bill_overage()
        self.assertEqual(waiting.overage_decision, "to_bill")
        order = waiting.overage_line_id.order_id
        order.action_confirm()
        self.assertEqual(
            (waiting.coverage, waiting.overage_decision), ("sale_line", "billed")
        )

    def test_goodwill(self):
        self._buy(1)
        self.rollout.over_limit_policy = "overage"
        self._do(3)
        waiting = self.task.timesheet_ids.filtered(lambda e: e.coverage == "overage")
        waiting.with_user(self.helpdesk_manager).action_goodwill_overage()
        self.assertEqual(waiting.goodwill_value, 200)

    def test_portal_shows_time_that_credits_paid(self):
        self._buy(10)
        self.rollout.privacy_visibility = "portal"
        readers = {
            partner: new_test_user(
                self.env, name, "base.group_portal", partner_id=partner.id
            )
            for name, partner in (("pia", self.contact), ("per", self.other_customer))
        }
        partners = self.contact + self.other_customer
        self.task.message_subscribe(partners.ids)
        entry = self._do(2)
        entries = self.env["account.analytic.line"]

        def shown(partner):
            user_entries = entries.with_user(readers[partner])
            return entries.search(
                user_entries._timesheet_get_portal_domain()
                & Domain("task_id", "=", self.task.id)
            )

        self.assertEqual(shown(self.contact), entry)
        self.assertFalse(shown(self.other_customer))
        self.assertTrue(entry._is_shown_to_customer())
        self.task.partner_id = self.other_customer
        self.assertFalse(shown(self.other_customer))

    def test_overage_and_free_time_are_at_risk(self):
        self.rollout.over_limit_policy = "overage"
        self._buy(1)
        self._do(2)
        milestone = self.env["project.milestone"].create(
            {"name": "Done", "project_id": self.rollout.id, "service_credits": 1}
        )
        self._buy(3)
        milestone.action_allocate_service_credits()
        self._do(1, self._create_task(milestone_id=milestone.id))
        free = self._do(1, is_billable=False)
        self.env.flush_all()
        risks = self.env["service.revenue.risk"].search(
            [("commercial_partner_id", "=", self.customer.id)]
        )
        overage = self.task.timesheet_ids.filtered(lambda e: e.coverage == "overage")
        self.assertEqual(
            {(risk.kind, risk.timesheet_id) for risk in risks},
            {("overage", overage), ("non_billable", free)},
        )

    def test_what_is_left_is_on_the_project(self):
        self._buy(10)
        self._do(2)
        buttons = self.rollout._get_stat_buttons()
        [left] = [b for b in buttons if b["text"] == "Service Credits Left"]
        self.assertEqual(left["number"], "8.00")
        own = self._create_rollout(name="Inside", partner_id=False)
        self.assertRaises(UserError, own.action_view_service_credit_purchases)
        items = self.rollout._get_profitability_items(with_action=False)
        [earned] = [
            row for row in items["revenues"]["data"] if row["id"] == "service_credits"
        ]
        self.assertEqual(earned["invoiced"], 200)

    def test_an_entry_costs_no_more_queries_than_on_a_ticket(self):
        self._buy(100)
        counts = []
        for log, work in ((self._log, self.ticket), (self._log_task, self.task)):
            for _warm in range(2):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                log(work, 1, date=MAY)
                self.env.flush_all()
                count = self.env.cr.sql_log_count - before
            counts.append(count)
        self.assertLessEqual(counts[1], counts[0])

    def test_project_without_payers_approves_too(self):
        """What is rejected and corrected is left to core again."""
        item = self._sell(self.time_product)
        plain = self._create_rollout(name="Plain", require_approval=True)
        entry = self._do(2, self._create_task(plain, sale_line_id=item.id))
        self.assertEqual((entry.approval_state, entry.coverage), ("draft", False))
        self.assertEqual(item.qty_delivered, 0)
        entry.action_submit()
        entry.action_reject("Too long")
        self.assertFalse(entry.so_line)
        entry.unit_amount = 1
        self.assertEqual((entry.approval_state, entry.coverage), ("draft", False))
        self.assertEqual(entry.so_line, item)
        entry.action_submit()
        entry.action_approve()
        self.assertEqual(item.qty_delivered, 1)

    def test_log_service(self):
        """The window logs on the task, as its preview says."""
        operator = self._create_person(
            "operator_olga",
            f"{WORKER},helpdesk_service_credit.group_service_operator",
        )
        self.rollout.message_subscribe(operator.partner_id.ids)
        self._buy(1)
        self.rollout.over_limit_policy = "overage"
        action = self.task.with_user(operator).action_log_service()
        windows = self.env["service.log"].with_user(operator)
        with Form(windows.with_context(**action["context"])) as form:
            self.assertEqual(form.partner_id, self.customer)
            form.title = "Labels"
            form.hours = 2
        window = form.record
        self.assertTrue(window.is_over_limit)
        window.action_log_hours()
        self.assertEqual(
            [(e.coverage, e.name) for e in self.task.timesheet_ids.sorted("id")],
            [("credits", "Labels"), ("overage", "Labels")],
        )
        self.assertEqual(window.entry_id.task_id, self.task)

    def test_log_service_on_another_customers_task(self):
        foreign = self._create_task(partner_id=self.other_customer.id)
        window = self.env["service.log"].create(
            {"partner_id": self.customer.id, "task_id": foreign.id, "title": "X"}
        )
        window.partner_id = self.customer
        with self.assertRefused(ValidationError, foreign, self.customer):
            window.action_log_hours()

    def test_who_would_pay(self):
        purchase = self._buy(10)
        panel = self.env["service.funding.panel"].create({"task_id": self.task.id})
        self.assertEqual(panel.partner_id, self.customer)
        self.assertIn(purchase.name, panel.preview)

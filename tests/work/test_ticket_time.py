# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ...models.time import costs
from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestTicketTime(ServiceCreditCommon):
    """Time entries of tickets, and what they change on the order."""

    def test_a_line_with_only_a_ticket_is_a_whole_timesheet(self):
        item = self._sell()
        ticket = self._create_ticket()
        entry = self.env["account.analytic.line"].create(
            {"ticket_id": ticket.id, "unit_amount": 2, "employee_id": self.employee.id}
        )
        self.assertEqual(entry.project_id, self.project)
        self.assertEqual(entry.company_id, ticket.company_id)
        self.assertEqual(entry.partner_id, self.customer)
        self.assertEqual(entry.so_line, item)
        self.assertEqual(entry.coverage, "sale_line")
        self.assertEqual(entry.amount, -80)
        self.assertEqual(item.qty_delivered, 2)
        self.assertEqual(ticket.total_hours, 2)
        self.assertEqual(ticket.remaining_hours_so, 8)

    def test_import_and_rpc_by_an_agent(self):
        item = self._sell()
        ticket = self._create_ticket()
        model = self.env["account.analytic.line"].with_user(self.agent)
        result = model.load(
            ["ticket_id", "name", "unit_amount", "date"],
            [[ticket.number, "Imported", "1.5", "2026-05-04"]],
        )
        self.assertFalse(result["messages"])
        entry = model.browse(result["ids"]).sudo()
        self.assertEqual(entry.employee_id, self.agent_employee)
        self.assertEqual(entry.so_line, item)

    def test_tab_shows_hours_left_while_typing(self):
        self._sell(hours=4)
        ticket = self._create_ticket()
        with Form(ticket.with_user(self.agent)) as form:
            self.assertEqual(form.remaining_hours_so, 4)
            with form.timesheet_ids.new() as line:
                self.assertEqual(line.employee_id, self.agent_employee)
                line.name = "Look at the smoke"
                line.unit_amount = 1.5
            self.assertEqual(form.total_hours, 1.5)
            self.assertEqual(form.remaining_hours_so, 2.5)
            with form.timesheet_ids.new() as line:
                line.unit_amount = 3
            self.assertEqual(form.remaining_hours_so, -0.5)
        self.assertEqual(ticket.remaining_hours_so, -0.5)
        with Form(ticket.with_user(self.agent)) as form:
            with form.timesheet_ids.edit(0) as line:
                line.unit_amount = 2.5
            self.assertEqual(form.remaining_hours_so, 0)

    def test_history_does_not_move_with_the_ticket(self):
        old = self._sell(date_order="2026-01-10")
        ticket = self._create_ticket()
        entry = self._log(ticket, 8)
        old.order_id._create_invoices().action_post()
        new = self._sell(date_order="2026-03-10")
        ticket.sale_line_id = new
        self.env.flush_all()
        self.assertEqual(entry.so_line, old)
        self.assertEqual((old.qty_delivered, new.qty_delivered), (8, 0))
        later = self._log(ticket, 1)
        self.assertEqual(later.so_line, new)

    def test_history_does_not_move_with_customer_project_or_employee(self):
        item = self._sell()
        ticket = self._create_ticket()
        entry = self._log(ticket, 2)
        ticket.partner_id = self.other_customer
        self.project.allow_billable = False
        self.project.allow_billable = True
        entry.employee_id = self.agent_employee
        self.env.flush_all()
        self.assertEqual(entry.so_line, item)
        self.assertEqual(entry.partner_id, self.customer)

    def test_moving_time_to_the_item_is_an_explicit_action(self):
        old = self._sell(date_order="2026-01-10")
        ticket = self._create_ticket()
        entry = self._log(ticket, 3)
        self.assertFalse(ticket.movable_timesheet_count)
        ticket.sale_line_id = new = self._sell(date_order="2026-03-10")
        self.assertEqual(ticket.movable_timesheet_count, 1)
        ticket.with_user(self.helpdesk_manager).action_move_timesheets()
        self.assertEqual(entry.so_line, new)
        self.assertEqual((old.qty_delivered, new.qty_delivered), (0, 3))
        self.assertFalse(ticket.movable_timesheet_count)
        self.assertIn("3:00 h", ticket.message_ids[0].body)

    def test_unticked_entry_is_paid_by_nobody(self):
        item = self._sell()
        ticket = self._create_ticket()
        entry = self._log(ticket, 2, is_billable=False)
        self.assertFalse(entry.so_line)
        self.assertEqual(entry.coverage, "non_billable")
        entry.is_billable = True
        self.assertEqual(entry.so_line, item)
        self.assertEqual(item.qty_delivered, 2)
        entry.is_billable = False
        self.assertEqual(item.qty_delivered, 0)
        self.assertEqual(ticket.total_hours, 2)

    def test_task_time_can_be_unticked_too(self):
        item = self._sell()
        self.project.sale_line_id = item
        task = self.env["project.task"].create(
            {"name": "Task", "project_id": self.project.id, "sale_line_id": item.id}
        )
        entry = self.env["account.analytic.line"].create(
            {"task_id": task.id, "unit_amount": 1, "employee_id": self.employee.id}
        )
        self.assertEqual(entry.so_line, item)
        entry.is_billable = False
        self.assertFalse(entry.so_line)
        self.assertFalse(entry.coverage)

    def test_billed_hours_follow_minimum_and_rounding(self):
        self.team.write({"minimum_hours": 0.5, "rounding_hours": 0.25})
        item = self._sell()
        ticket = self._create_ticket()
        cases = {0.1: 0.5, 0.5: 0.5, 0.51: 0.75, 0.75: 0.75, 1.01: 1.25}
        entries = {worked: self._log(ticket, worked) for worked in cases}
        for worked, billed in cases.items():
            self.assertAlmostEqual(entries[worked].hours_billed, billed, 5)
            self.assertEqual(entries[worked].unit_amount, worked)
        self.assertAlmostEqual(item.qty_delivered, sum(cases.values()), 2)
        self.assertAlmostEqual(item.remaining_hours, 10 - sum(cases.values()), 2)
        self.assertAlmostEqual(ticket.total_hours, sum(cases), 5)
        self.assertAlmostEqual(entries[0.1].amount, -4)

    def test_changing_the_rounding_leaves_logged_time_alone(self):
        item = self._sell()
        entry = self._log(self._create_ticket(), 0.6)
        self.team.rounding_hours = 1
        self.env.flush_all()
        self.assertEqual(entry.hours_billed, 0.6)
        entry.unit_amount = 0.7
        self.assertEqual(entry.hours_billed, 1)
        self.assertEqual(item.qty_delivered, 1)

    def test_employee_rates_of_the_project_apply(self):
        junior, senior = self._sell(self.time_product), self._sell(self.time_product)
        self.project.write(
            {
                "partner_id": self.customer.id,
                "sale_line_id": junior.id,
                "sale_line_employee_ids": [
                    Command.create(
                        {"employee_id": self.employee.id, "sale_line_id": senior.id}
                    )
                ],
            }
        )
        ticket = self._create_ticket(sale_line_id=junior.id)
        self.assertEqual(self.project.pricing_type, "employee_rate")
        self.assertEqual(self._log(ticket).so_line, senior)
        self.assertEqual(
            self._log(ticket, employee_id=self.agent_employee.id).so_line, junior
        )

    def test_moving_an_entry_to_another_ticket_asks_again_who_pays(self):
        self._sell()
        theirs = self._sell(partner=self.other_customer)
        entry = self._log(self._create_ticket(), 2)
        target = self._create_ticket(partner_id=self.other_customer.id)
        entry.with_user(self.env.user).ticket_id = target
        self.assertEqual(entry.so_line, theirs)
        self.assertEqual(entry.partner_id, self.other_customer)

    def test_merged_tickets_take_unbilled_time_along(self):
        source, target = self._create_ticket(), self._create_ticket()
        item = self._sell(self.time_product)
        source.sale_line_id = target.sale_line_id = item
        billed = self._log(source, 1, date="2026-01-05")
        item.order_id._create_invoices()
        entry = self._log(source, 2, date="2026-01-06")
        target._absorb_timesheets(source + target)
        self.assertEqual(entry.ticket_id, target)
        self.assertEqual(billed.ticket_id, source)
        self.assertEqual((source.total_hours, target.total_hours), (1, 2))

    def test_ticket_with_time_cannot_be_deleted(self):
        ticket = self._create_ticket()
        self._log(ticket)
        with self.assertRefused(UserError, says="1 time entries"):
            ticket.unlink()

    def test_derived_figures_cannot_be_typed(self):
        ticket = self._create_ticket()
        model = self.env["account.analytic.line"].with_user(self.agent)
        values = {"ticket_id": ticket.id, "unit_amount": 1}
        entry = model.create(values)
        for name, value in (("hours_billed", 9), ("coverage", "non_billable")):
            with self.assertRefused(AccessError, model._fields[name].string):
                model.create({**values, name: value})
            with self.assertRefused(AccessError, model._fields[name].string):
                entry.write({name: value})
            with self.assertRefused(AccessError, model._fields[name].string):
                entry.with_context(install_mode=True).write({name: value})

    def test_bad_input_is_one_sentence(self):
        ticket = self._create_ticket()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.env["hr.employee"].create(
            {"name": "Stranger", "company_id": company.id}
        )
        archived = self.env["hr.employee"].create({"name": "Gone", "active": False})
        self._sell(partner=self.other_customer)
        theirs = self._sell(partner=self.other_customer)
        cases = [
            ({"unit_amount": 0}, "more than 0 and at most 24"),
            ({"unit_amount": -1}, "more than 0 and at most 24"),
            ({"unit_amount": 25}, "25 hours on ticket .* more than 0 and at most 24"),
            ({"employee_id": stranger.id}, "Stranger: choose an active employee of"),
            ({"employee_id": archived.id}, "Gone: choose an active employee of"),
            ({"so_line": theirs.id}, "cannot be billed to .* of Birch Works"),
        ]
        for values, message in cases:
            with (
                self.subTest(values),
                self.assertRaisesRegex((UserError, ValidationError), message),
                self.cr.savepoint(),
            ):
                self._log(ticket, **({"hours": values.pop("unit_amount", 1)} | values))
        self.assertFalse(ticket.timesheet_ids)

    def test_time_of_a_ticket_that_lost_its_customer(self):
        """It stays with the customer it was logged for; new time finds no item."""
        item = self._sell()
        ticket = self._create_ticket()
        entry = self._log(ticket)
        self.assertEqual(entry.so_line, item)
        ticket.partner_id = False
        entry.unit_amount = 2
        self.assertEqual(entry.so_line, item)
        self.assertEqual(item.qty_delivered, 2)
        self.assertEqual(self._log(ticket).coverage, "non_billable")

    def test_no_project_and_no_timesheets(self):
        ticket = self._create_ticket()
        ticket.project_id = False
        with self.assertRefused(UserError, says="has no project. Choose one"):
            self._log(ticket)
        self.team.allow_timesheet = False
        with self.assertRefused(UserError, says="tick Timesheets on its team"):
            self._log(ticket)

    def test_cancelled_order_takes_no_more_time(self):
        item = self._sell()
        ticket = self._create_ticket()
        item.order_id._action_cancel()
        with self.assertRefused(ValidationError, item.order_id):
            self._log(ticket)

    def test_closed_ticket_takes_forgotten_time_unless_its_stage_is_locked(self):
        stage = self.env["helpdesk.ticket.stage"].create(
            {"name": "Archive", "closed": True}
        )
        ticket = self._create_ticket()
        ticket.stage_id = stage
        self._log(ticket)
        stage.lock_timesheet = True
        with self.assertRefused(UserError, says="stage Archive locks time. Reopen"):
            self._log(ticket)

    def test_ticket_without_customer_takes_time_that_nobody_pays(self):
        entry = self._log(self._create_ticket(partner_id=False))
        self.assertEqual(entry.coverage, "non_billable")

    def test_a_deleted_ticket_reads_as_any_deleted_record(self):
        ticket = self._create_ticket()
        gone = ticket.browse(ticket.id)
        ticket.unlink()
        entries = {"fields": {"name": {}}, "limit": 40}
        self.assertEqual(gone.web_read({"timesheet_ids": entries, "name": {}}), [])

    def test_batch_costs_queries_per_batch_not_per_entry(self):
        """Flat cost: ten times the entries, the same statements but for the inserts."""
        self._sell(hours=1000)
        ticket = self._create_ticket()
        values = {
            "ticket_id": ticket.id,
            "name": "Work",
            "unit_amount": 1,
            "employee_id": self.employee.id,
            "date": fields.Date.today(),
        }

        def count(size):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.env["account.analytic.line"].create([dict(values)] * size)
            self.env.flush_all()
            return self.env.cr.sql_log_count - start

        count(1)
        few, many = count(5), count(50)
        self.assertLessEqual(many - few, 45 * 1, f"{few} then {many}")

    def test_the_cost_of_a_batch_is_that_of_each_entry(self):
        """Costs are written together, and no context of a program keeps them away."""
        ticket = self._create_ticket()
        self.agent_employee.hourly_cost = 50
        hours = {self.employee: (1, 2, 2), self.agent_employee: (1.6, 2)}
        vals_list = [
            {"ticket_id": ticket.id, "unit_amount": number, "employee_id": who.id}
            for who, numbers in hours.items()
            for number in numbers
        ]
        for sent in (None, True, "yes", [], {"add": 1}):
            entries = self.env["account.analytic.line"].with_context(
                service_credit_costs=sent
            )
            made = entries.create([dict(vals) for vals in vals_list])
            self.assertEqual(made.mapped("amount"), [-40, -80, -80, -80, -100])
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(made.mapped("amount"), [-40, -80, -80, -80, -100])
            made.write({"amount": -1})
            self.assertEqual(set(made.mapped("amount")), {-1})

    def test_only_the_cost_that_core_writes_is_collected(self):
        """What else is written while entries are created is written at once."""
        entries = self.env["account.analytic.line"]
        batch = [{"ticket_id": 1}, {"ticket_id": 1}]
        for vals_list in ([], batch[:1], [{}, {}]):
            self.assertIs(costs.collect(entries, vals_list), entries)
        collecting = costs.collect(entries, batch)
        self.assertTrue(costs.takes(collecting.sudo(), {"amount": 1}))
        self.assertFalse(costs.takes(collecting.with_user(self.agent), {"amount": 1}))
        for vals in ({"amount": 1, "name": "x"}, {"name": "x"}, {}):
            self.assertFalse(costs.takes(collecting.sudo(), vals))
        self.assertFalse(costs.takes(entries.sudo(), {"amount": 1}))

    def test_a_default_employee_of_a_program_is_read_like_a_typed_one(self):
        ticket = self._create_ticket()
        entries = self.env["account.analytic.line"]
        values = {"ticket_id": ticket.id, "unit_amount": 1}
        for sent in ([self.employee.id], {"id": 1}, "Anna"):
            with self.subTest(sent=sent), self.assertRaises(UserError):
                entries.with_context(default_employee_id=sent).create(dict(values))
        entry = entries.with_context(default_employee_id=self.employee.id).create(
            dict(values)
        )
        self.assertEqual(entry.employee_id, self.employee)
        own = entries.with_user(self.agent).with_context(default_employee_id=0)
        self.assertEqual(own.create(dict(values)).employee_id, self.agent.employee_id)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is computed tells nobody what they may not read."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..support.funding import MAY, FundingCommon
from ..support.language import ADDON

CREDIT_MANAGER = f"{ADDON}.group_service_credit_manager"
PRICES = ("timesheet_revenues", "margin")


@tagged("post_install", "-at_install")
class TestAttackComputed(FundingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls._create_person("op_olga", f"{ADDON}.group_service_operator")
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.manager_b = new_test_user(
            cls.env,
            "manager_b",
            CREDIT_MANAGER,
            company_id=cls.company_b.id,
            company_ids=[Command.set(cls.company_b.ids)],
        )
        cls.seller_own = new_test_user(
            cls.env, "seller_own", "sales_team.group_sale_salesman"
        )

    def _create_hidden_ticket(self):
        """Return a ticket of another customer that the operator may not read."""
        team = self.env["helpdesk.ticket.team"].create(
            {"name": "Secret Team", "allow_timesheet": True, "allow_billable": True}
        )
        item = self._sell(self.time_product, partner=self.other_customer)
        ticket = self._create_ticket(
            team_id=team.id,
            partner_id=self.other_customer.id,
            user_id=self.helpdesk_manager.id,
            sale_line_id=item.id,
        )
        self.assertFalse(ticket.with_user(self.operator).has_access("read"))
        return ticket

    def test_windows_compute_nothing_as_superuser(self):
        """Whatever a window is told to be about, it knows what its user knows."""
        checked = 0
        for model in self.env.values():
            if not model._transient or model._original_module != ADDON:
                continue
            for field in model._fields.values():
                if field.compute and field._modules == (ADDON,):
                    checked += 1
                    with self.subTest(field=str(field)):
                        self.assertFalse(field.compute_sudo)
        self.assertGreater(checked, 30)

    def test_log_service_tells_nothing_of_hidden_tickets(self):
        ticket = self._create_hidden_ticket()
        window = self.env["service.log"].with_user(self.operator)
        values = {"ticket_id": ticket.id, "title": "x", "hours": 1}
        with self.assertRaises(AccessError):
            window.create(values)
        with self.assertRaises(AccessError):
            window.onchange({**values, "date": MAY}, ["ticket_id"], {"partner_id": {}})
        own = window.create({"partner_id": self.customer.id, "title": "x", "hours": 1})
        with self.assertRaises(AccessError):
            own.write({"ticket_id": ticket.id})
            own.flush_recordset()

    def test_who_pays_tells_nothing_of_hidden_tickets(self):
        ticket = self._create_hidden_ticket()
        agent = self._create_person("own_olaf", "helpdesk_mgmt.group_helpdesk_user_own")
        with self.assertRaises(AccessError):
            self.env["service.funding.panel"].with_user(agent).create(
                {"ticket_id": ticket.id, "hours": 1}
            )

    def test_what_was_logged_is_not_typed(self):
        """Nobody makes the window tell the result of an entry it did not log."""
        ticket = self._create_hidden_ticket()
        entry = self._work(2, ticket)
        self.assertFalse(entry.with_user(self.operator).has_access("read"))
        window = self.env["service.log"].with_user(self.operator)
        values = {"partner_id": self.customer.id, "title": "x", "hours": 1}
        for typed in ({"entry_id": entry.id}, {"state": "done"}):
            with self.assertRaises(AccessError):
                window.create({**values, **typed})
            with self.assertRaises(AccessError):
                window.create(values).write(typed)
        context = {"default_entry_id": entry.id, "default_state": "done"}
        own = window.with_context(**context).create(values)
        self.assertEqual((own.state, own.entry_id), ("draft", entry.browse()))

    def test_windows_on_purchases_of_others(self):
        """Another company's manager, and who sells to others, learn nothing."""
        purchase = self._buy(partner_id=self.other_customer.id, expiry="2026-12-25")
        for user, model, vals in (
            (self.manager_b, "service.credit.extend", {"reason": "x"}),
            (self.manager_b, "service.credit.statement", {}),
            (self.seller_own, "service.credit.statement", {}),
        ):
            with self.subTest(user=user.login, model=model):
                window = self.env[model].with_user(user)
                vals = {**vals, "purchase_id": purchase.id}
                spec = {name: {} for name in window._fields if name != "id"}
                self.assertFalse(purchase.with_user(user).has_access("read"))
                with self.assertRaises(AccessError):
                    window.create(vals)
                with self.assertRaises(AccessError):
                    window.onchange(vals, ["purchase_id"], spec)

    def test_lines_of_windows_on_purchases_of_others(self):
        purchase = self._buy(partner_id=self.other_customer.id)
        project = self.env["project.project"].create(
            {"name": "B", "company_id": self.company_b.id, "allow_milestones": True}
        )
        milestone = self.env["project.milestone"].create(
            {"name": "B", "project_id": project.id}
        )
        window = self.env["service.credit.manage"].with_user(self.manager_b)
        with self.assertRaises(AccessError):
            window.create(
                {
                    "milestone_id": milestone.id,
                    "line_ids": [
                        Command.create({"purchase_id": purchase.id, "credits": 1})
                    ],
                }
            ).line_ids.read(["credits_available", "date_expiry"])

    def test_report_tells_agents_no_prices(self):
        """Hours times a price is a price, also in the analysis of one's own time."""
        item = self._sell(self.time_product)
        ticket = self._create_ticket(sale_line_id=item.id)
        self._log(ticket, 2, date=MAY, employee_id=self.agent_employee.id)
        self.agent_employee.hourly_cost = 33
        self.env.flush_all()
        report = self.env["timesheets.analysis.report"].with_user(self.agent)
        self.assertTrue(report.search([("so_line", "=", item.id)]))
        for name in PRICES:
            with self.subTest(name=name):
                with self.assertRaises(AccessError):
                    report.search([]).read([name])
                with self.assertRaises(AccessError):
                    report.formatted_read_group([], ["user_id"], [f"{name}:sum"])
                with self.assertRaises(AccessError):
                    report.search_count([(name, ">", 150)])
                with self.assertRaises(AccessError):
                    report.search([], order=f"{name} desc")
        seen = report.with_user(self.helpdesk_manager)
        self.assertNotIn("timesheet_revenues", seen.fields_get())

    def test_order_of_a_purchase_is_that_of_its_item(self):
        """No one hangs a purchase on another customer's order."""
        purchase = self._buy()
        order = self._sell(partner=self.other_customer).order_id
        manager = self._create_person("credit_carl", CREDIT_MANAGER)
        with self.assertRaises(AccessError):
            purchase.with_user(manager).write({"sale_order_id": order.id})
        created = self.env["service.credit.purchase"].with_user(manager)
        context = {"default_sale_order_id": order.id}
        vals = {"partner_id": self.customer.id, "credits": 1}
        self.assertFalse(created.with_context(**context).create(vals).sale_order_id)

    def test_invoices_of_hidden_tickets(self):
        ticket = self._create_hidden_ticket()
        with self.assertRaises(AccessError):
            ticket.with_user(self.operator).action_view_invoices()

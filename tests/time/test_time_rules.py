# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestTimeRules(ServiceCreditCommon):
    """What an entry is made of stays whole, and what is billed stays where it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._sell(cls.time_product)
        cls.ticket = cls._create_ticket(sale_line_id=cls.item.id, user_id=cls.agent.id)

    def _enter(self, hours=1.0, **values):
        lines = self.env["account.analytic.line"].with_user(self.agent)
        return lines.create(
            {
                "ticket_id": self.ticket.id,
                "name": "Call",
                "unit_amount": hours,
                **values,
            }
        )

    def _invoice(self, post=True):
        invoice = self.item.order_id._create_invoices()
        if post:
            invoice.action_post()
        return invoice

    # ------------------------------------------------------------------
    # What an entry is made of
    # ------------------------------------------------------------------

    def test_employee_of_another_company_on_editing(self):
        """Refused, without the name of a person whose company the user is not in."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.env["hr.employee"].create(
            {"name": "Stranger", "company_id": company.id}
        )
        entry = self._enter()
        text = f"#{stranger.id}: choose an active"
        with self.assertRefused(ValidationError, says=text):
            entry.sudo().employee_id = stranger
        with self.assertRefused(ValidationError, self.ticket.number):
            entry.sudo().employee_id = False

    def test_moved_to_a_ticket_of_another_company(self):
        """The employee would be a stranger there."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.user.company_ids = [Command.link(company.id)]
        team = (
            self.env["helpdesk.ticket.team"]
            .with_company(company)
            .create(
                {
                    "name": "Over There",
                    "company_id": company.id,
                    "allow_timesheet": True,
                }
            )
        )
        there = self._create_ticket(team_id=team.id)
        self.assertEqual(there.project_id.company_id, company)
        entry = self._log(self.ticket)
        with (
            self.assertRefused(ValidationError, "Elsewhere"),
            self.cr.savepoint(),
        ):
            entry.ticket_id = there
        self.assertEqual(entry.ticket_id, self.ticket)

    def test_project_is_not_taken_away(self):
        entry = self._enter()
        with (
            self.assertRefused(ValidationError, says="without a project"),
            self.cr.savepoint(),
        ):
            entry.sudo().project_id = False
        self.assertEqual(self.item.qty_delivered, 1)

    def test_item_that_is_no_service(self):
        goods = self.env["product.product"].create({"name": "Paper", "type": "consu"})
        item = self._sell(goods)
        with self.assertRefused(ValidationError, says="isn't a service that is billed"):
            self._enter(so_line=item.id)
        with self.assertRefused(ValidationError, item):
            self._enter().so_line = item

    def test_cancelled_order_lets_hours_shrink(self):
        """Too many hours can be corrected; more are not booked there."""
        entry = self._enter(3)
        self.item.order_id._action_cancel()
        entry.unit_amount = 1
        self.assertEqual(self.item.qty_delivered, 1)
        with self.assertRefused(ValidationError, self.item.order_id.name):
            entry.unit_amount = 2

    def test_person_is_the_employee(self):
        """The user of an entry is its employee's, even if another one is typed."""
        entry = self._enter()
        with self.assertRefused(AccessError, says="choose the employee"):
            entry.user_id = self.seller
        self.assertEqual(entry.user_id, self.agent)

    # ------------------------------------------------------------------
    # What is billed
    # ------------------------------------------------------------------

    def test_invoiced_entry_stays_on_its_item(self):
        """Nobody takes billed time off its item: not agents, not superuser."""
        entry = self._enter()
        self._invoice()
        other = self._sell(self.time_product)
        for line in (entry, entry.sudo()):
            for item in (other, other.browse()):
                with self.assertRefused(
                    UserError, says="billed by INV.* can't be changed"
                ):
                    line.so_line = item
        self.assertEqual(entry.sudo().so_line, self.item)

    def test_invoiced_entry_tells_agents_why(self):
        """The reason is the invoice, and not a right that agents lack."""
        entry = self._enter()
        self._invoice()
        told = f"of {self.agent.login} .*{self.ticket.number}.*billed by INV.*"
        for values in (
            {"unit_amount": 3},
            {"date": "2026-01-05"},
            {"employee_id": self.employee.id},
        ):
            for line in (entry, entry.sudo()):
                with self.assertRefused(
                    UserError, says=f"{told} can't be changed: cancel"
                ):
                    line.write(values)
        entry.write({"name": "Call with Nora", "internal_note": "Paid already"})
        with self.assertRefused(UserError, says="billed by INV.* cannot be deleted"):
            entry.unlink()
        form = Form(self.ticket.with_user(self.agent))
        form.timesheet_ids.remove(0)
        with self.assertRefused(UserError, self.ticket.number):
            form.save()

    def test_billed_again_after_the_invoice_is_cancelled(self):
        entry = self._enter()
        invoice = self._invoice(post=False)
        with self.assertRefused(UserError, invoice):
            entry.unlink()
        invoice.button_cancel()
        entry.unit_amount = 2
        self.assertEqual(self.item.qty_delivered, 2)
        entry.unlink()
        self.assertEqual(self.item.qty_delivered, 0)

    def test_colleagues_time(self):
        """The reason is whose time it is, whether it is invoiced or not."""
        colleague = self._create_person(
            "colleague_cy", "helpdesk_mgmt.group_helpdesk_user"
        )
        entry = self._enter().with_user(colleague)
        for invoiced in (False, True):
            if invoiced:
                self._invoice()
            for values in ({"unit_amount": 3}, {"name": "Mine"}):
                with self.assertRefused(AccessError, says="another person's"):
                    entry.write(values)
            with self.assertRefused(AccessError, self.agent.name):
                entry.unlink()

    # ------------------------------------------------------------------
    # What follows from other records
    # ------------------------------------------------------------------

    def test_figures_are_not_typed(self):
        """Neither by RPC nor by import."""
        entry = self._enter()
        capped = self._sell(hours=4, user_id=self.seller.id)
        self._authorize(capped, 4)
        cases = [
            (entry, "timesheet_invoice_id", False),
            (self.ticket.with_user(self.agent), "total_hours", 9),
            (self.ticket.with_user(self.agent), "service_credits_used", 9),
            (capped.with_user(self.seller), "authorized_hours", 99),
            (capped.with_user(self.seller), "authorized_hours_used", -9),
        ]
        for record, name, value in cases:
            with self.subTest(name), self.assertRaises(AccessError):
                record.write({name: value})
        with self.assertRaises(AccessError):
            capped.order_id.with_user(self.seller).order_line = [
                Command.create(
                    {"product_id": self.prepaid_product.id, "authorized_hours": 50}
                )
            ]
        self.assertEqual(capped.authorized_hours, 4)

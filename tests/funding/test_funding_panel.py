# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ..support.funding import MAY, FundingCommon


@tagged("post_install", "-at_install")
class TestFundingPanel(FundingCommon):
    """Who would pay, before there is an entry: on the ticket and on the customer."""

    def _open(self, user=None, hours=3, **context):
        """Open the window as a person does and return it."""
        model = self.env["service.funding.panel"].with_user(user or self.agent)
        form = Form(
            model.with_context(
                **{f"default_{name}": record.id for name, record in context.items()}
            )
        )
        form.hours = hours
        form.date = MAY
        return form

    def test_on_a_ticket_it_is_what_logging_does(self):
        purchase = self._buy(2)
        self.ticket.sale_line_id = self._sell()
        panel = self._open(ticket_id=self.ticket, partner_id=self.customer)
        before = self._rows()
        self.assertIn(f"2.00 credits from {purchase.name}", panel.preview)
        self.assertIn("0.00 credits left", panel.preview)
        self.assertIn(f"1:00 h on {self.ticket.sale_order_id.name}", panel.preview)
        self.assertEqual(self._rows(), before)
        self.assertFalse(self.ticket.timesheet_ids)
        entry = self._work(3)
        self.assertIn(entry.coverage_note.split("; ")[0].split("→ ")[1], panel.preview)

    @freeze_time("2026-06-10 12:00")
    def test_what_is_left_on_the_purchase_and_altogether(self):
        first, second = self._buy(2), self._buy(10)
        panel = self._open(ticket_id=self.ticket, partner_id=self.customer)
        self.assertIn(f"9.00 credits left on {second.name}", panel.preview)
        self.assertIn("then has 9.00 credits left", panel.preview)
        panel.hours = 1.5
        self.assertIn(f"0.50 credits left on {first.name}", panel.preview)
        self.assertIn("then has 10.50 credits left", panel.preview)

    def test_on_a_customer_for_a_ticket_still_to_come(self):
        purchase = self._buy(5)
        panel = self._open(partner_id=self.customer)
        self.assertFalse(panel.ticket_id)
        self.assertEqual(panel.team_id, self.team)
        self.assertIn(f"3.00 credits from {purchase.name}", panel.preview)
        panel.hours = 6
        self.assertIn("Only 5:00 of the 6:00 h", panel.preview)
        panel.ticket_id = self.ticket
        panel.date = "2027-01-01"
        self.assertIn("0.00 credits usable", panel.preview)

    def test_of_any_customer_for_agents_only(self):
        """An agent may write the first ticket of any of them; no one else is told."""
        purchase = self._buy(5, partner_id=self.other_customer.id)
        panel = self._open(partner_id=self.other_customer)
        self.assertIn(f"3.00 credits from {purchase.name}", panel.preview)
        stranger = new_test_user(self.env, "stranger", "base.group_user")
        with self.assertRaises(AccessError):
            self._open(stranger, ticket_id=self.ticket)

    def test_balance_on_the_customer(self):
        """Agents see it, and people without Helpdesk rights do not."""
        self._buy(5)
        customer = self.customer.with_user(self.agent)
        self.assertEqual(customer.service_credit_balance, "5.00 USD")
        action = customer.action_view_service_credit_purchases()
        self.assertEqual(action["res_model"], "service.funding.panel")
        stranger = new_test_user(self.env, "stranger", "base.group_user")
        self.assertFalse(self.customer.with_user(stranger).service_credit_balance)

    def test_balance_for_salespeople(self):
        """Who may see one purchase of a customer sees what there is altogether."""
        self.assertFalse(self.customer.with_user(self.seller).service_credit_balance)
        purchase = self._buy(5)
        self.env.invalidate_all()
        customer = self.customer.with_user(self.seller)
        self.assertFalse(customer.service_credit_balance)
        with self.assertRaises(AccessError):
            customer.get_service_credit_balance()
        purchase.write({"sale_line_id": self._sell().id})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(customer.service_credit_balance, "5.00 USD")
        self.assertTrue(customer.get_service_credit_balance())
        action = customer.action_view_service_credit_purchases()
        self.assertEqual(action["res_model"], "service.credit.purchase")

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..support.accounting import AccountingCommon


@tagged("post_install", "-at_install")
class TestAccountTransfer(AccountingCommon):
    """Credits that another customer received stay with their sale in the books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.purchase = cls._sell_credits()
        cls.daughter = cls.env["res.partner"].create(
            {"name": "Daughter", "is_company": True, "parent_id": cls.customer.id}
        )

    def _assert_line(self, reason, owed, ledger_owed, **figures):
        lines = self._assert_in_the_books()
        line = lines.filtered(lambda line: line.purchase_id == self.purchase)
        self.assertEqual(line.reason, reason)
        self.assertEqual((line.owed, line.ledger_owed), (owed, ledger_owed))
        for name, value in figures.items():
            self.assertEqual(line[name], value, name)

    def test_transferred_credits_stay_with_their_sale(self):
        """What was invoiced is earned, lapses or is owed."""
        self._invoice(self.purchase)
        received = self.purchase._transfer(self.daughter, 4, "Their month")
        self._assert_line("agrees", 1000, 1000, transferred=400)
        ticket = self._create_ticket(partner_id=self.daughter.id)
        ticket.use_service_credits = True
        self._log(ticket, 1)
        self.assertEqual(received.credits_allocated, 1)
        self._spend(2)
        recognition = self._recognize()
        line = recognition.line_ids
        self.assertEqual((line.purchase_id, line.credits_used), (self.purchase, 3))
        self.assertEqual(
            line.consumption_ids,
            (self.purchase | received).consumption_ids.filtered("timesheet_id"),
        )
        self.assertEqual(
            self.env["service.credit.consumption"].search(
                line.action_view_rows()["domain"]
            ),
            line.consumption_ids,
        )
        self._assert_line("agrees", 700, 700, revenue=300, transferred=300)
        received._write_off(kind="expiry")
        self._recognize()
        self._assert_line("agrees", 400, 400, breakage=300, transferred=0)
        # Nothing new: each row once.
        self.assertFalse(self._recognize().line_ids)

    def test_an_invoice_after_the_transfer(self):
        received = self.purchase._transfer(self.daughter, 10, "All of it")
        invoice = self._invoice(self.purchase)
        self.assertEqual((self.purchase.paid_total, received.paid_total), (1000, 1000))
        self._assert_line("agrees", 1000, 1000, transferred=1000)
        # The money goes back, the credits stay where they are.
        self._credit(invoice)
        self.assertEqual(received.credits_available, 10)
        self.assertIn("transferred", self.purchase.billing_note)
        self._assert_in_the_books()

    def test_the_sale_of_transferred_credits_is_not_undone(self):
        received = self.purchase._transfer(self.daughter, 4, "Their month")
        order = self.purchase.sale_order_id
        with self.assertRefused(UserError, order.order_line, self.purchase):
            order._action_cancel()
        received._transfer(self.customer, 4, "Back")
        order._action_cancel()
        self.assertEqual(self.purchase.state, "withdrawn")

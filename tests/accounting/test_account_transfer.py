# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..support.accounting import AccountingCommon
from ..support.credit import let_expire, transfer


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
        received = transfer(self.purchase, self.daughter, 4)
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
        let_expire(received)
        self._recognize()
        self._assert_line("agrees", 400, 400, breakage=300, transferred=0)
        # Nothing new: each row once.
        self.assertFalse(self._recognize().line_ids)

    def test_an_invoice_by_hand_names_the_received_purchase(self):
        """It is one of the sale, for whoever the credits are now."""
        self.purchase = self._record_credits()
        received = transfer(self.purchase, self.daughter, 10, "All of it")
        invoice = self._invoice_by_hand(received, 1000)
        self._assert_line("agrees", 1000, 1000, invoiced=1000, transferred=1000)
        ticket = self._create_ticket(partner_id=self.daughter.id)
        ticket.use_service_credits = True
        self._log(ticket, 3)
        line = self._recognize().line_ids
        self.assertEqual((line.purchase_id, line.revenue), (self.purchase, 300))
        self._assert_line("agrees", 700, 700, revenue=300, transferred=700)
        books = self._books().filtered(lambda one: one.purchase_id == self.purchase)
        items = self.env["account.move.line"].search(
            books.action_view_items()["domain"]
        )
        self.assertLessEqual(invoice.invoice_line_ids, items)

    def test_late_work_counts_from_the_transfer(self):
        """Rows and amounts of a recognition belong to the same period."""
        self.purchase.date_start = self._day(-40)
        self._invoice(self.purchase, self._day(-40))
        received = transfer(self.purchase, self.daughter, 4)
        ticket = self._create_ticket(partner_id=self.daughter.id)
        ticket.use_service_credits = True
        self._log(ticket, 1, date=self._day(-4))
        self.assertEqual(received.credits_allocated, 1)
        self.assertFalse(self._recognize(self._day(-2)).line_ids)
        line = self._recognize().line_ids
        self.assertEqual((line.revenue, line.credits_used), (100, 1))
        self.assertEqual(
            line.consumption_ids, received.consumption_ids.filtered("timesheet_id")
        )

    def test_what_comes_back_after_a_credit_note_is_withdrawn(self):
        received = transfer(self.purchase, self.daughter, 4)
        invoice = self._invoice(self.purchase)
        note = self._credit(invoice)
        self.assertEqual(self.purchase.credits_refunded, 6)
        transfer(received, self.customer, 3, "Back")
        purchase = self.purchase
        self.assertEqual(
            (purchase.credits_available, purchase.credits_refunded), (0, 9)
        )
        transfer(received, self.customer, 1, "The rest")
        self.assertEqual((purchase.state, purchase.credits_refunded), ("withdrawn", 10))
        self.assertFalse(purchase.billing_note)
        self._assert_in_the_books()
        note.button_draft()
        self.assertEqual(
            (purchase.credits_available, purchase.paid_available), (10, 1000)
        )

    def test_a_partial_credit_note_then_a_return(self):
        received = transfer(self.purchase, self.daughter, 8)
        invoice = self._invoice(self.purchase)
        self._credit(invoice, lines=0.5)
        self.assertEqual(self.purchase.credits_refunded, 2)
        transfer(received, self.customer, 8, "Back")
        self.assertEqual(
            (self.purchase.credits_available, self.purchase.credits_refunded), (5, 5)
        )
        self._assert_in_the_books()

    def test_an_invoice_after_the_transfer(self):
        received = transfer(self.purchase, self.daughter, 10, "All of it")
        invoice = self._invoice(self.purchase)
        self.assertEqual((self.purchase.paid_total, received.paid_total), (1000, 1000))
        self._assert_line("agrees", 1000, 1000, transferred=1000)
        # The money goes back, the credits stay where they are.
        self._credit(invoice)
        self.assertEqual(received.credits_available, 10)
        self.assertIn("transferred", self.purchase.billing_note)
        self._assert_in_the_books()

    def test_the_sale_of_transferred_credits_is_not_undone(self):
        received = transfer(self.purchase, self.daughter, 4)
        order = self.purchase.sale_order_id
        with self.assertRefused(UserError, order.order_line, self.purchase):
            order._action_cancel()
        transfer(received, self.customer, 4, "Back")
        order._action_cancel()
        self.assertEqual(self.purchase.state, "withdrawn")

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged

from ..support.accounting import AccountingCommon


@tagged("post_install", "-at_install")
class TestPlanBooks(AccountingCommon):
    """Allotments in the books: each period has its part of the documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.monthly = cls._create_credit_product(
            "Ten Hours a Month", service_credit_period="month"
        )
        line = {"product_id": cls.monthly.id, "product_uom_qty": 12, "price_unit": 100}
        cls.order = cls._quote(line)
        cls.order.action_confirm()
        cls.plan = cls.order.order_line.service_credit_plan_ids

    def test_paid_in_advance(self):
        """What was invoiced for periods to come waits without a purchase."""
        first = self.plan.purchase_ids
        self._invoice(first)
        self.assertEqual(self._balance(self.liability), 1200)
        self._spend(4)
        lines = self._assert_in_the_books()
        self.assertEqual(lines.filtered("purchase_id").mapped("invoiced"), [100])
        self._recognize()
        self.assertEqual(self._balance(self.liability), 1160)
        self._assert_in_the_books()
        self.plan._create_periods(self.plan.next_start)
        lines = self._assert_in_the_books().filtered("purchase_id")
        self.assertEqual(lines.mapped("invoiced"), [100, 100])

    def test_a_credit_note_is_of_the_last_periods(self):
        self.plan._create_periods(self.plan.next_start)
        first, second = self.plan.purchase_ids.sorted("plan_start")
        self.order.order_line.product_uom_qty = 2
        invoice = self._invoice(first)
        self._credit(invoice, lines=1)
        lines = {line.purchase_id: line for line in self._assert_in_the_books()}
        self.assertEqual((lines[first].invoiced, lines[first].credited), (100, 0))
        self.assertEqual((lines[second].invoiced, lines[second].credited), (100, 100))

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from freezegun import freeze_time

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
        rest = lines - lines.filtered("purchase_id")
        self.assertEqual(rest.mapped("reason"), ["to_come"])
        self.assertEqual((rest.invoiced, rest.owed), (1100, 1100))
        self.assertEqual(rest.commercial_partner_id, self.customer)
        self.assertTrue(rest.way_out)
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

    def test_a_period_that_is_not_invoiced_yet(self):
        """The invoice of the first period is none of the second, on any account."""
        income = self.monthly.product_tmpl_id.get_product_accounts()["income"]
        self.plan._create_periods(self.plan.next_start)
        first, second = self.plan.purchase_ids.sorted("plan_start")
        invoice = self._invoice(first, post=False)
        invoice.invoice_line_ids.quantity = 1
        for account in (self.liability, income):
            if invoice.state == "posted":
                invoice.button_draft()
            invoice.invoice_line_ids.account_id = account
            invoice.action_post()
            lines = {line.purchase_id: line for line in self._books()}
            reason = "agrees" if account == self.liability else "elsewhere"
            self.assertEqual(lines[first].reason, reason)
            day = second.date_start
            lines = {line.purchase_id: line for line in self._books(day)}
            self.assertEqual(lines[second].reason, "not_invoiced")

    def _reasons(self, date=None):
        """Return ``{reason: owed}`` of the books."""
        reasons = {}
        for line in self._assert_in_the_books(date):
            reasons[line.reason] = reasons.get(line.reason, 0) + line.owed
        return {reason: owed for reason, owed in reasons.items() if owed}

    def test_a_skipped_period_waits_for_its_credit_note(self):
        self._invoice(self.plan.purchase_ids)
        self.plan.action_skip()
        # It is withdrawn on its first day, when the one before has expired.
        day = self.plan.purchase_ids.filtered("is_withdrawn").plan_start
        reasons = {"recognize": 100, "withdrawn": 100, "to_come": 1000}
        self.assertEqual(self._reasons(day), reasons)
        self._credit(self.order.invoice_ids, lines=1)
        self.assertEqual(self._reasons(day), {"recognize": 100, "to_come": 1000})

    def test_what_a_cancelled_order_had_invoiced_waits_for_its_credit_note(self):
        invoice = self._invoice(self.plan.purchase_ids)
        self._spend(4)
        self._recognize()
        self.order._action_cancel()
        self.assertEqual(self._reasons(), {"withdrawn": 1160})
        self._credit(invoice, lines=11)
        self.assertEqual(self._reasons(), {"withdrawn": 60})

    def test_an_allotment_that_was_ended(self):
        """Its order still says twelve months: eleven are to be credited."""
        self._invoice(self.plan.purchase_ids)
        self.plan.action_end()
        self.assertEqual(self._reasons(), {"agrees": 100, "withdrawn": 1100})

    def test_an_end_to_come(self):
        self._invoice(self.plan.purchase_ids)
        last = self.plan._get_period(4)
        self.plan.action_end(last.start)
        reasons = {"agrees": 100, "to_come": 400, "withdrawn": 700}
        self.assertEqual(self._reasons(), reasons)

    def test_cancelled_and_confirmed_again(self):
        self._invoice(self.plan.purchase_ids)
        self._spend(10)
        self._recognize()
        self.order._action_cancel()
        self.order.action_draft()
        self.order.action_confirm()
        self.assertEqual(self._reasons(), {"agrees": 100, "to_come": 1000})

    def test_other_credits_for_periods_to_come(self):
        """A document is counted in periods, not in the credits that they have."""
        self.plan.credits = 20
        self.plan._create_periods(self.plan.next_start)
        self.order.order_line.product_uom_qty = 2
        self._invoice(self.plan.purchase_ids[:1])
        lots = self.plan.purchase_ids.sorted("plan_start")
        self.assertEqual(lots.mapped("credits"), [10, 20])
        lines = {line.purchase_id: line for line in self._assert_in_the_books()}
        self.assertEqual([lines[lot].invoiced for lot in lots], [100, 100])
        self.plan.periods = 3
        lots |= self.plan._create_periods(self.plan.next_start)
        lines = {line.purchase_id: line for line in self._assert_in_the_books()}
        self.assertFalse(lines[lots[2]].invoiced)

    def _sell_periods(self, count, price, **values):
        line = {"product_id": self.monthly.id, "product_uom_qty": count}
        order = self._quote({**line, "price_unit": price}, **values)
        order.action_confirm()
        plan = order.order_line.service_credit_plan_ids
        plan._create_periods(plan.date_end)
        return plan.purchase_ids.sorted("plan_start")

    def _assert_parts_add_up(self, count, price, **values):
        self.order._action_cancel()
        lots = self._sell_periods(count, price, **values)
        self._invoice(lots[0])
        lines = self._assert_in_the_books().filtered(
            lambda line: line.purchase_id in lots
        )
        self.assertEqual(len(lines), count)
        self.assertAlmostEqual(sum(lines.mapped("invoiced")), count * price, 2)
        for line in lines:
            self.assertEqual(round(line.invoiced, 2), line.invoiced)
        for lot in lots:
            self._spend(10, lot.date_start)
        self.env.invalidate_all()
        last = lots[-1].date_expiry
        with freeze_time(f"{last} 12:00"):
            self._recognize(last)
            lines = self._assert_in_the_books(last)
            self.assertFalse(lines.filtered("owed"))
            self.assertFalse(lines.filtered("owed_company"))

    def test_parts_of_three(self):
        self._assert_parts_add_up(3, 33.33)

    def test_parts_of_seven(self):
        self._assert_parts_add_up(7, 14.29)

    def test_parts_of_another_currency(self):
        currency = self._create_currency("CHF", 0.937)
        pricelist = self.env["product.pricelist"].create(
            {"name": "Swiss", "currency_id": currency.id}
        )
        self._assert_parts_add_up(3, 33.33, pricelist_id=pricelist.id)

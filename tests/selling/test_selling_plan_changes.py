# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestSellingPlanChanges(SellingCommon):
    """Orders of allotments that change, are cancelled and confirmed again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan_model = cls.env["service.credit.plan"]
        cls.monthly = cls._create_credit_product(
            "Ten Hours a Month", service_credit_period="month"
        )

    def setUp(self):
        super().setUp()
        cron = type(self.env["ir.cron"])
        self.patch(cron, "_commit_progress", lambda *args, **values: 1.0)

    def _sell(self, periods=12, product=None, **values):
        product = product or self.monthly
        line = {"product_id": product.id, "product_uom_qty": periods, **values}
        order = self._quote(line)
        order.action_confirm()
        return order, order.order_line.service_credit_plan_ids

    def _run_until(self, *days):
        for day in days:
            with freeze_time(f"{day} 12:00"):
                self.plan_model._cron_run()

    def _lots(self, plan):
        return plan.purchase_ids.sorted("plan_start")

    def _states(self, plan):
        self.env.invalidate_all()
        return self._lots(plan).mapped("state")

    # ------------------------------------------------------------------
    # Periods are no drafts
    # ------------------------------------------------------------------

    @freeze_time("2026-01-01 12:00")
    def test_a_period_is_no_draft(self):
        _order, plan = self._sell()
        lot = plan.purchase_ids
        with self.assertRaises(UserError), self.cr.savepoint():
            lot.is_draft = True
        with self.assertRaises(UserError), self.cr.savepoint():
            lot.unlink()
        self._invoice(lot)
        self.assertEqual((lot.credits, lot.sale_credits), (10, 10))

    # ------------------------------------------------------------------
    # Cancelling
    # ------------------------------------------------------------------

    def test_months_that_are_over_stay(self):
        with freeze_time("2026-01-01 12:00"):
            order, plan = self._sell()
        self._run_until("2026-01-31", "2026-02-28")
        with freeze_time("2026-02-03 12:00"):
            self._use(2)
        with freeze_time("2026-03-10 12:00"):
            self._invoice(plan.purchase_ids[0])
            january, february, march = self._lots(plan)
            january.action_expire()
            order._action_cancel()
            self.assertEqual(january.credits_expired, 10)
            self.assertEqual(
                [lot.is_withdrawn for lot in (january, february, march)],
                [False, False, True],
            )
            self.assertEqual(march.credits_withdrawn, 10)
            self.assertEqual(january.invoiced_total, 100)

    def test_months_that_are_over_and_not_written_off_stay(self):
        with freeze_time("2026-01-01 12:00"):
            order, plan = self._sell()
        with freeze_time("2026-03-10 12:00"):
            order._action_cancel()
            january, february, march = self._lots(plan)
            self.assertFalse((january | february).filtered("is_withdrawn"))
            self.assertEqual((january | february).mapped("credits_withdrawn"), [0, 0])
            self.assertTrue(march.is_withdrawn)

    @freeze_time("2026-01-01 12:00")
    def test_used_credits_are_invoiced_first(self):
        order, plan = self._sell()
        self._use(2)
        lot, says = plan.purchase_ids, "are used and not invoiced: invoice them"
        with self.assertRefused(UserError, lot, plan, says=says), self.cr.savepoint():
            order._action_cancel()
        with self.assertRaises(UserError), self.cr.savepoint():
            order.order_line.product_uom_qty = 0
        self._invoice(plan.purchase_ids)
        order._action_cancel()
        self.assertEqual(plan.state, "ended")
        self.assertEqual(plan.purchase_ids.credits_withdrawn, 8)

    @freeze_time("2026-01-01 12:00")
    def test_used_free_credits_are_no_loss(self):
        order, plan = self._sell(price_unit=0)
        self._use(2)
        order._action_cancel()
        self.assertEqual(plan.state, "ended")

    @freeze_time("2026-01-01 12:00")
    def test_an_allotment_that_was_ended_is_withdrawn_too(self):
        order, plan = self._sell()
        plan.action_end()
        order._action_cancel()
        self.assertTrue(plan.purchase_ids.is_withdrawn)

    # ------------------------------------------------------------------
    # Confirmed again
    # ------------------------------------------------------------------

    def _reopen(self, order):
        order.action_draft()
        order.action_confirm()

    def test_the_rest_is_started_again(self):
        with freeze_time("2026-01-01 12:00"):
            order, first = self._sell()
            self._invoice(first.purchase_ids)
        self._run_until("2026-01-31", "2026-02-28")
        for day in ("2026-01-05", "2026-02-05", "2026-03-05"):
            with freeze_time(f"{day} 12:00"):
                self._use(1)
        with freeze_time("2026-03-10 12:00"):
            order._action_cancel()
            self._reopen(order)
            second = order.order_line.service_credit_plan_ids - first
            self.assertEqual((second.periods, second.state), (9, "running"))
            self.assertEqual(order.order_line.qty_delivered, 4)
            order.order_line.product_uom_qty = 10
            self.assertEqual(second.periods, 7)
            lots = self._lots(first) | self._lots(second)
            self.assertEqual(lots.mapped("invoiced_total"), [100] * 4)
            with self.assertRaises(UserError), self.cr.savepoint():
                order.order_line.product_uom_qty = 3

    def test_zero_and_back(self):
        with freeze_time("2026-01-01 12:00"):
            order, first = self._sell()
            self._use(1)
            self._invoice(first.purchase_ids)
            order.order_line.product_uom_qty = 0
            self.assertEqual(first.state, "ended")
            order.order_line.product_uom_qty = 12
            second = order.order_line.service_credit_plan_ids - first
            self.assertEqual(second.periods, 11)

    def test_another_product(self):
        with freeze_time("2026-01-01 12:00"):
            order, first = self._sell(2)
            order._action_cancel()
            order.action_draft()
            self.pack.service_credit_creation = "open"
            order.order_line.product_id = self.pack
            order.action_confirm()
            self.assertEqual(order.order_line.service_credit_plan_ids, first)
            lot = order.order_line._get_live_purchases()
            self.assertEqual((lot.product_id, lot.credits), (self.pack, 20))
            self.assertFalse(order.order_line._is_allotment())

    # ------------------------------------------------------------------
    # Terms that a person changed
    # ------------------------------------------------------------------

    @freeze_time("2026-01-01 12:00")
    def test_a_number_of_periods_that_was_amended_stays(self):
        order, plan = self._sell()
        plan.periods = 6
        order.order_line.name = "Support, ten hours a month"
        self.assertEqual(plan.periods, 6)
        order.order_line.product_uom_qty = 10
        self.assertEqual(plan.periods, 6)
        order.order_line.product_uom_qty = 4
        self.assertEqual(plan.periods, 4)
        order.order_line.product_uom_qty = 8
        self.assertEqual(plan.periods, 8)

    @freeze_time("2026-01-01 12:00")
    def test_an_end_that_was_set_stays(self):
        order, plan = self._sell()
        plan.action_end("2026-06-30")
        order.order_line.product_uom_qty = 10
        self.assertEqual((plan.periods, plan.date_end), (10, date(2026, 6, 30)))
        with self.assertRefused(UserError, plan.name, says="for further periods"):
            order.order_line.product_uom_qty = 24
        self.assertEqual(plan.date_end, date(2026, 6, 30))
        order.order_line.product_uom_qty = 3
        self.assertEqual(plan.date_end, date(2026, 3, 31))

    # ------------------------------------------------------------------
    # More units after the end
    # ------------------------------------------------------------------

    def test_more_units_after_the_end(self):
        with freeze_time("2026-01-01 12:00"):
            order, first = self._sell(2)
        self._run_until("2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01")
        self.assertEqual(first.state, "ended")
        line = order.order_line
        with freeze_time("2026-03-10 12:00"):
            line.name = "Renewed"
            self.assertEqual(line.service_credit_plan_ids, first)
            line.product_uom_qty = 5
            second = line.service_credit_plan_ids - first
            self.assertEqual((second.periods, second.state), (3, "running"))
            self.assertEqual(second.date_start, date(2026, 3, 10))
            self.assertEqual(line.qty_delivered, 3)
            self.assertEqual(second.paid_per_credit, 10)

    def test_more_units_in_the_last_month(self):
        with freeze_time("2026-01-01 12:00"):
            order, first = self._sell(2)
        with freeze_time("2026-01-20 12:00"):
            first.action_end()
            order.order_line.product_uom_qty = 3
            second = order.order_line.service_credit_plan_ids - first
            self.assertEqual((second.periods, second.date_start), (1, date(2026, 2, 1)))

    # ------------------------------------------------------------------
    # Released by invoice
    # ------------------------------------------------------------------

    def test_periods_without_a_purchase_wait_for_their_own_invoice(self):
        self.monthly.service_credit_release = "invoice"
        with freeze_time("2026-01-01 12:00"):
            plan = self._sell()[1]
            self._invoice(plan.purchase_ids, quantity=2)
        with freeze_time("2026-02-03 12:00"):
            due = self.plan_model._get_due_periods(
                [self.customer.id], self.company, date(2026, 3, 10)
            )
            self.assertEqual(due.mapped("credits_waiting"), [0, 10])

    # ------------------------------------------------------------------
    # A first period that is a part
    # ------------------------------------------------------------------

    @freeze_time("2026-03-16 12:00")
    def test_a_part_of_a_period_is_sold_as_its_part(self):
        """Units and money meet: 16 of 31 days are 0.52 of a unit."""
        self.monthly.service_credit_proration = "prorate"
        line = {"product_id": self.monthly.id, "product_uom_qty": 2.52}
        order = self._quote(line)
        item = order.order_line
        self.assertEqual(
            item._get_service_credit_label(),
            "10 credits a month for 3 months; the first one ends with the calendar "
            "month, with its share of the credits",
        )
        order.action_confirm()
        plan = item.service_credit_plan_ids
        self.assertEqual((plan.periods, plan.date_end), (3, date(2026, 5, 31)))
        self.assertEqual(plan.purchase_ids.credits, 5.16)
        self.assertEqual(item.qty_delivered, 0.52)
        plan._create_periods(date(2026, 5, 1))
        with freeze_time("2026-05-02 12:00"):
            self.plan_model._cron_run()
            self.assertEqual(item.qty_delivered, 2.52)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.selling.billing import get_billing
from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestSellingPlan(SellingCommon):
    """Allotments sold as one line of a quotation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan_model = cls.env["service.credit.plan"]
        cls.monthly = cls._create_credit_product(
            "Ten Hours a Month",
            service_credit_period="month",
            service_credit_rollover="limit",
            service_credit_rollover_credits=4,
        )
        cls.delivered = cls._create_service(
            "Billed Monthly",
            "delivered_manual",
            service_credits=10,
            service_credit_period="month",
            uom_id=cls.env.ref("uom.product_uom_unit").id,
        )

    def setUp(self):
        super().setUp()
        cron = type(self.env["ir.cron"])
        self.patch(cron, "_commit_progress", lambda *args, **values: 1.0)

    def _sell(self, product, periods=12, **values):
        line = {"product_id": product.id, "product_uom_qty": periods, **values}
        order = self._quote(line)
        order.action_confirm()
        return order

    def _plan_of(self, order):
        return order.order_line.service_credit_plan_ids

    @freeze_time("2026-01-01 12:00")
    def test_confirmation_starts_the_plan(self):
        order = self._quote({"product_id": self.monthly.id, "product_uom_qty": 12})
        line = order.order_line
        self.assertEqual(
            line._get_service_credit_label(),
            "10 credits a month for 12 months, up to 4 roll over",
        )
        self.assertFalse(order.has_service_credits_to_buy)
        order.action_confirm()
        plan = self._plan_of(order)
        self.assertEqual(plan.state, "running")
        self.assertEqual((plan.periods, plan.credits), (12, 10))
        self.assertEqual((plan.value_per_credit, plan.paid_per_credit), (10, 10))
        self.assertEqual(plan.date_end, date(2026, 12, 31))
        lot = plan.purchase_ids
        self.assertEqual(lot.sale_line_id, line)
        self.assertEqual((lot.credits, lot.state), (10, "open"))
        self.assertFalse(order.service_credits_missing)
        self.assertFalse(order.service_credit_note)

    def test_periods_are_delivered_when_they_start(self):
        with freeze_time("2026-01-01 12:00"):
            order = self._sell(self.delivered)
            line = order.order_line
            self.assertEqual((line.qty_delivered, line.qty_to_invoice), (1, 1))
        with freeze_time("2026-01-31 12:00"):
            self.plan_model._cron_run()
            self.assertEqual(len(self._plan_of(order).purchase_ids), 2)
            self.assertEqual(line.qty_delivered, 1)
        with freeze_time("2026-02-01 12:00"):
            self.plan_model._cron_run()
            self.assertEqual((line.qty_delivered, line.qty_to_invoice), (2, 2))
        with freeze_time("2026-02-01 12:00"):
            invoice = self._invoice(self._plan_of(order).purchase_ids[0])
            self.assertEqual(invoice.invoice_line_ids.quantity, 2)
            for lot in self._plan_of(order).purchase_ids:
                self.assertEqual(lot.invoiced_total, 100)
                self.assertFalse(lot.billing_note)

    def test_what_is_read_does_not_grow_with_the_age(self):
        with freeze_time("2026-01-01 12:00"):
            order = self._sell(self.delivered, 36)
        with freeze_time("2028-06-10 12:00"):
            plan, line = self._plan_of(order), order.order_line
            plan._create_periods()
            self._invoice(plan.purchase_ids[0])
            last = plan.purchase_ids.sorted("plan_start")[-1]
            self.env.invalidate_all()
            self.assertEqual(line._get_delivered_periods(), {line: 30})
            [billing] = get_billing(last.sudo().browse(last.id)).values()
            self.assertEqual((billing.invoiced, billing.rest), (1, 0))
            read = self.env["service.credit.purchase"]._fields["sale_credits"]
            self.assertLessEqual(len(read._get_cache(self.env)), 1)

    def test_late_actions_bill_what_has_started(self):
        with freeze_time("2026-01-01 12:00"):
            order = self._sell(self.delivered)
        with freeze_time("2026-03-15 12:00"):
            invoice = order._create_invoices()
            self.assertEqual(invoice.invoice_line_ids.quantity, 3)

    @freeze_time("2026-01-01 12:00")
    def test_what_was_sold_stays(self):
        """A product that changes makes no allotment of a pack, and no pack of one."""
        order = self._sell(self.monthly)
        pack = self._ordered()
        self.pack.service_credit_period = "year"
        self.monthly.service_credit_period = "once"
        self.assertTrue(order.order_line._is_allotment())
        self.assertFalse(pack.sale_line_id._is_allotment())
        self.assertEqual(order.order_line.qty_delivered_method, "service_credit_period")
        self.assertFalse(order.has_service_credits_to_buy)

    @freeze_time("2026-01-01 12:00")
    def test_credit_note_takes_the_last_periods_back(self):
        order = self._sell(self.monthly, 2)
        plan = self._plan_of(order)
        plan._create_periods(date(2026, 2, 1))
        first, second = plan.purchase_ids.sorted("plan_start")
        note = self._credit(self._invoice(first), quantity=1)
        note.action_post()
        self.assertEqual((first.credits_withdrawn, second.credits_withdrawn), (0, 10))

    @freeze_time("2026-01-01 12:00")
    def test_all_at_once(self):
        """A customer who pays in advance is invoiced all periods."""
        order = self._sell(self.monthly)
        lot = self._plan_of(order).purchase_ids
        invoice = self._invoice(lot)
        self.assertEqual(invoice.invoice_line_ids.quantity, 12)
        self.assertEqual((lot.invoiced_total, lot.paid_per_credit), (100, 10))
        with freeze_time("2026-01-31 12:00"):
            self.plan_model._cron_run()
            for period in self._plan_of(order).purchase_ids:
                self.assertEqual(period.invoiced_total, 100)
                self.assertFalse(period.billing_note)

    def test_quantity_price_and_cancel(self):
        with freeze_time("2026-01-01 12:00"):
            order = self._sell(self.monthly)
        with freeze_time("2026-03-10 12:00"):
            self.plan_model._cron_run()
            plan, line = self._plan_of(order), order.order_line
            self.assertEqual(len(plan.purchase_ids), 3)
            with self.assertRaises(UserError), self.cr.savepoint():
                line.product_uom_qty = 2
            line.product_uom_qty = 4
            self.assertEqual((plan.periods, plan.date_end), (4, date(2026, 4, 30)))
            line.price_unit = 200
            self.assertEqual(plan.value_per_credit, 20)
            plan._create_periods(date(2026, 4, 1))
            prices = plan.purchase_ids.sorted("plan_start").mapped("value_per_credit")
            self.assertEqual(prices, [10, 10, 10, 20])
            order._action_cancel()
            self.assertEqual((plan.state, plan.date_end), ("ended", date(2026, 3, 10)))
            left = plan.purchase_ids.sorted("plan_start").mapped("credits_available")
            self.assertEqual(left, [4, 0, 0, 0], "January is over and expires")
            order.action_draft()
            order.action_confirm()
            self.assertEqual(len(self._plan_of(order)), 2)
            self.assertEqual(len(self._plan_of(order)._get_purchases_sudo()), 5)

    def test_end_and_skip(self):
        with freeze_time("2026-01-01 12:00"):
            order = self._sell(self.delivered)
            plan = self._plan_of(order)
            plan.action_skip()
            self.assertEqual(
                plan.purchase_ids.sorted("plan_start")[1].state, "withdrawn"
            )
        with freeze_time("2026-03-31 12:00"):
            self.plan_model._cron_run()
            self.assertEqual(order.order_line.qty_delivered, 2)
            self.assertEqual(len(plan.purchase_ids), 4)
            plan.action_end()
            self.assertEqual(plan.state, "ended")
            last = plan.purchase_ids.sorted("plan_start")[-1]
            self.assertEqual((last.state, last.credits_available), ("withdrawn", 0))
        with freeze_time("2026-06-01 12:00"):
            self.plan_model._cron_run()
            self.assertEqual(len(plan.purchase_ids), 4)

    @freeze_time("2026-01-01 12:00")
    def test_whole_periods_only(self):
        order = self._quote({"product_id": self.monthly.id, "product_uom_qty": 1.5})
        with self.assertRaises(UserError):
            order.action_confirm()

    def test_another_contact_of_the_company(self):
        with freeze_time("2026-01-01 12:00"):
            plan = self._plan_of(self._sell(self.monthly))
            contact = self.env["res.partner"].create(
                {"name": "Nora", "parent_id": self.customer.id}
            )
            plan.partner_id = contact
            stranger = self.env["res.partner"].create({"name": "Else"})
            with self.assertRaises(UserError):
                plan.partner_id = stranger

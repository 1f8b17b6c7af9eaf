# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_revenue_risk import RevenueRiskCommon


@tagged("post_install", "-at_install")
class TestRevenueRiskSold(RevenueRiskCommon):
    """Credits that are invoiced, paid or credited in part."""

    def _sell_packs(self, product, units=10):
        order = self._quote({"product_id": product.id, "product_uom_qty": units})
        order.action_confirm()
        return order.order_line.service_credit_purchase_ids

    def _invoice_units(self, lot, units):
        invoice = lot.sale_order_id._create_invoices()
        invoice.invoice_line_ids.filtered("product_id").quantity = units
        invoice.action_post()
        return invoice

    def test_credits_paid_in_part_are_not_made_usable(self):
        for values in (
            {"service_credit_creation": "draft"},
            {"service_credit_creation": "open", "service_credit_release": "payment"},
        ):
            with self.subTest(values):
                lot = self._sell_packs(self._create_credit_product(**values))
                self._pay(self._invoice_units(lot, 4))
                self._assert_settled()
                self._pay(self._invoice_units(lot, 6))
                if lot.is_draft:
                    self._get_only("draft_purchase").action_settle()
                self.assertEqual(lot.state, "open")
                self._assert_settled()

    def test_credits_paid_in_part_and_used_stay_waiting(self):
        pack = self._create_credit_product(
            service_credit_creation="open", service_credit_release="payment"
        )
        lot = self._sell_packs(pack)
        self._pay(self._invoice_units(lot, 4))
        self._use(20)
        self._use(20)
        self.assertEqual(lot.state, "waiting")
        self._assert_settled()

    def test_a_payment_taken_back_is_asked_for_again(self):
        self.pack.service_credit_creation = "draft"
        lot = self._sell_packs(self.pack, 1)
        invoice = self._invoice(lot)
        self._pay(invoice)
        self.assertEqual(self._get_only("draft_purchase").purchase_id, lot)
        invoice.line_ids.remove_move_reconcile()
        # The list is older than that.
        risk = self.env["service.revenue.risk"].new({"purchase_id": lot.id})
        with self.assertRefused(UserError, lot):
            risk._open_purchase()
        self.assertTrue(lot.is_draft)
        self._assert_settled()

    def _sell_allotment(self, today):
        """Sell three months; two have begun, the first is invoiced."""
        monthly = self._create_credit_product(
            service_credit_period="month", service_credit_release="payment"
        )
        first = self._sell_packs(monthly, 3)
        invoice = self._invoice_units(first, 1)
        with freeze_time(f"{today + timedelta(days=32)} 12:00"):
            self.env["service.credit.plan"]._cron_run()
        self.assertEqual(len(first.plan_id.purchase_ids), 2)
        return first, invoice

    def test_periods_not_invoiced_are_not_paid(self):
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **v: 1.0)
        first, invoice = self._sell_allotment(self.company._get_today())
        self._pay(invoice)
        self.assertFalse(self._find("draft_purchase").mapped("display_name"))
        self.assertEqual(first.state, "open")
        second = first.plan_id.purchase_ids - first
        risk = self.env["service.revenue.risk"].new({"purchase_id": second.id})
        with self.assertRefused(UserError, second):
            risk._open_purchase()
        self.assertEqual(second.release, "payment")

    def test_a_credited_period_says_nothing_of_those_to_come(self):
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **v: 1.0)
        _first, invoice = self._sell_allotment(self.company._get_today())
        self._credit(invoice, withdraw=False).action_post()
        self.assertFalse(self._find("different_amount").mapped("display_name"))

    def test_a_pack_invoiced_and_credited_in_part_does_not_differ(self):
        self.pack.service_credit_creation = "open"
        lot = self._sell_packs(self.pack)
        note = self._credit(self._invoice_units(lot, 4), quantity=1)
        note.action_post()
        self._assert_settled()

    def test_what_lapses_could_not_have_paid(self):
        """Of time after a period, no more than rolls over is at risk."""
        with freeze_time("2026-01-01 12:00"):
            plan = self.env["service.credit.plan"].create(
                {
                    "partner_id": self.customer.id,
                    "credits": 10,
                    "value_per_credit": 100,
                    "paid_per_credit": 80,
                    "date_start": "2026-01-01",
                    "periods": 1,
                    "rollover": "limit",
                    "rollover_credits": 4,
                }
            )
            plan.action_start()
        self.team.use_service_credits = True
        ticket = self._create_ticket()
        ticket.use_service_credits = True
        with freeze_time("2026-02-02 12:00"):
            self._log(ticket, 4, date="2026-02-02")
            entry = self._log(ticket, 1, date="2026-02-02", is_billable=False)
            lot = plan.purchase_ids
            self.assertEqual((lot.state, lot.credits_available), ("open", 6))
            self._assert_settled()
            # Work of the period itself may use all of it.
            entry.date = "2026-01-31"
            self.assertEqual(self._get_only("non_billable").timesheet_id, entry)

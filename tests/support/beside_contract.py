# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Tests beside OCA's contracts and subscriptions; as `beside_neighbours.py`."""

from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .accounting import AccountingCommon
from .credit import get_differences


class RecurringCommon(AccountingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.monthly = cls._create_credit_product(
            "Ten Hours a Month",
            service_credit_period="month",
            service_credit_rollover="limit",
            service_credit_rollover_credits=4,
        )

    def setUp(self):
        super().setUp()
        cron = type(self.env["ir.cron"])
        self.patch(cron, "_commit_progress", lambda *args, **values: 1.0)

    def _purchases(self):
        return self.env["service.credit.purchase"].search(
            [("product_id", "=", self.monthly.id)], order="date_start"
        )


@tagged("post_install", "-at_install")
class TestBesideSubscription(RecurringCommon):
    """Orders that `subscription_oca` makes and confirms, each month anew."""

    def _subscribe(self, quantity=1):
        template = self.env["sale.subscription.template"].create(
            {
                "name": "Monthly",
                "code": "M",
                "recurring_rule_type": "months",
                "invoicing_mode": "sale_and_invoice",
            }
        )
        stages = self.env["sale.subscription.stage"]
        return self.env["sale.subscription"].create(
            {
                "partner_id": self.customer.id,
                "template_id": template.id,
                "pricelist_id": self.env["product.pricelist"].create({"name": "P"}).id,
                "stage_id": stages.search([("type", "=", "in_progress")], limit=1).id,
                "in_progress": True,
                "recurring_next_date": "2026-01-01",
                "sale_subscription_line_ids": [
                    Command.create(
                        {
                            "product_id": self.monthly.id,
                            "product_uom_qty": quantity,
                            "price_unit": 800,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )

    def _run(self, day):
        with freeze_time(f"{day} 12:00"):
            self.env["sale.subscription"].cron_subscription_management()
            self.env["service.credit.plan"]._cron_run()

    def test_each_order_gives_the_credits_of_its_month(self):
        subscription = self._subscribe()
        self._run("2026-01-01")
        january = self._purchases()
        self.assertEqual(january.plan_id.sale_order_id, subscription.sale_order_ids)
        self.assertEqual((january.credits, january.paid_per_credit), (10, 80))
        self.assertEqual(january.date_rollover, date(2026, 1, 31))
        self.assertEqual(january.invoiced_total, 800)
        with freeze_time("2026-01-20 12:00"):
            self._spend(7, date(2026, 1, 20))
        self._run("2026-01-31")
        self.assertEqual(self._purchases(), january)
        self._run("2026-02-01")
        _january, february = self._purchases()
        self.assertEqual(february.date_start, date(2026, 2, 1))
        self.assertEqual(len(subscription.sale_order_ids), 2)
        with freeze_time("2026-02-10 12:00"):
            entry = self._spend(5, date(2026, 2, 10))
            self.assertEqual(entry.coverage, "credits")
            # What rolled over is used first.
            self.assertEqual((january.credits_available, entry.credits), (0, 5))
            self.assertEqual(february.credits_available, 8)
            self._recognize(date(2026, 2, 10))
            self._assert_in_the_books(date(2026, 2, 10))
        self.assertFalse(get_differences(self.env))

    def test_an_order_of_several_months_goes_on_by_itself(self):
        """A quarter is ordered at once: its periods come one by one."""
        subscription = self._subscribe(3)
        subscription.template_id.recurring_interval = 3
        for day in ("2026-01-01", "2026-01-31", "2026-02-28", "2026-03-31"):
            self._run(day)
        self.assertEqual(len(self._purchases()), 3)
        plan = self._purchases().plan_id
        self.assertEqual((plan.periods, plan.date_end), (3, date(2026, 3, 31)))
        self._run("2026-04-01")
        self.assertEqual(plan.state, "ended")
        self.assertEqual(len(self._purchases()), 4)
        self.assertEqual(self._purchases()[-1].date_start, date(2026, 4, 1))

    def test_more_on_an_order_continues_its_plan(self):
        subscription = self._subscribe()
        self._run("2026-01-01")
        order = subscription.sale_order_ids
        order.action_unlock()
        with freeze_time("2026-01-10 12:00"):
            order.order_line.product_uom_qty = 2
        self._run("2026-01-31")
        self.assertEqual(len(self._purchases()), 2)
        self.assertEqual(len(self._purchases().plan_id), 1)


@tagged("post_install", "-at_install")
class TestBesideContract(RecurringCommon):
    """`contract` makes invoices and no orders."""

    def _invoice_contract(self, product):
        contract = self.env["contract.contract"].create(
            {
                "name": "Support",
                "partner_id": self.customer.id,
                "contract_type": "sale",
                "line_recurrence": False,
                "recurring_rule_type": "monthly",
                "recurring_interval": 1,
                "date_start": "2026-01-01",
                "contract_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "name": product.name,
                            "quantity": 1,
                            "price_unit": 800,
                        }
                    )
                ],
            }
        )
        invoice = contract._recurring_create_invoice()
        invoice.action_post()
        return invoice

    @freeze_time("2026-01-01 12:00")
    def test_its_invoice_starts_nothing(self):
        """The credits are those of the order; an invoice beside it changes nothing."""
        order = self._quote({"product_id": self.monthly.id, "product_uom_qty": 12})
        order.action_confirm()
        lot = self._purchases()
        invoice = self._invoice_contract(self.monthly)
        self.assertEqual(invoice.amount_untaxed, 800)
        self.assertEqual(self._purchases(), lot)
        self.assertEqual((lot.invoiced_total, lot.credits_available), (0, 10))
        self.assertFalse(get_differences(self.env))

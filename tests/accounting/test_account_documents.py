# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import format_date

from ...models.ledger.drawing import DrawRequest, draw_credits
from ..support.accounting import AccountingCommon


@tagged("post_install", "-at_install")
class TestDocuments(AccountingCommon):
    """However credits are sold and invoiced, what the customer pays for them waits on
    the account, is revenue when they are used, and nothing is left after the last."""

    def _get_income(self):
        """Return what posted items make of all income."""
        items = self.env["account.move.line"].search(
            [
                ("account_id.internal_group", "=", "income"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.company.id),
            ]
        )
        return -sum(items.mapped("balance"))

    def _get_tax_account(self):
        return self.env["account.account"].create(
            {"name": "Tax", "code": "251999", "account_type": "liability_current"}
        )

    def _assert_used_up(self, credits, paid, before=0.0):
        """Use so many credits step by step: revenue grows with them, to all of it.

        :param before: revenue that was there before
        """
        start = self._get_income() - before
        used = 0.0
        for share in (0.25, 0.25, 0.5):
            self._spend(credits * share)
            used += share
            self._recognize()
            self.assertAlmostEqual(self._get_income() - start, paid * used, 2)
            self._assert_in_the_books()
        self.assertAlmostEqual(self._balance(self.liability), 0, 2)

    def test_an_order_split_over_two_invoices(self):
        purchase = self._sell_credits(units=2, price=300)
        for _half in range(2):
            invoice = self._invoice(purchase, post=False)
            invoice.invoice_line_ids.quantity = 1
            invoice.action_post()
        self.assertEqual(self._balance(self.liability), 600)
        self._assert_used_up(20, 600)

    def test_an_item_invoiced_in_three_parts_meanwhile_used(self):
        """No more is revenue than the invoices hold, and the last cent is not lost."""
        purchase = self._sell_credits(units=3, price=33.37)
        earned = []
        for part in range(3):
            invoice = self._invoice(purchase, post=False)
            invoice.invoice_line_ids.quantity = 1
            invoice.action_post()
            self._spend(10 if part else 5)
            self._recognize()
            earned.append(round(self._get_income(), 2))
        self.assertEqual(earned, [16.69, 50.06, 83.43])
        self._spend(5)
        self._recognize()
        self.assertAlmostEqual(self._get_income(), 100.11, 2)
        self.assertAlmostEqual(self._balance(self.liability), 0, 2)

    def test_two_orders_on_one_invoice(self):
        lots = self._sell_credits(price=300) + self._sell_credits(price=600)
        invoice = lots.sale_order_id._create_invoices()
        self.assertEqual(len(invoice), 1)
        invoice.invoice_line_ids = [
            Command.create({"name": "Loyal", "price_unit": -90, "tax_ids": []})
        ]
        invoice.action_post()
        self.assertEqual(lots.mapped("paid_total"), [270, 540])
        self._spend(10)
        self._recognize()
        lines = self._assert_in_the_books().grouped("purchase_id")
        self.assertEqual((lines[lots[0]].owed, lines[lots[1]].owed), (0, 540))

    def test_taxes_in_the_price(self):
        tax = self.env["account.tax"].create(
            {"name": "In", "amount": 25, "price_include_override": "tax_included"}
        )
        tax.invoice_repartition_line_ids.account_id = self._get_tax_account()
        purchase = self._ordered(
            {"product_id": self.pack.id, "price_unit": 1000, "tax_ids": tax.ids}
        )
        self._invoice(purchase)
        self.assertEqual((purchase.paid_total, purchase.invoiced_total), (800, 800))
        self.assertEqual(self._balance(self.liability), 800)
        self._assert_used_up(10, 800)

    def test_a_discount_on_the_whole_order(self):
        order = self._quote({"product_id": self.pack.id, "price_unit": 1000})
        window = self.env["sale.order.discount"].create(
            {
                "sale_order_id": order.id,
                "discount_percentage": 0.1,
                "discount_type": "so_discount",
            }
        )
        window.action_apply_discount()
        order.action_confirm()
        purchase = self._buy(order)
        self.assertEqual(purchase.paid_per_credit, 90)
        self._invoice(purchase)
        # The discount itself lowered income at once.
        self._assert_used_up(10, 900, before=self._get_income())

    def test_a_down_payment(self):
        """It is no credit: what it took off the invoice was not paid for less."""
        purchase = self._sell_credits()
        window = (
            self.env["sale.advance.payment.inv"]
            .with_context(
                active_model="sale.order", active_ids=purchase.sale_order_id.ids
            )
            .create({"advance_payment_method": "percentage", "amount": 40})
        )
        window.create_invoices()
        purchase.sale_order_id.invoice_ids.action_post()
        self._spend(1)
        self.assertFalse(self._recognize().line_ids)
        final = purchase.sale_order_id._create_invoices(final=True)
        final.invoice_date = self.today
        final.action_post()
        self.assertEqual(final.amount_untaxed, 600)
        self.assertEqual(purchase.invoiced_total, 1000)
        self._recognize()
        line = self._assert_in_the_books().filtered("purchase_id")
        self.assertEqual((line.invoiced, line.revenue, line.owed), (1000, 100, 900))
        self._spend(9)
        self._recognize()
        self.assertEqual(self._balance(self.liability), 0)
        self.assertAlmostEqual(self._get_income(), 1000, 2)

    def test_an_invoice_made_by_hand(self):
        """It and the purchase that it names show each other, and where they differ;
        its credit note takes back what is unused, as those of orders do."""
        purchase = self._record_credits()
        invoice = self._invoice_by_hand(purchase, 1000)
        self.assertEqual(invoice.service_credit_purchase_count, 1)
        shown = invoice.action_view_service_credit_purchases()
        self.assertEqual(shown["res_id"], purchase.id)
        self.assertEqual(purchase.sale_invoice_count, 1)
        shown = purchase.action_view_sale_invoices()
        self.assertEqual(shown["domain"], [("id", "in", invoice.ids)])
        self.assertFalse(purchase.billing_note or invoice.service_credit_note)
        self._spend(4)
        note = invoice._reverse_moves([{"invoice_date": self.today}])
        self.assertTrue(note.has_service_credits)
        note.invoice_line_ids.price_unit = 500
        note.action_post()
        figures = purchase.credits_available, purchase.credits_refunded
        self.assertEqual(figures, (1, 5))
        self.assertFalse(purchase.billing_note)
        totals = purchase.invoiced_total, purchase.credited_total
        self.assertEqual(totals, (1000, 500))
        self._assert_in_the_books()
        note.button_draft()
        note.invoice_line_ids.price_unit = 1000
        note.action_post()
        self.assertEqual(purchase.credits_refunded, 6)
        for record, name in ((purchase, "billing"), (note, "service_credit")):
            self.assertRegex(record[f"{name}_note"], r"10\.00.*6\.00.*4\.00")
        self._invoice_by_hand(purchase, 800)
        # What is invoiced anew comes back.
        self.assertEqual(purchase.credits_refunded, 2)
        self.assertFalse(purchase.billing_note)
        self._invoice_by_hand(purchase, 300)
        self.assertEqual(purchase.credits_refunded, 0)
        self.assertIn("1,100.00", purchase.billing_note)
        self._recognize()
        self._assert_in_the_books()

    def test_an_invoice_that_was_taken_back_takes_its_revenue_back(self):
        purchase = self._sell_credits()
        invoice = self._invoice(purchase)
        self._spend(4)
        self._recognize()
        invoice.button_draft()
        self.assertEqual(self._assert_in_the_books().mapped("reason"), ["recognize"])
        self.assertEqual(self._recognize().line_ids.mapped("revenue"), [-400])
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(self._assert_in_the_books().mapped("reason"), ["not_invoiced"])
        invoice.action_post()
        self.assertEqual(self._recognize().line_ids.mapped("revenue"), [400])
        self.assertEqual(self._assert_in_the_books().mapped("reason"), ["agrees"])

    def test_an_invoice_made_by_hand_beside_an_order(self):
        purchase = self._sell_credits()
        invoice = self._invoice_by_hand(purchase, 300)
        self.assertEqual(purchase.sale_invoice_count, 1)
        self.assertIn("300.00", purchase.billing_note)
        self.assertEqual(invoice.service_credit_note, purchase.billing_note)
        invoice.button_draft()
        self.assertFalse(purchase.billing_note)

    def test_a_price_reduction_in_another_currency(self):
        """The credit note has another rate; what that leaves goes with the last
        credit."""
        francs = self._create_currency("CHF", 2.0)
        pricelist = self.env["product.pricelist"].create(
            {"name": "Francs", "currency_id": francs.id}
        )
        purchase = self._sell_credits(pricelist_id=pricelist.id, date=self._day(-3))
        invoice = self._invoice(purchase, date=self._day(-3))
        self._spend(5, date=self._day(-2))
        self._recognize(date=self._day(-2))
        francs.rate_ids = [Command.create({"name": self.today, "rate": 4.0})]
        note = invoice._reverse_moves([{"invoice_date": self.today}])
        note.invoice_line_ids.price_unit = 200
        note.service_credit_effect = "keep"
        note.action_post()
        line = self._recognize().line_ids
        self.assertEqual((line.revenue, line.revenue_company), (-100, -50))
        self.assertEqual(purchase.credits_withdrawn, 0)
        self._spend(5)
        self._recognize()
        self.assertAlmostEqual(self._balance(self.liability), 0, 2)
        # 1,000 francs at 2, less 200 at 4.
        self.assertAlmostEqual(self._get_income(), 450, 2)


@tagged("post_install", "-at_install")
class TestBranches(AccountingCommon):
    """A branch keeps its own books with the accounts of the company above it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create(
            {"name": "Azure Branch", "parent_id": cls.company.id}
        )
        cls._set_accounts(cls.branch)
        cls.env.user.company_ids |= cls.branch
        cls.env = cls.env(
            context={
                **cls.env.context,
                "allowed_company_ids": [cls.company.id, cls.branch.id],
            }
        )

    def _sell_in_branch(self):
        order = self._quote(
            {"product_id": self.pack.id, "price_unit": 1000},
            company_id=self.branch.id,
            opportunity_id=False,
        )
        order.action_confirm()
        purchase = self._buy(order)
        self._invoice(purchase)
        return purchase

    def _spend_in_branch(self, credits):
        request = DrawRequest(
            work=self._create_ticket(company_id=self.branch.id),
            partner=self.customer,
            company=self.branch,
            date=self.today,
            credits=credits,
            strict=True,
        )
        draw_credits(self.env, [request])

    def test_the_accounts_of_the_company_above_are_suggested(self):
        self.assertEqual(
            self.branch.service_credit_liability_account_id, self.liability
        )
        self.assertTrue(self.branch._has_service_credit_accounts())

    def test_each_recognizes_what_it_sold(self):
        own, above = self._sell_in_branch(), self._sell_credits()
        self._invoice(above)
        self.assertEqual(own.company_id, self.branch)
        self._spend_in_branch(4)
        mine = self._recognize(company=self.branch)
        self.assertEqual(mine.line_ids.purchase_id, own)
        self.assertEqual((mine.revenue, mine.move_id.company_id), (400, self.branch))
        self.assertFalse(self._recognize().line_ids)
        self.assertEqual(self._balance(self.liability, company=self.branch), 600)
        self._assert_in_the_books()

    def test_the_seller_books_what_its_branches_use(self):
        above = self._sell_credits()
        self._invoice(above)
        self._spend_in_branch(3)
        self.assertFalse(self._recognize(company=self.branch).line_ids)
        mine = self._recognize()
        self.assertEqual(mine.line_ids.purchase_id, above)
        self.assertEqual((mine.revenue, mine.move_id.company_id), (300, self.company))
        self.assertEqual(self._balance(self.liability), 700)
        self.assertEqual(self._balance(self.liability, company=self.branch), 0)
        self._assert_in_the_books()

    def test_a_lock_from_above_binds_the_branch(self):
        self._sell_in_branch()
        self._spend_in_branch(4)
        self.company.fiscalyear_lock_date = self.today
        with self.assertRefused(UserError, format_date(self.env, self.today)):
            self._recognize(company=self.branch)

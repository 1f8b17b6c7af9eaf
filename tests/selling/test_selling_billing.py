# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, fields
from odoo.tests import tagged

from ..support.books import assert_books
from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestSellingBilling(SellingCommon):
    """What posted invoices and credit notes do to the purchase of an item."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_accounts()

    def tearDown(self):
        assert_books(self, self.env)
        super().tearDown()

    def _days_ago(self, days):
        return fields.Date.subtract(self.today, days=days)

    def _assert_balance(self, lot, available, withdrawn=0, paid=None):
        figures = (lot.credits_available, lot.credits_withdrawn)
        self.assertEqual(figures, (available, withdrawn))
        if paid is not None:
            self.assertEqual(lot.paid_available, paid)

    # ------------------------------------------------------------------
    # Amount paid
    # ------------------------------------------------------------------

    def test_the_amount_paid_follows_the_invoice_and_comes_back_with_it(self):
        lot = self._ordered()
        invoice = self._invoice(lot, price_unit=70)
        self.assertEqual((lot.paid_per_credit, lot.invoiced_total), (7, 70))
        self.assertEqual(lot.value_per_credit, 10)
        self.assertFalse(lot.billing_note)
        invoice.button_draft()
        self.assertEqual((lot.paid_per_credit, lot.invoiced_total), (10, 0))
        invoice.button_cancel()
        self.assertEqual(lot.paid_per_credit, 10)

    def test_what_was_amended_comes_back(self):
        order = self._quote()
        order.action_confirm()
        window = self._open_window(order)
        window.line_ids.paid_per_credit = 4
        window.action_create()
        lot = order.order_line.service_credit_purchase_ids
        invoice = self._invoice(lot)
        self.assertEqual(lot.paid_per_credit, 10)
        invoice.button_draft()
        self.assertEqual(lot.paid_per_credit, 4)

    def test_used_credits_keep_their_price_and_the_difference_is_told(self):
        lot = self._ordered()
        self._use(1)
        invoice = self._invoice(lot, price_unit=70)
        self.assertEqual(lot.paid_per_credit, 10)
        for text in (lot.billing_note, invoice.service_credit_note):
            self.assertIn(lot.name, text)
            self.assertIn("100.00", text)
            self.assertIn("70.00", text)

    def test_an_order_that_changed_differs_before_it_is_invoiced(self):
        lot = self._ordered()
        self.assertFalse(lot.billing_note)
        lot.sale_line_id.price_unit = 180
        self.assertEqual(lot.paid_per_credit, 10)
        self.assertIn("180.00", lot.billing_note)
        self.assertIn(lot.billing_note, lot.sale_order_id.service_credit_note)
        self._invoice(lot)
        self.assertEqual(lot.paid_per_credit, 18)
        self.assertFalse(lot.billing_note)

    def test_it_wins_over_the_setting(self):
        self.company.service_credit_paid_follows_value = True
        lot = self._ordered({"product_id": self.pack.id, "discount": 50})
        self.assertEqual(lot.paid_per_credit, 10)
        self._invoice(lot)
        self.assertEqual((lot.value_per_credit, lot.paid_per_credit), (10, 5))

    def test_global_discounts_of_the_order(self):
        """As the proposal, and for a draft that was made before the discount."""
        order = self._quote(self.pack, self.plain)
        draft = self._buy(order)
        self.assertEqual(draft.paid_per_credit, 10)
        discount = {"sale_order_id": order.id, "discount_percentage": 0.1}
        window = self.env["sale.order.discount"].create(
            {**discount, "discount_type": "so_discount"}
        )
        window.action_apply_discount()
        self.assertEqual((draft.value_per_credit, draft.paid_per_credit), (10, 9))
        order.order_line.filtered("is_order_discount").unlink()
        self.assertEqual(draft.paid_per_credit, 10)
        window.action_apply_discount()
        draft.unlink()
        order.action_confirm()
        lot = self._buy(order)
        self.assertEqual((lot.value_per_credit, lot.paid_per_credit), (10, 9))
        self._invoice(lot)
        self.assertEqual((lot.paid_total, lot.invoiced_total), (90, 90))
        self.assertFalse(lot.billing_note)

    def test_a_discount_on_the_invoice_alone(self):
        order = self._quote(self.pack, self.plain)
        order.action_confirm()
        lot = self._buy(order)
        invoice = order._create_invoices()
        invoice.invoice_line_ids = [
            Command.create({"name": "Fidelity", "price_unit": -33.4, "tax_ids": []})
        ]
        invoice.action_post()
        self.assertEqual((lot.invoiced_total, lot.paid_total), (83.3, 83.3))

    def test_taxes_in_the_price(self):
        tax = self.env["account.tax"].create(
            {"name": "In", "amount": 25, "price_include_override": "tax_included"}
        )
        lot = self._ordered({"product_id": self.pack.id, "tax_ids": tax.ids})
        self._invoice(lot, price_unit=50)
        self.assertEqual((lot.invoiced_total, lot.paid_per_credit), (40, 4))

    def test_an_invoice_in_another_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.5, "company_id": self.company.id}
        )
        lot = self._ordered()
        invoice = lot.sale_order_id._create_invoices()
        invoice.currency_id = euro
        invoice.invoice_line_ids.price_unit = 40
        invoice.action_post()
        self.assertEqual(lot.currency_id, self.company.currency_id)
        self.assertEqual((lot.invoiced_total, lot.paid_per_credit), (80, 8))

    def test_an_item_invoiced_in_three_parts(self):
        lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 3})
        self._invoice(lot, quantity=1, price_unit=70)
        self.assertEqual(lot.invoiced_total, 70)
        self.assertEqual(lot.paid_total, 270)
        self._invoice(lot, quantity=1)
        self._invoice(lot)
        self.assertEqual((lot.invoiced_total, lot.paid_total), (270, 270))
        self.assertFalse(lot.billing_note)

    def test_down_payments_are_no_part_of_the_price(self):
        order = self._quote()
        order.action_confirm()
        lot = self._buy(order)
        self._invoice_order(
            order, advance_payment_method="percentage", amount=40
        ).action_post()
        self.assertEqual((lot.invoiced_total, lot.paid_total), (0, 100))
        final = self._invoice(lot)
        self.assertEqual(final.amount_untaxed, 60)
        self.assertEqual((lot.invoiced_total, lot.paid_total), (100, 100))

    def test_a_purchase_created_after_the_invoice(self):
        order = self._quote()
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.invoice_line_ids.price_unit = 70
        invoice.action_post()
        self.assertEqual(self._buy(order).paid_per_credit, 7)

    # ------------------------------------------------------------------
    # Credit notes
    # ------------------------------------------------------------------

    def test_a_credit_note_takes_back_and_cancelling_it_gives_back(self):
        lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 3})
        invoice = self._invoice(lot)
        note = self._credit(invoice, quantity=1)
        self._assert_balance(lot, 30)
        note.action_post()
        self._assert_balance(lot, 20, 10, paid=200)
        self.assertEqual((lot.credited_total, lot.paid_per_credit), (100, 10))
        self.assertFalse(lot.billing_note)
        row = lot.consumption_ids
        self.assertEqual((row.consumption_type, row.date), ("withdrawal", note.date))
        self.assertIn(note.name, row.allocation_id.name)
        self.assertIn(note.name, "".join(lot.message_ids.mapped("body")))
        note.button_draft()
        self._assert_balance(lot, 30, paid=300)
        back = lot.consumption_ids - row
        self.assertEqual((back.reversed_id, back.credits), (row, -10))
        note.action_post()
        self._assert_balance(lot, 20, 10, paid=200)

    def test_a_whole_credit_note(self):
        lot = self._ordered()
        note = self._credit(self._invoice(lot))
        note.action_post()
        self._assert_balance(lot, 0, 10)
        self.assertEqual(lot.state, "withdrawn")
        self.assertFalse(lot.is_withdrawn)
        note.button_draft()
        note.button_cancel()
        self._assert_balance(lot, 10, paid=100)
        self.assertEqual(lot.state, "open")

    def test_what_was_used_stays_and_is_named(self):
        lot = self._ordered()
        self._use(4)
        invoice = self._invoice(lot)
        note = self._credit(invoice)
        note.action_post()
        self._assert_balance(lot, 0, 6)
        self.assertEqual(lot.credits_allocated, 4)
        for text in (lot.billing_note, note.service_credit_note):
            self.assertRegex(text, r"10\.00.*6\.00.*4\.00")
        note.button_draft()
        self._assert_balance(lot, 6)

    def test_a_lower_price_changes_the_amount_alone(self):
        lot = self._ordered()
        note = self._credit(self._invoice(lot), withdraw=False, price_unit=30)
        self.assertEqual(note.service_credit_effect, "keep")
        note.action_post()
        self._assert_balance(lot, 10, paid=70)
        self.assertEqual(lot.paid_per_credit, 7)
        note.service_credit_effect = "withdraw"
        self._assert_balance(lot, 0, 10)

    def test_a_lower_price_after_a_withdrawal(self):
        """What is left is worth what was paid for it, and the sums stay exact."""
        lot = self._ordered()
        invoice = self._invoice(lot)
        first = self._credit(invoice, quantity=0.3)
        first.write({"date": self._days_ago(3), "invoice_date": self._days_ago(3)})
        first.action_post()
        self._assert_balance(lot, 7, 3, paid=70)
        self._credit(invoice, withdraw=False, quantity=1, price_unit=7).action_post()
        self._assert_balance(lot, 7, 3, paid=63)
        self.assertEqual(lot.paid_per_credit, 9)
        self.assertEqual(set(lot.consumption_ids.mapped("date")), {first.date})

    def test_an_invoice_that_replaces_another(self):
        lot = self._ordered()
        replacing = self._credit(self._invoice(lot), modify=True)
        self._assert_balance(lot, 10)
        self.assertEqual(replacing.move_type, "out_invoice")
        replacing.invoice_line_ids.price_unit = 70
        replacing.action_post()
        self._assert_balance(lot, 10, paid=70)
        self._credit(replacing).action_post()
        self._assert_balance(lot, 0, 10)

    def test_what_is_invoiced_anew_comes_back(self):
        lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 3})
        self._credit(self._invoice(lot), quantity=1).action_post()
        self._assert_balance(lot, 20, 10)
        self._invoice(lot)
        self._assert_balance(lot, 30, paid=300)

    def test_nothing_is_withdrawn_twice(self):
        """The order and a credit note take the same unit back, in either order."""
        for is_order_first in (True, False):
            with self.subTest(is_order_first=is_order_first):
                lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 3})
                note = self._credit(self._invoice(lot), quantity=1)
                if not is_order_first:
                    note.action_post()
                lot.sale_line_id.product_uom_qty = 2
                self._assert_balance(lot, 20, 10)
                if is_order_first:
                    note.action_post()
                self._assert_balance(lot, 20, 10, paid=200)
                note.button_draft()
                self._assert_balance(lot, 20, 10)
                notes = "".join(lot.message_ids.mapped("body"))
                self.assertIn(lot.sale_order_id.name, notes)

    def test_a_cancelled_order_has_withdrawn_already(self):
        lot = self._ordered()
        invoice = self._invoice(lot)
        lot.sale_order_id._action_cancel()
        self._assert_balance(lot, 0, 10)
        note = self._credit(invoice)
        note.action_post()
        self._assert_balance(lot, 0, 10)
        note.button_draft()
        self._assert_balance(lot, 0, 10)

    def test_a_draft_follows(self):
        self.company.service_credit_draft_by_default = True
        lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 3})
        self.assertTrue(lot.is_draft)
        invoice = self._invoice(lot)
        part = self._credit(invoice, quantity=1)
        part.action_post()
        self.assertEqual((lot.credits, lot.paid_total), (20, 200))
        rest = self._credit(invoice, quantity=2)
        rest.action_post()
        self.assertFalse(lot.active)
        rest.button_draft()
        self.assertEqual((lot.active, lot.credits, lot.state), (True, 20, "draft"))
        part.button_draft()
        self.assertEqual((lot.credits, lot.paid_total), (30, 300))

    def test_the_window_says_what_can_be_withdrawn(self):
        lot = self._ordered()
        self._use(4)
        invoice = self._invoice(lot)
        window = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        self.assertTrue(window.withdraw_service_credits)
        self.assertTrue(window.has_service_credits)
        self.assertIn(lot.name, window.service_credit_note)
        self.assertRegex(window.service_credit_note, r"6\.00.*10\.00.*4\.00")
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 70
        invoice.action_post()
        window.invalidate_recordset()
        self.assertIn(lot.billing_note, window.service_credit_note)

    # ------------------------------------------------------------------
    # Cost
    # ------------------------------------------------------------------

    def test_queries_do_not_grow_with_the_lines(self):
        few, many = (self._count_queries(lines) for lines in (3, 23))
        # A chatter and an index of numbers grow with lines in core, too.
        self.assertLessEqual(many - few, 6)

    def _count_queries(self, count):
        order = self._quote(*[self.pack] * count)
        order.action_confirm()
        self._buy(order)
        invoice = order._create_invoices()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        invoice.action_post()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestSellingOrder(SellingCommon):
    """Confirming, changing, cancelling and refunding an order with credits."""

    def test_confirming_creates_what_the_product_says(self):
        for creation, states in (
            ("manual", []),
            ("draft", ["draft"]),
            ("open", ["open"]),
        ):
            with self.subTest(creation):
                self.pack.service_credit_creation = creation
                order = self._quote()
                order.action_confirm()
                lots = order.order_line.service_credit_purchase_ids
                self.assertEqual(lots.mapped("state"), states)

    def test_confirming_by_the_customer(self):
        """Who signs in the portal has no right on purchases; they come all the same."""
        self.pack.service_credit_creation = "open"
        order = self._quote()
        portal = self.env.ref("base.public_user")
        order.with_user(portal).sudo().action_confirm()
        self.assertEqual(order.order_line.service_credit_purchase_ids.state, "open")

    def test_confirming_keeps_what_is_there(self):
        """A purchase made before is opened, not doubled."""
        self.pack.service_credit_creation = "open"
        order = self._quote()
        lot = self._buy(order)
        order.action_confirm()
        self.assertEqual(order.order_line.service_credit_purchase_ids, lot)
        self.assertEqual(lot.state, "open")

    def test_item_added_later(self):
        """An item added to a confirmed order gets its purchase as well."""
        self.pack.service_credit_creation = "open"
        order = self._quote(self.plain)
        order.action_confirm()
        order.order_line = [
            Command.create({"product_id": self.pack.id, "product_uom_qty": 1})
        ]
        self.assertEqual(order.order_line[1].service_credit_purchase_ids.credits, 10)

    def test_cancel_deletes_drafts(self):
        order = self._quote()
        lot = self._buy(order)
        order._action_cancel()
        self.assertFalse(lot.exists())

    def test_cancel_withdraws_the_rest(self):
        """Nothing used: the credits leave through the ledger, and the row stays."""
        lot = self._ordered()
        lot.sale_order_id._action_cancel()
        self.assertEqual(lot.state, "withdrawn")
        self.assertEqual((lot.credits_available, lot.credits_expired), (0, 0))
        self.assertEqual(lot.credits_withdrawn, 10)
        self.assertEqual(lot.consumption_ids.mapped("consumption_type"), ["withdrawal"])
        self.assertTrue(lot.is_withdrawn)

    def test_cancel_refused_when_used(self):
        """The reason names the purchase and the figures; nothing changes."""
        lot = self._ordered()
        self._use(4)
        self.assertEqual(lot.credits_allocated, 4)
        with self.assertRefused(UserError, says=f"4.00 of the 10.00.*{lot.name}"):
            lot.sale_order_id._action_cancel()
        self.assertEqual(lot.sale_order_id.state, "sale")
        self.assertEqual(lot.credits_available, 6)

    def test_cancel_after_giving_back(self):
        lot = self._ordered()
        self._use(4).unlink()
        lot.sale_order_id._action_cancel()
        self.assertEqual((lot.state, lot.credits_withdrawn), ("withdrawn", 10))

    def test_state_written_directly(self):
        """An import or RPC that writes the state undoes the sale just as well."""
        lot = self._ordered()
        lot.sale_order_id.state = "draft"
        self.assertEqual((lot.state, lot.credits_available), ("withdrawn", 0))
        used = self._ordered()
        self._use(1)
        for state in ("draft", "sent", "cancel"):
            with self.assertRefused(UserError, used.name):
                used.sale_order_id.state = state

    def test_merged_opportunities(self):
        """The purchases come along with the orders."""
        order = self._quote()
        lot = self._buy(order)
        other = self.lead.copy({"name": "The same again", "expected_revenue": 1})
        kept = (self.lead + other).merge_opportunity()
        self.assertEqual(order.opportunity_id, kept)
        self.assertEqual(lot.opportunity_id, kept)

    def test_confirmed_again(self):
        """A withdrawn purchase stays as it is; the order gets a new one, once."""
        lot = self._ordered()
        order = lot.sale_order_id
        order._action_cancel()
        order.action_draft()
        self.assertTrue(order.has_service_credits_to_buy)
        order.action_confirm()
        lots = self._buy(order)
        self.assertEqual(len(lots), 2)
        self.assertEqual(sum(lots.mapped("credits_available")), 10)
        self.assertEqual(lot.credits_available, 0)

    def test_withdrawn_is_not_typed(self):
        lot = self._ordered()
        with self.assertRaises(AccessError):
            lot.is_withdrawn = True

    def test_delete_quotation(self):
        """Drafts leave with their item and with their quotation."""
        order = self._quote(self.pack, self.pack)
        lots = self._buy(order)
        order.order_line[0].unlink()
        self.assertEqual(len(lots.exists()), 1)
        order.unlink()
        self.assertFalse(lots.exists())

    def test_reducing_leaves_a_note(self):
        """Or nothing would explain where the credits went."""
        lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 3})
        before = lot.message_ids
        lot.sale_line_id.product_uom_qty = 2
        [note] = (lot.message_ids - before).filtered("body")
        self.assertIn(lot.sale_order_id.name, note.body)
        self.assertIn("10.00", note.body)

    def test_reduce_table(self):
        """used, new quantity → available, withdrawn (or refused)."""
        table = [
            (0, 2, 20, 10),
            (0, 0, 0, 30),
            (12, 2, 8, 10),
            (20, 2, 0, 10),
            (21, 2, None, None),
            (1, 0, None, None),
        ]
        for used, quantity, available, withdrawn in table:
            with self.subTest(used=used, quantity=quantity), self.cr.savepoint() as sp:
                lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 3})
                if used:
                    self._use(used)
                if available is None:
                    with self.assertRefused(UserError, lot.name):
                        lot.sale_line_id.product_uom_qty = quantity
                else:
                    lot.sale_line_id.product_uom_qty = quantity
                    self.assertEqual(lot.credits_available, available)
                    self.assertEqual(lot.credits_withdrawn, withdrawn)
                    self.assertEqual(lot.credits_allocated, used)
                sp.rollback()
                self.env.invalidate_all()

    def test_reduce_names_what_is_possible(self):
        lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 3})
        self._use(21)
        with self.assertRefused(UserError, says="at least 2.1 Units"):
            lot.sale_line_id.product_uom_qty = 2

    def test_raise_and_reduce_again(self):
        """An open purchase does not grow; the order says what is missing."""
        lot = self._ordered()
        line, order = lot.sale_line_id, lot.sale_order_id
        line.product_uom_qty = 3
        self.assertEqual(lot.credits, 10)
        self.assertIn("Credit Pack (20)", order.service_credits_missing)
        line.product_uom_qty = 1
        self.assertFalse(order.service_credits_missing)
        self.assertEqual(lot.credits_available, 10)
        line.product_uom_qty = 0.5
        self.assertEqual(lot.credits_available, 5)

    def test_what_was_sold_keeps_the_credits_per_unit_of_that_day(self):
        """The product says something else later: nobody's credits change."""
        order = self._quote({"product_id": self.pack.id, "product_uom_qty": 5})
        line, lot = order.order_line, self._buy(order)
        for is_confirmed in (False, True):
            if is_confirmed:
                order.action_confirm()
            for later in (5, 0):
                self.pack.service_credits = later
                line.product_uom_qty -= 1
                for price in (99, 98):
                    line.price_unit = price
                line.product_id = self.pack
                credits = 10 * line.product_uom_qty
                self.assertEqual(line.service_credits, credits)
                # What can be used of an open purchase; a draft holds it still.
                self.assertEqual(lot.credits_available or lot.credits, credits)

    def test_draft_follows(self):
        """A draft follows quantity, price and discount of its item."""
        order = self._quote()
        lot = self._buy(order)
        order.order_line.write({"product_uom_qty": 4, "discount": 10})
        self.assertRecordValues(
            lot, [{"credits": 40, "value_per_credit": 10, "paid_per_credit": 9}]
        )
        order.order_line.product_uom_qty = 0
        self.assertFalse(lot.exists())

    def test_draft_keeps_what_was_amended(self):
        order = self._quote()
        lot = self._buy(order)
        lot.write({"credits": 12, "paid_per_credit": 7, "description": "A gift of 2"})
        order.order_line.product_uom_qty = 2
        self.assertRecordValues(
            lot,
            [
                {
                    "credits": 22,
                    "value_per_credit": 10,
                    "paid_per_credit": 7,
                    "description": "A gift of 2",
                }
            ],
        )

    def test_draft_follows_product_and_customer(self):
        order = self._quote()
        lot = self._buy(order)
        bigger = self._create_credit_product("Big Pack", 50, list_price=400)
        order.order_line.product_id = bigger
        self.assertRecordValues(
            lot, [{"product_id": bigger.id, "credits": 50, "value_per_credit": 8}]
        )
        order.partner_id = self.other_customer
        self.assertEqual(lot.commercial_partner_id, self.other_customer)
        order.order_line.product_id = self.plain
        self.assertFalse(lot.exists())

    def test_refund(self):
        """The accountant finds the purchase from both documents, and what one of them
        withdrew the order does not withdraw again."""
        lot = self._ordered()
        order = lot.sale_order_id
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(invoice.service_credit_purchase_count, 1)
        self.assertEqual(
            invoice.action_view_service_credit_purchases()["res_id"], lot.id
        )
        refund = invoice._reverse_moves(cancel=True)
        self.assertEqual((lot.credits_available, lot.credits_withdrawn), (0, 10))
        self.assertEqual(refund.service_credit_purchase_count, 1)
        found = lot.action_view_sale_invoices()["domain"][0][2]
        self.assertEqual(set(found), set((invoice + refund).ids))
        order.order_line.product_uom_qty = 0
        self.assertEqual((lot.credits_available, lot.credits_withdrawn), (0, 10))

    def test_hours_sold_as_credits_pay_once(self):
        """An item of ten hours that are ten credits does not offer its hours too."""
        hours = self._create_credit_product("Ten Hours", 1.0, uom_id=self.hour.id)
        lot = self._ordered({"product_id": hours.id, "product_uom_qty": 10})
        item = lot.sale_line_id
        self.assertEqual(item.qty_delivered_method, "timesheet")
        self.team.over_limit_policy = "non_billable"
        entry = self._use(12)
        self.assertFalse(entry.ticket_id.sale_line_id)
        self.assertEqual(lot.credits_available, 0)
        self.assertEqual(item.qty_delivered, 0)

    def test_copy_starts_without_purchase(self):
        copy = self._ordered().sale_order_id.copy()
        self.assertFalse(copy.order_line.service_credit_purchase_ids)
        self.assertTrue(copy.has_service_credits_to_buy)

    def test_printed_order(self):
        """The customer reads credits and validity on the item."""
        self.pack.service_credit_validity = 6
        order = self._quote()
        report = self.env["ir.actions.report"]
        html = report._render_qweb_html("sale.action_report_saleorder", order.ids)[0]
        self.assertIn("10 service credits, valid for 6 months", html.decode())
        order.action_confirm()
        lot = self._buy(order)
        self.env.invalidate_all()
        html = report._render_qweb_html("sale.action_report_saleorder", order.ids)[0]
        self.assertIn("10 service credits, valid from", html.decode())
        self.assertTrue(lot)
        order.order_line.product_uom_qty = 3
        html = report._render_qweb_html("sale.action_report_saleorder", order.ids)[0]
        self.assertIn("10 service credits, valid from", html.decode())

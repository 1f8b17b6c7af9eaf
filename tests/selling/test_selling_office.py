# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the office trips over when it sells credits."""

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestOfficeSells(SellingCommon):
    def _get_arch(self, model, view):
        view = self.env.ref(view)
        arch = self.env[model].get_view(view.id, "form")["arch"]
        return etree.fromstring(arch)

    def test_window_adds_up_what_is_ticked(self):
        order = self._quote(
            {"product_id": self.pack.id, "product_uom_qty": 3, "discount": 10},
            self.pack,
        )
        window = self._open_window(order)
        self.assertIn("40 credits", window.summary)
        with Form(window) as form:
            with form.line_ids.edit(1) as line:
                line.is_included = False
            self.assertIn("30 credits", form.summary)
            self.assertIn("300.00", form.summary)
            self.assertIn("270.00", form.summary)
            with form.line_ids.edit(0) as line:
                line.is_included = False
            self.assertFalse(form.summary)

    def test_window_adds_up_each_currency_by_itself(self):
        dollar, euro = self.env.ref("base.USD"), self.env.ref("base.EUR")
        (dollar | euro).active = True
        for currency in (dollar, euro):
            pricelist = self.env["product.pricelist"].create(
                {"name": currency.name, "currency_id": currency.id}
            )
            self._quote(pricelist_id=pricelist.id)
        summary = self._open_window(self.lead).summary
        self.assertEqual(len(summary.split("\n")), 2, summary)
        self.assertIn("$", summary)
        self.assertIn("€", summary)

    def test_numbers_that_cannot_be_added_up(self):
        line = self._open_window(self._quote()).line_ids
        for value in (float("inf"), float("nan"), 1e300):
            new = line.new({"credits": 5, "value_per_credit": value}, origin=line)
            self.assertEqual(new._get_summary(line.currency_id), "")

    def test_added_credits_become_an_item_of_their_own(self):
        lot = self._ordered(
            {"product_id": self.pack.id, "product_uom_qty": 2, "discount": 10}
        )
        order, line = lot.sale_order_id, lot.sale_line_id
        line.write({"product_uom_qty": 3, "discount": 10})
        self.assertIn("(10)", order.service_credits_missing)
        total = order.amount_untaxed
        reader = new_test_user(self.env, "office_reader", "base.group_user")
        with self.assertRaises(AccessError):
            order.with_user(reader).action_split_service_credits()
        order.with_user(self.salesman).action_split_service_credits()
        added = order.order_line - line
        self.assertEqual((line.product_uom_qty, added.product_uom_qty), (2, 1))
        self.assertEqual(added.discount, 10)
        self.assertEqual(order.amount_untaxed, total)
        self.assertFalse(order.service_credits_missing)
        self.assertEqual((lot.credits_available, lot.credits_withdrawn), (20, 0))
        new = self._buy(order) - lot
        self.assertRecordValues(
            new, [{"sale_line_id": added.id, "credits": 10, "paid_per_credit": 9}]
        )
        order.action_split_service_credits()
        self.assertEqual(len(order.order_line), 2, "pressed again, nothing happens")

    def test_added_credits_get_the_purchase_their_product_asks_for(self):
        self.pack.service_credit_creation = "open"
        order = self._quote()
        order.action_confirm()
        order.order_line.product_uom_qty = 4
        order.action_split_service_credits()
        lots = order.order_line.service_credit_purchase_ids
        self.assertEqual(sorted(lots.mapped("credits_available")), [10, 30])

    def test_added_credits_that_are_invoiced_stay_where_they_are(self):
        plain = {"product_id": self.plain.id, "product_uom_qty": 1}
        lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 2}, plain)
        order, line = lot.sale_order_id, lot.sale_line_id
        line.product_uom_qty = 3
        invoice = self._invoice(lot)
        with self.assertRefused(UserError, says="for 2 Units and 3 are invoiced"):
            order.action_split_service_credits()
        self.assertEqual(len(order.order_line), 2)
        self.assertEqual((line.product_uom_qty, line.qty_to_invoice), (3, 0))

        note = self._credit(invoice)
        note.invoice_line_ids.filtered(
            lambda item: item.product_id == self.plain
        ).unlink()
        note.invoice_line_ids.quantity = 1
        note.action_post()
        self.assertEqual((line.qty_invoiced, lot.credits_available), (2, 20))
        order.action_split_service_credits()
        self.assertEqual(
            sorted(order.order_line.mapped("qty_to_invoice")), [0, 0, 1], "3 in all"
        )

    def test_what_can_be_split_does_not_wait_for_what_cannot(self):
        other = self._create_credit_product("Other", service_credit_creation="open")
        self.pack.service_credit_creation = "open"
        order = self._quote(self.pack, other)
        order.action_confirm()
        pack, item = order.order_line
        pack.product_uom_qty = 2
        order._create_invoices().action_post()
        item.product_uom_qty = 5
        order.action_split_service_credits()
        self.assertEqual(
            sorted(order.order_line.mapped("product_uom_qty")), [1, 2, 4], "pack stays"
        )
        self.assertEqual(order.service_credits_missing, "Credit Pack (10)")
        with self.assertRaises(UserError):
            order.action_split_service_credits()

    def test_added_units_stand_for_the_credits_that_were_sold(self):
        for now in (12, 0):
            with self.subTest(now=now):
                pack = self._create_credit_product(service_credit_creation="open")
                order = self._quote(pack)
                order.action_confirm()
                line = order.order_line
                pack.service_credits = now
                line.product_uom_qty = 2
                self.assertIn("(10)", order.service_credits_missing)
                with self.assertRefused(UserError, says=f"has {now} .* the 10 that"):
                    order.action_split_service_credits()
                self.assertEqual(order.order_line, line)
                pack.service_credits = 10
                order.action_split_service_credits()
                self.assertEqual(
                    order.order_line.service_credit_purchase_ids.mapped("credits"),
                    [10, 10],
                )

    def test_added_item_stands_below_in_the_project_and_section_of_its_origin(self):
        project = self.env["project.project"].create(
            {"name": "Move to Azure", "allow_billable": True}
        )
        project._create_analytic_account()
        account = project.account_id
        tax = self.env["account.tax"].create({"name": "7 %", "amount": 7})
        sections = [
            {"display_type": "line_section", "name": name} for name in ("Now", "Later")
        ]
        pack = {
            "product_id": self.pack.id,
            "product_uom_qty": 2,
            "tax_ids": [Command.set(tax.ids)],
        }
        lot = self._ordered(
            sections[0], pack, sections[1], self.plain, project_id=project.id
        )
        order, line = lot.sale_order_id, lot.sale_line_id
        self.assertEqual(line.analytic_distribution, {str(account.id): 100})
        self.assertEqual(set(order.order_line.mapped("sequence")), {10})
        line.product_uom_qty = 5
        before, total = order.order_line, order.amount_total
        order.action_split_service_credits()
        added = order.order_line - before
        order.invalidate_recordset()
        self.assertEqual(order.order_line.ids[:3], (before[:2] | added).ids)
        self.assertEqual(order.order_line.ids[3:], before[2:].ids)
        self.assertEqual(added.parent_id, before[0])
        self.assertEqual(added.analytic_distribution, line.analytic_distribution)
        self.assertEqual(added.tax_ids, tax)
        self.assertEqual(order.amount_total, total)

    def test_units_delivered_by_hand_follow_the_added_item(self):
        by_hand = self._create_credit_product(service_credit_creation="open")
        by_hand.service_policy = "delivered_manual"
        order = self._quote({"product_id": by_hand.id, "product_uom_qty": 2})
        order.action_confirm()
        line = order.order_line
        line.write({"product_uom_qty": 4, "qty_delivered": 3})
        order.action_split_service_credits()
        added = order.order_line - line
        self.assertEqual((line.qty_delivered, added.qty_delivered), (2, 1))
        self.assertEqual((line.qty_to_invoice, added.qty_to_invoice), (2, 1))

    def test_locked_and_cancelled_orders_stay_as_they_are(self):
        lot = self._ordered()
        order, line = lot.sale_order_id, lot.sale_line_id
        line.product_uom_qty = 2
        order.action_lock()
        with self.assertRaises(UserError), self.cr.savepoint():
            order.action_split_service_credits()
        self.assertEqual(line.product_uom_qty, 2)
        order.action_unlock()
        order._action_cancel()
        order.action_split_service_credits()
        self.assertEqual(order.order_line, line)

    def test_warning_comes_before_saving(self):
        order = self._ordered().sale_order_id
        with Form(order) as form:
            with form.order_line.edit(0) as line:
                line.product_uom_qty = 2
            self.assertIn("(10)", form.service_credits_missing)

    def test_columns_and_buttons_of_the_order_leave_room(self):
        arch = self._get_arch("sale.order", "sale.view_order_form")
        (column,) = arch.xpath(
            "//field[@name='order_line']/list/field[@name='service_credits']"
        )
        self.assertEqual(
            column.get("column_invisible"), "not parent.has_service_credits"
        )
        self.assertEqual(column.get("invisible"), "not service_credits")
        for model, view in (
            ("sale.order", "sale.view_order_form"),
            ("crm.lead", "crm.crm_lead_view_form"),
        ):
            (button,) = self._get_arch(model, view).xpath(
                "//button[@name='action_create_service_credit_purchases']"
            )
            self.assertLessEqual(len(button.get("string")), 24)

    def test_orders_without_credits_have_no_column_of_them(self):
        order = self._quote(self.plain)
        self.assertFalse(order.has_service_credits)
        self.assertFalse(order.order_line.service_credits)

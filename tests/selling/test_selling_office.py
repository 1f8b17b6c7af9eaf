# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the office trips over when it sells credits."""

from lxml import etree

from odoo.exceptions import AccessError
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

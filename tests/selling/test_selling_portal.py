# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Customers order more in the portal: a quotation of theirs, one at a time."""

from odoo import http
from odoo.tests import HttpCase, new_test_user, tagged

from ..support.funding import FundingCommon

URL = "/my/service-credits/buy"


@tagged("post_install", "-at_install")
class TestSellingPortal(FundingCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pack = cls._create_pack("Ten Credits")
        cls.unsold = cls._create_pack("Secret Pack", service_credit_portal=False)
        cls.free = cls._create_pack("Free Pack", list_price=0)
        cls.buyer = cls._create_portal_user("buyer_ben", "Ben Buyer", cls.customer)
        cls.clerk = cls._create_portal_user("clerk_cho", "Cho Clerk", cls.customer)
        cls.stranger = cls._create_portal_user("str_sam", "Sam", cls.other_customer)

    @classmethod
    def _create_pack(cls, name, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": 900,
                "service_credits": 10,
                "service_credit_creation": "open",
                "service_credit_portal": True,
                "taxes_id": False,
                **values,
            }
        )

    @classmethod
    def _create_portal_user(cls, login, name, customer):
        user = new_test_user(cls.env, login, "base.group_portal", name=name)
        user.partner_id.parent_id = customer
        return user

    def _read(self, user):
        self.authenticate(user.login, user.login)
        return " ".join(self.url_open(URL).text.split())

    def _order(self, user, product=None, units="2"):
        self.authenticate(user.login, user.login)
        values = {
            "csrf_token": http.Request.csrf_token(self),
            "product_id": str((product or self.pack).id),
            "units": units,
        }
        page = self.url_open(f"{URL}/order", data=values)
        self.assertEqual(page.status_code, 200)
        self.env.invalidate_all()
        return page

    def _search_orders(self, product=None):
        return self.env["sale.order"].search(
            [("order_line.product_id", "=", (product or self.pack).id)]
        )

    def test_the_page_sells_what_is_ticked_and_costs_something(self):
        page = self._read(self.buyer)
        self.assertIn("Ten Credits", page)
        self.assertIn("900.00", page)
        self.assertIn("10 service credits, usable for 12 months", page)
        for name in ("Secret Pack", "Free Pack"):
            self.assertNotIn(name, page)
        for path in ("/my", "/my/service-credits"):
            self.assertIn(URL, self.url_open(path).text)

    def test_an_order_is_a_quotation_to_sign_and_then_usable_credits(self):
        page = self._order(self.buyer)
        order = self._search_orders()
        self.assertIn(f"/my/orders/{order.id}", page.url)
        self.assertIn("Ten Credits", page.text)
        self.assertEqual(order.partner_id, self.buyer.partner_id)
        self.assertEqual((order.state, order.amount_untaxed), ("sent", 1800))
        self.assertTrue(order.require_signature or order.require_payment)
        self.assertFalse(order.order_line.service_credit_purchase_ids)
        order.action_confirm()
        purchase = order.order_line.service_credit_purchase_ids
        self.assertEqual(purchase.credits, 20)
        self.assertEqual(purchase.commercial_partner_id, self.customer)

    def test_one_quotation_is_open_at_a_time(self):
        self._order(self.buyer)
        order = self._search_orders()
        page = self._order(self.clerk, units="5")
        self.assertIn(f"/my/orders/{order.id}", page.url)
        self.assertEqual(self._search_orders(), order)
        self.assertIn(order.name, self._read(self.clerk))
        self.assertNotIn(order.name, self._read(self.stranger))
        order.action_cancel()
        self._order(self.clerk, units="5")
        self.assertEqual(len(self._search_orders()), 2)
        self._order(self.stranger)
        self.assertEqual(len(self._search_orders()), 3)

    def test_a_salespersons_quotation_is_in_nobodys_way(self):
        item = self._sell(self.pack, confirm=False)
        item.order_id.action_quotation_sent()
        self._order(self.buyer)
        self.assertEqual(len(self._search_orders()), 2)

    def test_who_may_buy(self):
        self.buyer.partner_id.service_may_buy = True
        page = self._read(self.clerk)
        self.assertIn("ask Ben Buyer", page)
        self.assertNotIn(f'action="{URL}/order"><button', page)
        self.assertIn("ask Ben Buyer", self._order(self.clerk).text)
        self.assertFalse(self._search_orders())
        self._order(self.stranger)
        self.assertEqual(len(self._search_orders()), 1, "another company's marks")
        self._order(self.buyer)
        self.assertEqual(len(self._search_orders()), 2)

    def test_nothing_else_is_ordered(self):
        for product in (self.unsold, self.free):
            page = self._order(self.buyer, product)
            self.assertIn("sold here", page.text)
            self.assertFalse(self._search_orders(product))
        for units in ("", "0", "-1", "1001", "1.5", "x", "²", "9" * 50):
            with self.subTest(units):
                self.assertIn(
                    "between 1 and 1000", self._order(self.buyer, units=units).text
                )
        self.assertFalse(self._search_orders())

    def test_employees_order_nothing(self):
        self._order(self.agent)
        self.assertFalse(self._search_orders())

    def test_what_was_typed_is_shown_again(self):
        page = self._order(self.buyer, units="1001").text
        self.assertIn('value="1001"', page)
        self.assertNotIn('value="1001"', self._read(self.buyer))

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Customers order more in the portal: a quotation of theirs, one at a time."""

from odoo import Command, http
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from ..authorization.test_authorization import SIGNATURE
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

    def _answer(self, order, route="accept", **values):
        values = {"access_token": order.access_token, **values}
        return self.make_jsonrpc_request(f"/my/orders/{order.id}/{route}", values)

    def _sign(self, order):
        return self._answer(order, name="Who Ever", signature=SIGNATURE)

    def _decline(self, order):
        values = {
            "access_token": order.access_token,
            "csrf_token": http.Request.csrf_token(self),
            "decline_message": "No",
        }
        self.url_open(f"/my/orders/{order.id}/decline", data=values)

    def test_a_quotation_is_answered_by_who_may_buy(self):
        """Also by the link, which every colleague can copy from the page."""
        self._order(self.buyer)
        order = self._search_orders()
        order._portal_ensure_token()
        path = f"/my/orders/{order.id}?access_token={order.access_token}"
        self.buyer.partner_id.service_may_buy = True
        for user, note in (
            (self.clerk, "ask Ben Buyer"),
            (
                self.stranger,
                f"Log in as a contact who orders services for {self.customer.name}",
            ),
            (None, f"Log in as a contact who orders services for {self.customer.name}"),
        ):
            with self.subTest(user=user and user.login):
                self.authenticate(user and user.login, user and user.login)
                page = " ".join(self.url_open(path).text.split())
                self.assertTrue(note in page)
                for offer in ("#modalaccept", "#modaldecline", 'id="payment_form"'):
                    self.assertFalse(offer in page, offer)
                self.assertIn("error", self._sign(order))
                self._decline(order)
                self.env.invalidate_all()
                self.assertEqual(order.state, "sent")
                self.assertFalse(order.signature)
        self.authenticate(self.buyer.login, self.buyer.login)
        self.assertTrue("#modalaccept" in self.url_open(path).text)
        self.assertNotIn("error", self._sign(order))
        self.env.invalidate_all()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.service_credit_purchase_ids.credits, 20)

    def test_no_other_way_answers_it(self):
        """Whatever page or module confirms for a customer; employees may."""
        self._order(self.buyer)
        order = self._search_orders()
        self.buyer.partner_id.service_may_buy = True
        with self.assertRaises(AccessError):
            order.with_user(self.buyer).action_confirm()
        for user in (self.clerk, self.stranger, self.env.ref("base.public_user")):
            order_sudo = order.with_user(user).sudo()
            for answer in (
                order_sudo.action_confirm,
                order_sudo._action_cancel,
                lambda order_sudo=order_sudo: order_sudo.write(
                    {"signature": SIGNATURE}
                ),
            ):
                with self.subTest(user=user.login), self.assertRaises(UserError):
                    answer()
        order.with_user(self.seller).action_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_payment_is_started_by_who_may_buy(self):
        """What they paid is confirmed by whatever tells that the money came."""
        self._order(self.buyer)
        order = self._search_orders()
        order.write({"require_payment": True, "require_signature": False})
        self.buyer.partner_id.service_may_buy = True
        for user in (self.clerk, self.stranger, self.env.ref("base.public_user")):
            with self.subTest(user.login), self.assertRaises(UserError):
                self._pay(order, user)
        transaction_sudo = self._pay(order, self.buyer)
        transaction_sudo = transaction_sudo.with_user(self.env.ref("base.public_user"))
        transaction_sudo = transaction_sudo.sudo()
        transaction_sudo._set_done()
        transaction_sudo._check_amount_and_confirm_order()
        self.assertEqual(order.state, "sale")
        self._pay(order, self.clerk)

    def _pay(self, order, user):
        method = self.env.ref("payment.payment_method_unknown")
        provider = self.env["payment.provider"].search([], limit=1)
        transactions_sudo = self.env["payment.transaction"].with_user(user).sudo()
        return transactions_sudo.create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "sale_order_ids": [Command.set(order.ids)],
            }
        )

    def test_a_salespersons_quotation_needs_no_mark(self):
        """It was sent to the contact whom they know."""
        order = self._sell(self.pack, confirm=False).order_id
        order.action_quotation_sent()
        self.buyer.partner_id.service_may_buy = True
        self.assertFalse(order.service_ordered_by_id)
        self.assertTrue(order.with_user(self.clerk).sudo()._has_to_be_signed())

    def test_who_ordered_is_typed_by_nobody(self):
        self._order(self.buyer)
        order = self._search_orders()
        self.assertEqual(order.service_ordered_by_id, self.buyer.partner_id)
        self.assertFalse(order.copy().service_ordered_by_id)
        orders = self.env["sale.order"].with_user(self.seller)
        values = {"service_ordered_by_id": self.clerk.partner_id.id}
        with self.assertRaises(AccessError):
            orders.browse(order.id).write(values)
        with self.assertRaises(AccessError):
            orders.create({"partner_id": self.customer.id, **values})
        defaults = {f"default_{name}": value for name, value in values.items()}
        self.assertFalse(orders.with_context(**defaults).default_get(list(values)))

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

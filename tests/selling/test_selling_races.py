# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ...models.selling import shop
from ..authorization.test_authorization import SIGNATURE
from ..support.scratch import ScratchCase


@tagged("post_install", "-at_install")
class TestSellingRaces(ScratchCase):
    """Two people at once, on connections of their own that really commit."""

    def setUp(self):
        super().setUp()
        with self._env() as env:
            product = env["product.product"].create(
                {"name": "Credit Pack", "type": "service", "service_credits": 10}
            )
            customer = env["res.partner"].create({"name": "Azure Mills"})
            order = env["sale.order"].create(
                {
                    "partner_id": customer.id,
                    "order_line": [
                        Command.create({"product_id": product.id, "product_uom_qty": 1})
                    ]
                    * 2,
                }
            )
            order.action_confirm()
            self.order_id = order.id

    def _order(self, env):
        return env["sale.order"].browse(self.order_id)

    def _create(self, env):
        order = self._order(env)
        action = order.action_create_service_credit_purchases()
        window = env[action["res_model"]].browse(action["res_id"])
        return window.action_create()["domain"][0][2]

    def _get_purchases(self, env):
        lots = env["service.credit.purchase"].with_context(active_test=False)
        return lots.search([("sale_order_id", "=", self.order_id)])

    def test_two_people_create(self):
        """Both are shown the same two purchases."""
        results = self._race(self._create, self._create)
        self.assertEqual(sorted(results[0]), sorted(results[1]), results)
        with self._env() as env:
            self.assertEqual(len(self._get_purchases(env)), 2)

    def test_one_press_and_its_replay(self):
        """A request that is repeated after it was answered creates nothing."""
        with self._env() as env:
            action = self._order(env).action_create_service_credit_purchases()
            model, window_id = action["res_model"], action["res_id"]

        def press(env):
            return env[model].browse(window_id).action_create()["domain"][0][2]

        first, second = self._race(press, press)
        self.assertEqual(sorted(first), sorted(second))
        with self._env() as env:
            self.assertEqual(press(env), first)
            self.assertEqual(len(self._get_purchases(env)), 2)

    def test_create_and_cancel(self):
        """In either order: no credits are left on a cancelled order."""

        def cancel(env):
            self._order(env)._action_cancel()

        created, _cancelled = self._race(self._create, cancel)
        with self._env() as env:
            self.assertEqual(self._order(env).state, "cancel")
            lots = self._get_purchases(env)
            self.assertEqual(sum(lots.mapped("credits_available")), 0)
            self.assertFalse(lots.filtered("is_draft"))
            if isinstance(created, Exception):
                self.assertIsInstance(created, UserError)
                self.assertFalse(lots)


@tagged("post_install", "-at_install")
class TestBuyMoreRaces(ScratchCase):
    """Two colleagues in the portal at once."""

    @classmethod
    def _prepare(cls, env):
        cls.product_id = (
            env["product.product"]
            .create(
                {
                    "name": "Credit Pack",
                    "type": "service",
                    "list_price": 900,
                    "service_credits": 10,
                    "service_credit_creation": "open",
                    "service_credit_portal": True,
                }
            )
            .id
        )

    def setUp(self):
        super().setUp()
        with self._env() as env:
            customer = env["res.partner"].create(
                {"name": "Azure Mills", "is_company": True}
            )
            self.user_ids = []
            for login in ("ben", "cho"):
                user = new_test_user(env, f"{login}_{customer.id}", "base.group_portal")
                user.partner_id.parent_id = customer
                self.user_ids.append(user.id)
            self.customer_id = customer.id

    def _order_as(self, user_id, units):
        def order(env):
            contact = env(user=user_id).user.partner_id
            company = env["res.company"].browse(1)
            return shop.order(contact, company, str(self.product_id), units).id

        return order

    def _get_orders(self, env):
        customer = env["res.partner"].browse(self.customer_id)
        return env["sale.order"].search([("partner_id", "child_of", customer.id)])

    def test_two_colleagues_order(self):
        """Both are led to the one quotation of the first."""
        ben, cho = self.user_ids
        results = self._race(self._order_as(ben, "2"), self._order_as(cho, "5"))
        with self._env() as env:
            self.assertEqual(results, self._get_orders(env).ids * 2)

    def test_two_colleagues_sign(self):
        """It is bought once; the later one is refused."""
        with self._env() as env:
            order_id = self._order_as(self.user_ids[0], "2")(env)

        def sign(user_id):
            def answer(env):
                order_sudo = env(user=user_id)["sale.order"].sudo().browse(order_id)
                order_sudo.signature = SIGNATURE
                order_sudo.action_confirm()
                return True

            return answer

        results = self._race(*map(sign, self.user_ids))
        self.assertEqual(results.count(True), 1, results)
        self.assertTrue(any(isinstance(result, UserError) for result in results))
        with self._env() as env:
            lots = self._get_orders(env).order_line.service_credit_purchase_ids
            self.assertEqual(lots.mapped("credits"), [20])

    def test_signing_while_the_mark_is_set(self):
        """In either order: the answer stands, or it is refused."""
        ben, cho = self.user_ids
        with self._env() as env:
            order_id = self._order_as(ben, "2")(env)

        def sign(env):
            order_sudo = env(user=cho)["sale.order"].sudo().browse(order_id)
            order_sudo.action_confirm()
            return True

        def mark(env):
            env["res.users"].browse(ben).partner_id.service_may_buy = True

        signed, _marked = self._race(sign, mark)
        with self._env() as env:
            state = env["sale.order"].browse(order_id).state
            self.assertEqual(state, "sale" if signed is True else "sent")

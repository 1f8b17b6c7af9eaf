# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

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
        """Whoever comes first: no credits are left on a cancelled order."""

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

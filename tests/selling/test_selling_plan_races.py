# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from ..support.scratch import ScratchCase


@tagged("post_install", "-at_install")
class TestSellingPlanRaces(ScratchCase):
    """Two people at once on one allotment, on connections that really commit."""

    def setUp(self):
        super().setUp()
        with self._env() as env:
            product = env["product.product"].create(
                {
                    "name": "Ten Hours a Month",
                    "type": "service",
                    "service_credits": 10,
                    "service_credit_period": "month",
                }
            )
            customer = env["res.partner"].create({"name": "Azure Mills"})
            order = env["sale.order"].create(
                {
                    "partner_id": customer.id,
                    "order_line": [
                        Command.create(
                            {"product_id": product.id, "product_uom_qty": 12}
                        )
                    ],
                }
            )
            self.order_id = order.id
            plan = env["service.credit.plan"].create(
                {"partner_id": customer.id, "credits": 10}
            )
            self.plan_id = plan.id

    def _plan(self, env):
        return env["service.credit.plan"].browse(self.plan_id)

    def _order(self, env):
        return env["sale.order"].browse(self.order_id)

    def test_two_people_start(self):
        """One of them is told that it was started before."""
        results = self._race(*[lambda env: self._plan(env).action_start()] * 2)
        self.assertEqual(sum(result is True for result in results), 1, results)
        with self._env() as env:
            self.assertEqual(len(self._plan(env).purchase_ids), 1)

    def test_two_create_the_same_period(self):
        with self._env() as env:
            self._plan(env).action_start()
            day = self._plan(env).next_start + timedelta(days=40)
        self._race(
            *[lambda env: len(self._plan(env)._create_periods(day))] * 2,
            lambda env: self._plan(env).action_skip(),
        )
        with self._env() as env:
            lots = self._plan(env).purchase_ids
            starts = lots.mapped("plan_start")
            self.assertEqual(len(starts), len(set(starts)))
            self.assertEqual(self._plan(env).periods_created, len(lots))

    def test_confirm_twice_and_cancel(self):
        def confirm(env):
            self._order(env).action_confirm()

        def cancel(env):
            self._order(env)._action_cancel()

        self._race(confirm, confirm)
        with self._env() as env:
            self.assertEqual(
                len(self._order(env).order_line.service_credit_plan_ids), 1
            )
        self._race(
            cancel,
            lambda env: len(
                self._order(env).order_line.service_credit_plan_ids._create_periods(
                    env.company._get_today() + timedelta(days=70)
                )
            ),
        )
        with self._env() as env:
            plan = self._order(env).order_line.service_credit_plan_ids
            self.assertEqual(plan.state, "ended")
            self.assertFalse(sum(plan.purchase_ids.mapped("credits_available")))

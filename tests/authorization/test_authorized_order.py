# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestAuthorizedOrder(ServiceCreditCommon):
    """The cap of an item follows what its confirmed order says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.time_product.limit_hours = True
        cls.item = cls._sell(cls.time_product, 10)
        cls.order = cls.item.order_id
        cls.ticket = cls._create_ticket(sale_line_id=cls.item.id)

    def _get_steps(self, item=None):
        steps = (item or self.item).authorization_ids.sorted("id")
        self.assertEqual(set(steps.mapped("state")), {"approved"})
        return [(step.source, step.hours) for step in steps]

    def test_an_order_raised_from_10_to_15_limited_hours_allows_15(self):
        self.item.with_user(self.seller).product_uom_qty = 15
        self.assertEqual(self.item.authorized_hours, 15)
        self.assertEqual(self._get_steps(), [("order", 10), ("order", 5)])
        self._log(self.ticket, 15)
        with self.assertRefused(ValidationError, self.ticket):
            self._log(self.ticket, 0.5)
        self.assertEqual(self.item.qty_delivered, 15)

    def test_fewer_units_take_back_what_is_unused(self):
        self._log(self.ticket, 6)
        self.item.with_user(self.seller).product_uom_qty = 6
        self.assertEqual(self.item.authorized_hours, 6)
        self.assertEqual(self.item.authorized_hours_left, 0)
        self.assertEqual(self._get_steps(), [("order", 10), ("order", -4)])

    def test_fewer_units_than_used_are_refused(self):
        self._log(self.ticket, 6)
        with self.assertRefused(
            ValidationError, self.item, "to 5 hours", "6 of 10", "at least 6"
        ):
            self.item.with_user(self.seller).product_uom_qty = 5
        self.assertEqual(self.item.product_uom_qty, 10)
        self.assertEqual(self._get_steps(), [("order", 10)])

    def test_hours_approved_on_top_stay(self):
        self._authorize(self.item, 5)
        self._log(self.ticket, 12)
        self.item.product_uom_qty = 7
        self.assertEqual(self.item.authorized_hours, 12)
        with self.assertRefused(ValidationError, self.item, "to 6 hours", "at least 7"):
            self.item.product_uom_qty = 6
        self.assertEqual(self.item.authorized_hours, 12)

    def test_an_order_takes_back_no_more_than_it_gave(self):
        """The hours of an item limited after its confirmation were agreed elsewhere."""
        other = self._sell(self._create_service("Visits", "delivered_timesheet"), 10)
        self._authorize(other, 4)
        other.product_uom_qty = 1
        self.assertEqual(self._get_steps(other), [("manager", 4)])
        other.product_uom_qty = 3
        self.assertEqual(other.authorized_hours, 6)

    def test_an_item_added_to_a_confirmed_order_comes_with_its_hours(self):
        self.order.with_user(self.seller).write(
            {
                "order_line": [
                    Command.create(
                        {"product_id": self.time_product.id, "product_uom_qty": 3}
                    )
                ]
            }
        )
        added = self.order.order_line - self.item
        self.assertEqual(added.authorized_hours, 3)
        self.assertEqual(self._get_steps(added), [("order", 3)])
        self.assertEqual(self.item.authorized_hours, 10)

    def test_items_of_quotations_and_without_limit_authorize_nothing(self):
        quotation = self._sell(self.time_product, 5, confirm=False)
        quotation.product_uom_qty = 8
        free = self._sell(self._create_service("Visits", "delivered_timesheet"), 5)
        free.product_uom_qty = 8
        self.assertFalse((quotation + free).authorization_ids)
        quotation.order_id.action_confirm()
        self.assertEqual(self._get_steps(quotation), [("order", 8)])

    def test_another_unit_of_measure_counts_in_hours(self):
        day = self.env.ref("uom.product_uom_day")
        self.item.write({"product_uom_id": day.id, "product_uom_qty": 2})
        self.assertEqual(self.item.authorized_hours, 16)

    def test_each_step_is_in_the_history_of_the_order(self):
        self.item.with_user(self.seller).product_uom_qty = 15
        self.item.with_user(self.seller).product_uom_qty = 12
        bodies = " ".join(self.order.message_ids.mapped("body"))
        for text in ("15 h", "12 h", self.seller.name):
            self.assertIn(text, bodies)
        raised = self.item.authorization_ids.filtered(lambda step: step.hours == 5)
        self.assertEqual(raised.approved_by_id, self.seller)
        self.assertFalse(raised.signature)

    def test_a_raised_order_covers_the_overage_that_waits(self):
        self.team.over_limit_policy = "overage"
        self._log(self.ticket, 12)
        waiting = self.ticket.timesheet_ids.filtered(lambda e: e.coverage == "overage")
        self.assertEqual(waiting.hours_billed, 2)
        self.item.product_uom_qty = 11
        self.assertEqual(self.item.authorized_hours_used, 11)
        waiting = self.ticket.timesheet_ids.filtered(lambda e: e.coverage == "overage")
        self.assertEqual(sum(waiting.mapped("hours_billed")), 1)

    def test_an_order_confirmed_again_with_fewer_units(self):
        self.order._action_cancel()
        self.order.action_draft()
        self.item.product_uom_qty = 4
        self.order.action_confirm()
        self.assertEqual(self.item.authorized_hours, 4)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestSellingRenewal(SellingCommon):
    """A draft quotation sized from what was really used in twelve months."""

    def _open_renewal(self, record, method):
        action = getattr(record.with_user(self.salesman), method)()
        return (
            self.env["service.credit.renewal"]
            .with_user(self.salesman)
            .browse(action["res_id"])
        )

    def _renew(self, lot):
        return self._open_renewal(lot, "action_create_renewal")

    def _get_places(self, renewal):
        """Return where the names say that sizes are: below, at or above what fits."""
        names = {renewal._get_size_name(place): place for place in (-1, 0, 1)}
        return [names[size.name] for size in renewal.size_ids]

    def test_sizes(self):
        """34 used and 6 of overage in packs of ten: 3, 4 and 5 packs."""
        lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 4})
        self.team.over_limit_policy = "overage"
        self._use(17)
        self._use(17)
        self._use(12)
        self.assertEqual(lot.credits_available, 0)
        renewal = self._renew(lot)
        self.assertEqual((renewal.credits_used, renewal.credits_overage), (40, 6))
        self.assertEqual(renewal.product_id, self.pack)
        names = ("units", "credits", "price", "credits_lapsed", "credits_overage")
        for size, expected in zip(
            renewal.size_ids,
            [(4, 40, 400, 0, 6), (5, 50, 500, 4, 0), (6, 60, 600, 14, 0)],
            strict=True,
        ):
            self.assertEqual(tuple(size[name] for name in names), expected)
        self.assertEqual(renewal.size_ids.mapped("cost_lapsed"), [0, 40, 140])
        self.assertEqual(renewal.size_ids.mapped("cost_overage"), [60, 0, 0])
        self.assertEqual(self._get_places(renewal), [-1, 0, 1])

    def test_an_allotment_is_renewed_for_as_long(self):
        """However little of it was used."""
        monthly = self._create_credit_product("Monthly", service_credit_period="month")
        order = self._quote({"product_id": monthly.id, "product_uom_qty": 6})
        order.action_confirm()
        self._use(5)
        lot = order.order_line.service_credit_purchase_ids
        renewal = self._renew(lot)
        self.assertEqual(renewal.size_ids.mapped("units"), [4, 6, 8])
        self.assertEqual(self._get_places(renewal), [-1, 0, 1])
        self.assertNotIn("last year", str(renewal.size_ids.mapped("name")))
        lot.plan_id.periods = 0
        self.assertEqual(self._renew(lot).size_ids.mapped("units"), [9, 12, 15])

    def test_credits_for_some_work_are_sized_by_that_work(self):
        """And the others by theirs, wherever the window is opened from."""
        trainers = self.env["helpdesk.ticket.team"].create(
            {
                "name": "Trainers",
                "allow_timesheet": True,
                "allow_billable": True,
                "use_service_credits": True,
                "over_limit_policy": "overage",
            }
        )
        self.team.over_limit_policy = "overage"
        course = self._create_credit_product(
            "Course", service_credit_team_ids=[Command.set(trainers.ids)]
        )
        any_lot = self._ordered()
        limited = self._ordered(course)
        self.assertEqual(limited.team_ids, trainers)
        for team, hours in ((self.team, 14), (trainers, 13)):
            self._use(hours, team_id=team.id)
        lines = self.env["service.credit.forecast"].search(
            [("commercial_partner_id", "=", self.customer.id)]
        )
        for record in (limited, lines.filtered("limits")):
            renewal = self._renew(record)
            self.assertEqual(renewal.product_id, course)
            self.assertEqual((renewal.credits_used, renewal.credits_overage), (10, 3))
            self.assertEqual(renewal.size_ids.mapped("units"), [1, 2, 3])
        for record in (any_lot, lines.filtered(lambda line: not line.limits)):
            renewal = self._renew(record)
            self.assertEqual((renewal.credits_used, renewal.credits_overage), (10, 7))
        renewal.product_id = course
        self.assertEqual((renewal.credits_used, renewal.credits_overage), (10, 3))
        # All that was used tells most about what was never bought.
        new = self._create_credit_product(
            "Both", service_credit_team_ids=[Command.set((trainers | self.team).ids)]
        )
        renewal.product_id = new
        self.assertEqual((renewal.credits_used, renewal.credits_overage), (20, 7))

    def test_the_usual_product_is_proposed(self):
        """What most credits were bought with, not the little one bought last."""
        self._ordered({"product_id": self.pack.id, "product_uom_qty": 4})
        single = self._create_credit_product("Single Credit", credits=1)
        self._ordered({"product_id": single.id, "product_uom_qty": 3})
        renewal = self._open_renewal(
            self.customer, "action_create_service_credit_renewal"
        )
        self.assertEqual(renewal.product_id, self.pack)

    def test_last_twelve_months_only(self):
        """Given back, written off and older use do not count."""
        lot = self._ordered({"product_id": self.pack.id, "product_uom_qty": 9})
        lot.date_start = self.today - relativedelta(months=14)
        self._use(20).date = self.today - relativedelta(months=13)
        self._use(3).unlink()
        self._use(7)
        lot.sale_line_id.product_uom_qty = 5
        self.assertEqual(self._renew(lot).credits_used, 7)

    def test_quotation(self):
        """One click makes a draft quotation, once; nothing is sent."""
        lot = self._ordered()
        renewal = self._renew(lot)
        size = renewal.size_ids[1]
        action = size.action_create_order()
        self.assertEqual(size.action_create_order()["res_id"], action["res_id"])
        order = self.env["sale.order"].browse(action["res_id"])
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.partner_id, self.customer)
        self.assertEqual(order.order_line.product_id, self.pack)
        self.assertEqual(order.order_line.product_uom_qty, size.units)
        self.assertFalse(order.order_line.service_credit_purchase_ids)
        self.assertFalse(
            order.message_ids.filtered(lambda m: m.message_type != "notification")
        )

    def test_the_quotation_is_in_the_currency_of_the_credits(self):
        """Whatever the customer's own pricelist says: other credits would not join."""
        euro = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self.env.user.group_ids |= self.env.ref("product.group_product_pricelist")
        own = self.env["product.pricelist"].create({"name": "Home"})
        self.customer.property_product_pricelist = own
        lot = self.env["service.credit.purchase"].create(
            {
                "partner_id": self.customer.id,
                "product_id": self.pack.id,
                "credits": 10,
                "currency_id": euro.id,
            }
        )
        windows = self.env["service.credit.renewal"]
        renewal = windows.browse(lot.action_create_renewal()["res_id"])
        with self.assertRefused(UserError, says="create a pricelist in that currency"):
            renewal.size_ids[1].action_create_order()
        self.env["product.pricelist"].create({"name": "Away", "currency_id": euro.id})
        renewal = windows.browse(lot.action_create_renewal()["res_id"])
        size = renewal.size_ids[1]
        order = self.env["sale.order"].browse(size.action_create_order()["res_id"])
        self.assertEqual(order.currency_id, euro)
        self.assertAlmostEqual(order.amount_untaxed, size.price)

    def test_sizes_say_what_the_quotation_says(self):
        """Untaxed, for a product whose price includes its taxes, and by the unit."""
        tax = self.env["account.tax"].create(
            {
                "name": "VAT 21 included",
                "amount": 21,
                "price_include_override": "tax_included",
            }
        )
        self.pack.write({"list_price": 121, "taxes_id": [Command.set(tax.ids)]})
        renewal = self._renew(self._ordered())
        for size in renewal.size_ids:
            self.assertEqual(size.price, 100 * size.units)
        size = renewal.size_ids[2]
        order = self.env["sale.order"].browse(size.action_create_order()["res_id"])
        self.assertEqual(order.amount_untaxed, size.price)

    def test_from_the_customer(self):
        self._ordered()
        self._use(8)
        renewal = self._open_renewal(
            self.customer, "action_create_service_credit_renewal"
        )
        self.assertEqual(renewal.credits_used, 8)
        self.assertEqual(renewal.product_id, self.pack)
        self.assertEqual(renewal.size_ids.mapped("units"), [1, 2, 3])
        # Nothing is smaller than one.
        self.assertEqual(self._get_places(renewal), [0, 1, 1])

    def test_other_customers_do_not_count(self):
        self._ordered()
        self._ordered(partner_id=self.other_customer.id, opportunity_id=False)
        self._use(8, partner_id=self.other_customer.id)
        renewal = self._open_renewal(
            self.customer, "action_create_service_credit_renewal"
        )
        self.assertEqual(renewal.credits_used, 0)

    def test_no_product(self):
        """A product that is no longer sold is not quoted; another can be chosen."""
        lot = self._ordered()
        self.pack.sale_ok = False
        renewal = self._renew(lot)
        self.assertFalse(renewal.product_id)
        self.assertFalse(renewal.size_ids)
        with self.assertRefused(UserError, "Azure Mills"):
            renewal._create_order(1)
        renewal.product_id = self._create_credit_product("New Pack", 5)
        self.assertEqual(len(renewal.size_ids), 3)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import math

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import clean_context, float_compare, float_round, format_date

from ...tools import add_days, format_number
from ..ledger.service_credit_plan import RUNNING


class SaleOrderLine(models.Model):
    """Items that sell credits for each month, quarter or year: a unit is a period.

    Confirming the order starts a plan, which creates the purchases.
    """

    _inherit = "sale.order.line"

    def _is_allotment(self):
        """Tell whether the item sells periods of credits."""
        product = self.product_id
        if self.display_type or self.is_downpayment or not product.service_credits > 0:
            return False
        if self.state == "sale":
            # What was sold stays what it is, whatever becomes of the product.
            if self._get_sold_plans().filtered(lambda plan: plan.product_id == product):
                return True
            if self._get_live_purchases().filtered(lambda lot: not lot.plan_id):
                return False
        return product.service_credit_period != "once"

    def _get_sold_plans(self):
        """Return the plans of these items whose sale was not undone (superuser)."""
        # sudo: the order decides about its plans, not who changes it
        plans_sudo = self.sudo().service_credit_plan_ids
        return plans_sudo.filtered(lambda plan: not plan.is_sale_undone)

    def _get_running_plans(self):
        """Return the plans of these items that were not ended (superuser)."""
        return self._get_sold_plans().filtered(lambda plan: plan.state == RUNNING)

    def _get_allotted_units(self):
        """Return how many periods allotments among these items sell, by item id."""
        return {line.id: line._count_periods() for line in self if line._is_allotment()}

    def _start_plans(self, units_before=None):
        """Start the plans of items of confirmed orders, once; one for each time that an
        item got more units after its plan was over.

        The orders are written, so that of this and a cancellation at the same moment
        one is replayed.

        :param units_before: what the items sold before a change, by item id
        """
        before, periods = units_before or {}, {}
        for line in self.sudo():
            count = line._get_periods_to_start(before.get(line.id))
            if count > 0:
                periods[line] = count
        if not periods:
            return
        lines_sudo = self.sudo().browse(line.id for line in periods)
        lines_sudo.order_id._lock_for_purchases()
        # The terms are those of the item, whatever the context says.
        env_sudo = lines_sudo.env(context=clean_context(self.env.context))
        plans_sudo = env_sudo["service.credit.plan"].create(
            [
                line._prepare_service_credit_plan(count)
                for line, count in periods.items()
            ]
        )
        lines_sudo.qty_delivered_method = "service_credit_period"
        plans_sudo.action_start()

    def _get_periods_to_start(self, before=None):
        """Return how many periods a new plan of the item has, 0 without one: what is
        ordered and was not delivered before, or what was added after its plan ended.

        :param before: units of the item before a change
        """
        if self.state != "sale" or self.product_uom_qty <= 0:
            return 0
        if not self._is_allotment() or self._get_running_plans():
            return 0
        if self._get_sold_plans():
            return 0 if before is None else self._get_periods() - before
        return self._get_periods() - self._get_live_units()

    def _get_live_units(self, condition=None):
        """Return how many whole units the periods of the item are.

        :param condition: which of them count
        """
        lots_sudo = self._get_live_purchases().filtered("plan_id")
        if condition:
            lots_sudo = lots_sudo.filtered(condition)
        units = sum(lot._get_sold_units() for lot in lots_sudo)
        return int(float_round(units, precision_digits=4))

    def _get_plan_start(self):
        """Return when a plan of the item starts: today, or after the one before."""
        start = self.company_id._get_today()
        for plan in self._get_sold_plans():
            for lot in self._get_live_purchases().filtered("plan_id"):
                end = lot.date_rollover or lot.date_expiry
                if lot.plan_id == plan:
                    start = max(start, add_days(end, 1))
        return start

    def _prepare_service_credit_plan(self, periods):
        """Return the values of a plan of this item with so many periods."""
        self.ensure_one()
        product, order = self.product_id, self.order_id
        terms = self._get_service_credit_terms()
        owner = order._prepare_purchase_owner()
        return {
            "partner_id": owner["partner_id"],
            "company_id": owner["company_id"],
            "currency_id": owner["currency_id"],
            "product_id": product.id,
            "sale_line_id": self.id,
            "credits": product.service_credits,
            "value_per_credit": terms["value_per_credit"],
            "paid_per_credit": terms["paid_per_credit"],
            "description": terms["description"],
            "date_start": self._get_plan_start(),
            "period": product.service_credit_period,
            "periods": periods,
            "rollover": product.service_credit_rollover,
            "rollover_credits": product.service_credit_rollover_credits,
            "rollover_periods": product.service_credit_rollover_periods,
            "proration": product.service_credit_proration,
        }

    def _count_periods(self):
        """Return how many periods the units of the item are. Where the first one may be
        a part, so may one of the units."""
        return math.ceil(float_round(self._get_product_units(), precision_digits=4))

    def _get_periods(self):
        """Return how many periods the item sells.

        :raise UserError: for a part of one, unless the first one may be a part
        """
        periods, units = self._count_periods(), self._get_product_units()
        is_part = float_compare(units, periods, precision_digits=4)
        if is_part and self.product_id.service_credit_proration != "prorate":
            raise UserError(
                self.env._(
                    "%(item)s sells whole periods of service credits: enter a whole "
                    "number instead of %(units)s.",
                    item=self.display_name,
                    units=format_number(self.env, units),
                )
            )
        return periods

    def _get_delivered_periods(self):
        """Return the units of the periods that have started, by item."""
        lines = self.filtered(
            lambda line: line.qty_delivered_method == "service_credit_period"
        )
        delivered = {}
        for company, own in lines.grouped("company_id").items():
            units = own._origin._get_period_units(company._get_today())
            for line in own:
                delivered[line] = line.product_id.uom_id._compute_quantity(
                    units.get(line._origin.id, 0.0),
                    line.product_uom_id,
                    rounding_method="HALF-UP",
                )
        return delivered

    def _get_period_units(self, day):
        """Return how many units the periods are that start until a day, by item id.

        However many there were, what is read is one number for each item.
        """
        # sudo: what is delivered does not depend on who looks
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        groups = purchases_sudo.with_context(active_test=False)._read_group(
            Domain("sale_line_id", "in", self.ids)
            & Domain("plan_start", "<=", day)
            & Domain("is_withdrawn", "=", False),
            ["sale_line_id", "service_credits_per_unit"],
            ["sale_credits:sum"],
        )
        units = {}
        for line, per_unit, credits in groups:
            part = credits / per_unit if per_unit else 0.0
            units[line.id] = units.get(line.id, 0.0) + part
        return units

    def _get_allotment_label(self):
        """Return what the customer reads below the item: how much in which period."""
        product = self.product_id
        plan_sudo = self._get_sold_plans()[:1]
        if not plan_sudo:
            label = product._get_service_credit_period_text(self._count_periods())
            if product.service_credit_proration != "prorate":
                return label
            return self._get_part_label(label)
        if not plan_sudo.date_end:
            return plan_sudo.summary
        return self.env._(
            "%(label)s, from %(start)s to %(end)s",
            label=plan_sudo.summary,
            start=format_date(self.env, plan_sudo.date_start),
            end=format_date(self.env, plan_sudo.date_end),
        )

    def _get_part_label(self, label):
        """Add to the terms that the first period may be a part of one."""
        texts = {
            "month": self.env._(
                "%(label)s; the first one ends with the calendar month, with its share "
                "of the credits",
                label=label,
            ),
            "quarter": self.env._(
                "%(label)s; the first one ends with the calendar quarter, with its "
                "share of the credits",
                label=label,
            ),
            "year": self.env._(
                "%(label)s; the first one ends with the calendar year, with its share "
                "of the credits",
                label=label,
            ),
        }
        return texts[self.product_id.service_credit_period]

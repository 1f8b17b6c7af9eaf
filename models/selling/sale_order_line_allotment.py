# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.exceptions import UserError
from odoo.tools import clean_context, float_compare, format_date

from ...tools import format_number
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
            if self.sudo().service_credit_plan_ids:
                return True
            if self._get_live_purchases():
                return False
        return product.service_credit_period != "once"

    def _get_running_plans(self):
        """Return the plans of these items that were not ended (superuser)."""
        # sudo: the order decides about its plans, not who changes it
        plans_sudo = self.sudo().service_credit_plan_ids
        return plans_sudo.filtered(lambda plan: plan.state == RUNNING)

    def _start_plans(self):
        """Start the plans of items of confirmed orders, once.

        The orders are written, so that of this and a cancellation at the same moment
        one is replayed.
        """
        wanted_sudo = self.sudo().filtered(
            lambda line: (
                line.state == "sale"
                and line.product_uom_qty > 0
                and line._is_allotment()
                and not line._get_running_plans()
                and not line._is_over()
            )
        )
        if not wanted_sudo:
            return
        wanted_sudo.order_id._lock_for_purchases()
        clean = clean_context(self.env.context)
        plans_sudo = wanted_sudo.env["service.credit.plan"]
        plans_sudo = plans_sudo.with_context(clean)  # pylint: disable=context-overridden
        plans_sudo = plans_sudo.create(
            [line._prepare_service_credit_plan() for line in wanted_sudo]
        )
        wanted_sudo.qty_delivered_method = "service_credit_period"
        plans_sudo.action_start()

    def _is_over(self):
        """Tell whether the item had its plan, which ended while the order stands."""
        return any(
            not plan.is_sale_undone for plan in self.sudo().service_credit_plan_ids
        )

    def _prepare_service_credit_plan(self):
        """Return the values of the plan of this item."""
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
            "date_start": terms["date_start"],
            "period": product.service_credit_period,
            "periods": self._get_periods(),
            "rollover": product.service_credit_rollover,
            "rollover_credits": product.service_credit_rollover_credits,
            "rollover_periods": product.service_credit_rollover_periods,
            "proration": product.service_credit_proration,
        }

    def _get_periods(self):
        """Return how many periods the item sells.

        :raise UserError: for a part of one
        """
        units = self._get_product_units()
        if float_compare(units, round(units), precision_digits=4):
            raise UserError(
                self.env._(
                    "%(item)s sells whole periods of service credits: enter a whole "
                    "number instead of %(units)s.",
                    item=self.display_name,
                    units=format_number(self.env, units),
                )
            )
        return round(units)

    def _get_delivered_periods(self):
        """Return the units of the periods that have started, by item."""
        lines = self.filtered(
            lambda line: line.qty_delivered_method == "service_credit_period"
        )
        delivered = dict.fromkeys(lines, 0.0)
        for line in lines:
            today = line.company_id._get_today()
            for lot in line._origin._get_live_purchases():
                per_unit = lot.service_credits_per_unit
                if per_unit and lot.plan_start and lot.plan_start <= today:
                    delivered[line] += lot.sale_credits / per_unit
            product_uom = line.product_id.uom_id
            delivered[line] = product_uom._compute_quantity(
                delivered[line], line.product_uom_id
            )
        return delivered

    def _get_allotment_label(self):
        """Return what the customer reads below the item: how much in which period."""
        label = self.product_id._get_service_credit_period_text(
            round(self._get_product_units())
        )
        plan_sudo = self.sudo().service_credit_plan_ids[:1]
        if not plan_sudo:
            return label
        if not plan_sudo.date_end:
            return plan_sudo.summary
        return self.env._(
            "%(label)s, from %(start)s to %(end)s",
            label=plan_sudo.summary,
            start=format_date(self.env, plan_sudo.date_start),
            end=format_date(self.env, plan_sudo.date_end),
        )

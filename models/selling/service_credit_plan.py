# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.exceptions import UserError
from odoo.tools import float_compare, format_date

from ...tools import lock_and_touch
from ..ledger.service_credit_plan import ENDED, RUNNING
from .billing import get_billing


class ServiceCreditPlan(models.Model):
    """An allotment that was sold: how it follows its sales order item, and the item
    its periods."""

    _inherit = "service.credit.plan"

    def _prepare_period(self, period):
        vals = super()._prepare_period(period)
        line = self.sale_line_id
        if not line:
            return vals
        return {
            **vals,
            "sale_line_id": line.id,
            "opportunity_id": line.order_id.opportunity_id.id,
            "sale_credits": vals["credits"],
            "service_credits_per_unit": self.credits,
            "release": self.product_id.service_credit_release,
        }

    def _get_units_to_come(self, day):
        """Return how many units the periods without a purchase are that start before a
        day."""
        periods = self._get_periods_until(day)
        return sum(period.share for period in periods if period.start < day)

    def _follow_created(self, purchases_sudo):
        """Some of them may be invoiced already."""
        super()._follow_created(purchases_sudo)
        purchases_sudo.filtered("sale_line_id.invoice_lines")._follow_documents()

    def _follow_begun(self):
        super()._follow_begun()
        # sudo: what is delivered does not depend on who looks
        lines = self.sudo().sale_line_id
        # The day is no field that it could depend on.
        lines.env.add_to_compute(lines._fields["qty_delivered"], lines)
        lines.modified(["qty_delivered"])

    def _follow_sale(self, before):
        """Bring the plan in line with its changed sales order item.

        More or fewer units are more or fewer periods; another price is for periods
        that do not exist yet. What a person amended stays.

        :param before: the terms of the item before the change
        :raise UserError: when fewer periods would be left than have begun
        """
        self.ensure_one()
        line = self.sale_line_id
        if line.product_id != self.product_id:
            raise UserError(
                self.env._(
                    "%(item)s can't get another product, because its allotment "
                    "%(plan)s has started: reduce it and add a new item.",
                    item=line.display_name,
                    plan=self.name,
                )
            )
        if line.product_uom_qty <= 0:
            self._end_with_sale()
            return
        terms = line._get_service_credit_terms()
        vals = {
            name: terms[name]
            for name in ("value_per_credit", "paid_per_credit")
            if not float_compare(self[name], before[name], precision_digits=6)
            and float_compare(self[name], terms[name], precision_digits=6)
        }
        periods = self._get_periods_after(before["periods"], line._get_periods())
        if periods != self.periods:
            vals["periods"] = periods
        if vals:
            self._write_from_sale(vals)

    def _get_periods_after(self, before, now):
        """Return how many periods the plan has after its item went from so many to so
        many units.

        A number that a person changed moves with the item, but not above it.

        :raise UserError: when periods before this plan are all that would be left
        """
        if before == now or not self.periods:
            return self.periods
        line = self.sale_line_id
        earlier = line._get_live_units(lambda lot: lot.plan_id != self)
        if self.periods != before - earlier:
            return min(self.periods + max(now - before, 0), now)
        if now <= earlier:
            raise UserError(
                self.env._(
                    "%(item)s can't be reduced to %(units)s, because that many periods "
                    "were delivered before %(plan)s: end the allotment first.",
                    item=line.display_name,
                    units=now,
                    plan=self.name,
                )
            )
        return now - earlier

    def _write_from_sale(self, vals):
        """Write terms of the item; a day on which a person ended the plan stays.

        :raise UserError: when periods would be sold that no longer start
        """
        end = self.date_end
        is_ended = end and end != self._get_period(max(self.periods, 1) - 1).end
        if is_ended and vals.get("periods", 0) > self.periods:
            raise UserError(
                self.env._(
                    "%(item)s can't be increased, because %(plan)s ends on %(date)s: "
                    "add a new item for further periods.",
                    item=self.sale_line_id.display_name,
                    plan=self.name,
                    date=format_date(self.env, end),
                )
            )
        self.write(vals)
        if is_ended and end < self.date_end:
            self._end_on(end)

    def _end_with_sale(self):
        """End plans whose sale is undone: nothing of them starts any more, and what can
        still be used is withdrawn. Periods that are over stay.

        :raise UserError: where used credits would never be invoiced
        """
        # Plans before their purchases, as where periods are created.
        lock_and_touch(self)
        self._create_begun()
        for plan in self:
            today = plan.company_id._get_today()
            lots_sudo = plan._get_purchases_sudo().filtered(
                lambda lot: not lot.is_withdrawn
            )
            plan._check_used_is_billed(lots_sudo)
            plan._withdraw_unused(lots_sudo)
            rest_sudo = lots_sudo.filtered(
                lambda lot, today=today: (
                    not lot.is_withdrawn and lot.date_expiry >= today
                )
            )
            for lot in rest_sudo:
                lot._note_withdrawal(lot.credits_available)
            rest_sudo._write_off()
            if plan.state == RUNNING:
                plan._end_on(max(plan.date_start, today))
                plan._set_state(ENDED)
            plan._write_guarded({"is_sale_undone": True})

    def _check_used_is_billed(self, purchases_sudo):
        """Raise where credits are used that an order no longer invoices."""
        used_sudo = purchases_sudo.filtered(
            lambda lot: lot.credits_allocated > 0 and lot.paid_total > 0
        )
        for lot, billing in get_billing(used_sudo).items():
            if float_compare(billing.rest, 0.0, precision_digits=4) > 0:
                raise UserError(
                    self.env._(
                        "The sale of %(item)s can't be undone, because %(used)s "
                        "credits of %(purchase)s are used and not invoiced: invoice "
                        "them first, or end the allotment %(plan)s instead.",
                        item=lot.sale_line_id.display_name,
                        used=lot._format_credits(lot.credits_allocated),
                        purchase=lot.name,
                        plan=self.name,
                    )
                )

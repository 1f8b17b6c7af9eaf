# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.exceptions import UserError
from odoo.tools import float_compare

from ...tools import lock_and_touch
from ..ledger.service_credit_plan import ENDED


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
        if line._get_periods() != self.periods:
            vals["periods"] = line._get_periods()
        if vals:
            self.write(vals)

    def _end_with_sale(self):
        """End plans whose sale is undone: nothing of them starts any more, and what is
        unused is withdrawn."""
        # Plans before their purchases, as where periods are created.
        lock_and_touch(self)
        self._create_begun()
        for plan in self:
            lots_sudo = plan._get_purchases_sudo().filtered(
                lambda lot: not lot.is_withdrawn
            )
            plan._withdraw_unused(lots_sudo)
            rest_sudo = lots_sudo.filtered(lambda lot: not lot.is_withdrawn)
            for lot in rest_sudo:
                lot._note_withdrawal(lot.credits_available)
            rest_sudo._write_off()
            plan._end_on(max(plan.date_start, plan.company_id._get_today()))
            plan._set_state(ENDED)
            plan._write_guarded({"is_sale_undone": True})

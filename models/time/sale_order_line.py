# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class SaleOrderLine(models.Model):
    """Overage that an item bills."""

    _inherit = "sale.order.line"

    overage_ids = fields.One2many(
        comodel_name="account.analytic.line",
        inverse_name="overage_line_id",
        groups="base.group_user",
        export_string_translation=False,
    )

    def _takes_overage(self):
        """Tell whether the item bills overage: a prepaid one that was invoiced would
        never do it (superuser)."""
        return (
            self.state == "sale"
            and self.product_id._is_delivered_timesheet()
            and self._may_pay_time()
        )

    def unlink(self):
        self._give_overage_back()
        return super().unlink()

    def _give_overage_back(self):
        """Make time that these items do not bill any more overage again."""
        # sudo: what becomes of time does not depend on who undoes the order
        overage_sudo = self.sudo().overage_ids
        overage_sudo.filtered(lambda line: line._is_not_billed())._forget_quotation()

    def _follow_overage(self):
        """Let the items of quotations have the hours of their overage (superuser)."""
        hour = self.env.ref("uom.product_uom_hour")
        for line in self.exists().filtered(
            lambda line: line.state in ("draft", "sent")
        ):
            hours = sum(line.overage_ids.mapped("hours_billed"))
            if not hours:
                line.unlink()
                continue
            unit = line.product_uom_id
            if unit._has_common_reference(hour):
                hours = hour._compute_quantity(hours, unit, round=False)
            line.product_uom_qty = hours

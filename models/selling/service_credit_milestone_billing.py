# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Domain


class SaleOrderLine(models.Model):
    """A milestone that service credits pay delivers nothing: it would be paid twice."""

    _inherit = "sale.order.line"

    @api.depends(
        "reached_milestones_ids.service_credits",
        "reached_milestones_ids.service_credit_allocation_ids.credits",
    )
    def _compute_qty_delivered(self):
        return super()._compute_qty_delivered()

    def _prepare_qty_delivered(self):
        """Leave out what credits pay; its percentage stays as somebody typed it."""
        delivered = super()._prepare_qty_delivered()
        lines = self.filtered(lambda line: line.qty_delivered_method == "milestones")
        if not lines:
            return delivered
        milestones = self.env["project.milestone"]
        groups = milestones._read_group(
            milestones._domain_paid_by_credits()
            & Domain("sale_line_id", "in", lines._origin.ids)
            & Domain("is_reached", "=", True),
            ["sale_line_id"],
            ["quantity_percentage:sum"],
        )
        paid = {line.id: percentage for line, percentage in groups}
        for line in lines:
            share = paid.get(line._origin.id, 0.0)
            delivered[line] -= share * line.product_uom_qty
        return delivered

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.fields import Domain


class SaleOrderLine(models.Model):
    """What of an item's time can be invoiced, whatever was credited before."""

    _inherit = "sale.order.line"

    def _recompute_qty_to_invoice(self, start_date, end_date):
        """Never propose more than was delivered and not invoiced yet.

        Core re-opens every entry of an invoice that was partly credited, and would
        bill the part that was not credited a second time.
        """
        result = super()._recompute_qty_to_invoice(start_date, end_date)
        # Sections and notes have no product to ask.
        by_time = self.filtered(
            lambda line: line.product_id and line.product_id._is_delivered_timesheet()
        )
        held = by_time._get_held_quantities(start_date, end_date)
        for line in by_time:
            most = min(
                max(line.qty_delivered - line.qty_invoiced, 0.0),
                line.qty_to_invoice - held.get(line, 0.0),
            )
            if line.product_uom_id.compare(line.qty_to_invoice, most) > 0:
                line.qty_to_invoice = most
        return result

    def _get_held_quantities(self, start_date, end_date):
        """Return what of the period is open again, although it is still invoiced.

        A credit note takes off the latest work that its invoice billed, so the oldest
        of what core re-opened stays invoiced.

        :return: quantity in the unit of the item, by item; none where nothing is held
        :rtype: dict
        """
        entries = self.env["account.analytic.line"]
        is_open = (
            Domain(self._timesheet_compute_delivered_quantity_domain())
            & entries._domain_not_billed()
        )
        # sudo: what is billed does not depend on who may read the time
        reopened = entries.sudo().search(
            is_open
            & Domain("so_line", "in", self.ids)
            & Domain("was_invoiced", "=", True),
            order="period_date, id",
        )
        lines = reopened.so_line.with_env(self.env)
        open_by_line = lines.sudo()._get_delivered_quantity_by_analytic(is_open)
        result = {}
        for line in lines:
            left = open_by_line[line.id] - max(
                line.qty_delivered - line.qty_invoiced, 0
            )
            result[line] = 0.0
            for entry in reopened.filtered(lambda e, line=line: e.so_line == line):
                quantity = entry.product_uom_id._compute_quantity(
                    entry.hours_billed, line.product_uom_id, round=False
                )
                held = min(max(left, 0.0), quantity)
                left -= held
                if entry._counts_between(start_date, end_date):
                    result[line] += held
        return result

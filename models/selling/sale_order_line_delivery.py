# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from ...tools.approval import PENDING

# What the rounding of several invoices can leave, in the unit of the item.
MOST_ROUNDING = 0.05


class SaleOrderLine(models.Model):
    """What an item delivers, and what of it can be invoiced."""

    _inherit = "sale.order.line"

    # ------------------------------------------------------------------
    # Delivered
    # ------------------------------------------------------------------

    def _prepare_qty_delivered(self):
        """Leave out what credits pay; its percentage stays as typed. Allotments deliver
        a period when it starts."""
        delivered = super()._prepare_qty_delivered()
        delivered |= self._get_delivered_periods()
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

    def _get_delivered_quantity_by_analytic(self, additional_domain):
        """Deliver the hours billed of timesheets instead of the hours worked.

        Both are equal unless a team bills a minimum or rounds up, and the
        cost is the one query that core makes.
        """
        by_time = self.filtered(lambda line: line.qty_delivered_method == "timesheet")
        others = super(SaleOrderLine, self - by_time)
        result = others._get_delivered_quantity_by_analytic(additional_domain)
        if by_time:
            entries = self.env["account.analytic.line"]
            rows = entries._read_group(
                Domain("so_line", "in", by_time.ids)
                & entries._count_by_period(additional_domain),
                ["product_uom_id", "so_line"],
                ["hours_billed:sum"],
            )
            for uom, line, hours in rows:
                result[line.id] += uom._compute_quantity(
                    hours, line.product_uom_id, rounding_method="HALF-UP"
                )
        return result

    def _timesheet_compute_delivered_quantity_domain(self):
        """Deliver time that needs no approval, or has it."""
        domain = Domain(super()._timesheet_compute_delivered_quantity_domain())
        return domain & self.env["account.analytic.line"]._domain_counts()

    def _get_pending_hours(self):
        """Return the billed hours that wait for approval, by item."""
        hour = self.env.ref("uom.product_uom_hour")
        result = defaultdict(float)
        lines = {line._origin: line for line in self}
        # sudo: the balance counts entries that the user may not read
        for origin, uom, hours in (
            self.env["account.analytic.line"]
            .sudo()
            ._read_group(
                [
                    ("so_line", "in", self._origin.ids),
                    ("approval_state", "in", PENDING),
                ],
                ["so_line", "product_uom_id"],
                ["hours_billed:sum"],
            )
        ):
            if uom:
                hours = uom._compute_quantity(hours, hour, round=False)
            result[lines[origin.with_env(self.env)]] += hours
        return result

    # ------------------------------------------------------------------
    # To invoice
    # ------------------------------------------------------------------

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
        by_time._take_rounding_along(start_date, end_date)
        for line in by_time:
            most = min(
                max(line.qty_delivered - line.qty_invoiced, 0.0),
                line.qty_to_invoice - held.get(line, 0.0),
            )
            if line.product_uom_id.compare(line.qty_to_invoice, most) > 0:
                line.qty_to_invoice = most
        return result

    def _take_rounding_along(self, start_date, end_date):
        """Let the last period take the hundredths that rounding left of earlier ones:
        no entry would ever bring them on an invoice."""
        entries = self.env["account.analytic.line"]
        # sudo: what is billed does not depend on who may read the time
        waiting_sudo = entries.sudo().search(
            Domain(self._timesheet_compute_delivered_quantity_domain())
            & Domain("so_line", "in", self.ids)
            & entries._domain_not_billed()
        )
        elsewhere = waiting_sudo.filtered(
            lambda entry: not entry._counts_between(start_date, end_date)
        ).so_line
        for line in self - elsewhere.with_env(self.env):
            rest = line.qty_delivered - line.qty_invoiced - line.qty_to_invoice
            if line.qty_to_invoice > 0 and 0 < rest <= MOST_ROUNDING:
                line.qty_to_invoice += rest

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

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Domain


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model
    def _timesheet_domain_get_invoiced_lines(self, sale_line_delivery):
        """Bill approved time, of the period asked for by the date it counts on."""
        entries = self.env["account.analytic.line"]
        domain = Domain(
            super()._timesheet_domain_get_invoiced_lines(sale_line_delivery)
        )
        domain &= entries._domain_counts()
        start, end = self.env.context.get("invoiced_period") or (None, None)
        if start:
            domain &= Domain("period_date", ">=", start)
        if end:
            domain &= Domain("period_date", "<=", end)
        return domain

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Domain


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model
    def _timesheet_domain_get_invoiced_lines(self, sale_line_delivery):
        """Bill approved time only."""
        domain = super()._timesheet_domain_get_invoiced_lines(sale_line_delivery)
        return Domain(domain) & self.env["account.analytic.line"]._domain_counts()

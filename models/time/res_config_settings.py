# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    timesheet_log_for = fields.Selection(
        related="company_id.timesheet_log_for", readonly=False, required=True
    )
    service_overage_product_id = fields.Many2one(
        related="company_id.service_overage_product_id",
        readonly=False,
        domain="[('type', '=', 'service'), ('sale_ok', '=', True), "
        "('company_id', 'in', (False, company_id))]",
    )
    timesheet_lock_date = fields.Date(
        related="company_id.timesheet_lock_date", readonly=False
    )
    timesheet_lock_grace_days = fields.Integer(
        related="company_id.timesheet_lock_grace_days", readonly=False
    )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The alerts of service credits in Settings → Helpdesk."""

    _inherit = "res.config.settings"

    service_credit_alert_percents = fields.Char(
        related="company_id.service_credit_alert_percents", readonly=False
    )
    service_credit_alert_credits = fields.Char(
        related="company_id.service_credit_alert_credits", readonly=False
    )
    service_credit_alert_days = fields.Char(
        related="company_id.service_credit_alert_days", readonly=False
    )
    service_suggestion_ids = fields.Many2many(
        related="company_id.service_suggestion_ids", readonly=False
    )
    service_credit_alert_user_id = fields.Many2one(
        related="company_id.service_credit_alert_user_id", readonly=False
    )
    service_credit_alert_customer = fields.Boolean(
        related="company_id.service_credit_alert_customer", readonly=False
    )
    service_credit_alert_quotation = fields.Boolean(
        related="company_id.service_credit_alert_quotation", readonly=False
    )

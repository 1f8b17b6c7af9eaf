# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The rules of service credits in Settings → Helpdesk."""

    _inherit = "res.config.settings"

    service_credit_paid_follows_value = fields.Boolean(
        related="company_id.service_credit_paid_follows_value", readonly=False
    )
    service_credit_release = fields.Selection(
        related="company_id.service_credit_release", readonly=False
    )
    service_credit_draft_by_default = fields.Boolean(
        related="company_id.service_credit_draft_by_default", readonly=False
    )
    service_credit_allow_past_expiry = fields.Boolean(
        related="company_id.service_credit_allow_past_expiry", readonly=False
    )
    service_credit_grace_days = fields.Integer(
        related="company_id.service_credit_grace_days", readonly=False
    )
    service_credit_late_days = fields.Integer(
        related="company_id.service_credit_late_days", readonly=False
    )
    service_credit_manual_selection = fields.Boolean(
        related="company_id.service_credit_manual_selection", readonly=False
    )

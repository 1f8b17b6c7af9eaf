# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    service_authorization_days = fields.Integer(
        related="company_id.service_authorization_days", readonly=False
    )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    only_project_tickets = fields.Boolean(
        related="company_id.only_project_tickets", readonly=False
    )

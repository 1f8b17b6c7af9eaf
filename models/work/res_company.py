# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    only_project_tickets = fields.Boolean(
        string="Projects Only",
        help="Time can be logged only on tickets that have a project of their own, not"
        " their team's. Each team can differ.",
    )

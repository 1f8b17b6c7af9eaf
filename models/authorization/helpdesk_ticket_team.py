# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    default_service_type_id = fields.Many2one(
        comodel_name="service.type",
        string="Service Type",
        help="The type that new time entries on this team's tickets start with.",
    )

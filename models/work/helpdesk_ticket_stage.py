# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class HelpdeskTicketStage(models.Model):
    _inherit = "helpdesk.ticket.stage"

    lock_timesheet = fields.Boolean(
        string="Lock Time",
        help="No new time can be logged on tickets in this stage. Off, forgotten time "
        "can still be added after a ticket was closed.",
    )

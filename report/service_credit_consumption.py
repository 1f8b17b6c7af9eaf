# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ServiceCreditConsumption(models.Model):
    """What the credits were spent on, to analyse the rows of the ledger by."""

    _inherit = "service.credit.consumption"

    ticket_id = fields.Many2one(
        related="allocation_id.ticket_id", groups="base.group_user"
    )
    milestone_id = fields.Many2one(
        related="allocation_id.milestone_id", groups="base.group_user"
    )
    ticket_team_id = fields.Many2one(
        related="allocation_id.ticket_id.team_id",
        string="Helpdesk Team",
        groups="base.group_user",
    )
    service_type_id = fields.Many2one(
        related="timesheet_id.service_type_id", groups="base.group_user"
    )

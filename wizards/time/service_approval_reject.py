# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ServiceApprovalReject(models.TransientModel):
    """Asks why time is rejected."""

    _name = "service.approval.reject"
    _description = "Reject Time"

    line_ids = fields.Many2many(
        comodel_name="account.analytic.line",
        string="Time Entries",
        required=True,
        readonly=True,
    )
    note = fields.Char(
        string="Reason",
        required=True,
        help="The author reads it with the entry and in a to-do on the ticket.",
    )

    def action_reject(self):
        """Reject the entries for the reason given."""
        self.ensure_one()
        self.line_ids.action_reject(self.note)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class HelpdeskTicket(models.Model):
    """What was asked of the customer for a ticket, and who sees its page."""

    _inherit = "helpdesk.ticket"

    authorization_ids = fields.One2many(
        comodel_name="service.authorization",
        inverse_name="ticket_id",
        string="Authorizations",
    )

    def write(self, vals):
        """End the portal's link with the customer it was mailed to.

        People who have it see what belongs to the ticket's customer.
        """
        if "partner_id" not in vals:
            return super().write(vals)
        former = {ticket: ticket.commercial_partner_id for ticket in self}
        result = super().write(vals)
        moved = self.filtered(lambda t: t.commercial_partner_id != former[t])
        # sudo: people who change the customer need not read the link
        moved.sudo().filtered("access_token").access_token = False
        return result

    def action_preview_as_customer(self):
        """Open the portal page of the ticket, as the user who looks at it."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/my/ticket/{self.id}",
            "target": "new",
        }

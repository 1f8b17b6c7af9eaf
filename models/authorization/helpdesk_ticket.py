# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models


class HelpdeskTicket(models.Model):
    """The authorized hours of a ticket's item, and the ways to log and to ask."""

    _inherit = "helpdesk.ticket"

    limit_hours = fields.Boolean(
        compute="_compute_authorized_hours_left",
        compute_sudo=True,
        help="The hours of the ticket's sales order item are limited.",
    )
    authorized_hours_left = fields.Float(
        compute="_compute_authorized_hours_left",
        compute_sudo=True,
        help="Hours that can still be billed on the ticket's sales order item.",
    )
    authorization_ids = fields.One2many(
        comodel_name="service.authorization",
        inverse_name="ticket_id",
        string="Authorizations",
    )

    @api.depends("sale_line_id.limit_hours", "sale_line_id.authorized_hours_left")
    def _compute_authorized_hours_left(self):
        for ticket in self:
            ticket.limit_hours = ticket.sale_line_id.limit_hours
            ticket.authorized_hours_left = ticket.sale_line_id.authorized_hours_left

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

    def action_request_authorization(self):
        """Open the window that asks the customer for more hours."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_authorization_action_request"
        )
        return action | {
            "context": {
                "default_ticket_id": self.id,
                "default_sale_line_id": self.sale_line_id.id,
                "default_service_type_id": self.team_id.default_service_type_id.id,
            }
        }

    def action_log_service(self):
        """Open Log Service on the ticket."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_log_action"
        )
        return action | {"context": {"default_ticket_id": self.id}}

    def action_preview_as_customer(self):
        """Open the portal page of the ticket, as the user who looks at it."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": f"/my/ticket/{self.id}"}

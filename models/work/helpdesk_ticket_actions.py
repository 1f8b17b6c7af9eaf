# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class HelpdeskTicket(models.Model):
    """What the buttons of a ticket open."""

    _inherit = "helpdesk.ticket"

    def action_view_sale_order(self):
        """Open the sales order of the ticket's item."""
        self.ensure_one()
        return self.sale_order_id._get_records_action(name=self.env._("Sales Order"))

    def action_use_suggested_sale_line(self):
        """Bill new time of the tickets to the item that is suggested for each."""
        self.check_access("write")
        for ticket in self.filtered("suggested_sale_line_id"):
            ticket.sale_line_id = ticket.suggested_sale_line_id

    def action_request_authorization(self):
        """Open the window that asks the customer for more hours.

        While the customer has not answered about the item, the open request is shown.
        """
        self.ensure_one()
        self.check_access("read")
        requests = self.env["service.authorization"]
        if waiting := requests._get_open_request(self.sale_line_id):
            return waiting._get_records_action(name=self.env._("Requested Hours"))
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

    def action_view_service_credits(self):
        """Open what the ticket drew: its allocations and their rows."""
        self.ensure_one()
        return self.service_credit_allocation_ids._get_records_action(
            name=self.env._("Service Credits of %(ticket)s", ticket=self.display_name)
        )

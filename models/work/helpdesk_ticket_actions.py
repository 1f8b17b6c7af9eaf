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

    def _prepare_request(self):
        service_type = self.team_id.default_service_type_id
        return super()._prepare_request() | {"service_type_id": service_type.id}

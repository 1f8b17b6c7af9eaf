# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.fields import Domain


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

    def _domain_requests(self):
        """Return what waits for an answer: asked for the tickets, or on their items."""
        return Domain("state", "=", "requested") & (
            Domain("ticket_id", "in", self._origin.ids)
            | Domain("sale_line_id", "in", self.sale_line_id._origin.ids)
        )

    def action_view_requests(self):
        """Open what the customer was asked for and has not answered."""
        self.ensure_one()
        self.check_access("read")
        requests = self.env["service.authorization"].search(self._domain_requests())
        return requests._get_records_action(name=self.env._("Requested Hours"))

    def action_view_service_credits(self):
        """Open what the ticket drew: its allocations and their rows."""
        self.ensure_one()
        return self.service_credit_allocation_ids._get_records_action(
            name=self.env._("Service Credits of %(ticket)s", ticket=self.display_name)
        )

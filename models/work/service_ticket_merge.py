# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class HelpdeskTicketMergeHook(models.AbstractModel):
    """Let merged tickets take their unbilled time along.

    `helpdesk_mgmt_merge` is not a dependency and leaves no hook, so its method is
    wrapped where that addon is installed, as core's automation rules wrap methods.
    """

    _name = "service.ticket.merge"
    _description = "Time of Merged Tickets"

    def _register_hook(self):
        super()._register_hook()
        wizard = self.env.registry.get("helpdesk.ticket.merge")
        if wizard is None or hasattr(wizard.merge_tickets, "carries_time"):
            return
        merge = wizard.merge_tickets

        def merge_tickets(self):
            # The merge archives them, and then the field shows them no more.
            tickets = self.ticket_ids
            action = merge(self)
            self.dst_ticket_id._absorb_timesheets(tickets)
            self.dst_ticket_id._absorb_timers(tickets)
            return action

        merge_tickets.carries_time = True
        wizard.merge_tickets = merge_tickets

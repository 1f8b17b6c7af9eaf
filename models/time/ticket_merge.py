# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Let merged tickets take their unbilled time, and their timers, along.

`helpdesk_mgmt_merge` is not a dependency and leaves no hook, so its method is wrapped
where that addon is installed, as core's automation rules wrap methods.
"""


def carry_time_along(registry):
    """Wrap the method of the addon that merges tickets, once per registry."""
    wizard = registry.get("helpdesk.ticket.merge")
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

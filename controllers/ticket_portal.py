# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.addons.helpdesk_mgmt.controllers.myaccount import CustomerPortalHelpdesk


class TicketTimePortal(CustomerPortalHelpdesk):
    """The time of a ticket on its portal page, with what paid for it."""

    def _ticket_get_page_view_values(self, ticket, access_token, **kwargs):
        values = super()._ticket_get_page_view_values(ticket, access_token, **kwargs)
        # The page is open to whoever holds the link: only the team's switch shows time.
        entries = ticket.timesheet_ids.browse()
        if ticket.team_id.allow_timesheet and ticket.team_id.show_timesheet_portal:
            entries = ticket.timesheet_ids.filtered(
                lambda line: line.approval_state != "rejected"
            ).sorted(lambda line: (line.date, line.id))
        values["ticket_entries"] = entries
        return values

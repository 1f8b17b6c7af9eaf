# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import http
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.helpdesk_mgmt.controllers.myaccount import CustomerPortalHelpdesk
from odoo.addons.portal.controllers.portal import pager as portal_pager

from .left import get_credit_texts, get_item_text


class TicketTimePortal(CustomerPortalHelpdesk):
    """The time of a ticket on its portal page, with what paid for it.

    Everybody who follows a ticket may open its page: people in copy, and the contacts
    of a customer it had before. Each sees the time of their own company alone.
    """

    @http.route(
        [
            "/my/ticket/<int:ticket_id>/time",
            "/my/ticket/<int:ticket_id>/time/page/<int:time_page>",
        ],
        type="http",
        auth="public",
        website=True,
    )
    def portal_my_ticket_time(
        self, ticket_id, access_token=None, time_page=1, **kwargs
    ):
        """Show the ticket with a further page of its time."""
        return self.portal_my_ticket(
            ticket_id, access_token=access_token, time_page=time_page, **kwargs
        )

    def _ticket_get_page_view_values(self, ticket, access_token, time_page=1, **kwargs):
        values = super()._ticket_get_page_view_values(ticket, access_token, **kwargs)
        customer = self._get_ticket_reader(ticket)
        return values | {
            "service_left": self._get_ticket_left(ticket, customer),
            **self._get_ticket_time(ticket, customer, access_token, time_page),
        }

    def _get_ticket_reader(self, ticket):
        """Return the customer whose time the page shows.

        Employees see what the ticket's customer sees, and the link is mailed to that
        customer.
        """
        user = request.env.user
        if user._is_portal():
            return user.commercial_partner_id
        return ticket.commercial_partner_id

    def _get_ticket_left(self, ticket, customer):
        """Return what is left for the ticket, to its own customer alone.

        :param ticket: superuser record, as the page has it
        """
        if customer != ticket.commercial_partner_id:
            return []
        item = ticket.sale_line_id
        texts = [get_item_text(item)] if item else []
        if customer and ticket.use_service_credits:
            company = ticket.company_id or request.env.company
            texts += get_credit_texts(request.env, customer, company)
        return [text for text in texts if text]

    def _get_ticket_time(self, ticket, customer, access_token, page):
        """Return one page of the customer's time on the ticket, and the hours of all.

        :param ticket: superuser record, as the page has it
        """
        entries_sudo = ticket.timesheet_ids.browse()
        team = ticket.team_id
        if not (customer and team.allow_timesheet and team.show_timesheet_portal):
            return {"ticket_entries": entries_sudo}
        domain = (
            Domain("ticket_id", "=", ticket.id)
            & Domain("project_id", "!=", False)
            & Domain("approval_state", "!=", "rejected")
            & entries_sudo._domain_of_customer(customer)
        )
        [(count, hours)] = entries_sudo._read_group(
            domain, [], ["__count", "hours_billed:sum"]
        )
        pager = portal_pager(
            url=f"/my/ticket/{ticket.id}/time",
            url_args={"access_token": access_token} if access_token else None,
            total=count,
            page=page,
            step=self._items_per_page,
        )
        return {
            "ticket_entries": entries_sudo.search(
                domain,
                order="date, id",
                limit=self._items_per_page,
                offset=pager["offset"],
            ),
            "ticket_hours": hours,
            "ticket_time_pager": pager,
        }

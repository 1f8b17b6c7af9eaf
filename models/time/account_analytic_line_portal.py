# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Domain
from odoo.tools import float_compare

from ...tools import format_number

# Projects that customers are invited to.
SHARED = ("invited_users", "portal")
BY_CREDITS = "service_credits"


class AccountAnalyticLine(models.Model):
    """Which entries customers read, and what of them, in their words. There, the
    records are superuser ones, and the entries are the reader's own."""

    _inherit = "account.analytic.line"

    def _get_customer_payer(self):
        """Return what pays for the entry, as its customer says it."""
        self.ensure_one()
        if self.coverage == "credits":
            credits = format_number(self.env, self.credits)
            if self.credits == 1:
                return self.env._("1 credit")
            return self.env._("%(credits)s credits", credits=credits)
        line = self.so_line
        if self.coverage == "overage":
            line = self.overage_line_id
            if not self.overage_decision:
                return self.env._("Not charged yet")
        if not line or self.coverage == "non_billable":
            return self.env._("Not charged")
        order = line.order_id.name
        if line.product_id.service_policy == "ordered_prepaid":
            return self.env._("Prepaid %(order)s", order=order)
        return self.env._("Order %(order)s", order=order)

    def _is_shown_to_customer(self):
        """Tell whether the customer reads what was done: where the team shows its
        time, or where customers are invited to the project."""
        self.ensure_one()
        if self.approval_state == "rejected":
            return False
        if self.ticket_id:
            return self.ticket_id.team_id.show_timesheet_portal
        return bool(self.task_id) and self.project_id.privacy_visibility in SHARED

    @api.model
    def _domain_shown_to_customers(self):
        """Return what customers may read of; `_is_shown_to_customer` for one entry."""
        on_tasks = Domain("ticket_id", "=", False) & Domain("task_id", "!=", False)
        return Domain("approval_state", "!=", "rejected") & (
            self._domain_of_shown_teams()
            | (on_tasks & Domain("project_id.privacy_visibility", "in", SHARED))
        )

    @api.model
    def _domain_of_shown_teams(self):
        """Return the entries on tickets of the teams that show customers their time."""
        # sudo: customers need not read the teams that work for them
        teams_sudo = self.env["helpdesk.ticket.team"].sudo()
        teams_sudo = teams_sudo.with_context(active_test=False)
        shown = teams_sudo.search([("show_timesheet_portal", "=", True)])
        return Domain("ticket_id", "!=", False) & Domain(
            "ticket_team_id", "in", shown.ids
        )

    def _get_customer_rate(self):
        """Return how the hours billed were made of those worked, where they differ."""
        self.ensure_one()
        return self.rate_note if self.billing_factor not in (0, 1) else False

    def _has_other_hours_billed(self):
        """Return whether more, or less, is billed of these entries than was worked."""
        return any(
            float_compare(entry.hours_billed, entry.unit_amount, 2) for entry in self
        )

    def _get_customer_ticket(self):
        """Return the ticket to name: none that became another customer's."""
        self.ensure_one()
        customer = self.partner_id.commercial_partner_id
        return self.ticket_id.filtered(
            lambda t: not customer or t.commercial_partner_id == customer
        )

    @api.model
    def _domain_of_customer(self, customer):
        """Return the entries on tickets that were logged for a customer.

        A ticket may have had another customer when time was logged on it: that time is
        not for the eyes of the present one. Time logged before a ticket had a customer
        is for the one it has.

        Contacts are named one by one, so that the database uses an index.

        :param customer: commercial entity
        """
        # sudo: whose time it is does not depend on who may see the ticket
        tickets_sudo = self.env["helpdesk.ticket"].sudo()
        tickets_sudo = tickets_sudo.with_context(active_test=False)
        of_customer = tickets_sudo._search(
            [("commercial_partner_id", "=", customer.id)]
        )
        return Domain("partner_id", "in", customer._get_all_contacts().ids) | (
            Domain("partner_id", "=", False)
            & Domain("ticket_id", "!=", False)
            & Domain("ticket_id", "in", of_customer)
        )

    @api.model
    def _add_credits(self, condition):
        """Return core's condition, with time that credits paid."""
        is_paid = condition.field_expr == "timesheet_invoice_type"
        if not is_paid or condition.operator != "in":
            return condition
        return Domain("timesheet_invoice_type", "in", [*condition.value, BY_CREDITS])

    @api.model
    def _leave_out_tickets(self, condition):
        """Return core's condition, for tasks alone: who follows a ticket, too, need not
        be looked up for each entry."""
        if condition.field_expr != "message_partner_ids":
            return condition
        # sudo: as core searches; customers may not read who follows
        lines_sudo = self.sudo()
        return lines_sudo._search_followed_tasks(condition.operator, condition.value)

    def _timesheet_get_portal_domain(self):
        """Show customers the time of their tickets when the team says so, and of tasks
        that credits paid as well."""
        domain = Domain(super()._timesheet_get_portal_domain())
        domain = domain.map_conditions(self._add_credits)
        if self.env.user.has_group("hr_timesheet.group_hr_timesheet_user"):
            return domain
        customer = self.env.user.partner_id.commercial_partner_id
        domain = domain.map_conditions(self._leave_out_tickets)
        # Time on a task that was paid for another customer is not for this one's eyes.
        own = Domain("coverage", "=", False) | Domain(
            "partner_id", "in", customer._get_all_contacts().ids
        )
        on_tickets = self._domain_of_shown_teams() & self._domain_of_customer(customer)
        return ((domain & Domain("ticket_id", "=", False) & own) | on_tickets) & Domain(
            "approval_state", "!=", "rejected"
        )

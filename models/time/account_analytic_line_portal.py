# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Domain

from ...tools import format_number

# Projects that customers are invited to.
SHARED = ("invited_users", "portal")


class AccountAnalyticLine(models.Model):
    """What customers read of an entry, in their words. The records are superuser
    ones, and the entries are the reader's own."""

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
            Domain("ticket_id.team_id.show_timesheet_portal", "=", True)
            | (on_tasks & Domain("project_id.privacy_visibility", "in", SHARED))
        )

    def _get_customer_rate(self):
        """Return how the hours billed were made of those worked, where they differ."""
        self.ensure_one()
        return self.rate_note if self.billing_factor not in (0, 1) else False

    def _get_customer_ticket(self):
        """Return the ticket to name: none that became another customer's."""
        self.ensure_one()
        customer = self.partner_id.commercial_partner_id
        return self.ticket_id.filtered(
            lambda t: not customer or t.commercial_partner_id == customer
        )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class HelpdeskTicket(models.Model):
    """The item of a ticket: which one it takes by itself, and what a person chose."""

    _inherit = "helpdesk.ticket"

    def _is_own_sale_line(self):
        """Tell whether the item belongs to the ticket's customer and company."""
        self.ensure_one()
        item_sudo = self.sudo().sale_line_id
        return (
            item_sudo.order_partner_id.commercial_partner_id
            == self.partner_id.commercial_partner_id
            and item_sudo.company_id == self.company_id
        )

    def _get_first_prepaid_items(self):
        """Return the prepaid item that each ticket takes by itself, by ticket."""
        items = self.env["sale.order.line"]._get_prepaid_items(
            self.commercial_partner_id, self.company_id
        )
        result = {}
        for ticket in self:
            candidates = items.get((ticket.commercial_partner_id, ticket.company_id))
            if candidates:
                last = ticket.team_id.sale_line_preference == "latest"
                result[ticket] = candidates[-1 if last else 0]
        return result

    def _note_chosen(self):
        """Remember of new tickets that a person chose the item: a form sends the one
        that was filled along, too."""
        filled = self._get_first_prepaid_items()
        self.filtered(
            lambda ticket: ticket.sale_line_id != filled.get(ticket)
        )._keep_chosen(True)

    def _keep_chosen(self, is_chosen):
        # sudo: the mark follows from what a person chose; it is not typed
        self.sudo().filtered(
            lambda ticket: ticket.is_sale_line_chosen != is_chosen
        ).is_sale_line_chosen = is_chosen

    def _move_on_to(self, item):
        """Let new time go where the chain of prepaid items has come to (superuser).

        That is no choice of a person, so it writes past the notes of choices.
        """
        return models.BaseModel.write(self, {"sale_line_id": item.id})

    def _note_left_empty(self):
        """Remember of tickets that an item was offered, and not taken."""
        empty = self.filtered(lambda t: t.allow_billable and not t.sale_line_id)
        items = self.env["sale.order.line"]._get_prepaid_items(
            empty.commercial_partner_id, empty.company_id
        )
        empty.filtered(
            lambda ticket: (ticket.commercial_partner_id, ticket.company_id) in items
        )._keep_left_empty(True)

    def _forget_left_empty(self, vals):
        """Let the item of another customer be filled, before the values are written."""
        for ticket in self.filtered("is_sale_line_cleared"):
            partner, company = ticket.partner_id, ticket.company_id
            partner = partner.browse(vals.get("partner_id", partner.id))
            is_other = partner.commercial_partner_id != ticket.commercial_partner_id
            if is_other or vals.get("company_id", company.id) != company.id:
                ticket._keep_left_empty(False)

    def _keep_left_empty(self, is_empty):
        # sudo: the mark follows from what a person chose; it is not typed
        self.sudo().is_sale_line_cleared = is_empty

    def _is_left_empty(self):
        """Tell whether a user emptied the item, and the customer is the same."""
        self.ensure_one()
        before = self._origin
        return (
            self.is_sale_line_cleared
            and before.commercial_partner_id == self.commercial_partner_id
            and before.company_id == self.company_id
        )

    def _get_entry_sale_line(self, employee):
        """Return the item that a new entry of `employee` on this ticket is billed to.

        The employee rates of the project apply as core applies them to tasks.
        """
        self.ensure_one()
        item = self.sale_line_id
        if not (item and self.allow_billable):
            return item.browse()
        rates = self._get_employee_rates().filtered(
            lambda rate: rate.employee_id == employee
        )
        return rates[:1].sale_line_id.sudo(False) or item

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

CUSTOMER_FIELDS = frozenset(("partner_id", "company_id"))


class ServiceTicketItemMixin(models.AbstractModel):
    """The choice that no sales order item pays for a ticket.

    It stays until the customer changes, as the choice of an item does (design 4.3).
    """

    _name = "service.ticket.item.mixin"
    _description = "Choice of a Ticket's Sales Order Item"

    # Somebody emptied the item, so that it is not filled again.
    is_sale_line_cleared = fields.Boolean(
        copy=False, readonly=True, export_string_translation=False
    )

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets.browse(
            ticket.id
            for ticket, vals in zip(tickets, vals_list, strict=True)
            if not vals.get("sale_line_id", True)
        )._note_left_empty()
        return tickets

    def write(self, vals):
        is_chosen = "sale_line_id" in vals
        is_moved = not CUSTOMER_FIELDS.isdisjoint(vals)
        if is_moved:
            self._forget_left_empty(vals)
        elif is_chosen:
            vals = {**vals, "is_sale_line_cleared": not vals["sale_line_id"]}
        result = super().write(vals)
        if is_moved and is_chosen:
            self._note_left_empty()
        return result

    def _note_left_empty(self):
        """Remember of tickets that an item was offered, and not taken."""
        empty = self.filtered(lambda t: t.allow_billable and not t.sale_line_id)
        items = self.env["sale.order.line"]._get_prepaid_items(
            empty.commercial_partner_id, empty.company_id
        )
        empty.filtered(
            lambda ticket: (ticket.commercial_partner_id, ticket.company_id) in items
        ).is_sale_line_cleared = True

    def _forget_left_empty(self, vals):
        """Let the item of another customer be filled, before the values are written."""
        for ticket in self.filtered("is_sale_line_cleared"):
            partner, company = ticket.partner_id, ticket.company_id
            partner = partner.browse(vals.get("partner_id", partner.id))
            is_other = partner.commercial_partner_id != ticket.commercial_partner_id
            if is_other or vals.get("company_id", company.id) != company.id:
                ticket.is_sale_line_cleared = False

    def _is_left_empty(self):
        """Tell whether somebody emptied the item, and the customer is the same."""
        self.ensure_one()
        before = self._origin
        return (
            self.is_sale_line_cleared
            and before.commercial_partner_id == self.commercial_partner_id
            and before.company_id == self.company_id
        )

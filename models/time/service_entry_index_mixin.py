# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class ServiceEntryIndexMixin(models.AbstractModel):
    """What answers for thousands of time entries without reading them one by one.

    The entries of one ticket or item lie all over a table that grows by the day.
    """

    _name = "service.entry.index.mixin"
    _description = "Indexes of Time Entries"

    # The hours of a ticket, and its entries in the order of the form.
    _time_of_ticket = models.Index(
        "(ticket_id, date, id) INCLUDE (unit_amount, project_id) "
        "WHERE ticket_id IS NOT NULL"
    )
    # What is delivered on an item, by tickets and tasks alike.
    _delivered_on_item = models.Index(
        "(so_line, product_uom_id) INCLUDE (hours_billed, approval_state, project_id) "
        "WHERE so_line IS NOT NULL"
    )
    # The invoices of a ticket.
    _invoiced_on_ticket = models.Index(
        "(ticket_id) WHERE timesheet_invoice_id IS NOT NULL"
    )
    # What another item pays than the ticket's.
    _movable_on_ticket = models.Index(
        "(ticket_id, so_line) WHERE is_billable IS TRUE "
        "AND coverage IN ('sale_line', 'non_billable')"
    )
    # What waits for approval on an item.
    _pending_on_item = models.Index(
        "(so_line) WHERE approval_state IN ('draft', 'submitted')"
    )

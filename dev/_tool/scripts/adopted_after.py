# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the addon made of time and items it adopted; runs in Odoo's shell."""

env = globals()["env"]
ticket = env["helpdesk.ticket"].search([("name", "=", "Ticket of 18")])
entries = ticket.timesheet_ids.sorted("id")
old, new = env["sale.order.line"].search(
    [("order_partner_id.name", "=", "Customer of 18")], order="id"
)
assert ticket.team_id.allow_timesheet and ticket.team_id.show_timesheet_portal
assert ticket.team_id.allow_billable, "items were in use: the team bills time"
assert ticket.sale_line_id == new and ticket.sale_order_id == new.order_id
assert ticket.allow_timesheet and ticket.allow_billable and ticket.total_hours == 4.5
assert entries.mapped("name") == [f"Entry {number} of 18" for number in range(3)]
assert [entry.so_line.id for entry in entries] == [old.id, new.id, False]
assert entries.mapped("coverage") == ["sale_line", "sale_line", "non_billable"]
assert entries.mapped("hours_billed") == [1.5] * 3
assert (old | new).mapped("qty_delivered") == [1.5, 1.5]
# Later changes leave history alone, and new time follows the ticket.
ticket.sale_line_id = old
entries[1].name = "Renamed"
fresh = entries.create(
    {
        "ticket_id": ticket.id,
        "employee_id": entries.employee_id.id,
        "unit_amount": 1,
        "name": "New",
    }
)
env.flush_all()
assert entries[1].so_line == new and fresh.so_line == old
assert (old | new).mapped("qty_delivered") == [2.5, 1.5]
env.cr.rollback()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Use every part of the addon once; runs in Odoo's shell."""

from odoo import Command, fields

env = globals()["env"]
today = fields.Date.today()
customer = env["res.partner"].create({"name": "Customer", "is_company": True})
employee = env["hr.employee"].create({"name": "Employee"})
purchases = env["service.credit.purchase"].create(
    [
        {
            "partner_id": customer.id,
            "credits": number,
            "value_per_credit": 100,
            "paid_per_credit": 80,
            "date_start": fields.Date.subtract(today, months=2),
            "date_expiry": fields.Date.add(today, months=months),
            "is_draft": draft,
        }
        for number, months, draft in (
            (2, 2, False),
            (5, 5, False),
            (9, -1, False),
            (4, 4, True),
        )
    ]
)
team = env["helpdesk.ticket.team"].create(
    {
        "name": "Team",
        "allow_timesheet": True,
        "allow_billable": True,
        "use_service_credits": True,
        "over_limit_policy": "overage",
    }
)
product = env.ref("sale_timesheet.time_product")
order = env["sale.order"].create(
    {
        "partner_id": customer.id,
        "order_line": [Command.create({"product_id": product.id, "limit_hours": True})],
    }
)
order.action_confirm()
tickets = env["helpdesk.ticket"].create(
    [
        {
            "name": name,
            "description": name,
            "team_id": team.id,
            "partner_id": customer.id,
            "use_service_credits": by_credits,
            "sale_line_id": False if by_credits else order.order_line.id,
        }
        for name, by_credits in (("By credits", True), ("By the hour", False))
    ]
)
entries = env["account.analytic.line"].create(
    [
        {"ticket_id": ticket.id, "employee_id": employee.id, "unit_amount": hours}
        for ticket in tickets
        for hours in (0.5, 1.25, 3)
    ]
)
entries[0].unit_amount = 1
entries[1].unlink()
purchases[2].action_expire()
project = env["project.project"].create({"name": "Project", "partner_id": customer.id})
milestone = env["project.milestone"].create(
    {"name": "Milestone", "project_id": project.id, "service_credits": 1}
)
milestone.action_allocate_service_credits()
source = env["service.sync.source"].create(
    {"name": "Source", "connector": "csv", "target": "purchase"}
)
env.cr.commit()

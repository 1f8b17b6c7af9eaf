# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Use every part of release 19.0.1.0.0 once; runs in Odoo's shell with its code."""

import base64

from odoo import Command, fields

env = globals()["env"]
today = fields.Date.today()
customer = env["res.partner"].create({"name": "Customer", "is_company": True})
employee = env["hr.employee"].create({"name": "Employee", "user_id": env.uid})
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
# An order whose credits were taken back, and one that still has some.
pack = env["product.product"].create(
    {
        "name": "Pack of credits",
        "type": "service",
        "list_price": 500,
        "service_credits": 5,
        "service_credit_creation": "open",
    }
)
packs = env["sale.order"].create(
    [
        {
            "partner_id": customer.id,
            "order_line": [Command.create({"product_id": pack.id})],
        }
        for _number in range(2)
    ]
)
packs.action_confirm()
packs[0].with_context(disable_cancel_warning=True).action_cancel()
# More than the item takes: pieces of one entry, overage and what was decided about it.
env["account.analytic.line"].create(
    [
        {"ticket_id": tickets[0].id, "employee_id": employee.id, "unit_amount": hours}
        for hours in (20, 2)
    ]
)
late = env["account.analytic.line"].search([("coverage", "=", "overage")])
late[:1].action_goodwill_overage()
env["service.authorization"].create(
    {"sale_line_id": order.order_line.id, "hours": 2, "reason": "More of it"}
)
tickets[0].action_timer_start()
source = env["service.sync.source"].create(
    {
        "name": "Source",
        "connector": "csv",
        "target": "purchase",
        "file": base64.b64encode(
            b"id,who,credits\n1,Customer,3\n2,Customer,4\n3,Nobody knows,5\n"
        ),
        "mapping_ids": [
            Command.create({"source_field": field, "target_field": target})
            for field, target in (
                ("id", "external_id"),
                ("who", "partner_id"),
                ("credits", "credits"),
            )
        ],
    }
)
env.cr.commit()
source.action_sync_now()
env.cr.commit()

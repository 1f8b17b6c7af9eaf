# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Tickets and time from before the addon; runs in Odoo's shell."""

env = globals()["env"]
company = env.company
customer = env["res.partner"].create({"name": "Customer of before"})
project = env["project.project"].create(
    {"name": "Support of before", "allow_billable": True, "partner_id": customer.id}
)
employee = env["hr.employee"].create({"name": "Employee of before"})
team = env["helpdesk.ticket.team"].create(
    {"name": "Team of before", "default_project_id": project.id}
)
ticket = env["helpdesk.ticket"].create(
    {
        "name": "Ticket of before",
        "description": "Printed twice",
        "partner_id": customer.id,
        "team_id": team.id,
        "project_id": project.id,
    }
)
product = env.ref("sale_timesheet.time_product")
# One hour is ordered, and the entries below are more than that.
order = env["sale.order"].create(
    {"partner_id": customer.id, "order_line": [(0, 0, {"product_id": product.id})]}
)
order.action_confirm()
task = env["project.task"].create(
    {
        "name": "Task",
        "project_id": project.id,
        "partner_id": customer.id,
        "sale_line_id": order.order_line.id,
    }
)
entries = env["account.analytic.line"].create(
    [
        {
            "name": f"Entry {number} of before",
            "project_id": project.id,
            "task_id": task.id,
            "employee_id": employee.id,
            "unit_amount": 1.5,
        }
        for number in range(3)
    ]
)
assert entries.so_line == order.order_line
env["project.milestone"].create({"name": "Milestone", "project_id": project.id})
env["crm.lead"].create({"name": "Opportunity", "partner_id": customer.id})
env.cr.commit()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A database that comes from Odoo 18 with OCA's helpdesk_mgmt_timesheet(_sale).

Those addons have no code here, so their columns are made and filled in SQL, as they
stand after the database was brought to this Odoo. Runs in Odoo's shell.
"""

from odoo import Command

env = globals()["env"]
customer = env["res.partner"].create({"name": "Customer of 18", "is_company": True})
employee = env["hr.employee"].create({"name": "Employee of 18"})
project = env["project.project"].create(
    {"name": "Project of 18", "partner_id": customer.id, "allow_billable": True}
)
product = env.ref("sale_timesheet.time_product")
orders = env["sale.order"].create(
    [
        {
            "partner_id": customer.id,
            "order_line": [
                Command.create({"product_id": product.id, "product_uom_qty": 10})
            ],
        }
        for _number in range(2)
    ]
)
orders.action_confirm()
old, new = orders.order_line
team = env["helpdesk.ticket.team"].create(
    {"name": "Team of 18", "default_project_id": project.id}
)
ticket = env["helpdesk.ticket"].create(
    {
        "name": "Ticket of 18",
        "description": "Adopt me",
        "partner_id": customer.id,
        "team_id": team.id,
        "project_id": project.id,
    }
)
entries = env["account.analytic.line"].create(
    [
        {
            "name": f"Entry {number} of 18",
            "project_id": project.id,
            "employee_id": employee.id,
            "unit_amount": 1.5,
            "so_line": item,
        }
        for number, item in enumerate((old.id, new.id, False))
    ]
)
env.flush_all()
for statement in (
    "ALTER TABLE helpdesk_ticket_team ADD allow_timesheet bool,"
    " ADD show_timesheet_portal bool",
    "ALTER TABLE helpdesk_ticket ADD sale_line_id int4, ADD sale_order_id int4,"
    " ADD planned_hours float8, ADD total_hours float8, ADD remaining_hours float8,"
    " ADD progress float8, ADD last_timesheet_activity timestamp",
    "ALTER TABLE account_analytic_line ADD ticket_id int4, ADD ticket_partner_id int4",
    "UPDATE helpdesk_ticket_team SET allow_timesheet = TRUE,"
    f" show_timesheet_portal = TRUE WHERE id = {team.id}",
    f"UPDATE helpdesk_ticket SET sale_line_id = {new.id},"
    f" sale_order_id = {new.order_id.id}, total_hours = 4.5 WHERE id = {ticket.id}",
    f"UPDATE account_analytic_line SET ticket_id = {ticket.id},"
    f" ticket_partner_id = {customer.id} WHERE name LIKE '%of 18'",
):
    env.cr.execute(statement)
env.cr.commit()

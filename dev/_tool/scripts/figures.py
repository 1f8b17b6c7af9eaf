# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Print the version, and after a line every figure that must survive; for the shell."""

env = globals()["env"]
module = env["ir.module.module"].search([("name", "=", "helpdesk_service_credit")])
get_param = env["ir.config_parameter"].get_param
print("version", module.latest_version)
print("migrated from", get_param("helpdesk_service_credit.migrated_from", "nothing"))
print("---")
FIGURES = {
    "service.credit.purchase": ["credits_available", "credits_allocated", "state"],
    "service.credit.allocation": ["credits", "value", "paid"],
    "service.credit.consumption": ["credits", "value", "paid", "date"],
    "account.analytic.line": ["unit_amount", "hours_billed", "coverage", "so_line"],
    "sale.order.line": ["qty_delivered", "authorized_hours", "authorized_hours_used"],
    "helpdesk.ticket": ["sale_line_id", "project_id", "use_service_credits"],
    "service.authorization": ["hours", "state"],
    "project.milestone": ["service_credits_allocated"],
    "service.sync.source": ["name", "status"],
}
for model, names in FIGURES.items():
    for record in env[model].search([], order="id"):
        print(model, record.id, *(record[name] for name in names))

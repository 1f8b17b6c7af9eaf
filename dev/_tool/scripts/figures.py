# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Print the version, and after a line every figure that must survive; for the shell."""

env = globals()["env"]
module = env["ir.module.module"].search([("name", "=", "helpdesk_service_credit")])
print("version", module.latest_version)
print("---")
FIGURES = {
    "service.credit.purchase": [
        "name",
        "credits",
        "credits_available",
        "credits_allocated",
        "value_available",
        "paid_available",
        "date_start",
        "date_expiry",
        "is_draft",
        "commercial_partner_id",
        "sale_line_id",
    ],
    "service.credit.allocation": ["credits", "value", "paid", "commercial_partner_id"],
    "service.credit.consumption": ["credits", "value", "paid", "date", "timesheet_id"],
    "account.analytic.line": [
        "unit_amount",
        "hours_billed",
        "credits",
        "coverage",
        "so_line",
        "overage_decision",
    ],
    "sale.order.line": ["qty_delivered", "authorized_hours", "authorized_hours_used"],
    "helpdesk.ticket": [
        "sale_line_id",
        "project_id",
        "use_service_credits",
        "timer_state",
        "service_credits_used",
    ],
    "service.authorization": ["hours", "state"],
    "project.milestone": ["service_credits_allocated"],
    "service.sync.source": ["name", "status", "error_count"],
    "service.sync.record": ["external_id", "state", "res_id"],
    "service.type": ["name", "increment", "credits_per_hour"],
}
for model, names in FIGURES.items():
    for record in env[model].search([], order="id"):
        print(model, record.id, *(record[name] for name in names))
# What a purchase lost has a word of its own since 19.0.2.0.0.
for purchase in env["service.credit.purchase"].search([], order="id"):
    rows = purchase.consumption_ids.filtered(
        lambda row: row.consumption_type in ("expiry", "withdrawal")
    )
    lost = purchase.credits - purchase.credits_available - purchase.credits_allocated
    print("lost", purchase.name, lost, sum(rows.mapped("credits")))
customer = env["res.partner"].search([("name", "=", "Customer")], limit=1)
print("balance", customer.get_service_credit_balance())

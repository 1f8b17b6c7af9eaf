# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What an older version left goes on working; runs in Odoo's shell, changes nothing."""

env = globals()["env"]
Entry = env["account.analytic.line"]
wizard = env["service.credit.reconciliation"].create({})
assert not wizard.line_ids, wizard.line_ids.read()

entry = Entry.search([("coverage", "=", "credits"), ("credits", ">=", 2)], limit=1)
purchases = entry.consumption_ids.purchase_id
left = sum(purchases.mapped("credits_available"))
used = entry.credits
entry.unit_amount -= 1
env.flush_all()
assert sum(purchases.mapped("credits_available")) == left + 1, "its own slices"
assert entry.credits == used - 1, entry.credits

new = Entry.create(
    {
        "ticket_id": entry.ticket_id.id,
        "employee_id": entry.employee_id.id,
        "unit_amount": 0.5,
    }
)
assert (new.coverage, new.credits) == ("credits", 0.5), new.coverage_note
assert not env["service.credit.reconciliation"].create({}).line_ids
env.cr.rollback()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Uninstall the addon and look for what it leaves; runs in Odoo's shell."""

env = globals()["env"]
ADDON = "helpdesk_service_credit"
module = env["ir.module.module"].search([("name", "=", ADDON)])
assert module.state == "installed", module.state
cr = env.cr
cr.execute(
    "SELECT model, res_id FROM ir_model_data WHERE module = %s AND model IN"
    " ('ir.model', 'ir.model.fields')",
    [ADDON],
)
rows = cr.fetchall()
model_ids = [res_id for model, res_id in rows if model == "ir.model"]
# A model we extend is ours only when no other addon knows it.
cr.execute(
    "SELECT m.model FROM ir_model m WHERE m.id = ANY(%s) AND NOT EXISTS ("
    " SELECT 1 FROM ir_model_data d WHERE d.model = 'ir.model' AND d.res_id = m.id"
    " AND d.module != %s)",
    [model_ids, ADDON],
)
models = [name for (name,) in cr.fetchall()]
tables = [
    env[name]._table for name in models if name in env and not env[name]._abstract
]
count_before = env["account.analytic.line"].search_count([])
module.button_immediate_uninstall()
cr.rollback()
cr.execute("SELECT state FROM ir_module_module WHERE name = %s", [ADDON])
assert cr.fetchone() == ("uninstalled",)
cr.execute("SELECT name FROM ir_model_data WHERE module = %s", [ADDON])
left = [name for (name,) in cr.fetchall()]
assert not left, f"left external ids: {left}"
cr.execute("SELECT tablename FROM pg_tables WHERE tablename = ANY(%s)", [tables])
left = [name for (name,) in cr.fetchall()]
assert not left, f"left tables: {left}"
cr.execute("SELECT model FROM ir_model WHERE model = ANY(%s)", [models])
left = [name for (name,) in cr.fetchall()]
assert not left, f"left models: {left}"
cr.execute(
    "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'service_credit%%'"
    " UNION SELECT proname FROM pg_proc WHERE proname LIKE 'service_credit%%'"
)
left = [name for (name,) in cr.fetchall()]
assert not left, f"left triggers and functions: {left}"
cr.execute("SELECT count(*) FROM account_analytic_line")
assert cr.fetchone() == (count_before,), "time entries were lost"
cr.commit()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Install the addon as the button in Apps does; runs in Odoo's shell."""

env = globals()["env"]
env["ir.module.module"].update_list()
module = env["ir.module.module"].search([("name", "=", "helpdesk_service_credit")])
assert module.state == "uninstalled", module.state
assert module.icon_image, "the icon is missing"
module.button_immediate_install()
env.cr.rollback()
env.cr.execute("SELECT state FROM ir_module_module WHERE id = %s", [module.id])
assert env.cr.fetchone() == ("installed",)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Print how many figures of the books differ; for the shell."""

from odoo.addons.helpdesk_service_credit.models.alert.books import find_differences

env = globals()["env"]
companies = env["res.company"]._get_all_companies()
print("differences", len(find_differences(env, companies)))

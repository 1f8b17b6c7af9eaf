# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models


class ProjectUpdate(models.Model):
    """An update says what service credits earned and what is left of them."""

    _inherit = "project.update"

    @api.model
    def _get_template_values(self, project):
        values = super()._get_template_values(project)
        # Who sees no profitability sees no amount either.
        shows_amount = values["show_profitability"]
        return {
            **values,
            "service_credits_earned": shows_amount
            and project._get_service_credit_value(),
            "service_credits_left": project._get_credits_left_text(),
        }

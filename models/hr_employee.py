# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import UserError


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    @api.model
    def _get_own_for_time(self, company, user=None):
        """Return the employee as whom `user` (the current one) logs time in `company`.

        :raise UserError: when there is none, saying how to get one
        """
        user = user or self.env.user
        # sudo: everybody may know their own employee
        employee_sudo = self.sudo().search(
            [("user_id", "=", user.id), ("company_id", "=", company.id)], limit=1
        )
        if not employee_sudo:
            raise UserError(
                self.env._(
                    "%(user)s has no employee in %(company)s, and time is always an "
                    "employee's: ask whoever manages employees to create one with "
                    "%(user)s as its user.",
                    user=user.name,
                    company=company.name,
                )
            )
        return employee_sudo.sudo(False)

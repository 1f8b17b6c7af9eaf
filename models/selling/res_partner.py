# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.exceptions import AccessError


class ResPartner(models.Model):
    """Who may renew the service credits of a customer."""

    _inherit = "res.partner"

    def _may_renew_service_credits(self, company):
        """Tell whether the user may know what the customer used in a company.

        Salespeople who see all documents may, those who see their own only for the
        customers they look after, and whoever may see the customer's balance.
        """
        self.ensure_one()
        user = self.env.user
        if self.env.su:
            return True
        if company not in user.company_ids or not self.has_access("read"):
            return False
        # sudo: the entity of a contact that the user may read
        entity_sudo = self.sudo().commercial_partner_id
        return (
            entity_sudo.user_id == user
            or user.has_group("sales_team.group_sale_salesman_all_leads")
            or entity_sudo in self._get_visible_credit_customers()
        )

    def _check_may_renew_service_credits(self, company):
        """Raise unless the user may know what the customer used in a company."""
        self.check_access("read")
        if not self._may_renew_service_credits(company):
            raise AccessError(
                self.env._(
                    "You can renew the service credits of customers you look after, "
                    "in the companies you work in."
                )
            )

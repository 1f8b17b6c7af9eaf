# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class ResPartner(models.Model):
    """Who may renew the service credits of a customer, or buy more in the portal."""

    _inherit = "res.partner"

    service_may_buy = fields.Boolean(
        string="Buys Services",
        groups="base.group_user",
        help="Can order services in the portal, and sign and pay what was ordered "
        "there. As long as no contact of the company is marked, all of them can.",
    )

    def _get_service_buyers_sudo(self):
        """Return the marked contacts of the company, archived ones too."""
        return self._get_marked_contacts_sudo("service_may_buy")

    def _may_buy_services(self):
        """Tell whether this contact may order in the portal."""
        self.ensure_one()
        marked_sudo = self._get_service_buyers_sudo()
        return not marked_sudo or self.sudo() in marked_sudo.filtered("active")

    def _check_may_buy_services(self):
        """Raise unless this contact may order in the portal, naming who can."""
        if not self._may_buy_services():
            raise UserError(self._get_buyers_text())

    def _get_buyers_text(self):
        """Return who may order, for colleagues."""
        names = self._get_service_buyers_sudo().filtered("active").mapped("name")
        if names:
            return self.env._(
                "You can't order services for your company: ask %(names)s.",
                names=", ".join(names),
            )
        return self.env._("You can't order services for your company: please call us.")

    def _may_renew_service_credits(self, company):
        """Tell whether the user may know what the customer used in a company.

        Salespeople who see all documents may, those who see their own only for the
        customers they look after, and those who may see the customer's balance.
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

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_create_service_credit_renewal(self):
        """Open the window that quotes the customer's next credits.

        :raise AccessError: for a customer whose use the user may not know
        """
        self.ensure_one()
        company = self.env.company
        self._check_may_renew_service_credits(company)
        # sudo: in which currency a customer bought is no secret to those who quote next
        last_sudo = (
            self.env["service.credit.purchase"]
            .sudo()
            .search(
                [
                    ("commercial_partner_id", "=", self.commercial_partner_id.id),
                    ("company_id", "=", company.id),
                    ("is_draft", "=", False),
                ],
                order="date_start desc, id desc",
                limit=1,
            )
        )
        pricelist = self.with_company(company).property_product_pricelist
        currency = last_sudo.currency_id or pricelist.currency_id or company.currency_id
        return self.env["service.credit.renewal"]._open(self, company, currency)

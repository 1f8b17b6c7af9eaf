# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class ServiceCreditAlert(models.Model):
    _inherit = "service.credit.alert"

    def action_create_renewal(self):
        """Open the window that quotes the customer's next credits."""
        self.ensure_one()
        self.check_access("read")
        # sudo: what the purchase was for is no secret to those who quote next
        product = self.purchase_id.sudo().product_id.sudo(False)
        return self.env["service.credit.renewal"]._open(
            self.partner_id, self.company_id, self.currency_id, product
        )

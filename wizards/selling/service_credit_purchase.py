# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class ServiceCreditPurchase(models.Model):
    _inherit = "service.credit.purchase"

    def action_create_renewal(self):
        """Open the window that quotes the customer's next credits."""
        self.ensure_one()
        self.check_access("read")
        return self.env["service.credit.renewal"]._open(
            self.partner_id, self.company_id, self.currency_id, self.product_id
        )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class ServiceCreditPurchase(models.Model):
    """What the books ask about a purchase."""

    _inherit = "service.credit.purchase"

    def _get_sold_product(self):
        """Return the product whose revenue the credits are."""
        # sudo: accountants need no right on sales
        purchase_sudo = self.sudo()
        product_sudo = purchase_sudo.product_id or purchase_sudo.sale_line_id.product_id
        return product_sudo.sudo(False)

    def _get_analytic_distribution(self):
        """Return the analytic distribution of the order line."""
        # sudo: accountants need no right on sales
        return self.sudo().sale_line_id.analytic_distribution or {}

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def action_create_service_credit_purchases(self):
        """Open the window that creates the purchases of these orders.

        :raise AccessError: without the right to edit the orders
        """
        self.check_access("write")
        return self.env["service.credit.purchase.create"]._open({"order_ids": self.ids})

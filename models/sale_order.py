# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        """Authorize the ordered hours of items whose hours are limited (design 7.2)."""
        result = super()._action_confirm()
        self.order_line._authorize_ordered_hours()
        return result

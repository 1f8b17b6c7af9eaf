# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class SaleOrder(models.Model):
    """Overage that the items of an order bill."""

    _inherit = "sale.order"

    def write(self, vals):
        """Time whose order is cancelled is overage again."""
        result = super().write(vals)
        if vals.get("state") == "cancel":
            self.order_line._give_overage_back()
        return result

    def unlink(self):
        self.order_line._give_overage_back()
        return super().unlink()

    def _action_confirm(self):
        """Bill the overage that was quoted."""
        result = super()._action_confirm()
        # sudo: customers confirm their own quotations in the portal
        quoted_sudo = self.sudo().order_line.overage_ids
        quoted_sudo.filtered(lambda line: line.coverage == "overage")._bill_quoted()
        return result

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models

from ...tools import refuse_uncountable


class ProductProduct(models.Model):
    _inherit = "product.product"

    def write(self, vals):
        """Refuse credits that nothing can count with, before the template has them."""
        refuse_uncountable(self, [vals], ["service_credits"])
        return super().write(vals)

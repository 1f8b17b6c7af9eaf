# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models

from ...tools import format_number, refuse_uncountable


class ProductProduct(models.Model):
    _inherit = "product.product"

    def write(self, vals):
        """Refuse credits that nothing can count with, before the template has them."""
        refuse_uncountable(self, [vals], ["service_credits"])
        return super().write(vals)

    def _format_portal_credits(self):
        """Return what the portal says of the credits of one unit."""
        self.ensure_one()
        values = {
            "credits": format_number(self.env, self.service_credits),
            "months": self.service_credit_validity or 12,
        }
        if self.service_credits == 1:
            return self.env._(
                "1 service credit, usable for %(months)s months", **values
            )
        return self.env._(
            "%(credits)s service credits, usable for %(months)s months", **values
        )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models

from ...tools import format_number, refuse_uncountable
from ..ledger.service_credit_plan_periods import get_terms_text
from .product_template import COUNTED


class ProductProduct(models.Model):
    _inherit = "product.product"

    def write(self, vals):
        """Refuse credits that nothing can count with, before the template has them."""
        refuse_uncountable(self, [vals], COUNTED)
        return super().write(vals)

    def _format_portal_credits(self):
        """Return what the portal says of the credits of one unit."""
        self.ensure_one()
        if self.service_credit_period != "once":
            return self._get_service_credit_period_text(0)
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

    def _get_service_credit_period_text(self, count):
        """Return the terms of so many periods, 0 for any number."""
        return get_terms_text(
            self.env,
            self.service_credits,
            self.service_credit_period,
            count,
            self.service_credit_rollover,
            self.service_credit_rollover_credits,
            self.service_credit_rollover_periods,
        )

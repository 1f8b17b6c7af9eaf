# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class ServiceAuthorization(models.Model):
    _inherit = "service.authorization"

    def _after_approval(self):
        """Let the approved hours take the overage that waits for them, oldest first."""
        result = super()._after_approval()
        if self.hours > 0:
            self.env["account.analytic.line"]._cover_overage_of(self.sale_line_id)
        return result

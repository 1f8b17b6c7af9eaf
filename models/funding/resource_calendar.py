# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class ResourceCalendar(models.Model):
    """Rates apply within or outside a schedule, which is kept in memory."""

    _inherit = "resource.calendar"

    def write(self, vals):
        with self.env["service.rate"]._changing():
            return super().write(vals)

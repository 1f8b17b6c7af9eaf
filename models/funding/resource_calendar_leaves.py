# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    """Public holidays are outside every schedule, and kept in memory for the rates;
    the days off of a person are not."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        has_holidays = not all(vals.get("resource_id") for vals in vals_list)
        with self.env["service.rate"]._changing(has_holidays):
            return super().create(vals_list)

    def write(self, vals):
        has_holidays = "resource_id" in vals or self._has_holidays()
        with self.env["service.rate"]._changing(has_holidays):
            return super().write(vals)

    def unlink(self):
        with self.env["service.rate"]._changing(self._has_holidays()):
            return super().unlink()

    def _has_holidays(self):
        # sudo: for a day off of a person, too, who may take it is asked by core
        return any(not leave.resource_id for leave in self.sudo())

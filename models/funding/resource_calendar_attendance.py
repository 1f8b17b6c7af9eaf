# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    """The working hours of a schedule, which is kept in memory for the rates."""

    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        with self.env["service.rate"]._changing():
            return super().create(vals_list)

    def write(self, vals):
        with self.env["service.rate"]._changing():
            return super().write(vals)

    def unlink(self):
        with self.env["service.rate"]._changing():
            return super().unlink()

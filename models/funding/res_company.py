# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ResCompany(models.Model):
    """The rates of a company, and the days on which their schedules do not hold."""

    _inherit = "res.company"

    # Read once for any number of entries.
    service_holiday_ids = fields.One2many(
        comodel_name="resource.calendar.leaves",
        inverse_name="company_id",
        domain=[("resource_id", "=", False), ("time_type", "=", "leave")],
        export_string_translation=False,
    )
    # Names the rates that are kept in memory.
    service_rate_version = fields.Char(copy=False, export_string_translation=False)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ResCompany(models.Model):
    """The days on which the schedules of rates do not hold."""

    _inherit = "res.company"

    # Read once for any number of entries.
    service_holiday_ids = fields.One2many(
        comodel_name="resource.calendar.leaves",
        inverse_name="company_id",
        domain=[("resource_id", "=", False), ("time_type", "=", "leave")],
        export_string_translation=False,
    )

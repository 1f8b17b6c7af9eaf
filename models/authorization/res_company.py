# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    service_authorization_days = fields.Integer(
        string="Requests for Hours Lapse after",
        default=14,
        help="The link in a request for hours stops working this many days after it "
        "was sent.",
    )

    _service_authorization_days_positive = models.Constraint(
        "CHECK (service_authorization_days BETWEEN 1 AND 36500)",
        "A request for hours can stay open for 1 to 36500 days.",
    )

    def _get_authorization_lapse(self):
        """Return when the link of a request for hours sent now stops working."""
        self.ensure_one()
        return fields.Datetime.now() + timedelta(days=self.service_authorization_days)

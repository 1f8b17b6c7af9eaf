# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models

from ...tools import add_days


class ResCompany(models.Model):
    _inherit = "res.company"

    timesheet_log_for = fields.Selection(
        selection=[
            ("everyone", "Everyone's time"),
            ("subordinates", "Their own and their subordinates' time"),
            ("own", "Their own time only"),
        ],
        string="People Log",
        default="everyone",
        required=True,
        help="Whose time people may log on tickets. Timesheet approvers log for "
        "everybody.",
    )
    service_overage_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Overage Product",
        domain="[('type', '=', 'service'), ('sale_ok', '=', True), "
        "('company_id', 'in', (False, id))]",
        ondelete="restrict",
        help="The product for overage on a quotation, if the service type of the time "
        "has none.",
    )
    timesheet_lock_date = fields.Date(
        string="Time Closed until",
        help="Time that counts until this date can no longer be changed. Work of those"
        " days that is logged later keeps its date and counts on the day it is "
        "logged.",
    )
    timesheet_lock_grace_days = fields.Integer(
        string="Days to Finish Time",
        help="People can still finish their time for this many days after the date.",
    )

    _timesheet_lock_grace_days_positive = models.Constraint(
        "CHECK (COALESCE(timesheet_lock_grace_days, 0) BETWEEN 0 AND 36500)",
        "The days to finish time can be 0 to 36500.",
    )

    def _get_time_lock(self):
        """Return until when time is closed now, or False.

        The date itself is closed too, once the days to finish time have passed.
        """
        closed_until = self.timesheet_lock_date
        if not closed_until:
            return False
        last = add_days(closed_until, self.timesheet_lock_grace_days)
        return closed_until if self._get_today() > last else False

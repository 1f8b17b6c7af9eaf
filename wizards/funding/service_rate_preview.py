# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ...models.funding import rates
from ...tools import format_hours, format_number, is_countable
from ...tools.clock import HOURS_IN_A_DAY, get_hours


class ServiceRatePreview(models.TransientModel):
    """What the rates would make of some work, by the function that bills it."""

    _name = "service.rate.preview"
    _inherit = "service.number.mixin"
    _description = "Try Rates"

    company_id = fields.Many2one(
        comodel_name="res.company",
        default=lambda self: self.env.company,
        required=True,
    )
    employee_id = fields.Many2one(
        comodel_name="hr.employee",
        default=lambda self: self.env.user.employee_id,
        domain="[('company_id', '=', company_id)]",
    )
    service_type_id = fields.Many2one(comodel_name="service.type")
    date = fields.Date(
        default=lambda self: self.env.company._get_today(), required=True
    )
    time_start = fields.Float(string="Start Time", default=17)
    time_stop = fields.Float(string="End Time", default=19)
    preview = fields.Html(
        compute="_compute_preview", compute_sudo=False, sanitize=False
    )

    @api.depends(
        "company_id",
        "employee_id",
        "service_type_id",
        "date",
        "time_start",
        "time_stop",
    )
    def _compute_preview(self):
        for preview in self:
            work = preview._get_work()
            preview.preview = work and self.env["ir.qweb"]._render(
                "helpdesk_service_credit.service_rate_preview_result",
                preview._get_result(work),
            )

    def _get_work(self):
        """Return the work to weigh, None where the window does not describe any."""
        times = self.time_start, self.time_stop
        if not self.date or not self.time_stop or not all(map(is_countable, times)):
            return None
        if not self.company_id.has_access("read"):
            return None
        start = self.time_start % HOURS_IN_A_DAY
        zone = self.company_id._get_time_zone()
        hours = get_hours(zone, self.date, start, self.time_stop)
        return hours and rates.Work(
            company=self.company_id,
            day=self.date,
            start=start,
            hours=hours,
            employee_id=self.employee_id._origin.id,
            service_type_id=self.service_type_id._origin.id,
        )

    def _get_result(self, work):
        """Return the rows to show: which piece of time counts what, and why."""
        facts = rates.get_facts(self.env, work)
        pieces = facts["pieces"] if facts else [{"hours": work.hours, "factor": 1.0}]
        names = self.env["service.rate"].browse({p.get("rate") or 0 for p in pieces})
        names = {rate.id: rate.name for rate in names.exists()}
        return {
            "note": rates.render(self.env, facts),
            "billed": format_hours(sum(p["hours"] * p["factor"] for p in pieces)),
            "pieces": [
                {
                    "time": format_hours(piece["hours"]),
                    "factor": format_number(self.env, piece["factor"]),
                    "until": piece.get("until")
                    or rates.format_clock(self.time_stop % HOURS_IN_A_DAY),
                    "rate": names.get(piece.get("rate"))
                    or self.env._("No rate applies"),
                }
                for piece in pieces
            ],
        }

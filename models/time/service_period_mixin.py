# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

PERIOD = ("period_date", "is_late")


class ServicePeriodMixin(models.AbstractModel):
    """The period a time entry counts in, which may differ from when the work was done.

    Work that is logged, moved or approved after its period was closed keeps its work
    date, which decides which credits pay, and counts in the period that is open.
    """

    _name = "service.period.mixin"
    _description = "Period of a Time Entry"

    period_date = fields.Date(
        string="Counts on",
        compute="_compute_period_date",
        compute_sudo=True,
        store=True,
        precompute=True,
        copy=False,
        help="The date that decides in which period the time is invoiced and "
        "accounted: the work date, or for late time the day it was logged.",
    )
    is_late = fields.Boolean(
        string="Late",
        compute="_compute_period_date",
        compute_sudo=True,
        store=True,
        precompute=True,
        copy=False,
        help="Logged after the period of its work date was closed.",
    )

    @api.depends("date")
    def _compute_period_date(self):
        for company, lines in self.grouped("company_id").items():
            closed_until = company._get_time_lock()
            for line in lines:
                is_closed = (
                    closed_until
                    and line.project_id
                    and line.date
                    and line.date <= closed_until
                )
                line.is_late = bool(is_closed)
                line.period_date = company._get_today() if is_closed else line.date

    @api.model_create_multi
    def create(self, vals_list):
        self._check_period_fields(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_period_fields([vals])
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        self.env["service.time"]._check_period(self)

    @api.model
    def _check_period_fields(self, vals_list):
        """Refuse typed periods: they follow from the work date and the lock date."""
        if self.env.su or not any(vals.keys() & set(PERIOD) for vals in vals_list):
            return
        raise AccessError(
            self.env._(
                "The period of a time entry follows from its date: leave it out, and "
                "type the date of the work."
            )
        )

    def _counts_between(self, start_date, end_date):
        """Tell whether the entry counts in a period, open where it has no date."""
        self.ensure_one()
        return (not start_date or start_date <= self.period_date) and (
            not end_date or self.period_date <= end_date
        )

    def _is_closed(self):
        """Tell whether the entry counts in a period that was closed."""
        self.ensure_one()
        closed_until = self.project_id and self.company_id.sudo()._get_time_lock()
        return bool(
            closed_until and self.period_date and self.period_date <= closed_until
        )

    def _land_in_open_period(self):
        """Let entries count today that a decision bills after their period closed."""
        # sudo: a consequence of the decision, whose right was checked
        for company, lines in self.sudo().grouped("company_id").items():
            late = lines.filtered(lambda line: line._is_closed())
            if late:
                late.write({"period_date": company._get_today(), "is_late": True})
        return True

    @api.model
    def _domain_open_period(self):
        """Return the entries that count in no closed period."""
        domain = Domain.TRUE
        # sudo: the lock date is no secret to who logs time
        for company in (
            self.env["res.company"]
            .sudo()
            .search([("timesheet_lock_date", "!=", False)])
        ):
            if closed_until := company._get_time_lock():
                domain &= Domain("company_id", "!=", company.id) | Domain(
                    "period_date", ">", closed_until
                )
        return domain

    @api.model
    def _count_by_period(self, domain):
        """Return `domain` with its dates meant as those the entries count on."""
        return Domain(domain).map_conditions(
            lambda condition: (
                Domain("period_date", condition.operator, condition.value)
                if condition.field_expr == "date"
                else condition
            )
        )

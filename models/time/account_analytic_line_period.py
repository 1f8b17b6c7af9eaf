# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Domain


class AccountAnalyticLine(models.Model):
    """The period a time entry counts in, which may differ from when the work was done.

    Work that is logged, moved or approved after its period was closed keeps its work
    date, which decides which credits pay, and counts in the period that is open.
    """

    _inherit = "account.analytic.line"

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
                late._write_own({"period_date": company._get_today(), "is_late": True})
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

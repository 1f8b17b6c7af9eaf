# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import get_lang

from ...tools import clip_day

DAYS = 7
# Tickets one worked on lately stand in the week before there is time on them.
RECENT_WEEKS = 2
MOST_RECENT = 5


class AccountAnalyticLine(models.Model):
    """My Week: tickets against days, as a grid one can type in."""

    _inherit = "account.analytic.line"

    @api.model
    @api.readonly
    def get_week(self, day=False):
        """Return the user's own week around a day, today's without one.

        :return: dict of `days`, each with its `date`, hours `due` by the working
            schedule and hours of `other` work; `rows`, one for each work, with
            `cells` by date: `hours`, the `entries` and whether the only one can change;
            and the `obstacle` of a user who cannot log time
        """
        days = self._get_days_of_week(day)
        due = self.env["hr.employee"]._get_own_hours_due(days[0], days[-1])
        entries = self.search(self._domain_own_week(days), order="date, id")
        on_works = entries.filtered(lambda entry: entry._get_work())
        other = defaultdict(float)
        for entry in entries - on_works:
            other[entry.date] += entry.unit_amount
        return {
            "obstacle": self.env["hr.employee"]._get_own_lack(),
            "today": fields.Date.context_today(self).isoformat(),
            "previous": (days[0] - timedelta(days=DAYS)).isoformat(),
            "next": (days[0] + timedelta(days=DAYS)).isoformat(),
            "days": [
                {
                    "date": date.isoformat(),
                    "due": due[date],
                    "other": other[date],
                }
                for date in days
            ],
            "rows": self._get_week_rows(on_works, days),
        }

    @api.model
    def _read_day(self, day):
        """Return what a screen sent as a day as a date.

        :raise UserError: naming what is none
        """
        try:
            return fields.Date.to_date(day)
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("“%(day)s” isn't a date.", day=day)) from error

    @api.model
    def _get_days_of_week(self, day):
        """Return the days of the week of `day`, as the user's language begins it."""
        day = clip_day(self._read_day(day) or fields.Date.context_today(self))
        week_start = int(get_lang(self.env).week_start)
        first = day - timedelta(days=(day.isoweekday() - week_start) % DAYS)
        return [first + timedelta(days=index) for index in range(DAYS)]

    @api.model
    def _domain_own_week(self, days):
        return Domain(
            [
                ("user_id", "=", self.env.uid),
                ("project_id", "!=", False),
                ("date", ">=", days[0]),
                ("date", "<=", days[-1]),
            ]
        )

    @api.model
    def _get_week_rows(self, entries, days):
        by_work = entries.grouped(lambda entry: entry._get_work())
        rows = []
        for recent in (self._get_recent_tickets(days), self._get_recent_tasks(days)):
            logged = [work for work in by_work if work._name == recent._name]
            works = recent.browse().union(*logged, recent)
            readable = works._filtered_access("read")
            rows += [
                work._prepare_week_row(
                    by_work.get(work, entries.browse()), work in readable
                )
                for work in works
            ]
        return rows

    def _get_week_cell(self):
        """Return the hours of one ticket and day."""
        return {
            "hours": sum(self.mapped("unit_amount")),
            "entries": self.ids,
            "is_editable": len(self) == 1 and not self.readonly_timesheet,
        }

    @api.model
    def _get_recent_tickets(self, days):
        """Return open tickets that the user logged on before the week."""
        return self._get_recent_works("ticket_id", days).filtered(
            lambda ticket: ticket.allow_timesheet and not ticket.closed
        )

    @api.model
    def _get_recent_tasks(self, days):
        """Return open tasks that the user logged on before the week."""
        return self._get_recent_works("task_id", days).filtered(
            lambda task: task._takes_time() and not task.is_closed
        )

    @api.model
    def _get_recent_works(self, name, days):
        groups = self._read_group(
            Domain("user_id", "=", self.env.uid)
            & Domain(name, "!=", False)
            & Domain("project_id", "!=", False)
            & Domain("date", "<", days[0])
            & Domain("date", ">=", days[0] - timedelta(weeks=RECENT_WEEKS)),
            [name],
            ["date:max"],
            order="date:max DESC",
            limit=MOST_RECENT,
        )
        found = self[name].union(*(work for work, _date in groups))
        return found._filtered_access("read")

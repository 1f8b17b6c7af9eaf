# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import format_date

from ...tools import format_number

OPERATOR = "helpdesk_service_credit.group_service_operator"
HOURS_IN_A_DAY = 24
YEARS_BACK = 1
# Dashes and bullets that people start an item with. A sign before a number is none.
BULLET = re.compile(
    r"^(?:[-\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]+(?!\d)|[•◦▪‣·*]+\s)\s*"
)


class ServiceLog(models.TransientModel):
    """What may be logged: each refusal is one sentence that says what is possible."""

    _inherit = "service.log"

    def _check_operator(self):
        if not (self.env.su or self.env.user.has_group(OPERATOR)):
            raise AccessError(
                self.env._(
                    "Only a Service operator can log services: ask an administrator "
                    "for the group, or add the time in the ticket's Timesheets tab."
                )
            )

    def _check_values(self):
        """Refuse what no entry can be, before anything is planned or posted.

        :raise ValidationError: naming what was asked and what is possible
        """
        self.ensure_one()
        self.service_type_id._check_hours(self.hours)
        if self.hours > HOURS_IN_A_DAY:
            raise ValidationError(
                self.env._(
                    "%(hours)s hours of %(type)s in one day are not possible: log at "
                    "most %(most)s, and the rest on another date.",
                    hours=format_number(self.env, self.hours),
                    type=self.service_type_id.name,
                    most=HOURS_IN_A_DAY,
                )
            )
        self._check_who()
        self._check_date()
        customer = self.partner_id.commercial_partner_id
        self._check_task()
        self._check_new_ticket()
        if self.ticket_id and self.ticket_id.commercial_partner_id != customer:
            raise ValidationError(
                self.env._(
                    "Ticket %(ticket)s belongs to %(other)s and the service to "
                    "%(customer)s: choose a ticket of the same customer, or none for a "
                    "new one.",
                    ticket=self.ticket_id.display_name,
                    other=self.ticket_id.commercial_partner_id.display_name
                    or self.env._("no customer"),
                    customer=customer.display_name,
                )
            )

    def _check_task(self):
        task = self.task_id
        if not task or self.ticket_id:
            return
        if not task.asks_payers:
            raise ValidationError(
                self.env._(
                    "Services cannot be logged on task %(task)s: its project uses "
                    "neither service credits nor prepaid hours. Add the time in the "
                    "task's Timesheets tab.",
                    task=task.display_name,
                )
            )
        customer = self.partner_id.commercial_partner_id
        if task.commercial_partner_id != customer:
            raise ValidationError(
                self.env._(
                    "Task %(task)s belongs to %(other)s and the service to "
                    "%(customer)s: choose a task of the same customer.",
                    task=task.display_name,
                    other=task.commercial_partner_id.display_name
                    or self.env._("no customer"),
                    customer=customer.display_name,
                )
            )

    def _check_new_ticket(self):
        """Refuse the team whose tickets need a project that a new one lacks."""
        if self._get_work():
            return
        self.project_id.check_access("read")
        if self._get_new_ticket()._lacks_own_project():
            raise ValidationError(
                self.env._(
                    "Team %(team)s logs time only on tickets with a project of their "
                    "own. Choose a project for the new ticket.",
                    team=self.team_id.display_name,
                )
            )

    def _check_who(self):
        if not self.employee_id:
            employees = self.env["hr.employee"]
            raise ValidationError(
                employees._get_lack_text(self.company_id, self.env.user)
            )
        if not (self.team_id or self.task_id):
            raise ValidationError(
                self.env._(
                    "Choose a team to log time for %(customer)s.",
                    customer=self.partner_id.display_name,
                )
            )
        self.env["account.analytic.line"]._check_people(
            {(self.company_id.id, self.employee_id.id)}
        )

    def _check_date(self):
        today = self.company_id._get_today()
        first = today - relativedelta(years=YEARS_BACK)
        if first <= self.date <= today:
            return
        raise ValidationError(
            self.env._(
                "A service can't be logged on %(date)s: choose a date from %(first)s "
                "to today, %(today)s.",
                date=format_date(self.env, self.date),
                first=format_date(self.env, first),
                today=format_date(self.env, today),
            )
        )

    def _get_title(self):
        """Return the title in one line.

        :raise ValidationError: when it is blank
        """
        title = " ".join((self.title or "").split())
        if not title:
            raise ValidationError(
                self.env._(
                    "Enter a title for the service: %(customer)s sees it.",
                    customer=self.partner_id.display_name,
                )
            )
        return title

    @api.model
    def _normalise_description(self, text):
        """Return the lines of `text` as "- item", whatever dash they start with."""
        lines = [
            BULLET.sub("", line.strip()).strip() for line in (text or "").splitlines()
        ]
        return "\n".join(f"- {line}" for line in lines if line)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime, time, timedelta

from pytz import timezone

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    @api.model
    def _get_own_for_time(self, company, user=None):
        """Return the employee as whom `user` (the current one) logs time in `company`.

        :raise UserError: when there is none, saying how to get one
        """
        user = user or self.env.user
        # sudo: everybody may know their own employee
        employee_sudo = self.sudo().search(
            [("user_id", "=", user.id), ("company_id", "=", company.id)], limit=1
        )
        if not employee_sudo:
            raise UserError(self._get_lack_text(company, user))
        return employee_sudo.sudo(False)

    @api.model
    def _get_lack_for_time(self, company):
        """Tell a user who may log only their own time that they have no employee."""
        if self.sudo().search_count(
            self._get_domain_for_time(company) & Domain("active", "=", True), limit=1
        ):
            return False
        return self._get_lack_text(company, self.env.user)

    @api.model
    def _get_own_lack(self):
        """Tell a user without any employee how to get one; False for others."""
        # sudo: everybody may know their own employee
        if self.sudo().search_count([("user_id", "=", self.env.uid)], limit=1):
            return False
        return self._get_lack_text(self.env.company, self.env.user)

    @api.model
    def _get_lack_text(self, company, user):
        return self.env._(
            "%(user)s needs an employee in %(company)s to log time: ask your HR "
            "department to create one with %(user)s as its user.",
            user=user.name,
            company=company.name,
        )

    @api.model
    def _get_own_hours_due(self, first, last):
        """Return the hours of the user's working schedule, by day."""
        days = [first + timedelta(days=day) for day in range((last - first).days + 1)]
        due = dict.fromkeys(days, 0.0)
        # sudo: everybody may know their own schedule
        employee_sudo = self.env.user.employee_id.sudo()
        if employee_sudo.resource_calendar_id:
            zone = timezone(employee_sudo.tz or "UTC")
            worked = employee_sudo._list_work_time_per_day(
                zone.localize(datetime.combine(first, time.min)),
                zone.localize(datetime.combine(last, time.max)),
            )
            due.update((day, hours) for day, hours in worked[employee_sudo.id])
        return due

    @api.model
    def _get_own_and_subordinates(self):
        """Return the user's employees and everybody below them in the organisation."""
        # sudo: who manages whom decides here, and is not shown
        own_sudo = self.sudo().search([("user_id", "=", self.env.uid)])
        return self.sudo().search([("id", "child_of", own_sudo.ids)]).sudo(False)

    @api.model
    def _get_domain_for_time(self, company):
        """Return the employees of `company` for whom the user may log time on tickets.

        The company decides; who administers timesheets logs for everybody.
        """
        domain = Domain("company_id", "=", company.id)
        # sudo: everybody needs this setting of a company whose tickets they read
        scope = company.sudo().timesheet_log_for
        if scope == "everyone" or self._logs_for_everyone():
            return domain
        if scope == "subordinates":
            return domain & Domain("id", "in", self._get_own_and_subordinates().ids)
        return domain & Domain("user_id", "=", self.env.uid)

    @api.model
    def _get_refused_for_time(self, company, ids):
        """Return the employees of `company` among some for whom the user may not log
        time (superuser); those of other companies are refused as such."""
        # sudo: names of colleagues are shown to say who is meant
        asked_sudo = self.sudo().browse(ids).filtered(lambda e: e.company_id == company)
        return asked_sudo - asked_sudo.filtered_domain(
            self._get_domain_for_time(company)
        )

    @api.model
    def _get_domain_entrusted(self):
        """Return the entries on tickets of others that the user may write.

        Those of subordinates, and where people log for everybody those they logged.
        """
        companies_sudo = self.env.user.sudo().company_ids
        scopes = companies_sudo.grouped("timesheet_log_for")
        everyone = scopes.get("everyone", companies_sudo.browse())
        chain = everyone | scopes.get("subordinates", companies_sudo.browse())
        if not chain:
            return Domain.FALSE
        return Domain([("ticket_id", "!=", False), ("project_id", "!=", False)]) & (
            Domain(
                [("company_id", "in", everyone.ids), ("create_uid", "=", self.env.uid)]
            )
            | Domain(
                [
                    ("company_id", "in", chain.ids),
                    ("employee_id", "in", self._get_own_and_subordinates().ids),
                ]
            )
        )

    @api.model
    def _logs_for_everyone(self):
        return self.env.su or self.env.user.has_group(
            "hr_timesheet.group_hr_timesheet_approver"
        )

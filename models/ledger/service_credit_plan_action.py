# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools import lock_and_touch, report_failure
from .service_credit_plan import DRAFT, ENDED, RUNNING

# Periods that have begun when an allotment starts: ten years of months.
MOST_BEGUN = 120


class ServiceCreditPlan(models.Model):
    """What people do with allotments, and what happens every day."""

    _inherit = "service.credit.plan"

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_start(self):
        """Start these allotments: their periods get their purchases from now on.

        :raise UserError: when one of them was started before, or starts too long ago
        """
        self.check_access("write")
        for plan in self:
            if plan.state != DRAFT:
                raise UserError(
                    self.env._("%(plan)s was started before.", plan=plan.name)
                )
            plan._check_start()
        lock_and_touch(self)
        self.filtered(lambda plan: not plan.active)._write_guarded({"active": True})
        self._set_state(RUNNING)
        self._follow_periods()
        self._end_over()
        return True

    def action_end(self, date=None):
        """End these allotments: no period starts after that day, and what is unused of
        later ones is withdrawn. Periods that have begun stay, whatever the day.

        :param date: a date or its ISO text, default today
        :raise UserError: for a draft, or a day before the start or after the end
        """
        self.check_access("write")
        for plan in self:
            day = plan._read_day(date)
            plan._check_end(day)
            plan._end_on(day)
        return True

    def _check_start(self):
        """Refuse a start date in a wrong century, which would create thousands of
        purchases or none."""
        today = self.company_id._get_today()
        begun = len(self._get_periods_until(today))
        if begun > MOST_BEGUN or not (begun or self._get_next_start()):
            raise UserError(
                self.env._(
                    "%(plan)s can't start on %(date)s. Choose a day closer to today.",
                    plan=self.name,
                    date=format_date(self.env, self.date_start),
                )
            )

    def _read_day(self, date):
        today = self.company_id._get_today()
        try:
            return fields.Date.to_date(date) or today
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(
                self.env._(
                    "“%(date)s” isn't a valid date. Write it like %(example)s.",
                    date=str(date)[:40],
                    example=fields.Date.to_string(today),
                )
            ) from error

    def _check_end(self, day):
        if self.state != RUNNING:
            raise UserError(
                self.env._(
                    "%(plan)s can't be ended, because it isn't running.",
                    plan=self.name,
                )
            )
        if day < self.date_start or (self.date_end and day > self.date_end):
            raise UserError(
                self.env._(
                    "%(plan)s can't end on %(date)s: choose a day of its term, which "
                    "starts on %(start)s.",
                    plan=self.name,
                    date=format_date(self.env, day),
                    start=format_date(self.env, self.date_start),
                )
            )

    def _end_on(self, day):
        lock_and_touch(self)
        self._create_begun()
        today = self.company_id._get_today()
        gone = self._get_purchases_sudo().filtered(
            lambda lot: lot.plan_start > max(day, today)
        )
        self._write_guarded({"date_end": day})
        self._withdraw_unused(gone)
        self._write_guarded({"next_start": self._get_next_start() or False})
        self._note_next_date()
        if day <= today:
            self._set_state(ENDED)

    def _set_state(self, state):
        """Start or end plans; who ever had one is kept in memory."""
        if not self:
            return
        purchases = self.env["service.credit.purchase"]
        new = self.filtered(
            lambda plan: (
                plan.commercial_partner_id.id
                not in purchases._get_planned(plan.company_id)
            )
        )
        self._write_guarded({"state": state})
        purchases._forget_planned(new.company_id)
        self._note_next_date()

    def action_skip(self):
        """Skip the next period that has not begun: its credits are withdrawn, and the
        period is not delivered. The end stays.

        :raise UserError: when there is no period to skip
        """
        self.check_access("write")
        for plan in self:
            today = plan.company_id._get_today()
            plan._create_periods()
            lot_sudo = plan._get_purchases_sudo().filtered(
                lambda lot, today=today: lot.plan_start > today and not lot.is_withdrawn
            )
            lot_sudo = lot_sudo.sorted("plan_start")[:1]
            if not lot_sudo and plan.state == RUNNING and plan.next_start:
                lot_sudo = plan._create_periods(plan.next_start)[-1:]
            if not lot_sudo or lot_sudo.credits_allocated > 0:
                raise UserError(
                    self.env._(
                        "%(plan)s has no unused period to skip: it isn't running, ends "
                        "before, or the next period is used already.",
                        plan=plan.name,
                    )
                )
            plan._withdraw_unused(lot_sudo)
            plan._note_next_date()
            plan.message_post(
                body=self.env._(
                    "The period from %(date)s is skipped.",
                    date=format_date(self.env, lot_sudo.plan_start),
                )
            )
        return True

    def action_view_purchases(self):
        """Open the purchases of the periods."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_purchase_action"
        )
        action["domain"] = [("plan_id", "in", self.ids)]
        action["context"] = {"create": False, "active_test": False}
        return action

    # ------------------------------------------------------------------
    # Scheduled action
    # ------------------------------------------------------------------

    @api.model
    def _cron_run(self, batch_size=500):
        """Create the periods that start tomorrow, deliver those that start today, and
        end plans that are over.

        In batches that are committed one by one. A plan that fails never stops the
        others: its reason becomes an activity on it. A day on which this did not run
        changes no answer: drawing makes the periods it needs.
        """
        domain = self._get_due_domain()
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        last_id = 0
        while True:
            batch = self.with_context(active_test=False).search(
                domain & Domain("id", ">", last_id), order="id", limit=batch_size
            )
            if not batch:
                break
            last_id = batch[-1].id
            batch._run_batch()
            if not self.env["ir.cron"]._commit_progress(len(batch)):
                break

    @api.model
    def _get_due_domain(self):
        # Also what has ended may have used periods that are still to begin.
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("next_date", "<=", company._get_today())
            for company in self.env["res.company"]._get_all_companies()
        )

    def _run_batch(self):
        """Do what is due; each plan alone when they fail together."""
        try:
            with self.env.cr.savepoint():
                self._run()
        except Exception as error:
            self.env.invalidate_all()
            if len(self) > 1:
                for plan in self:
                    plan._run_batch()
            # Others work with it now: the next run sees to it.
            elif not isinstance(error, (OperationalError, ConcurrencyError)):
                report_failure(
                    self,
                    self.company_id._get_service_credit_responsible(),
                    self.env._("The next period could not be created"),
                    error,
                )

    def _run(self):
        rest = self - self._create_periods().plan_id
        rest._follow_begun()
        rest._note_next_date()
        self._end_over()
        self.flush_recordset()

    def _end_over(self):
        """Note that the last day of plans is over."""
        over = self.filtered(
            lambda plan: (
                plan.state == RUNNING
                and not plan.next_start
                and plan.date_end
                and plan.date_end < plan.company_id._get_today()
            )
        )
        over._set_state(ENDED)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import logging
from datetime import UTC
from itertools import islice
from math import ceil

from markupsafe import Markup
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...tools import refuse_uncountable
from ...tools.clock import get_clock
from ..ledger.drawing import WORK_FIELDS
from ..work.project_task import LOGS_TIME
from .timer_question import TimerQuestion

_logger = logging.getLogger(__name__)

# What the person may correct before the time is logged; the clock is the server's.
EDITABLE_FIELDS = frozenset(("name", "date", "hours", "is_billable"))
# Nobody is reminded before this hour of their day.
MORNING = 6
MINUTE_TOLERANCE = 1e-4
NOTIFICATION = "helpdesk_service_credit/timers"
# What the menu offers to go on with.
RECENT_DAYS = 30
MOST_RECENT = 5


class ServiceTimer(models.Model):
    """Time that a person is spending on a ticket or task and that is not logged yet.

    At most one timer of a person runs; others wait, paused. A timer lives until its
    time is an entry, or is discarded: a refused entry leaves it in place.
    """

    _name = "service.timer"
    _description = "Timer"
    _order = "date_resumed DESC NULLS LAST, id DESC"

    user_id = fields.Many2one(
        comodel_name="res.users", required=True, readonly=True, ondelete="cascade"
    )
    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    task_id = fields.Many2one(
        comodel_name="project.task",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    date_start = fields.Datetime(string="Started on", required=True, readonly=True)
    date_resumed = fields.Datetime(
        readonly=True, help="Since when the timer counts; empty while it is paused."
    )
    seconds_before = fields.Integer(
        readonly=True, help="Seconds counted before the timer was last resumed."
    )
    date = fields.Date(required=True, help="Work date of the entry.")
    hours = fields.Float(
        compute="_compute_hours",
        store=True,
        readonly=False,
        help="Hours that will be logged: those measured, rounded up to whole minutes, "
        "unless you correct them.",
    )
    time_counted = fields.Char(compute="_compute_time_counted")
    name = fields.Char(string="Description")
    is_billable = fields.Boolean(string="Billable", default=True)
    refusal = fields.Text(
        readonly=True, help="Why the time could not be logged when it was stopped."
    )
    activity_id = fields.Many2one(
        comodel_name="mail.activity",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The reminder of a timer forgotten overnight.",
    )

    _one_per_ticket = models.UniqueIndex(
        "(user_id, ticket_id)",
        "Your timer on this ticket has just been started: reload the page.",
    )
    _one_per_task = models.UniqueIndex(
        "(user_id, task_id)",
        "Your timer on this task has just been started: reload the page.",
    )
    _one_work = models.Constraint(
        "CHECK(num_nonnulls(ticket_id, task_id) = 1)",
        "A timer is on a ticket or on a task.",
    )
    _one_running = models.UniqueIndex(
        "(user_id) WHERE date_resumed IS NOT NULL",
        "You have just started another timer: reload the page.",
    )
    _seconds_not_negative = models.Constraint(
        "CHECK(seconds_before >= 0)", "A timer cannot count backwards."
    )

    @api.depends("seconds_before")
    def _compute_hours(self):
        for timer in self:
            timer.hours = max(1, ceil(timer.seconds_before / 60)) / 60

    @api.depends("ticket_id", "task_id")
    def _compute_display_name(self):
        for timer in self:
            # sudo: one's own timer names its work, whatever became of it
            timer.display_name = timer._get_work().sudo().display_name

    @api.depends("seconds_before", "date_resumed")
    def _compute_time_counted(self):
        for timer in self:
            timer.time_counted = timer._get_running_text()

    def write(self, vals):
        if not self.env.su and not EDITABLE_FIELDS.issuperset(vals):
            raise AccessError(
                self.env._(
                    "You can't edit the clock. Correct the hours, date or description."
                )
            )
        refuse_uncountable(self, [vals])
        return super().write(vals)

    def action_log(self):
        """Log the time as it stands in the form."""
        self.ensure_one()
        self.check_access("write")
        entry = self._log()
        return self._get_refused_action() if not entry else self._get_done_action()

    def action_discard(self):
        """Discard the time; the form asks before."""
        self.check_access("write")
        self._discard()
        return self._get_done_action()

    @api.model
    @api.readonly
    def get_day(self):
        """Return what the menu of timers shows of the user's day.

        :return: dict of `hours` logged today, `hours_due` by the working schedule, and
            the last tickets and tasks the user logged on, as `recent`: model, id, name,
            and whether their form can be opened
        """
        today = fields.Date.context_today(self)
        # sudo: own entries, whatever became of their tickets
        entries_sudo = self.env["account.analytic.line"].sudo()
        own = Domain("user_id", "=", self.env.uid) & Domain("project_id", "!=", False)
        [(hours,)] = entries_sudo._read_group(
            own & Domain("date", "=", today), aggregates=["unit_amount:sum"]
        )
        due = self.env["hr.employee"]._get_own_hours_due(today, today)
        since = Domain("date", ">", fields.Date.add(today, days=-RECENT_DAYS))
        return {
            "hours": hours or 0.0,
            "hours_due": due[today],
            "recent": [
                {
                    "res_model": work._name,
                    "res_id": work.id,
                    "name": work.display_name,
                    "is_openable": work._is_openable(self.env.user),
                }
                for work in self._get_recent_works(own & since)
            ],
        }

    @api.model
    def _get_recent_works(self, domain):
        """Return the last tickets and tasks of entries, the latest first.

        :return: list of records that take time and that the user may read
        """
        entries_sudo = self.env["account.analytic.line"].sudo()
        # Time on a ticket is the ticket's.
        on_tasks = Domain("task_id", "!=", False) & Domain("ticket_id", "=", False)
        found = []
        for name, of_work in (
            ("ticket_id", Domain("ticket_id", "!=", False)),
            ("task_id", on_tasks),
        ):
            found += entries_sudo._read_group(
                domain & of_work,
                [name],
                ["create_date:max"],
                order="create_date:max DESC",
            )
        found.sort(key=lambda group: group[1], reverse=True)
        # Cut last: what is closed to the user, or takes no time, fills no place.
        works = (work.sudo(False) for work, _last in found)
        offered = (w for w in works if w.has_access("read") and w._takes_time())
        return list(islice(offered, MOST_RECENT))

    @api.model
    def _get_own(self, domain):
        """Return the user's timers; people who may not log time have none."""
        if not self.env.user.has_group(LOGS_TIME):
            return self.browse()
        return self.search(Domain("user_id", "=", self.env.uid) & domain)

    def _get_work(self):
        """Return the ticket or the task the timer is on."""
        return self.ticket_id or self.task_id

    def _start(self):
        """Let the timer count from now on; the person's running one is paused."""
        self.ensure_one()
        # sudo: people change their timers only through the actions of this model
        running_sudo = self.sudo().search(
            [("user_id", "=", self.user_id.id), ("date_resumed", "!=", False)]
        )
        running_sudo._pause()
        self.sudo().write({"date_resumed": fields.Datetime.now(), "refusal": False})
        self._notify()

    def _pause(self):
        """Stop counting and keep what was counted."""
        for timer_sudo in self.sudo().filtered("date_resumed"):
            timer_sudo.write(
                {"seconds_before": timer_sudo._get_seconds(), "date_resumed": False}
            )
        # The unique index on running timers looks at the table.
        self.flush_recordset()
        self._notify()

    def _absorb(self, other):
        """Go on with the time of another timer of the same person."""
        is_running = bool(other.date_resumed)
        other._pause()
        self.sudo().seconds_before += other.seconds_before
        other._remove()
        if is_running:
            self._start()
        self._notify()

    def _log(self):
        """Make an entry of the time; a refusal is noted and the time is kept.

        :return: the entry, empty when it was refused
        """
        self.ensure_one()
        self._pause()
        work, company = self._get_work(), self._get_company()
        entries = self.env["account.analytic.line"].with_company(company)
        try:
            with self.env.cr.savepoint():
                work._check_takes_time()
                entry = entries.create(self._prepare_entry_values())
                users = self._remove()
        except UserError as error:
            self.sudo().refusal = self._get_refusal(error)
            self._notify()
            return entries.browse()
        self._notify(users)
        return entry

    def _get_refusal(self, error):
        """Return what the person reads; core's words on rights name no ticket."""
        if not isinstance(error, AccessError):
            return str(error)
        return self.env._(
            "You can no longer log time on %(work)s. Discard the time, or ask a "
            "manager for access.",
            work=self._get_work()._get_work_name(),
        )

    def _discard(self):
        """Delete the timers, and with them their time."""
        self._notify(self._remove())

    def _remove(self):
        """Delete the timers with their reminders; return whose they were."""
        users = self.user_id
        # sudo: the timer and its reminder were made by the server
        self.sudo().activity_id.unlink()
        self.sudo().unlink()
        return users

    def _get_clock_started(self):
        """Return the minute of the company's day in which the timer was started.

        Pauses are not known afterwards: the hours count from the start.
        """
        zone = self._get_company()._get_time_zone()
        _day, clock = get_clock(zone, self.date_start.replace(tzinfo=UTC))
        return int(clock * 60 + MINUTE_TOLERANCE) / 60

    def _get_company(self):
        """Return the company whose time it is."""
        # sudo: the work may have been closed to the user meanwhile
        return self._get_work().sudo().company_id.sudo(False) or self.env.company

    def _prepare_entry_values(self):
        self.ensure_one()
        work = self._get_work()
        return {
            WORK_FIELDS[work._name]: work.id,
            "employee_id": self.env["hr.employee"]
            ._get_own_for_time(self._get_company(), self.user_id)
            .id,
            "date": self.date,
            "time_start": self._get_clock_started(),
            "unit_amount": self.hours,
            "is_billable": self.is_billable,
            "name": self.name or "",
        }

    def _get_seconds(self):
        """Return the seconds counted up to now, by the server's clock."""
        self.ensure_one()
        if not self.date_resumed:
            return self.seconds_before
        elapsed = fields.Datetime.now() - self.date_resumed
        return self.seconds_before + max(0, int(elapsed.total_seconds()))

    def _notify(self, users=None):
        """Tell every open window of the people whose timers changed."""
        for user in users or self.user_id:
            user._bus_send(NOTIFICATION, self._get_client_state(user))

    @api.model
    def _get_client_state(self, user):
        """Return what the client needs to show the timers of `user`."""
        # sudo: own timers may be on work that was closed to their user since
        timers_sudo = self.sudo().search([("user_id", "=", user.id)])
        return {
            "now": int(fields.Datetime.now().timestamp()),
            "timers": [
                {
                    "res_model": timer._get_work()._name,
                    "res_id": timer._get_work().id,
                    "name": timer._get_work().display_name,
                    "is_openable": timer._get_work()._is_openable(user),
                    "is_running": bool(timer.date_resumed),
                    "is_refused": bool(timer.refusal),
                    "seconds": timer._get_seconds(),
                }
                for timer in timers_sudo
            ],
        }

    def _get_refused_action(self):
        """Open the kept time with the reason why it could not be logged."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Time Not Logged Yet"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _get_question(self, works, ending):
        """Return the refusal that asks about this timer.

        :param works: tickets or tasks that are about to be closed or archived
        :param dict ending: what the window does afterwards, by name of its field
        """
        self.ensure_one()
        if ending.get("is_archiving"):
            name = self.env._("Archive with a Timer")
            text = self._get_archiving_text()
        else:
            name = self.env._("Close with a Timer")
            text = self.env._(
                "Your timer on %(work)s has reached %(time)s. Log or discard that time "
                "before you close it.",
                work=self._get_work()._get_work_name(),
                time=self._get_running_text(),
            )
        return TimerQuestion(text, works._get_timer_question(name, **ending))

    def _get_archiving_text(self):
        """Return why the work, or its project, is not archived."""
        return self.env._(
            "Your timer on %(work)s has reached %(time)s. Log or discard that time "
            "before you archive it.",
            work=self._get_work()._get_work_name(),
            time=self._get_running_text(),
        )

    @api.model
    def _get_done_action(self):
        return {"type": "ir.actions.act_window_close"}

    def _log_as(self, vals):
        """Log the time with what its person entered for it; see `_log`."""
        self._pause()
        self.write(vals)
        return self._log()

    def _get_hours(self):
        """Return the hours that would be logged now."""
        self.ensure_one()
        if not self.date_resumed:
            return self.hours
        return max(1, ceil(self._get_seconds() / 60)) / 60

    def _get_running_text(self):
        """Return the hours and minutes counted, as people read them."""
        minutes = ceil(self._get_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"

    @api.model
    def _cron_flag_forgotten(self):
        """Remind people, on the next morning, of timers of the day before."""
        timers = self.search([("activity_id", "=", False)])
        forgotten = timers.filtered(lambda timer: timer._is_forgotten())
        self.env["ir.cron"]._commit_progress(remaining=len(forgotten))
        for timer in forgotten:
            timer = timer.try_lock_for_update()
            if timer and not timer.activity_id:
                timer._try_to_flag_forgotten()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _is_forgotten(self):
        """Tell whether it is the morning after the timer's last day, for the person."""
        self.ensure_one()
        local = self.with_context(tz=self.user_id.tz or "UTC")
        now = fields.Datetime.context_timestamp(local, fields.Datetime.now())
        last = fields.Datetime.context_timestamp(
            local, self.date_resumed or self.write_date
        )
        return last.date() < now.date() and now.hour >= MORNING

    def _try_to_flag_forgotten(self):
        """Remind; where that fails, the timer itself tells its person.

        An activity is refused, for one, on a ticket that its user may no longer read.
        """
        try:
            with self.env.cr.savepoint():
                self._flag_forgotten()
        except OperationalError:
            raise  # the database is busy: the job is played again
        except Exception:
            _logger.exception("No reminder of timer %s", self.id)
            if not self.refusal:
                self.refusal = self._get_forgotten_text()
                self._notify()

    def _flag_forgotten(self):
        self.ensure_one()
        work = self._get_work().with_context(
            lang=self.user_id.lang, mail_activity_quick_update=True
        )
        self.activity_id = work.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=self.user_id.id,
            summary=work.env._("Forgotten timer"),
            note=Markup("<p>%s</p>") % self._get_forgotten_text(),
        )

    def _get_forgotten_text(self):
        """Return the reminder, in the language of the timer's person."""
        timer = self.with_context(lang=self.user_id.lang)
        return timer.env._(
            "Your timer on %(work)s has reached %(time)s. Stop it and adjust the "
            "hours, or discard it.",
            work=timer._get_work()._get_work_name(),
            time=self._get_running_text(),
        )

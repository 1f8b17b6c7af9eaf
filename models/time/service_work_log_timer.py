# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..ledger.drawing import WORK_FIELDS


class ServiceWorkLog(models.AbstractModel):
    """The timer of the user who looks at a ticket or task."""

    _inherit = "service.work.log"

    def action_timer_start(self):
        """Start the user's timer on the work; one that runs elsewhere is paused.

        :raise UserError: when time cannot be logged on it, the user has no employee to
            log it for, or the timer was started before
        """
        self.ensure_one()
        self.check_access("read")
        self._check_takes_time()
        company = self.company_id or self.env.company
        self.env["hr.employee"]._get_own_for_time(company)
        if self._get_own_timer():
            raise UserError(
                self.env._(
                    "Your timer on %(work)s was started before: pause, resume or stop "
                    "it.",
                    work=self._get_work_name(),
                )
            )
        name = WORK_FIELDS[self._name]
        entry = self.env["account.analytic.line"].new({name: self.id})
        # sudo: timers are written by these actions only
        timer_sudo = self.env["service.timer"].sudo()
        timer_sudo = timer_sudo.create(
            {
                "user_id": self.env.uid,
                name: self.id,
                "date_start": fields.Datetime.now(),
                # The day of the company, as is the time of day of the entry.
                "date": company._get_today(),
                "is_billable": entry.is_billable,
            }
        )
        timer_sudo.sudo(False)._start()
        return True

    def action_timer_pause(self):
        """Pause the user's timer on the work.

        :raise UserError: when there is none
        """
        self._get_own_timer(required=True)._pause()
        return True

    def action_timer_resume(self):
        """Let the user's timer on the work go on; a running one is paused.

        :raise UserError: when there is none
        """
        timer = self._get_own_timer(required=True)
        if not timer.date_resumed:
            timer._start()
        return True

    def action_timer_stop(self):
        """Stop the user's timer, log its time and open the entry.

        When the entry is refused nothing is lost: the time stays on the paused timer,
        and what opens is that timer with the reason.

        :return: action that opens the entry, or the timer
        :raise UserError: when there is no timer
        """
        timer = self._get_own_timer(required=True)
        entry = timer._log()
        if not entry:
            return timer._get_refused_action()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Time Logged"),
            "res_model": entry._name,
            "res_id": entry.id,
            "views": [
                (
                    self.env.ref(
                        "helpdesk_service_credit.account_analytic_line_view_form_timer"
                    ).id,
                    "form",
                )
            ],
            "target": "new",
        }

    def _get_own_timer(self, required=False):
        """Return the user's timer on the work.

        :raise UserError: when it is required and there is none
        """
        self.ensure_one()
        timer = self.env["service.timer"].search(
            [(WORK_FIELDS[self._name], "=", self.id), ("user_id", "=", self.env.uid)]
        )
        if required and not timer:
            raise UserError(
                self.env._(
                    "You have no timer on %(work)s: start one first.",
                    work=self._get_work_name(),
                )
            )
        return timer

    def action_timer_ask(self):
        """Open the window that asks what was done, and then logs or discards the time.

        The timer counts on while the window is open.

        :raise UserError: when there is no timer
        """
        timer = self._get_own_timer(required=True)
        if timer.refusal:
            return timer._get_refused_action()
        return self._get_timer_question(self.env._("Stop the Timer"))

    def _ask_about_timers(self, vals):
        """Ask what to do with the user's timers on work that is about to be closed or
        archived.

        :raise TimerQuestion: with the window that asks, and goes on afterwards
        """
        is_archived = "active" in vals and not vals["active"]
        closing = self._get_closing(vals)
        if not (is_archived or closing):
            return
        timers = self.env["service.timer"]._get_own(
            Domain(WORK_FIELDS[self._name], "in", self.ids)
        )
        timers = timers.filtered(
            lambda timer: (
                timer._get_work().active
                if is_archived
                else not timer._get_work()._is_ended()
            )
        )
        if timers:
            ending = {"is_archiving": True} if is_archived else closing
            raise timers[0]._get_question(self, ending)

    def _get_closing(self, vals):
        """Return how values close the work, by name of the field of the window that
        asks about timers; nothing where they do not. A hook of each kind of work."""
        return {}

    def _is_ended(self):
        """Tell whether the work is closed."""
        return False

    def _refuse_timers(self):
        """Refuse to delete work with time that is not logged.

        :raise UserError: naming the work and the person
        """
        # sudo: colleagues' timers count too
        for timer_sudo in self.sudo().timer_ids:
            work = timer_sudo.sudo(False)._get_work()
            raise UserError(
                self.env._(
                    "You can't delete %(work)s, because a timer of %(user)s on it has "
                    "time that is not logged. Archive it, or stop the timer first.",
                    work=work._get_work_name(),
                    user=timer_sudo.user_id.name,
                )
            )

    def _get_timer_question(self, name, **context):
        """Return the action that asks about the user's timers on the works."""
        if len(self) == 1:
            name = f"{name}: {self.display_name}"
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "service.timer.close",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                f"default_{WORK_FIELDS[self._name]}s": self.ids,
                **{f"default_{key}": value for key, value in context.items()},
            },
        }

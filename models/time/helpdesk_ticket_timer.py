# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.exceptions import UserError


class HelpdeskTicket(models.Model):
    """The timer of whoever looks at a ticket."""

    _inherit = "helpdesk.ticket"

    def action_timer_start(self):
        """Start the user's timer on the ticket; one that runs elsewhere is paused.

        :raise UserError: when time cannot be logged on the ticket, the user has no
            employee to log it for, or the timer was started before
        """
        self.ensure_one()
        self.check_access("read")
        self._get_time_values()
        self.env["hr.employee"]._get_own_for_time(self.company_id)
        if self._get_own_timer():
            raise UserError(
                self.env._(
                    "Your timer on ticket %(ticket)s was started before: pause, resume "
                    "or stop it.",
                    ticket=self.display_name,
                )
            )
        entry = self.env["account.analytic.line"].new({"ticket_id": self.id})
        # sudo: timers are written by these actions only
        timer_sudo = self.env["service.timer"].sudo()
        timer_sudo = timer_sudo.create(
            {
                "user_id": self.env.uid,
                "ticket_id": self.id,
                "date_start": fields.Datetime.now(),
                # The day of the company, as is the time of day of the entry.
                "date": (self.company_id or self.env.company)._get_today(),
                "is_billable": entry.is_billable,
            }
        )
        timer_sudo.sudo(False)._start()
        return True

    def action_timer_pause(self):
        """Pause the user's timer on the ticket.

        :raise UserError: when there is none
        """
        self._get_own_timer(required=True)._pause()
        return True

    def action_timer_resume(self):
        """Let the user's timer on the ticket go on; a running one is paused.

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

    def _absorb_timers(self, tickets):
        """Take over the timers on `tickets` that are merged into this one."""
        self.ensure_one()
        # sudo: a merge moves the whole ticket, colleagues' timers included
        own_sudo = self.sudo().timer_ids.grouped("user_id")
        for timer_sudo in (tickets - self).sudo().timer_ids:
            kept_sudo = own_sudo.get(timer_sudo.user_id)
            if kept_sudo:
                kept_sudo._absorb(timer_sudo)
            else:
                timer_sudo.ticket_id = self
                own_sudo[timer_sudo.user_id] = timer_sudo
                timer_sudo._notify()

    def _get_own_timer(self, required=False):
        """Return the user's timer on the ticket.

        :raise UserError: when it is required and there is none
        """
        self.ensure_one()
        timer = self.env["service.timer"].search(
            [("ticket_id", "=", self.id), ("user_id", "=", self.env.uid)]
        )
        if required and not timer:
            raise UserError(
                self.env._(
                    "You have no timer on ticket %(ticket)s: start one first.",
                    ticket=self.display_name,
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
        """Ask what to do with the user's timers on tickets that are about to be closed
        or archived.

        :raise TimerQuestion: with the window that asks, and goes on afterwards
        """
        stage = self.env["helpdesk.ticket.stage"].browse(vals.get("stage_id"))
        is_archived = "active" in vals and not vals["active"]
        if not (is_archived or stage.closed) or not self.env.user._is_internal():
            return
        ending = self.filtered("active" if is_archived else lambda t: not t.closed)
        timers = self.env["service.timer"].search(
            [("user_id", "=", self.env.uid), ("ticket_id", "in", ending.ids)]
        )
        if timers:
            raise timers[0]._get_question(self, stage, is_archived)

    def _get_timer_question(self, name, **context):
        """Return the action that asks about the user's timers on the tickets."""
        if len(self) == 1:
            name = f"{name}: {self.display_name}"
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "service.timer.close",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_ticket_ids": self.ids,
                **{f"default_{key}": value for key, value in context.items()},
            },
        }

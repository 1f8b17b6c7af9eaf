# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import format_hours, parse_duration, refuse_uncountable
from ..ledger.drawing import WORK_FIELDS


class ServiceWorkLog(models.AbstractModel):
    """A ticket or task: logging time without opening it (how long, what was done,
    Enter), the timer, submitting what one logged, and moving it to another item."""

    _name = "service.work.log"
    _description = "Work that Time is Logged on"

    unsubmitted_hours = fields.Float(
        compute="_compute_unsubmitted_hours",
        compute_sudo=True,
        export_string_translation=False,
        help="Hours of the user on it that are drafts.",
    )
    movable_timesheet_count = fields.Integer(
        compute="_compute_movable_timesheet_count",
        compute_sudo=True,
        export_string_translation=False,
        help="Unbilled entries that another item pays, or none.",
    )
    timer_state = fields.Selection(
        selection=[
            ("stopped", "Stopped"),
            ("running", "Running"),
            ("paused", "Paused"),
        ],
        string="My Timer",
        compute="_compute_timer",
        compute_sudo=True,
    )
    timer_start = fields.Datetime(
        string="Timer Started on", compute="_compute_timer", compute_sudo=True
    )

    @api.depends("timesheet_ids.approval_state", "timesheet_ids.unit_amount")
    @api.depends_context("uid")
    def _compute_unsubmitted_hours(self):
        asking = self._origin.filtered("require_approval")
        hours = {}
        if asking:
            hours = dict(
                self.env["account.analytic.line"]._read_group(
                    asking._get_unsubmitted_domain(),
                    [WORK_FIELDS[self._name]],
                    ["unit_amount:sum"],
                )
            )
        for work in self:
            work.unsubmitted_hours = hours.get(work._origin, 0.0)

    @api.depends("sale_line_id", "timesheet_ids.so_line")
    def _compute_movable_timesheet_count(self):
        moving = self.filtered(lambda work: work._origin and work.sale_line_id)
        counts = {}
        if moving:
            counts = dict(
                self.env["account.analytic.line"]._read_group(
                    moving._get_movable_timesheet_domain(),
                    [WORK_FIELDS[self._name]],
                    ["__count"],
                )
            )
        for work in self:
            work.movable_timesheet_count = counts.get(work._origin, 0)

    @api.depends("timer_ids.date_start", "timer_ids.date_resumed")
    @api.depends_context("uid")
    def _compute_timer(self):
        for work in self:
            timer = work.timer_ids.filtered(lambda t: t.user_id == self.env.user)
            work.timer_start = timer.date_start
            work.timer_state = (
                "stopped"
                if not timer
                else ("running" if timer.date_resumed else "paused")
            )

    def web_save(self, vals, specification, next_id=None):
        """Save the form, which tells its user what became of time it splits."""
        telling = self.with_context(tells_payers=True)
        return super(ServiceWorkLog, telling).web_save(vals, specification, next_id)

    def action_submit_time(self):
        """Submit the user's own time on it for approval."""
        self.check_access("read")
        lines = self.env["account.analytic.line"]
        lines.search(self._get_unsubmitted_domain()).action_submit()
        return True

    def _get_unsubmitted_domain(self):
        return [
            (WORK_FIELDS[self._name], "in", self.ids),
            ("user_id", "=", self.env.uid),
            ("approval_state", "=", "draft"),
        ]

    def action_move_timesheets(self):
        """Move the unbilled entries of the works to the item of each, or to that of
        the employee's rate.

        Nothing moves by itself: this is the explicit way.
        """
        # A customer may edit a task of a shared project, and log no time.
        self.env["account.analytic.line"].check_access("write")
        for work in self:
            work.check_access("write")
            if not work.sale_line_id:
                raise UserError(
                    self.env._(
                        "Choose a sales order item for %(work)s before you move its "
                        "time.",
                        work=work._get_work_name(),
                    )
                )
            # sudo: the whole work moves, colleagues' entries included
            entries_sudo = self.env["account.analytic.line"].sudo()
            entries_sudo = entries_sudo.search(work._get_movable_timesheet_domain())
            for item, moved_sudo in entries_sudo.grouped(
                lambda entry: entry._get_work_item() or entry._get_work().sale_line_id
            ).items():
                moved_sudo._move_to_item(item)
                work._message_log(
                    body=self.env._(
                        "Unbilled time was moved to %(item)s: %(hours)s h.",
                        hours=format_hours(sum(moved_sudo.mapped("unit_amount"))),
                        item=item.sudo().display_name,
                    )
                )
        return True

    def _get_movable_timesheet_domain(self):
        """Return the entries that `action_move_timesheets` would move.

        Those that an item pays, or would have paid if the work had had one. What the
        chain of prepaid items shared out is where it belongs, and so is what an
        employee's rate bills.
        """
        lines = self.env["account.analytic.line"]
        return (
            Domain.OR(
                Domain(WORK_FIELDS[self._name], "=", work._origin.id)
                & (
                    Domain("so_line", "=", False)
                    if work._follows_chain()
                    else Domain("so_line", "!=", work.sale_line_id._origin.id)
                    & Domain.AND(
                        Domain("so_line", "!=", rate.sale_line_id.id)
                        | Domain("employee_id", "!=", rate.employee_id.id)
                        for rate in work._get_employee_rates()
                    )
                )
                for work in self
            )
            & Domain("is_billable", "=", True)
            & Domain("coverage", "in", ["sale_line", "non_billable"])
            & Domain("approval_state", "in", [False, "draft"])
            & lines._domain_not_billed()
            & lines._domain_open_period()
        )

    def _follows_chain(self):
        """Tell whether time moves on by itself when the item's hours are used up."""
        self.ensure_one()
        return self._get_terms().prepaid_limit in ("chain", "closed")

    def action_log_time(self, duration, description="", date=False):
        """Log the user's own time on the work.

        :param duration: hours, or a text like 15m
        :param date: the work date, today without one
        :return: action that tells what was logged and who pays
        :raise UserError: when the time cannot be logged, with the reason
        """
        self.ensure_one()
        entry = self.env["account.analytic.line"].create(
            {**self._prepare_own_entry(duration, date), "name": description or ""}
        )
        return entry._get_logged_action()

    @api.readonly
    def get_time_preview(self, duration, date=False):
        """Tell who would pay for time of the user on the work, and write nothing.

        :return: dict of `text`, and whether it `is_refused`
        """
        self.ensure_one()
        vals = self._prepare_own_entry(duration, date)
        if not self._asks_payers_of_time():
            return {"text": "", "is_refused": False}
        plan = self.env["account.analytic.line"]._preview_entry(vals, self)
        labels = [part["label"] for part in plan["slices"]]
        return {
            "text": plan["refusal"] or ", ".join(labels),
            "is_refused": bool(plan["refusal"]),
        }

    def _asks_payers_of_time(self):
        """Tell whether this addon decides who pays for new time."""
        return True

    def _prepare_own_entry(self, duration, date):
        self.check_access("read")
        if isinstance(duration, str):
            duration = parse_duration(duration)
        company = self.company_id or self.env.company
        vals = {
            **self._get_time_values(),
            "employee_id": self.env["hr.employee"]._get_own_for_time(company).id,
            "unit_amount": duration,
        }
        if date:
            vals["date"] = self.env["account.analytic.line"]._read_day(date)
        refuse_uncountable(self.env["account.analytic.line"], [vals])
        return vals

    def _prepare_week_row(self, entries, is_readable):
        """Return the row of the work in My Week.

        :param entries: own time on it in that week
        """
        self.ensure_one()
        # sudo: own time shows the name, whatever became of the work
        work_sudo = self.sudo()
        return {
            "ticket_id": False,
            "task_id": False,
            WORK_FIELDS[self._name]: self.id,
            "name": work_sudo.display_name,
            "customer": work_sudo.commercial_partner_id.name or "",
            "takes_time": is_readable and self._takes_time(),
            "is_openable": is_readable and self._is_openable(self.env.user),
            "cells": {
                date.isoformat(): own._get_week_cell()
                for date, own in entries.grouped("date").items()
            },
        }

    def _is_openable(self, user):
        """Tell whether the user can open the form of the work."""
        return True

    def _get_result_action(self, message):
        """Return a notification about the work, with a link for those who can open it.

        :param message: sentence with %s where the work is named
        """
        params = {
            "type": "success",
            "message": message,
            "next": {"type": "ir.actions.act_window_close"},
        }
        if self._is_openable(self.env.user):
            url = f"/odoo/{self._name}/{self.id}"
            params["links"] = [{"label": self.display_name, "url": url}]
        else:
            params["message"] = message.replace("%s", self.display_name, 1)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": params,
        }

    def _takes_time(self):
        """Tell whether time can be logged on the work."""
        return True

    def _check_takes_time(self):
        """Refuse work that takes no time.

        :raise UserError: with the reason
        """

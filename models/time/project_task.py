# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import refuse_unreadable
from ..funding.draft import describe_edits
from ..work.project_task import LOGS_TIME

CLOSED_STATES = frozenset(("1_done", "1_canceled"))


class ProjectTask(models.Model):
    """The time of a task: what it takes from the task, and what still waits."""

    _name = "project.task"
    _inherit = ["project.task", "service.work.log"]

    require_approval = fields.Boolean(related="project_id.require_approval")
    timer_ids = fields.One2many(
        comodel_name="service.timer",
        inverse_name="task_id",
        groups=LOGS_TIME,
        export_string_translation=False,
    )

    def write(self, vals):
        refuse_unreadable(self, [vals], ("state",))
        self._ask_about_timers(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_timer(self):
        self._refuse_timers()

    def action_archive(self):
        # One question for all, or it would go on with a subtask only.
        self._get_archived_together()._ask_about_timers({"active": False})
        return super().action_archive()

    def _get_archived_together(self):
        """Return the tasks with the subtasks that core archives along."""
        subtasks = self.child_ids.filtered(lambda task: not task.display_in_project)
        return self | (subtasks and subtasks._get_archived_together())

    def _get_unsubmitted_domain(self):
        # Time on a ticket is the ticket's.
        return [("ticket_id", "=", False), *super()._get_unsubmitted_domain()]

    def _get_movable_timesheet_domain(self):
        return super()._get_movable_timesheet_domain() & Domain("ticket_id", "=", False)

    def _get_closing(self, vals):
        return (
            {"task_state": vals["state"]} if vals.get("state") in CLOSED_STATES else {}
        )

    def _is_ended(self):
        return self.is_closed

    def _takes_time(self):
        is_template = self.has_template_ancestor or self.has_project_template
        return self.allow_timesheets and not is_template

    def _check_takes_time(self):
        self.ensure_one()
        # sudo: who logs time need not read the project
        if not self.sudo()._takes_time():
            raise UserError(
                self.env._(
                    "Time cannot be logged on %(work)s: its project has no timesheets.",
                    work=self._get_work_name(),
                )
            )

    def _prepare_own_entry(self, duration, date):
        vals = super()._prepare_own_entry(duration, date)
        self._check_takes_time()
        return vals

    def _is_openable(self, user):
        # Core's form reads what only users of Project may read.
        return user.has_group("project.group_project_user")

    def _asks_payers_of_time(self):
        return self.asks_payers

    def _get_timesheet(self):
        """Keep what pays for time: core takes the others off their items when a
        project is billable no more."""
        entries = super()._get_timesheet()
        return entries.filtered(lambda entry: entry._is_updatable_timesheet())

    def _get_time_values(self):
        """Return what every entry on the task takes from it, where time on it asks who
        pays."""
        self.ensure_one()
        return {
            "task_id": self.id,
            # Its terms hold, whatever project a program names beside the task.
            "project_id": self.sudo().project_id.id,
            # sudo: as in core, who logs time need not read the task
            "partner_id": self.sudo()._get_payer().id,
            # Caps, credits and invoices count hours.
            "product_uom_id": self.env["ir.model.data"]._xmlid_to_res_id(
                "uom.product_uom_hour"
            ),
        }

    def _get_funding_draft(self):
        """Plan all edited entries together, by the code that posts."""
        self.ensure_one()
        edited = self.timesheet_ids
        removed = self._origin.timesheet_ids - edited._origin
        edited, removed = (
            entries.filtered(lambda entry: not entry.ticket_id and entry._is_funded())
            for entries in (edited, removed)
        )
        if not (edited or removed):
            return False
        return describe_edits(self.env, edited, removed)

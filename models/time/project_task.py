# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..funding.draft import describe_edits


class ProjectTask(models.Model):
    """The time of a task: what it takes from the task, and what still waits."""

    _name = "project.task"
    _inherit = ["project.task", "service.work.log"]

    require_approval = fields.Boolean(related="project_id.require_approval")
    unsubmitted_hours = fields.Float(
        compute="_compute_unsubmitted_hours",
        compute_sudo=True,
        export_string_translation=False,
        help="Hours of the user on the task that are drafts.",
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
                    ["task_id"],
                    ["unit_amount:sum"],
                )
            )
        for task in self:
            task.unsubmitted_hours = hours.get(task._origin, 0.0)

    def action_submit_time(self):
        """Submit the user's own time on the tasks for approval."""
        self.check_access("read")
        lines = self.env["account.analytic.line"]
        lines.search(self._get_unsubmitted_domain()).action_submit()
        return True

    def _get_unsubmitted_domain(self):
        return [
            ("ticket_id", "=", False),
            ("task_id", "in", self.ids),
            ("user_id", "=", self.env.uid),
            ("approval_state", "=", "draft"),
        ]

    def _asks_payers_of_time(self):
        return self.asks_payers

    def _get_time_values(self):
        """Return what every entry on the task takes from it, where time on it asks who
        pays."""
        self.ensure_one()
        return {
            "task_id": self.id,
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

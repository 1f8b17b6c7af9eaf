# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ProjectProject(models.Model):
    """Projects whose time is approved, and with tasks on which timers count."""

    _inherit = "project.project"

    def write(self, vals):
        if "active" in vals and not vals["active"]:
            self._refuse_own_timers()
        return super().write(vals)

    def _refuse_own_timers(self):
        """Refuse to archive projects with a task on which the user's timer counts.

        Asking about the task would archive the task, and not the project.

        :raise UserError: naming the task
        """
        tasks = Domain("project_id", "in", self.ids) & Domain("active", "=", True)
        timers = self.env["service.timer"]._get_own(
            # one's own timer counts, whatever became of the right to read its task
            Domain("task_id", "any!", tasks)
        )
        for timer in timers[:1]:
            raise UserError(timer._get_archiving_text())

    @api.model
    def _get_approved_projects(self):
        """Return the projects whose time the user approves."""
        if not self.env["helpdesk.ticket.team"]._is_approval_used():
            return self.env["project.project"]
        # sudo: an approver may not be allowed to read the project
        projects_sudo = self.env["project.project"].sudo()
        projects_sudo = projects_sudo.with_context(active_test=False)
        # Also where none is asked for any more: what waits has to be decided.
        domain = Domain.TRUE
        if not self.env.user.has_group("project.group_project_manager"):
            domain = Domain("user_id", "=", self.env.uid) | Domain(
                "approver_ids", "=", self.env.uid
            )
        return projects_sudo.search(domain).sudo(False)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Domain


class ProjectProject(models.Model):
    """Projects whose time is approved."""

    _inherit = "project.project"

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

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, api, fields, models, tools
from odoo.fields import Domain

from ...tools import format_hours
from ...tools.approval import PENDING

FEATURE = "helpdesk_service_credit.group_time_approval"
MANAGER = "helpdesk_mgmt.group_helpdesk_manager"


class HelpdeskTicketTeam(models.Model):
    """Teams whose time is approved, and by whom."""

    _inherit = "helpdesk.ticket.team"

    waiting_time_text = fields.Char(
        compute="_compute_waiting_time_text",
        compute_sudo=True,
        export_string_translation=False,
        help="Time that is still waiting although the team no longer requires "
        "approval.",
    )

    @api.depends("require_approval")
    def _compute_waiting_time_text(self):
        free = self.filtered(lambda team: not team.require_approval)._origin
        waiting = {
            team: (count, hours)
            for team, count, hours in self.env["account.analytic.line"]._read_group(
                free._get_waiting_domain(),
                ["ticket_team_id"],
                ["__count", "unit_amount:sum"],
            )
        }
        for team in self:
            team.waiting_time_text = False
            if team._origin in waiting:
                count, hours = waiting[team._origin]
                team.waiting_time_text = self.env._(
                    "Entries that still wait for an approver, and are not billed until "
                    "then: %(count)s (%(hours)s h).",
                    count=count,
                    hours=format_hours(hours),
                )

    def action_view_waiting_time(self):
        """Open the entries that still wait, for a decision about each."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.account_analytic_line_action_to_approve"
        )
        return action | {
            "domain": self._get_waiting_domain(),
            "context": {"is_timesheet": 1, "hide_so_line": 1},
        }

    def _get_waiting_domain(self):
        return [
            ("ticket_team_id", "in", self.ids),
            ("approval_state", "in", PENDING),
        ]

    @api.model
    def _get_approved_teams(self):
        """Return the teams whose time the user approves."""
        # sudo: a leader may not be allowed to read the team's record
        teams_sudo = self.env["helpdesk.ticket.team"].sudo()
        teams_sudo = teams_sudo.with_context(active_test=False)
        domain = Domain.TRUE
        if not self.env.user.has_group(MANAGER):
            domain = Domain("user_id", "=", self.env.uid) | Domain(
                "approver_ids", "=", self.env.uid
            )
        return teams_sudo.search(domain).sudo(False)

    @api.model
    @tools.ormcache()
    def _is_approval_used(self):
        """Tell whether any time waits, or may wait, for approval."""
        # sudo: a setting of the whole database, which everybody may know
        return (
            self.env.ref(FEATURE)
            in self.env.ref("base.group_user").sudo().all_implied_ids
        )

    @api.model
    def _update_approval_feature(self, clear=True):
        """Show the approval to everybody while it is used, or time still waits.

        :param bool clear: other people approve now, and the menus of each person are
            kept in the cache
        """
        # sudo: who administers teams need not administer groups
        teams_sudo = self.env["helpdesk.ticket.team"].sudo()
        projects_sudo = self.env["project.project"].sudo()
        lines_sudo = self.env["account.analytic.line"].sudo()
        asking = [("require_approval", "=", True)]
        is_used = bool(
            teams_sudo.search_count(asking, limit=1)
            or projects_sudo.search_count(asking, limit=1)
            or lines_sudo.search_count([("approval_state", "!=", False)], limit=1)
        )
        everybody_sudo = self.env.ref("base.group_user").sudo()
        feature_sudo = self.env.ref(FEATURE).sudo()
        if is_used != (feature_sudo in everybody_sudo.implied_ids):
            change = Command.link if is_used else Command.unlink
            everybody_sudo.implied_ids = [change(feature_sudo.id)]
            clear = True
        if clear:
            self.env.registry.clear_cache()

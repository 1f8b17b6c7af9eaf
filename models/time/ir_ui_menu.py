# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        """Show Time to Approve to those who approve the time of a team or project."""
        hidden = super()._load_menus_blacklist()
        projects = self.env["project.project"]._get_approved_projects()
        teams = self.env["helpdesk.ticket.team"]._get_approved_teams()
        for name, approves in (
            ("helpdesk_time_to_approve_menu", teams or projects),
            ("project_time_to_approve_menu", projects),
        ):
            if not approves:
                menu = self.env.ref(
                    f"helpdesk_service_credit.{name}", raise_if_not_found=False
                )
                hidden += menu.ids if menu else []
        return hidden

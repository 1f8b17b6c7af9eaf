# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        """Show Time to Approve to those who approve the time of a team or project."""
        hidden = super()._load_menus_blacklist()
        if not (
            self.env["helpdesk.ticket.team"]._get_approved_teams()
            or self.env["project.project"]._get_approved_projects()
        ):
            menu = self.env.ref(
                "helpdesk_service_credit.helpdesk_time_to_approve_menu",
                raise_if_not_found=False,
            )
            hidden += menu.ids if menu else []
        return hidden

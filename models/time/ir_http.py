# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Bring the user's timers with the page, so that none has to ask for them."""
        result = super().session_info()
        user = self.env.user
        if user.has_group("hr_timesheet.group_hr_timesheet_user"):
            result["service_timer"] = self.env["service.timer"]._get_client_state(user)
        return result

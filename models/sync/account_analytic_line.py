# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models


class AccountAnalyticLine(models.Model):
    _inherit = "account.analytic.line"

    @api.ondelete(at_uninstall=False)
    def _unlink_remember_imported(self):
        """An imported entry that was deleted here does not come back."""
        self.env["service.sync.record"]._of(self)._mark_removed(keep_target=False)

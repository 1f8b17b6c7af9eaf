# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class ServiceWorkTerms(models.AbstractModel):
    """Teams and projects whose time is approved."""

    _inherit = "service.work.terms"

    def _follow_approval(self, is_other=True):
        super()._follow_approval(is_other)
        self.env["helpdesk.ticket.team"]._update_approval_feature(clear=is_other)

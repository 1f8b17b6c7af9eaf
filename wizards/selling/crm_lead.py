# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def action_create_service_credit_purchases(self):
        """Open the window that creates the purchases of all quotations and orders of
        these opportunities.

        :raise AccessError: without the right to edit the opportunities
        """
        self.check_access("write")
        return self.env["service.credit.purchase.create"]._open(
            {"opportunity_ids": self.ids}
        )

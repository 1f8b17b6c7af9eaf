# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Credits of a merged customer belong to the entity of the remaining one."""
        result = super()._update_foreign_keys(src_partners, dst_partner)
        entity = dst_partner.commercial_partner_id
        if entity != dst_partner:
            dst_partner._hand_over_service_credits(entity)
        # Merged contacts were chosen to share credits, below the ORM.
        self.env["service.credit.purchase"]._forget_sharing()
        return result

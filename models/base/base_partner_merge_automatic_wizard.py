# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Credits of a merged customer belong to the entity of the remaining one."""
        # sudo: who merges contacts need not see the ledger
        shares_sudo = self.env["service.credit.share"].sudo()
        shares_sudo._join_customers(src_partners, dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        entity = dst_partner.commercial_partner_id
        if entity != dst_partner:
            dst_partner._hand_over_service_credits(entity)
        # Merged customers share, or were chosen to, below the ORM.
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        purchases_sudo._search_shared_by(dst_partner | entity)._forget_own_sharing()
        companies = self.env["res.company"]._get_all_companies()
        for company in companies:
            if purchases_sudo._get_planned(company).intersection(src_partners.ids):
                purchases_sudo._forget_planned(company)
        return result

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..ledger.choices import MAY_SEE_PURCHASES


class CrmLead(models.Model):
    _inherit = "crm.lead"

    has_service_credits_to_buy = fields.Boolean(
        compute="_compute_has_service_credits_to_buy",
        export_string_translation=False,
    )
    service_credit_purchase_count = fields.Integer(
        compute="_compute_service_credit_purchase_count",
        groups=MAY_SEE_PURCHASES,
        export_string_translation=False,
    )

    @api.depends("order_ids.order_line.service_credits", "order_ids.state")
    def _compute_has_service_credits_to_buy(self):
        """Look at the quotations and orders that the user may see."""
        orders = self.env["sale.order"]
        if orders.has_access("read"):
            orders = orders.search([("opportunity_id", "in", self._origin.ids)])
        found = orders.filtered("has_service_credits_to_buy").opportunity_id
        for lead in self:
            lead.has_service_credits_to_buy = lead._origin in found

    def _compute_service_credit_purchase_count(self):
        counts = dict(
            self.env["service.credit.purchase"]
            .with_context(active_test=False)
            ._read_group(
                [("opportunity_id", "in", self.ids)], ["opportunity_id"], ["__count"]
            )
        )
        for lead in self:
            lead.service_credit_purchase_count = counts.get(lead._origin, 0)

    def action_view_service_credit_purchases(self):
        """Open the purchases made from these opportunities."""
        domain = [("opportunity_id", "in", self.ids)]
        purchases = self.env["service.credit.purchase"].with_context(active_test=False)
        return purchases._get_purchase_action(domain, purchases.search(domain, limit=2))

    def _merge_dependences(self, opportunities):
        """The merged opportunity takes the purchases along."""
        super()._merge_dependences(opportunities)
        # sudo: like the orders, they are shown to all who see them
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        purchases_sudo.with_context(active_test=False).search(
            [("opportunity_id", "in", opportunities.ids)]
        ).write({"opportunity_id": self.id})

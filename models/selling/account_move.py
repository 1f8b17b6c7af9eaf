# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    service_credit_purchase_count = fields.Integer(
        compute="_compute_service_credit_purchase_count",
        export_string_translation=False,
    )

    def _compute_service_credit_purchase_count(self):
        """Count what the user may see of the purchases behind the invoiced items."""
        may_see = self.env["service.credit.purchase"].has_access("read")
        for move in self:
            purchases = move._get_service_credit_purchases() if may_see else ()
            move.service_credit_purchase_count = len(purchases)

    def action_view_service_credit_purchases(self):
        """Open the purchases of the sales order items on these invoices."""
        purchases = self._get_service_credit_purchases()
        return purchases._get_purchase_action([("id", "in", purchases.ids)], purchases)

    def _link_timesheets_to_invoice(self, start_date=None, end_date=None):
        """Take the time that counts in the period, which late time does later."""
        moves = self
        if start_date or end_date:
            moves = self.with_context(invoiced_period=(start_date, end_date))
        return super(AccountMove, moves)._link_timesheets_to_invoice()

    def _get_service_credit_purchases(self):
        # sudo: accountants trace the invoice without rights on sales; the search
        # then leaves the purchases that they may read.
        lines_sudo = self.sudo().line_ids.sale_line_ids
        purchases = self.env["service.credit.purchase"].with_context(active_test=False)
        return purchases.search([("sale_line_id", "in", lines_sudo.ids)])

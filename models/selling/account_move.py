# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain

# What of a document changes what its purchases of service credits follow.
FOLLOWED = frozenset(("state", "service_credit_effect"))


class AccountMove(models.Model):
    _inherit = "account.move"

    service_credit_purchase_count = fields.Integer(
        compute="_compute_service_credit_purchase_count",
        export_string_translation=False,
    )
    service_credit_effect = fields.Selection(
        selection=[
            ("withdraw", "Withdraw their share"),
            ("keep", "Keep them: the price is reduced"),
            ("replace", "Keep them: another invoice follows"),
        ],
        string="Service Credits",
        copy=False,
        help="What posting this credit note does to service credits of its lines.",
    )
    has_service_credits = fields.Boolean(
        compute="_compute_has_service_credits",
        compute_sudo=True,
        export_string_translation=False,
    )
    service_credit_note = fields.Text(
        compute="_compute_service_credit_note", export_string_translation=False
    )

    def _compute_service_credit_purchase_count(self):
        """Count what the user may see of the purchases behind the invoiced items."""
        for move, lots_sudo in self._group_service_credit_purchases().items():
            move.service_credit_purchase_count = len(lots_sudo)

    @api.depends("line_ids.sale_line_ids.service_credit_purchase_ids")
    def _compute_has_service_credits(self):
        for move in self:
            items = move.line_ids.sale_line_ids
            move.has_service_credits = bool(items.service_credit_purchase_ids)

    @api.depends("state", "line_ids.sale_line_ids", "service_credit_effect")
    @api.depends_context("lang", "uid")
    def _compute_service_credit_note(self):
        """Tell where what is posted and the purchases behind it differ, and what their
        credits wait for."""
        for move, lots_sudo in self._group_service_credit_purchases().items():
            notes = lots_sudo.mapped("waiting_note") + lots_sudo.mapped("billing_note")
            move.service_credit_note = "\n".join(filter(None, notes))

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        """Let purchases of service credits follow what is posted, or no longer is."""
        result = super().write(vals)
        if not FOLLOWED.isdisjoint(vals):
            self._follow_with_purchases()
        return result

    def _follow_with_purchases(self):
        documents = self.filtered(lambda move: move.is_sale_document(True))
        if documents:
            # sudo: the documents decide, not who posts them
            lots_sudo = self.env["service.credit.purchase"].sudo()
            lots_sudo.with_context(active_test=False).search(
                documents._get_purchase_domain() & Domain("is_withdrawn", "=", False)
            )._follow_documents()

    def action_view_service_credit_purchases(self):
        """Open the purchases of the sales order items on these invoices."""
        purchases = self._get_service_credit_purchases()
        return purchases._get_purchase_action([("id", "in", purchases.ids)], purchases)

    def _link_timesheets_to_invoice(self, start_date=None, end_date=None):
        """Take the time that counts in the period, which late time does later.

        Core's period is one of work dates, so a period is searched for here.
        """
        drafts = self.filtered(lambda move: move.state == "draft")
        # What a down payment exceeds becomes a credit note, and bills its work, too.
        invoices = drafts.filtered(lambda move: move.move_type == "out_refund")
        if not start_date and not end_date:
            super()._link_timesheets_to_invoice()
        else:
            invoices |= drafts.filtered(lambda move: move.move_type == "out_invoice")
        entries_sudo = self.env["account.analytic.line"].sudo()
        period = Domain("period_date", ">=", start_date or date.min) & Domain(
            "period_date", "<=", end_date or date.max
        )
        for line in invoices.invoice_line_ids:
            items = line.sale_line_ids.filtered(
                lambda item: (
                    item.product_id and item.product_id._is_delivered_timesheet()
                )
            )
            if items:
                domain = line._timesheet_domain_get_invoiced_lines(items)
                entries_sudo.search(Domain(domain) & period).write(
                    {"timesheet_invoice_id": line.move_id.id}
                )

    def _get_purchase_domain(self):
        """Return the domain of the purchases that these documents are about."""
        # sudo: accountants trace the invoice without rights on sales; a search then
        # leaves the purchases that they may read.
        lines_sudo = self.sudo().line_ids.sale_line_ids
        return Domain("sale_line_id", "in", lines_sudo.ids)

    def _get_service_credit_purchases(self):
        purchases = self.env["service.credit.purchase"].with_context(active_test=False)
        return purchases.search(self._get_purchase_domain())

    def _group_service_credit_purchases(self):
        """Return what the user may see of the purchases behind each of these."""
        purchases = self.env["service.credit.purchase"]
        if purchases.has_access("read"):
            purchases = self._get_service_credit_purchases()
        # sudo: accountants trace the invoice without rights on sales
        visible_sudo = purchases.sudo()
        return {
            move: visible_sudo.filtered_domain(move._get_purchase_domain())
            for move in self
        }

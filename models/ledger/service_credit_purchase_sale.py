# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import ValidationError


class ServiceCreditPurchase(models.Model):
    """The customer and the sale a purchase comes from, and what the room of selling
    adds to it: the hooks are filled there."""

    _inherit = "service.credit.purchase"

    # Not on the contact's commercial entity: who changes employer leaves the credits.
    @api.depends("partner_id")
    def _compute_commercial_partner_id(self):
        for purchase in self:
            purchase.commercial_partner_id = purchase.partner_id.commercial_partner_id

    @api.depends("partner_id", "company_id")
    def _compute_currency_id(self):
        """Take the customer's; a choice stays until there is another customer."""
        for purchase in self:
            company = purchase.company_id
            partner = purchase.partner_id.with_company(company)
            pricelist = partner.property_product_pricelist
            purchase.currency_id = pricelist.currency_id or company.currency_id

    @api.depends("sale_order_id.state")
    def _compute_is_order_confirmed(self):
        for purchase in self:
            purchase.is_order_confirmed = purchase.sale_order_id.state == "sale"

    @api.depends("sale_line_id.invoice_lines")
    def _compute_sale_invoice_count(self):
        for purchase in self:
            purchase.sale_invoice_count = len(purchase._get_sale_invoices())

    def _refuse_foreign_item(self, item_sudo):
        raise ValidationError(
            self.env._(
                "The purchase %(purchase)s of %(customer)s can't be linked to "
                "%(item)s, which another customer ordered.",
                purchase=self.name,
                customer=self.commercial_partner_id.display_name,
                item=item_sudo.display_name,
            )
        )

    def _refuse_unconfirmed(self, order_sudo):
        raise ValidationError(
            self.env._(
                "%(purchase)s stays a draft until the order %(order)s is confirmed.",
                purchase=self._get_label(),
                order=order_sudo.name,
            )
        )

    def _get_sale_invoices(self):
        # sudo: accountants trace the invoice without rights on sales; which of the
        # invoices they may open is decided when they do.
        return self.sudo().sale_line_id.invoice_lines.move_id.sudo(False)

    def _compute_access_url(self):
        super()._compute_access_url()
        for purchase in self:
            purchase.access_url = f"/my/service-credits/{purchase.id}"

    # ------------------------------------------------------------------
    # Hooks
    # ------------------------------------------------------------------

    @api.model
    def _get_product_terms(self, product, company):
        """Hook: what a product says about the credits that are sold with it."""
        return {}

    def _note_origin(self):
        """Hook: new purchases remember what they were sold with."""

    def _archive_instead(self):
        """Hook: archive and return those that are not deleted at once."""
        return self.browse()

    def _get_kept_in_archive(self):
        """Hook: those that may wait in the archive with all their credits."""
        return self.browse()

    def _note_unarchived(self):
        """Hook: these were taken out of the archive."""

    def _compute_billed_totals(self):
        """Hook: what documents say about what was sold."""
        self.invoiced_total = self.credited_total = 0.0

    def _compute_billing_note(self):
        """Hook: where documents and the purchase differ, in words."""
        self.billing_note = False

    def _get_released_shares(self):
        """Hook: how much of what was sold may be used, from 0 to 1, by purchase; all
        of those that are left out."""
        return {}

    def _get_unpaid_invoices(self):
        """Hook: the posted invoices whose payment the credits wait for."""
        return self.env["account.move"]

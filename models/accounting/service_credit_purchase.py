# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models

from ..selling.billing import INVOICES, KEEP, REFUNDS, REPLACE, WITHDRAW, get_billing
from .figures import LIABILITY_TYPES


class ServiceCreditPurchase(models.Model):
    """What the books ask about a purchase, and what journal items that name it, of
    invoices made by hand, say about one without an order."""

    _inherit = "service.credit.purchase"

    @api.depends("company_id")
    def _compute_is_in_books(self):
        super()._compute_is_in_books()
        for purchase in self:
            company = purchase.company_id
            purchase.is_in_books = bool(company.service_credit_liability_account_id)

    # ------------------------------------------------------------------
    # Documents made by hand
    # ------------------------------------------------------------------

    @api.depends("service_credit_item_ids.move_id.state")
    def _compute_billed_totals(self):
        super()._compute_billed_totals()
        # What no item names was not billed by hand.
        by_hand = self.filtered(
            lambda lot: not lot.sale_line_id and lot._origin.service_credit_item_ids
        )
        for purchase, billing in get_billing(by_hand).items():
            purchase.invoiced_total = billing.invoiced_total
            purchase.credited_total = billing.credited_total

    @api.depends("service_credit_item_ids.move_id.state")
    @api.depends_context("lang")
    def _compute_billing_note(self):
        """Depend on the items that name the purchase, see `_get_price_notes`."""
        return super()._compute_billing_note()

    def _add_documents_by_hand(self, billings):
        """An invoice that names a purchase stands for all of its credits, whatever its
        quantity; credit notes take back the part of them that their amount is."""
        super()._add_documents_by_hand(billings)
        for lot in self.filtered(lambda lot: not lot.sale_line_id):
            for item in lot._get_items_by_hand():
                lot._add_item_by_hand(billings[lot], item)

    def _get_items_by_hand(self):
        """Return the posted items of invoices and credit notes that name a purchase,
        and that no order tells about."""
        # sudo: what is invoiced does not depend on who looks
        items_sudo = self.sudo().service_credit_item_ids
        return items_sudo.filtered(
            lambda item: (
                item.parent_state == "posted"
                and item.move_type in INVOICES + REFUNDS
                and not item.sale_line_ids & self.sale_line_id
            )
        ).sorted(lambda item: (item.date, item.id))

    def _get_amount_by_hand(self, item):
        return item.currency_id._convert(
            -item.amount_currency,
            self.currency_id,
            self.company_id,
            item.move_id.invoice_date or item.date,
        )

    def _add_item_by_hand(self, billing, item):
        """Add an item; its amount counts as units. All credits are what was invoiced
        at most: what is invoiced anew is not sold twice."""
        amount = self._get_amount_by_hand(item)
        if item.move_type in INVOICES:
            billing.invoiced_total += amount
            billing.invoiced += amount
            billing.ordered = max(billing.ordered, billing.net)
            return
        billing.credited_total -= amount
        effect = item.move_id.service_credit_effect or WITHDRAW
        if effect == KEEP:
            return
        billing.returned -= amount
        if effect == REPLACE:
            billing.ordered = max(billing.ordered + amount, billing.net)
        else:
            billing.credited -= amount
            billing.notes.append(item.move_id)

    def _get_price_notes(self, billing):
        """An opening entry says what is still owed, not what was paid."""
        notes = super()._get_price_notes(billing)
        # sudo: what is invoiced does not depend on who looks
        named_sudo = self.sudo().service_credit_item_ids
        posted = named_sudo.filtered(lambda item: item.parent_state == "posted")
        if not self.sale_line_id:
            return [] if "entry" in posted.mapped("move_type") else notes
        amount = sum(map(self._get_amount_by_hand, self._get_items_by_hand()))
        if self.currency_id.is_zero(amount):
            return notes
        by_hand = self.env._(
            "Invoices and credit notes made by hand name %(purchase)s too, with a "
            "total of %(amount)s.",
            purchase=self._get_label(),
            amount=self.currency_id.format(amount),
        )
        return [*notes, by_hand]

    def _get_difference_note(self, billing, ours, theirs):
        if self.sale_line_id:
            return super()._get_difference_note(billing, ours, theirs)
        return self.env._(
            "%(purchase)s states that %(ours)s was paid, but the total of the invoices "
            "and credit notes that name it is %(theirs)s.",
            purchase=self._get_label(),
            ours=self.currency_id.format(ours),
            theirs=self.currency_id.format(theirs),
        )

    @api.depends("service_credit_item_ids")
    def _compute_sale_invoice_count(self):
        """Depend on the items that name the purchase, see `_get_sale_invoices`."""
        return super()._compute_sale_invoice_count()

    def _get_sale_invoices(self):
        # sudo: which of the invoices they may open is decided when they do
        named_sudo = self.sudo().service_credit_item_ids.move_id
        documents_sudo = named_sudo.filtered(lambda move: move.is_sale_document(True))
        return super()._get_sale_invoices() | documents_sudo.sudo(False)

    # ------------------------------------------------------------------
    # Journal items
    # ------------------------------------------------------------------

    def _get_sold_product(self):
        """Return the product whose revenue the credits are."""
        # sudo: accountants need no right on sales
        purchase_sudo = self.sudo()
        product_sudo = purchase_sudo.product_id or purchase_sudo.sale_line_id.product_id
        return product_sudo.sudo(False)

    def _get_analytic_distribution(self):
        """Return the analytic distribution of the order line."""
        # sudo: accountants need no right on sales
        return self.sudo().sale_line_id.analytic_distribution or {}

    def _get_items_action(self, domain):
        """Return the action with posted journal items of a purchase, or of none.

        :param domain: what else is asked of the items
        """
        purchase = self.id
        domain = [*domain, ("parent_state", "=", "posted")]
        if purchase:
            # The entry of a recognition is one for all its purchases.
            recognized = "move_id.service_credit_recognition_ids.line_ids.purchase_id"
            domain += [
                "|",
                "|",
                "|",
                ("service_credit_purchase_id", "=", purchase),
                ("service_credit_purchase_id.origin_id", "=", purchase),
                ("sale_line_ids.service_credit_purchase_ids", "=", purchase),
                (recognized, "=", purchase),
            ]
        else:
            domain += [
                ("service_credit_purchase_id", "=", False),
                (
                    "sale_line_ids",
                    "not any",
                    [("service_credit_purchase_ids", "!=", False)],
                ),
                ("move_id.service_credit_recognition_ids", "=", False),
            ]
        # sudo: accountants need no right on sales; the list shows what they may read
        items_sudo = self.env["account.move.line"].sudo().search(domain)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_account_moves_all"
        )
        action["domain"] = [("id", "in", items_sudo.ids)]
        action["context"] = {"create": False}
        return action

    def _prepare_opening_items(self, owed, date):
        """Return the values of two journal items that move what is owed from the
        account of the invoice to the liability account, at the rate of the invoice."""
        self.ensure_one()
        # sudo: accountants need no right on sales
        booked = (
            self.sudo()
            .sale_line_id.invoice_lines.sudo(False)
            .filtered(lambda item: item.parent_state == "posted" and item.date <= date)
        )
        booked = booked.filtered(
            lambda item: (
                item.move_type == "out_invoice"
                and item.account_id.account_type not in LIABILITY_TYPES
            )
        )
        amount = sum(booked.mapped("amount_currency"))
        rate = sum(booked.mapped("balance")) / amount if amount else 1.0
        company, currency = self.company_id, self.currency_id
        if booked.currency_id != currency:
            rate = currency._get_conversion_rate(
                currency, company.currency_id, company, date
            )
        values = {
            "name": self.display_name,
            "currency_id": currency.id,
            "amount_currency": owed,
            "balance": company.currency_id.round(owed * rate),
        }
        return [
            {**values, "account_id": booked[-1:].account_id.id},
            {
                **values,
                "amount_currency": -values["amount_currency"],
                "balance": -values["balance"],
                "account_id": company.service_credit_liability_account_id.id,
                "service_credit_purchase_id": self.id,
            },
        ]

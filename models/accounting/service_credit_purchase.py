# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models


class ServiceCreditPurchase(models.Model):
    """What the books ask about a purchase."""

    _inherit = "service.credit.purchase"

    @api.depends("company_id")
    def _compute_is_in_books(self):
        super()._compute_is_in_books()
        for purchase in self:
            company = purchase.company_id
            purchase.is_in_books = bool(company.service_credit_liability_account_id)

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
        booked = booked.filtered(lambda item: item.move_type == "out_invoice")
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

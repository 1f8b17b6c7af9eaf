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

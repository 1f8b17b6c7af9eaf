# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .figures import LIABILITY_TYPES


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    service_credit_purchase_id = fields.Many2one(
        comodel_name="service.credit.purchase",
        string="Purchase of Service Credits",
        copy=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Whose credits the journal item pays for, if no sales order item says so:"
        " for an invoice made by hand, or the opening entry.",
    )

    def copy_data(self, default=None):
        """Let a credit note take what an opening entry moved from where it is now."""
        vals_list = super().copy_data(default)
        if "move_reverse_cancel" in self.env.context:
            for line, vals in zip(self, vals_list, strict=True):
                # sudo: who credits needs no right on sales
                named_sudo = line.sudo().sale_line_ids.service_credit_purchase_ids
                moved_sudo = named_sudo.service_credit_item_ids.filtered(
                    lambda item: (
                        item.move_type == "entry" and item.parent_state == "posted"
                    )
                )
                if moved_sudo and line.display_type == "product":
                    vals["account_id"] = moved_sudo[-1:].account_id.id
        return vals_list

    def _compute_account_id(self):
        """Let what is paid for credits wait until they are used."""
        res = super()._compute_account_id()
        for line in self:
            owed = line._get_service_credit_account()
            if owed and line._is_for_service_credits():
                line.account_id = owed
            elif owed and line.account_id == owed and not line.product_id:
                # Core took the account of the lines, or invoices, before: a discount,
                # or other work, would wait on it for ever.
                line.account_id = line.move_id.journal_id.default_account_id
        return res

    def _get_service_credit_account(self):
        """Return the account on which the company owes credits that are invoiced by
        the document of the line."""
        move, company_sudo = self.move_id, self.company_id.sudo()
        if (
            self.display_type != "product"
            or not move.is_sale_document(include_receipts=True)
            or not company_sudo._has_service_credit_accounts()
        ):
            return self.env["account.account"]
        account = company_sudo.service_credit_liability_account_id.sudo(False)
        return move.fiscal_position_id.map_account(account)

    def _is_for_service_credits(self):
        product, purchase = self.product_id, self.service_credit_purchase_id
        return bool(product.service_credits or purchase and not product)

    @api.constrains("service_credit_purchase_id", "account_id")
    def _check_service_credit_purchase(self):
        for line in self.filtered("service_credit_purchase_id"):
            if line.account_id.account_type not in LIABILITY_TYPES:
                # sudo: those who book need not see the purchase
                purchase_sudo = line.service_credit_purchase_id.sudo()
                raise ValidationError(
                    self.env._(
                        "%(account)s can't hold what is owed for %(purchase)s: choose "
                        "a liability account, or no purchase.",
                        account=line.account_id.display_name,
                        purchase=purchase_sudo.display_name,
                    )
                )

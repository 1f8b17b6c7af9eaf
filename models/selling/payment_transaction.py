# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        """Start no payment of a quotation by a contact who may not buy.

        Here and not when the money has come: it would have come for nothing.

        :raise UserError: saying who may pay
        """
        transactions = super().create(vals_list)
        # sudo: those who pay by a link may not read the order
        transactions.sudo().sale_order_ids._check_answer()
        return transactions

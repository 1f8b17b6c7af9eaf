# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import UserError, ValidationError


class ServiceCreditPurchase(models.Model):
    """A purchase that was sold: how it follows its sales order item."""

    _inherit = "service.credit.purchase"

    @api.constrains("sale_line_id", "partner_id")
    def _check_sale_line_customer(self):
        """A purchase hangs on an item that its own customer bought."""
        for purchase in self:
            # sudo: whoever records purchases need not see the order
            item_sudo = purchase.sudo().sale_line_id
            customer_sudo = item_sudo.order_id.partner_id.commercial_partner_id
            if item_sudo and customer_sudo != purchase.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "The purchase %(purchase)s of %(customer)s can't be linked to "
                        "%(item)s, which another customer ordered.",
                        purchase=purchase.name,
                        customer=purchase.commercial_partner_id.display_name,
                        item=item_sudo.display_name,
                    )
                )

    def _follow_owner(self, order):
        """Take over whose the order is now.

        :raise UserError: credits that can be used stay with their customer and company
        """
        owner = order._prepare_purchase_owner()
        drafts = self.filtered(lambda lot: lot.is_draft and not lot.has_rows)
        drafts.write(owner)
        rest = self - drafts
        rest.write({"opportunity_id": owner["opportunity_id"]})
        customer = order.partner_id.commercial_partner_id
        for purchase in rest:
            if (
                purchase.commercial_partner_id != customer
                or purchase.company_id != order.company_id
            ):
                raise UserError(
                    self.env._(
                        "%(order)s can't move to another customer or company, because "
                        "the service credits of its purchase %(purchase)s belong to "
                        "%(customer)s in %(company)s. Create a new order instead.",
                        order=order.name,
                        purchase=purchase.name,
                        customer=purchase.commercial_partner_id.display_name,
                        company=purchase.company_id.name,
                    )
                )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..models.selling import shop
from ..tools import clean_text

BUY_URL = "/my/service-credits/buy"
# A refusal is shown once, with what was chosen.
BUY_ERROR_KEY = "service_buy_error"


class ShopPortal(CustomerPortal):
    """Customers order more: a quotation of theirs, which they sign as any other."""

    @http.route(
        BUY_URL, type="http", auth="user", methods=["GET"], website=True, readonly=True
    )
    def portal_buy_services(self, **kwargs):
        """Show what can be ordered at which price, and the quotation that is open."""
        user, company = request.env.user, request.env.company
        if not user._is_portal():
            return request.redirect("/my/service-credits")
        contact = user.partner_id
        pricelist = shop.get_pricelist(contact, company)
        values = self._prepare_portal_layout_values() | {
            "page_name": "service_credit",
            "shop_products": shop.get_prices(contact, company),
            "shop_currency": pricelist.currency_id or company.sudo().currency_id,
            "shop_most": shop.MOST_UNITS,
            "open_order": shop.get_open_order(contact, company),
            "buyers_note": not contact._may_buy_services()
            and contact._get_buyers_text(),
            "refused": request.session.pop(BUY_ERROR_KEY, None) or {},
        }
        return request.render("helpdesk_service_credit.portal_buy_services", values)

    @http.route(
        f"{BUY_URL}/order", type="http", auth="user", methods=["POST"], website=True
    )
    def portal_order_services(self, product_id=None, units=None, **kwargs):
        """Quote what was chosen, and go on to the quotation."""
        user, company = request.env.user, request.env.company
        if not user._is_portal():
            return request.redirect("/my/service-credits")
        product_id, units = clean_text(product_id)[:20], clean_text(units)[:20].strip()
        try:
            with request.env.cr.savepoint():
                order_sudo = shop.order(user.partner_id, company, product_id, units)
        except UserError as error:
            request.session[BUY_ERROR_KEY] = {
                "error": str(error),
                "product": product_id,
                "units": units,
            }
            return request.redirect(BUY_URL)
        return request.redirect(f"/my/orders/{order_sudo.id}")

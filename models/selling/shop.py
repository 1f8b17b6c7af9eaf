# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What customers order by themselves in the portal: a quotation in their name, which
they sign and pay like any other.

The controller has checked that the contact is the user's own.
"""

from odoo import Command
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import lock_and_touch

# A slip of the keyboard, or a joke.
MOST_UNITS = 1000


def get_prices(contact, company):
    """Return ``{product: price of one unit}`` of what the contact can order.

    Products that cost this customer nothing are not among them: signing would be
    taking.
    """
    # sudo: customers may not read products; these are meant for them
    products_sudo = contact.env["product.product"].sudo().with_company(company)
    domain = Domain(
        [
            ("service_credit_portal", "=", True),
            ("sale_ok", "=", True),
            ("type", "=", "service"),
            ("company_id", "in", (False, company.id)),
        ]
    )
    products_sudo = products_sudo.search(domain)
    pricelist = get_pricelist(contact, company)
    prices = {
        product: pricelist._get_product_price(product, 1.0)
        if pricelist
        else product.lst_price
        for product in products_sudo
    }
    return {product: price for product, price in prices.items() if price > 0}


def get_pricelist(contact, company):
    # sudo: what the customer pays is no secret for the customer
    return contact.sudo().with_company(company).property_product_pricelist


def get_open_order(contact, company):
    """Return the quotation that the customer ordered and did not answer yet."""
    # sudo: the reader's own, also that of a colleague
    orders_sudo = contact.env["sale.order"].sudo()
    domain = Domain("company_id", "=", company.id) & Domain("state", "=", "sent")
    domain &= Domain("service_ordered_by_id", "!=", False)
    domain &= Domain(
        "partner_id.commercial_partner_id", "=", contact.commercial_partner_id.id
    )
    return orders_sudo.search(domain).filtered(lambda order: not order.is_expired)[:1]


def order(contact, company, product_id, units):
    """Quote so many units of a product, or return the quotation that is open.

    :param units: as it came in from the page
    :raise UserError: for a contact who may not buy, a product that is not sold here,
        or an impossible number
    """
    env = contact.env
    contact._check_may_buy_services()
    product = next(
        (p for p in get_prices(contact, company) if str(p.id) == product_id), None
    )
    if not product:
        raise UserError(env._("This product is not sold here: choose another one."))
    if not (units.isascii() and units.isdecimal() and 1 <= int(units) <= MOST_UNITS):
        raise UserError(
            env._(
                "Choose between 1 and %(most)s units of %(product)s.",
                most=MOST_UNITS,
                product=product.name,
            )
        )
    # sudo: a customer may not write the company
    lock_and_touch(contact.sudo().commercial_partner_id)
    return get_open_order(contact, company) or _create_order(
        contact, company, product, int(units)
    )


def _create_order(contact, company, product, units):
    # sudo: customers may not create quotations; this one is theirs to sign
    orders_sudo = contact.env["sale.order"].sudo().with_company(company)
    order_sudo = orders_sudo.create(
        {
            "partner_id": contact.id,
            "service_ordered_by_id": contact.id,
            "company_id": company.id,
            "state": "sent",
            "origin": contact.env._("Customer portal"),
            "order_line": [
                Command.create({"product_id": product.id, "product_uom_qty": units})
            ],
        }
    )
    if not (order_sudo.require_signature or order_sudo.require_payment):
        order_sudo.require_signature = True
    return order_sudo

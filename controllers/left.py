# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a customer has left, in sentences: the portal's home, tickets and lists.

Who may know is for the caller to check.
"""

from odoo.fields import Domain
from odoo.tools import format_date

from ..tools import format_number

# The home page is no list.
MOST_ITEMS = 20


def get_left(env, customer):
    """Return what is left of all the customer can use, hours before credits."""
    # sudo: customers may not read items; the sentences are about their own
    lines_sudo = env["sale.order.line"].sudo()
    domain = (
        Domain("order_id.partner_id.commercial_partner_id", "=", customer.id)
        & Domain("state", "=", "sale")
        & Domain("is_service", "=", True)
        & (
            Domain("limit_hours", "=", True)
            # No time uses up what was sold as credits, or is delivered by hand.
            | Domain("remaining_hours", ">", 0) & lines_sudo._domain_ticket_item()
        )
    )
    items_sudo = lines_sudo.search(domain, order="id desc", limit=MOST_ITEMS)
    texts = [get_item_text(item_sudo) for item_sudo in items_sudo]
    return [text for text in texts if text] + get_credit_texts(env, customer)


def get_item_text(item_sudo):
    """Return what is left of a sales order item; nothing where nothing limits it."""
    env = item_sudo.env
    if item_sudo.limit_hours:
        left, total = item_sudo.authorized_hours_left, item_sudo.authorized_hours
    elif item_sudo.remaining_hours_available and item_sudo.filtered_domain(
        item_sudo._domain_ticket_item()
    ):
        left = item_sudo.remaining_hours
        hour = env.ref("uom.product_uom_hour")
        total = item_sudo.product_uom_id._compute_quantity(
            item_sudo.product_uom_qty, hour, round=False
        )
    else:
        return None
    return env._(
        "%(left)s of %(total)s h left on %(item)s (%(order)s)",
        left=format_number(env, round(left, 2)),
        total=format_number(env, round(total, 2)),
        item=item_sudo.product_id.name,
        order=item_sudo.order_id.name,
    )


def get_credit_texts(env, customer, company=None):
    """Return what is left in each currency, of how much, and until when."""
    company = company or env.company
    # sudo: the sentences are about the own credits of the reader
    balances = customer.sudo()._get_service_credit_balance(company=company)
    bought = _get_bought(env, customer, company)
    several = len(balances) > 1
    texts = [_get_credit_text(env, line, bought, several) for line in balances]
    # sudo: see above
    texts += customer.sudo()._get_allotment_texts(company)
    return texts + get_shared_texts(env, customer, company)


def get_shared_texts(env, customer, company=None):
    """Return what is left of what others share with the customer."""
    # sudo: see get_credit_texts
    shared = customer.sudo()._get_shared_credits(company)
    return [
        env._(
            "%(credits)s credits left of %(purchase)s, shared by %(owner)s, until "
            "%(date)s",
            credits=lot._format_credits(credits),
            purchase=lot.name,
            owner=lot.commercial_partner_id.name,
            date=format_date(env, lot.date_expiry),
        )
        for _customer, lot, credits in shared
    ]


def _get_bought(env, customer, company):
    """Return ``{currency name: credits}`` that were bought with what is usable, and
    neither transferred to others nor withdrawn since."""
    # sudo: see get_credit_texts
    purchases_sudo = env["service.credit.purchase"].sudo()
    today = company.sudo()._get_today()
    domain = Domain("commercial_partner_id", "=", customer.commercial_partner_id.id)
    domain &= purchases_sudo._get_open_domain(company, today, today)
    groups = purchases_sudo.with_context(active_test=False)._read_group(
        domain,
        ["currency_id"],
        ["credits:sum", "credits_transferred:sum", "credits_withdrawn:sum"],
    )
    return {
        currency.name: credits - transferred - withdrawn
        for currency, credits, transferred, withdrawn in groups
    }


def _get_credit_text(env, balance, bought, several):
    digits = env["service.credit.purchase"]._get_credit_digits()
    values = {
        "credits": format_number(env, balance["credits_available"], digits),
        "bought": format_number(env, bought.get(balance["currency"], 0), digits),
        "soonest": format_number(env, balance["credits_next_expiry"], digits),
        "date": format_date(env, balance["next_expiry"]),
        "currency": balance["currency"],
    }
    is_all = values["soonest"] == values["credits"]
    if several and is_all:
        return env._(
            "%(credits)s of %(bought)s credits left in %(currency)s until %(date)s",
            **values,
        )
    if several:
        return env._(
            "%(credits)s of %(bought)s credits left in %(currency)s, %(soonest)s of "
            "them until %(date)s",
            **values,
        )
    if is_all:
        return env._("%(credits)s of %(bought)s credits left until %(date)s", **values)
    return env._(
        "%(credits)s of %(bought)s credits left, %(soonest)s of them until %(date)s",
        **values,
    )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which levels of a company's alerts are reached, and which alerts are over. Nothing is
written."""

from datetime import date as Date
from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import SQL, float_compare

from ...tools import add_days
from ..ledger.movements import query_excess

OPEN = "open"
OVER = "over"
PERCENT = "percent"
CREDITS = "credits"
EXPIRY = "expiry"

# What each customer can use, and what there was when the latest purchase started:
# that, and not what was bought in all the years, is what percents are of.
POOLS = """
    WITH lot AS (
        SELECT id, commercial_partner_id, currency_id, date_expiry, state,
               GREATEST(
                   credits_available - credits_waiting - COALESCE(lapsed, 0), 0
               ) AS usable,
               credits - credits_expired - credits_withdrawn - credits_transferred
                   - credits_waiting - COALESCE(lapsed, 0) AS kept,
               FIRST_VALUE(id) OVER latest AS latest_id,
               FIRST_VALUE(date_start) OVER latest AS since
        FROM service_credit_purchase
        LEFT JOIN (%(excess)s) lapsing ON lapsing.purchase_id = id
        WHERE company_id = %(company)s AND is_draft IS NOT TRUE
          AND state <> 'waiting' AND date_start <= %(today)s AND %(customers)s
        WINDOW latest AS (
            PARTITION BY commercial_partner_id, currency_id
            ORDER BY date_start DESC, id DESC
        )
    )
    SELECT lot.commercial_partner_id, lot.currency_id, lot.latest_id, lot.since,
           SUM(lot.usable)::float,
           SUM(lot.kept - COALESCE(before.credits, 0))::float
    FROM lot
    LEFT JOIN LATERAL (
        SELECT SUM(line.credits) AS credits
        FROM service_credit_consumption line
        WHERE line.purchase_id = lot.id AND (
            line.consumption_type = 'opening'
            OR line.date < lot.since
               AND line.consumption_type IN ('consumption', 'adjustment')
        )
    ) before ON TRUE
    WHERE lot.state IN ('open', 'used') AND %(in_term)s
    GROUP BY lot.commercial_partner_id, lot.currency_id, lot.latest_id, lot.since
"""


class Pool(NamedTuple):
    """What a customer can use in one currency."""

    customer_id: int
    currency_id: int
    purchase_id: int
    since: Date
    available: float
    base: float

    def prepare_alert(self, kind, level, threshold):
        return {
            "commercial_partner_id": self.customer_id,
            "currency_id": self.currency_id,
            "purchase_id": self.purchase_id,
            "cycle": self.since,
            "kind": kind,
            "level": level,
            "threshold": threshold,
            "credits_available": self.available,
            "credits_base": self.base,
        }


def plan(env, company, today, customer_ids=None):
    """Return what is due in a company.

    :param customer_ids: commercial entities to look at, default all
    :return: the values of the alerts to open, and the open alerts that are over
    """
    levels = company._get_service_credit_alert_levels()
    alerts = env["service.credit.alert"].search(
        Domain("company_id", "=", company.id)
        & Domain("state", "=", OPEN)
        & domain_customers(customer_ids)
    )
    pools = get_pools(env, company, today, customer_ids)
    expiring = get_expiring(env, company, today, levels[EXPIRY], customer_ids)
    over = alerts.filtered(lambda alert: is_over(alert, pools, today))
    known = {get_key(vals) for vals in alerts.read(KEY, load=None)}
    wanted = get_reached(env, pools.values(), levels)
    wanted += get_running_out_of_time(expiring, levels[EXPIRY], today)
    return [vals for vals in wanted if get_key(vals) not in known], over


# What makes an alert the same one as before.
KEY = (
    "commercial_partner_id",
    "currency_id",
    "kind",
    "level",
    "purchase_id",
    "cycle",
)


def get_key(vals):
    return tuple(vals[name] for name in KEY)


def domain_customers(customer_ids):
    if customer_ids is None:
        return Domain.TRUE
    return Domain("commercial_partner_id", "in", customer_ids)


# ----------------------------------------------------------------------
# Levels of the balance
# ----------------------------------------------------------------------


def get_pools(env, company, today, customer_ids):
    """Return ``{(customer id, currency id): Pool}`` over all purchases that can be
    used; drafts, lapsed and later ones do not count."""
    env["service.credit.purchase"].flush_model()
    in_term = SQL("TRUE")
    if not company.service_credit_allow_past_expiry:
        grace = company.service_credit_grace_days
        in_term = SQL("lot.date_expiry >= %s", add_days(today, -grace))
    customers = SQL("TRUE")
    if customer_ids is not None:
        customers = SQL("commercial_partner_id = ANY(%s)", list(customer_ids))
    rows = env.execute_query(
        SQL(
            POOLS,
            excess=query_excess(env),
            company=company.id,
            today=today,
            customers=customers,
            in_term=in_term,
        )
    )
    return {(row[0], row[1]): Pool(*row) for row in rows}


def get_reached(env, pools, levels):
    """Return the values of an alert for every level that is reached."""
    found = []
    for pool in pools:
        # A purchase that was not used yet is not low, however small it is.
        if compare(env, pool.available, pool.base) >= 0:
            continue
        thresholds = [
            (PERCENT, pool.base * level / 100, level) for level in levels[PERCENT]
        ]
        thresholds += [(CREDITS, level, level) for level in levels[CREDITS]]
        for kind, threshold, level in thresholds:
            if compare(env, pool.available, threshold) <= 0:
                found.append(pool.prepare_alert(kind, level, threshold))
    return found


def compare(env, credits, other):
    digits = env["service.credit.purchase"]._get_credit_digits()
    return float_compare(credits, other, precision_digits=digits)


# ----------------------------------------------------------------------
# Expiry
# ----------------------------------------------------------------------


def get_expiring(env, company, today, levels, customer_ids):
    """Return the purchases with credits that expire within the longest level."""
    purchases = env["service.credit.purchase"]
    if not levels:
        return purchases
    return purchases.with_context(active_test=False).search(
        Domain("company_id", "=", company.id)
        & Domain("state", "=", "open")
        & Domain("date_start", "<=", today)
        & Domain("date_expiry", ">=", today)
        & Domain("date_expiry", "<=", add_days(today, max(levels)))
        # The end of each period of an allotment is no news: the end of the last one is.
        & (Domain("plan_id", "=", False) | Domain("plan_id.next_start", "=", False))
        & domain_customers(customer_ids)
    )


def get_running_out_of_time(purchases, levels, today):
    """Return the values of an alert for every level of days that is reached."""
    return [
        {
            "commercial_partner_id": purchase.commercial_partner_id.id,
            "currency_id": purchase.currency_id.id,
            "purchase_id": purchase.id,
            "cycle": purchase.date_expiry,
            "kind": EXPIRY,
            "level": level,
            "threshold": 0.0,
            "credits_available": purchase._get_usable_credits(),
            "credits_base": purchase.credits,
        }
        for purchase in purchases
        for level in levels
        if (purchase.date_expiry - today).days <= level
    ]


# ----------------------------------------------------------------------
# Over
# ----------------------------------------------------------------------


def is_over(alert, pools, today):
    """Tell whether an open alert may fire again: something new was bought, its credits
    came back, or there is nothing left that it warns of."""
    if alert.kind == EXPIRY:
        purchase = alert.purchase_id
        return (
            purchase.state != "open"
            or purchase.date_expiry != alert.cycle
            or alert.cycle < today
        )
    pool = pools.get((alert.commercial_partner_id.id, alert.currency_id.id))
    return (
        not pool
        or (pool.purchase_id, pool.since) != (alert.purchase_id.id, alert.cycle)
        or compare(alert.env, pool.available, alert.threshold) > 0
    )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What purchases come to on a date or in a period, as SQL.

It reads the movements of the period and those after it, or those after the date alone:
what a purchase is worth in the end follows from what is stored with it, and what a date
is earlier is taken off again. So balances of today cost no row of the ledger, and those
of a date as much as has happened since.
"""

from odoo.tools import SQL

from .movements import TERMS, query_movements

AMOUNTS = ("credits", "value", "paid")
# Of sales: few rows, in which what is stored does not tell them apart.
SALES = ("elsewhere", "withdrawn", "transferred")
KINDS = ("bought", "used", "expired", *SALES)
GONE = ("used", "expired", *SALES)
# How the model orders them.
COLUMNS = ("bought", "used", "elsewhere", "expired", "withdrawn", "transferred")
# What was sold, before the first row.
SOLD = {
    "credits": "terms.credits",
    "value": "terms.value_total",
    "paid": "terms.paid_total",
}

SUMS = ", ".join(
    f"COALESCE(MAX({amount}) FILTER (WHERE movement_type = '{kind}' AND {test}), 0)"
    f" AS {amount}_{kind}_{when}"
    for amount in AMOUNTS
    for kind in KINDS
    for when, test in (("then", "is_then"), ("after", "NOT is_then"))
)
# By kind first: there are few numbers to keep for each of many purchases then.
MOVED = f"""
    SELECT purchase_id, commercial_partner_id, {SUMS},
           COALESCE(SUM(count) FILTER (WHERE is_then), 0) AS count
    FROM (
        SELECT purchase_id, commercial_partner_id, movement_type,
               date <= %(end)s AS is_then, COUNT(*) AS count,
               SUM(credits) AS credits, SUM(value) AS value, SUM(paid) AS paid
        FROM %(movement)s movement
        WHERE %(asked)s
        GROUP BY 1, 2, 3, 4
    ) kind
    GROUP BY 1, 2
"""
OF_PERIOD = "date >= %(start)s"
OF_DATE = f"(date > %(end)s OR movement_type IN {SALES})"


def _sum(amount, kinds, when):
    return " + ".join(f"COALESCE({amount}_{kind}_{when}, 0)" for kind in kinds)


def _count_all(amount):
    """Return what has happened to a purchase until a date, by kind: all that ever
    happens less what comes after the date."""
    expired = f"{amount}_expired + ending.{amount}"
    used = f"{SOLD[amount]} - {amount}_available - {amount}_expired"
    of_sales = f"{_sum(amount, SALES, 'then')} + {_sum(amount, SALES, 'after')}"
    return {
        "bought": SOLD[amount],
        "used": f"{used} - ({of_sales}) - {_sum(amount, ['used'], 'after')}",
        "expired": f"{expired} - {_sum(amount, ['expired'], 'after')}",
        **{kind: _sum(amount, [kind], "then") for kind in SALES},
    }


def _count_period(amount):
    """Return what has happened to a purchase in a period, by kind."""
    return {kind: _sum(amount, [kind], "then") for kind in KINDS}


def _figures(count):
    parts = []
    for amount in AMOUNTS:
        for kind, figure in count(amount).items():
            parts.append(f"{figure} AS {amount}_{kind}")
        # In the end, what lapses with its term is gone.
        parts.append(
            f"{amount}_available - ending.{amount} + {_sum(amount, GONE, 'after')}"
            f" - {_sum(amount, ['bought'], 'after')} AS {amount}_closing"
        )
    return ", ".join(parts)


def _opening(amount):
    gone = " + ".join(f"{amount}_{kind}" for kind in GONE)
    return f"{amount}_closing + {gone} - {amount}_bought AS {amount}_opening"


OWNER = "commercial_partner_id, company_id, currency_id"
ENDING = ", ".join(
    "CASE WHEN terms.last_day < DATE '9999-12-31'"
    f" THEN terms.{amount}_available ELSE 0 END AS {amount}"
    for amount in AMOUNTS
)
OPENINGS = ", ".join(_opening(amount) for amount in AMOUNTS)
# Named one by one, as the two parts are put together by their places.
NAMES = ", ".join(
    ", ".join(f"{amount}_{name}" for name in ("opening", *COLUMNS, "closing", "later"))
    for amount in AMOUNTS
)
NONE_LATER = ", ".join(f"0::numeric AS {amount}_later" for amount in AMOUNTS)
STARTED = f"""
    SELECT purchase_id, {OWNER}, starts_on, date_expiry, {NAMES}
    FROM (
        SELECT figures.*, {OPENINGS}, {NONE_LATER}
        FROM (
            SELECT terms.id AS purchase_id, terms.commercial_partner_id,
                   terms.company_id, terms.currency_id, terms.starts_on,
                   terms.date_expiry, moved.count, %%s
            FROM ({TERMS}) terms
            CROSS JOIN LATERAL (SELECT {ENDING}) ending
            LEFT JOIN ({MOVED}) moved
              ON moved.purchase_id = terms.id
             AND moved.commercial_partner_id = terms.commercial_partner_id
            WHERE terms.date_start <= %(end)s
        ) figures
    ) started
"""
# Of one type with those above: the database then leaves out what nobody asks for.
LATER_FIGURES = ", ".join(
    ", ".join(["0::numeric"] * (len(COLUMNS) + 2)) + f", sold.{amount} - early.{amount}"
    for amount in AMOUNTS
)
# What was recorded by the date and starts after it is no balance yet, but it is owed.
LATER = f"""
    SELECT id, {OWNER}, date_start, date_expiry, {LATER_FIGURES}
    FROM service_credit_purchase
    JOIN (%(days)s) day USING (company_id)
    CROSS JOIN LATERAL (
        SELECT COALESCE(SUM(line.credits), 0) AS credits,
               COALESCE(SUM(line.value), 0) AS value,
               COALESCE(SUM(line.paid), 0) AS paid
        FROM service_credit_consumption line
        WHERE line.purchase_id = service_credit_purchase.id
          AND (line.date <= %(end)s OR line.consumption_type = 'opening')
    ) early
    CROSS JOIN LATERAL (
        -- Credits that were received come with a row.
        SELECT CASE WHEN origin_id IS NULL THEN service_credit_purchase.credits
                    ELSE 0 END AS credits,
               CASE WHEN origin_id IS NULL THEN value_total ELSE 0 END AS value,
               CASE WHEN origin_id IS NULL THEN paid_total ELSE 0 END AS paid
    ) sold
    WHERE is_draft IS NOT TRUE AND date_start > %(end)s
      AND (create_date AT TIME ZONE 'UTC' AT TIME ZONE day.time_zone)::date <= %(end)s
      AND sold.credits > early.credits
"""
BALANCE = """
    SELECT balance.*, purchase_id AS id, starts_on AS date_start
    FROM (%s UNION ALL %s) balance
"""


def _query_started(count, asked, kept):
    text = STARTED.replace("%%s", _figures(count)).replace("%(asked)s", asked)
    return f"{text} WHERE {kept}"


STARTED_BY_DATE = _query_started(_count_all, OF_DATE, "TRUE")
# What was gone before the period is no part of it.
STARTED_IN_PERIOD = _query_started(
    _count_period, OF_PERIOD, "count > 0 OR credits_closing <> 0"
)


# What is gone of a purchase until a date.
GONE_NAMES = ", ".join(
    f"{amount}_{kind}" for amount in ("credits", "paid") for kind in GONE
)
GONE_BY_DATE = f"SELECT purchase_id, {GONE_NAMES} FROM ({STARTED_BY_DATE}) balance"


def query_balances(movement, days, end, start=None):
    """Return SQL with a row per purchase.

    :param SQL movement: the movements of all purchases
    :param start: the first day of the period; None for all until the end
    """
    started = STARTED_IN_PERIOD if start else STARTED_BY_DATE
    values = {"start": start, "end": end, "days": days, "movement": movement}
    values["which"] = SQL("TRUE")
    return SQL(BALANCE, SQL(started, **values), SQL(LATER, **values))


def query_gone(env, which, date):
    """Return SQL with what is gone of purchases that started until a date: a row per
    purchase, with the credits of every kind of movement and what was paid for them.

    :param SQL which: a condition on ``purchase``
    """
    return SQL(
        GONE_BY_DATE,
        end=date,
        days=env["res.company"]._query_days(),
        movement=SQL("(%s)", query_movements(env, which)),
        which=which,
    )

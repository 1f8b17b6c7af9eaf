# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What was bought, used and lost, with the day from which it counts, as SQL.

Reports, the balances of any date and the books read it: they cannot disagree.
"""

from odoo.tools import SQL

# The terms of every purchase that is no draft, what was sold with it, and what day it
# is where its company is; `last_day` is the last work date that it may pay, and empty
# when credits pay past their expiry date. After `roll_day` only what rolls over can be
# used, and `excess` is what lapses then, as far as it was not written off yet.
# Works on `purchase`, its `company` and `currency`.
ROLLED = """
    SELECT rolled.last, rolled.excess,
           ROUND(purchase.value_available * rolled.excess
                 / NULLIF(purchase.credits_available, 0) / currency.rounding)
               * currency.rounding AS value,
           ROUND(purchase.paid_available * rolled.excess
                 / NULLIF(purchase.credits_available, 0) / currency.rounding)
               * currency.rounding AS paid
    FROM (
        SELECT purchase.date_rollover
                   + COALESCE(company.service_credit_grace_days, 0) AS last,
               GREATEST(purchase.credits_available - GREATEST(
                   purchase.rollover_credits - COALESCE(SUM(later.credits), 0), 0
               ), 0) AS excess
        FROM service_credit_consumption later
        -- Nothing is read of purchases that are no periods.
        WHERE purchase.date_rollover IS NOT NULL
          AND later.purchase_id = purchase.id
          AND later.consumption_type IN ('consumption', 'adjustment')
          AND later.date > purchase.date_rollover
                           + COALESCE(company.service_credit_grace_days, 0)
    ) rolled
    WHERE purchase.date_rollover < purchase.date_expiry
      AND purchase.rollover_credits < purchase.credits
      AND company.service_credit_allow_past_expiry IS NOT TRUE
"""
EXCESS = f"""
    SELECT purchase.id AS purchase_id, roll.last AS roll_day, roll.excess AS lapsed,
           COALESCE(roll.value, 0) AS lapsed_value,
           COALESCE(roll.paid, 0) AS lapsed_paid
    FROM service_credit_purchase purchase
    JOIN res_company company ON company.id = purchase.company_id
    JOIN res_currency currency ON currency.id = purchase.currency_id
    JOIN (%(days)s) day ON day.company_id = purchase.company_id
    CROSS JOIN LATERAL ({ROLLED}) roll
    WHERE purchase.date_rollover < day.today
      AND purchase.state IN ('open', 'waiting')
      AND roll.last < day.today AND roll.excess > 0
"""
TERMS = f"""
    SELECT purchase.id, purchase.commercial_partner_id, purchase.company_id,
           purchase.currency_id,
           GREATEST(purchase.date_start, purchase.date_received) AS date_start,
           sold.credits, sold.value_total, sold.paid_total, day.today,
           roll.last AS roll_day,
           COALESCE(roll.excess, 0) AS excess,
           COALESCE(roll.value, 0) AS excess_value,
           COALESCE(roll.paid, 0) AS excess_paid,
           CASE WHEN company.service_credit_allow_past_expiry IS NOT TRUE
                THEN purchase.date_expiry
                     + COALESCE(company.service_credit_grace_days, 0)
           END AS last_day
    FROM service_credit_purchase purchase
    JOIN res_company company ON company.id = purchase.company_id
    JOIN res_currency currency ON currency.id = purchase.currency_id
    JOIN (%(days)s) day ON day.company_id = purchase.company_id
    CROSS JOIN LATERAL (
        -- Credits that were received come with a row.
        SELECT CASE WHEN purchase.origin_id IS NULL THEN purchase.credits ELSE 0 END
                   AS credits,
               CASE WHEN purchase.origin_id IS NULL THEN purchase.value_total ELSE 0
                   END AS value_total,
               CASE WHEN purchase.origin_id IS NULL THEN purchase.paid_total ELSE 0
                   END AS paid_total
    ) sold
    LEFT JOIN LATERAL ({ROLLED}) roll ON TRUE
    WHERE purchase.is_draft IS NOT TRUE
"""
# A row counts from its work date on, but not before its purchase starts (it may be
# chosen by hand before) and not later than today (what is drawn is gone).
DAY = "GREATEST(terms.date_start, LEAST(line.date, terms.today))"
# In every part, so that asking for one customer reads the rows of that one only.
OWNER = "terms.commercial_partner_id, terms.company_id, terms.currency_id"
MOVEMENTS = f"""
    SELECT terms.id::bigint * 8 AS id, 'bought' AS movement_type, 1 AS sign,
           terms.date_start AS date, terms.id AS purchase_id, {OWNER},
           NULL::int AS allocation_id, NULL::int AS timesheet_id,
           terms.credits, terms.value_total AS value, terms.paid_total AS paid
    FROM ({TERMS}) terms
    WHERE terms.credits > 0
    UNION ALL
    SELECT line.id::bigint * 8 + 1,
           CASE line.consumption_type WHEN 'opening' THEN 'elsewhere' ELSE 'used' END,
           -1, {DAY}, terms.id, {OWNER},
           line.allocation_id, line.timesheet_id, line.credits, line.value, line.paid
    FROM service_credit_consumption line
    JOIN ({TERMS}) terms ON terms.id = line.purchase_id
    WHERE line.consumption_type NOT IN ('expiry', 'withdrawal', 'transfer')
    UNION ALL
    -- The sale was undone, or made smaller, or another customer received the credits;
    -- when the term was over by then, that is what became of the rest, which counted
    -- until its last day.
    SELECT line.id::bigint * 8 + 2,
           CASE line.consumption_type WHEN 'transfer' THEN 'transferred'
                ELSE 'withdrawn' END, -1,
           LEAST({DAY}, terms.last_day + 1), terms.id, {OWNER},
           line.allocation_id, NULL, line.credits, line.value, line.paid
    FROM service_credit_consumption line
    JOIN ({TERMS}) terms ON terms.id = line.purchase_id
    WHERE line.consumption_type IN ('withdrawal', 'transfer')
    UNION ALL
    -- Written off by hand before the grace period was over.
    SELECT line.id::bigint * 8 + 2, 'expired', -1, {DAY}, terms.id, {OWNER},
           line.allocation_id, NULL, line.credits, line.value, line.paid
    FROM service_credit_consumption line
    JOIN ({TERMS}) terms ON terms.id = line.purchase_id
    WHERE line.consumption_type = 'expiry'
      AND (terms.last_day IS NULL OR {DAY} <= terms.last_day)
      AND (terms.roll_day IS NULL OR line.date > terms.roll_day)
    UNION ALL
    -- What did not roll over lapses with its period, whenever it is written off.
    SELECT terms.id::bigint * 8 + 4, 'expired', -1, terms.roll_day + 1, terms.id,
           {OWNER}, NULL, NULL, terms.excess + lapsed.credits,
           terms.excess_value + lapsed.value, terms.excess_paid + lapsed.paid
    FROM ({TERMS}) terms
    CROSS JOIN LATERAL (
        SELECT COALESCE(SUM(line.credits), 0) AS credits,
               COALESCE(SUM(line.value), 0) AS value,
               COALESCE(SUM(line.paid), 0) AS paid
        FROM service_credit_consumption line
        WHERE line.purchase_id = terms.id AND line.consumption_type = 'expiry'
          AND line.date <= terms.roll_day
    ) lapsed
    WHERE terms.roll_day IS NOT NULL AND terms.excess + lapsed.credits > 0
    UNION ALL
    -- The rest lapses with the term, whenever it is written off.
    SELECT terms.id::bigint * 8 + 3, 'expired', -1, terms.last_day + 1, terms.id,
           {OWNER}, NULL, NULL, terms.credits - terms.excess - within.credits,
           terms.value_total - terms.excess_value - within.value,
           terms.paid_total - terms.excess_paid - within.paid
    FROM ({TERMS}) terms
    CROSS JOIN LATERAL (
        SELECT COALESCE(SUM(line.credits), 0) AS credits,
               COALESCE(SUM(line.value), 0) AS value,
               COALESCE(SUM(line.paid), 0) AS paid
        FROM service_credit_consumption line
        WHERE line.purchase_id = terms.id
          AND (line.consumption_type IN ('withdrawal', 'transfer', 'opening')
               OR {DAY} <= terms.last_day)
    ) within
    WHERE terms.last_day < DATE '9999-12-31'
      AND (terms.credits, terms.value_total, terms.paid_total)
          <> (within.credits + terms.excess, within.value + terms.excess_value,
              within.paid + terms.excess_paid)
    UNION ALL
    -- Used after the term nevertheless, by terms that have changed since.
    SELECT line.id::bigint * 8 + 2, 'expired', -1, {DAY}, terms.id, {OWNER},
           line.allocation_id, NULL, -line.credits, -line.value, -line.paid
    FROM service_credit_consumption line
    JOIN ({TERMS}) terms ON terms.id = line.purchase_id
    WHERE line.consumption_type IN ('consumption', 'adjustment')
      AND {DAY} > terms.last_day
"""


def query_excess(env):
    """Return SQL with what cannot be used any more of purchases whose period is over,
    because it does not roll over, and was not written off yet."""
    return SQL(EXCESS, days=env["res.company"]._query_days())


def query_movements(env):
    """Return SQL with a row per movement of all companies."""
    return SQL(
        """
        SELECT id, date, movement_type, purchase_id, allocation_id, timesheet_id,
               commercial_partner_id, company_id, currency_id, credits, value, paid,
               sign * credits AS credits_change, sign * value AS value_change,
               sign * paid AS paid_change
        FROM (%s) movement
        """,
        SQL(MOVEMENTS, days=env["res.company"]._query_days()),
    )

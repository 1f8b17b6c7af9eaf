# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What was bought, used and lost, with the day from which it counts, as SQL.

Reports, the balances of any date and the books read it: they cannot disagree.
"""

from odoo.tools import SQL

# After `last` (the `roll_day`) only what rolls over can be used, and `excess` is what
# lapses then, as far as it was not written off yet.
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
# The terms of every purchase that is no draft, what was sold with it, and what day it
# is where its company is; `last_day` is the last work date that it may pay, and empty
# when credits pay past their expiry date. What its rows were dated tells
#
# - `is_plain`: they count on their own days: none before its start or after today;
# - `is_regular`: what is left lapses with the term, and so did all that was written
#   off: the stored sums tell how much that is, without its rows.
#
# A few are neither, by terms that were changed or work that was paid in advance: for
# these, the rows are read purchase by purchase.
TERMS = """
    SELECT terms.*,
           COALESCE(rows_since >= date_start, TRUE)
               AND COALESCE(used_until <= today, TRUE) AS is_plain,
           date_rollover IS NULL
               AND COALESCE(rows_since >= date_start, TRUE)
               AND COALESCE(used_until <= last_day, TRUE)
               AND (expired_since IS NULL OR LEAST(expired_since, today) > last_day)
               AS is_regular
    FROM (
        SELECT purchase.id, purchase.commercial_partner_id, purchase.company_id,
               purchase.currency_id,
               GREATEST(purchase.date_start, purchase.date_received) AS date_start,
               -- Credits that were received come with a row.
               CASE WHEN purchase.origin_id IS NULL THEN purchase.credits ELSE 0 END
                   AS credits,
               CASE WHEN purchase.origin_id IS NULL THEN purchase.value_total ELSE 0
                   END AS value_total,
               CASE WHEN purchase.origin_id IS NULL THEN purchase.paid_total ELSE 0
                   END AS paid_total,
               purchase.credits_available, purchase.value_available,
               purchase.paid_available,
               purchase.credits_expired, purchase.value_expired,
               purchase.paid_expired,
               purchase.date_rollover, purchase.rows_since, purchase.used_until,
               purchase.expired_since, purchase.date_start AS starts_on,
               purchase.date_expiry, day.today,
               CASE WHEN company.service_credit_allow_past_expiry IS NOT TRUE
                    THEN purchase.date_expiry
                         + COALESCE(company.service_credit_grace_days, 0)
               END AS last_day
        FROM service_credit_purchase purchase
        JOIN res_company company ON company.id = purchase.company_id
        JOIN (%(days)s) day ON day.company_id = purchase.company_id
        WHERE purchase.is_draft IS NOT TRUE AND %(which)s
    ) terms
"""
# A row counts from its work date on, but not before its purchase starts (it may be
# chosen by hand before) and not later than today (what is drawn is gone).
DAY = "GREATEST(terms.date_start, LEAST(line.date, terms.today))"
# In every part, so that asking for one customer reads the rows of that one only, and
# asking for a period reads the rows of that period.
OWNER = "terms.commercial_partner_id, terms.company_id, terms.currency_id"
USED = "('consumption', 'adjustment')"
# What of a few purchases is read from their rows, and what rolled over of them.
UNPLAIN = f"""
    SELECT line.id::bigint * 8 + 1 AS id, 'used' AS movement_type, {DAY} AS date,
           line.allocation_id, line.timesheet_id, line.credits, line.value, line.paid
    FROM service_credit_consumption line
    WHERE line.purchase_id = terms.id AND line.consumption_type IN {USED}
      AND terms.is_plain IS NOT TRUE
    UNION ALL
    -- The rest lapses with the term, whenever it is written off.
    SELECT terms.id::bigint * 8 + 3, 'expired', terms.last_day + 1, NULL, NULL,
           terms.credits - ends.excess - ends.credits,
           terms.value_total - ends.excess_value - ends.value,
           terms.paid_total - ends.excess_paid - ends.paid
    WHERE terms.last_day < DATE '9999-12-31' AND terms.is_regular IS NOT TRUE
      AND (terms.credits, terms.value_total, terms.paid_total)
          <> (ends.credits + ends.excess, ends.value + ends.excess_value,
              ends.paid + ends.excess_paid)
    UNION ALL
    -- What did not roll over lapses with its period, whenever it is written off.
    SELECT terms.id::bigint * 8 + 4, 'expired', ends.roll_day + 1, NULL, NULL,
           ends.excess + ends.lapsed, ends.excess_value + ends.lapsed_value,
           ends.excess_paid + ends.lapsed_paid
    WHERE ends.roll_day IS NOT NULL AND terms.is_regular IS NOT TRUE
      AND ends.excess + ends.lapsed > 0
    UNION ALL
    -- Written off by hand before the grace period was over; or used after the term
    -- nevertheless, by terms that have changed since.
    SELECT line.id::bigint * 8 + 2, 'expired', {DAY}, line.allocation_id, NULL,
           line.credits * kind.sign, line.value * kind.sign, line.paid * kind.sign
    FROM service_credit_consumption line
    CROSS JOIN LATERAL (
        SELECT CASE WHEN line.consumption_type = 'expiry' THEN 1 ELSE -1 END AS sign
    ) kind
    WHERE line.purchase_id = terms.id AND terms.is_regular IS NOT TRUE
      AND (line.consumption_type = 'expiry'
               AND (terms.last_day IS NULL OR {DAY} <= terms.last_day)
               AND (ends.roll_day IS NULL OR line.date > ends.roll_day)
           OR line.consumption_type IN {USED} AND {DAY} > terms.last_day)
"""
# What lapses with the period of a purchase, and what of it was gone with its term.
ENDS = f"""
    SELECT roll.last AS roll_day, COALESCE(roll.excess, 0) AS excess,
           COALESCE(roll.value, 0) AS excess_value,
           COALESCE(roll.paid, 0) AS excess_paid, within.*
    FROM service_credit_purchase purchase
    JOIN res_company company ON company.id = purchase.company_id
    JOIN res_currency currency ON currency.id = purchase.currency_id
    LEFT JOIN LATERAL ({ROLLED}) roll ON TRUE
    CROSS JOIN LATERAL (
        SELECT COALESCE(SUM(line.credits) FILTER (WHERE is_gone), 0) AS credits,
               COALESCE(SUM(line.value) FILTER (WHERE is_gone), 0) AS value,
               COALESCE(SUM(line.paid) FILTER (WHERE is_gone), 0) AS paid,
               COALESCE(SUM(line.credits) FILTER (WHERE is_lapse), 0) AS lapsed,
               COALESCE(SUM(line.value) FILTER (WHERE is_lapse), 0) AS lapsed_value,
               COALESCE(SUM(line.paid) FILTER (WHERE is_lapse), 0) AS lapsed_paid
        FROM service_credit_consumption line
        CROSS JOIN LATERAL (
            SELECT line.consumption_type IN ('withdrawal', 'transfer', 'opening')
                       OR {DAY} <= terms.last_day AS is_gone,
                   line.consumption_type = 'expiry' AND line.date <= roll.last
                       AS is_lapse
        ) kind
        WHERE line.purchase_id = terms.id
    ) within
    WHERE purchase.id = terms.id
"""
MOVEMENTS = f"""
    SELECT terms.id::bigint * 8 AS id, 'bought' AS movement_type, 1 AS sign,
           terms.date_start AS date, terms.id AS purchase_id, {OWNER},
           NULL::int AS allocation_id, NULL::int AS timesheet_id,
           terms.credits, terms.value_total AS value, terms.paid_total AS paid
    FROM ({TERMS}) terms
    WHERE terms.credits > 0
    UNION ALL
    SELECT line.id::bigint * 8 + 1, 'used', -1, line.date, terms.id, {OWNER},
           line.allocation_id, line.timesheet_id, line.credits, line.value, line.paid
    FROM service_credit_consumption line
    JOIN ({TERMS}) terms ON terms.id = line.purchase_id
    WHERE line.consumption_type IN {USED} AND terms.is_plain
    UNION ALL
    -- Used elsewhere before; or the sale was undone, or made smaller, or another
    -- customer received the credits. When the term was over by then, that is what
    -- became of the rest, which counted until its last day.
    SELECT line.id::bigint * 8
               + CASE line.consumption_type WHEN 'opening' THEN 1 ELSE 2 END,
           CASE line.consumption_type WHEN 'opening' THEN 'elsewhere'
                WHEN 'transfer' THEN 'transferred' ELSE 'withdrawn' END, -1,
           CASE line.consumption_type WHEN 'opening' THEN {DAY}
                ELSE LEAST({DAY}, terms.last_day + 1) END,
           terms.id, {OWNER},
           line.allocation_id, NULL, line.credits, line.value, line.paid
    FROM service_credit_consumption line
    JOIN ({TERMS}) terms ON terms.id = line.purchase_id
    WHERE line.consumption_type IN ('opening', 'transfer', 'withdrawal')
    UNION ALL
    SELECT terms.id::bigint * 8 + 3, 'expired', -1, terms.last_day + 1, terms.id,
           {OWNER}, NULL, NULL, terms.credits_available + terms.credits_expired,
           terms.value_available + terms.value_expired,
           terms.paid_available + terms.paid_expired
    FROM ({TERMS}) terms
    WHERE terms.is_regular AND terms.last_day < DATE '9999-12-31'
      AND (terms.credits_available + terms.credits_expired,
           terms.value_available + terms.value_expired,
           terms.paid_available + terms.paid_expired) <> (0, 0, 0)
    UNION ALL
    SELECT part.id, part.movement_type, -1, part.date, terms.id, {OWNER},
           part.allocation_id, part.timesheet_id, part.credits, part.value, part.paid
    FROM ({TERMS}) terms
    -- One by one, for which OFFSET stands, however many there seem to be.
    CROSS JOIN LATERAL ({ENDS} OFFSET 0) ends
    CROSS JOIN LATERAL ({UNPLAIN} OFFSET 0) part
    WHERE terms.is_plain IS NOT TRUE OR terms.is_regular IS NOT TRUE
"""


def query_excess(env):
    """Return SQL with what cannot be used any more of purchases whose period is over,
    because it does not roll over, and was not written off yet."""
    return SQL(EXCESS, days=env["res.company"]._query_days())


def query_movements(env, which=None):
    """Return SQL with a row per movement of all companies.

    :param SQL which: a condition on ``purchase``
    """
    return SQL(
        """
        SELECT id, date, movement_type, purchase_id, allocation_id, timesheet_id,
               commercial_partner_id, company_id, currency_id, credits, value, paid,
               sign * credits AS credits_change, sign * value AS value_change,
               sign * paid AS paid_change
        FROM (%s) movement
        """,
        SQL(
            MOVEMENTS,
            days=env["res.company"]._query_days(),
            which=which or SQL("TRUE"),
        ),
    )

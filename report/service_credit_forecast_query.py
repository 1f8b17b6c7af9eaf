# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The query behind the forecast of service credits, step by step.

Parameters: `days` (what day it is in each company), `planned` (periods of allotments
that have no purchase yet), `excess` (what of periods that are over does not roll over),
the `drawing` order, its columns besides the dates (`order`, each with a comma), the
`digits` of credits, what purchases are limited to (`limits`), the first day that counts
(`since`), and the query `missing` for the overage since then.
"""

OWNER = "commercial_partner_id, company_id, currency_id"
# Credits for some work only are used at the pace of that work.
POOL = f"{OWNER}, limits"

# `last_day` is the last work date a purchase may pay, and empty when credits pay past
# their expiry date.
LOTS = f"""
    SELECT id, {POOL}, today, last_day, date_start, date_received, date_expiry,
           %(order)s credits_waiting,
           state = 'open' AND date_start <= today
               AND COALESCE(last_day >= today, TRUE) AS is_usable,
           state = 'open' AND date_start > today AS is_later,
           GREATEST(credits_available - credits_waiting - lapsed, 0) AS credits_usable,
           GREATEST(value_available - value_waiting - lapsed_value, 0) AS value_usable,
           GREATEST(paid_available - paid_waiting - lapsed_paid, 0) AS paid_usable
    FROM (
        SELECT purchase.*, %(limits)s AS limits, day.today,
               COALESCE(purchase.excess, 0) AS lapsed,
               COALESCE(purchase.excess_value, 0) AS lapsed_value,
               COALESCE(purchase.excess_paid, 0) AS lapsed_paid,
               CASE WHEN company.service_credit_allow_past_expiry IS NOT TRUE
                    THEN LEAST(
                        purchase.date_expiry
                        + COALESCE(company.service_credit_grace_days, 0),
                        DATE '9998-12-31'
                    )
               END AS last_day
        FROM (
            SELECT lot.*, excess.lapsed AS excess, excess.lapsed_value AS excess_value,
                   excess.lapsed_paid AS excess_paid
            FROM service_credit_purchase lot
            LEFT JOIN (%(excess)s) excess ON excess.purchase_id = lot.id
            UNION ALL
            SELECT planned.*, 0, 0, 0 FROM (%(planned)s) planned
        ) purchase
        JOIN res_company company ON company.id = purchase.company_id
        JOIN (%(days)s) day ON day.company_id = purchase.company_id
        WHERE purchase.is_draft IS NOT TRUE
    ) term
"""
# What every customer has, for any work and for some. `months`: for how long there was
# something to use, 1 to 12; what another customer gave was there from that day on.
POOLS = f"""
    SELECT {POOL}, MIN(id) AS id, MIN(today) AS today,
           -- The one that started last. An ordered array would sort all of them.
           (MAX(ARRAY[date_start - DATE '1970-01-01', id]))[2] AS purchase_id,
           LEAST(
               GREATEST(
                   (MIN(today) - MIN(GREATEST(date_start, date_received))) / 30.4375, 1
               ),
               12
           ) AS months,
           COALESCE(SUM(credits_usable) FILTER (WHERE is_usable), 0) AS credits,
           COALESCE(SUM(value_usable) FILTER (WHERE is_usable), 0) AS value,
           COALESCE(SUM(paid_usable) FILTER (WHERE is_usable), 0) AS paid,
           COALESCE(SUM(credits_usable) FILTER (WHERE is_later), 0) AS later,
           COALESCE(SUM(credits_waiting), 0) AS waiting,
           MIN(date_expiry) FILTER (WHERE is_usable) AS date_expiry
    FROM lots GROUP BY {POOL}
"""
# Purchase by purchase first: there are fewer of them than rows of the ledger.
USED = f"""
    SELECT {POOL}, SUM(used.credits) AS credits, SUM(used.recent) AS recent
    FROM (
        SELECT line.purchase_id, SUM(line.credits) AS credits,
               SUM(line.credits) FILTER (
                   WHERE line.date >= day.today - INTERVAL '3 months'
               ) AS recent
        FROM service_credit_consumption line
        JOIN (%(days)s) day ON day.company_id = line.company_id
        WHERE line.consumption_type IN ('consumption', 'adjustment')
          AND line.date >= %(since)s
        GROUP BY line.purchase_id
    ) used
    JOIN (
        SELECT purchase.id, {OWNER}, %(limits)s AS limits
        FROM service_credit_purchase purchase
    ) lot ON lot.id = used.purchase_id
    GROUP BY {POOL}
"""
# The purchases of every customer in drawing order, and for how many days each can still
# be used; empty without an end.
QUEUES = f"""
    SELECT {POOL},
           ARRAY_AGG(credits_usable ORDER BY %(drawing)s) AS queue,
           ARRAY_AGG(last_day ORDER BY %(drawing)s) AS last_days,
           ARRAY_AGG(last_day - today + 1 ORDER BY %(drawing)s) AS days
    FROM lots
    WHERE is_usable
    GROUP BY {POOL}
"""
PACES = f"""
    SELECT pool.*, queue.queue, queue.last_days, queue.days,
           GREATEST(used.recent, 0) / LEAST(pool.months, 3) AS pace_3,
           GREATEST(used.credits, 0) / pool.months AS pace_12,
           -- Once for each customer: nobody knows which credits would have paid.
           CASE WHEN ROW_NUMBER() OVER (
                    PARTITION BY {OWNER} ORDER BY limits <> '', pool.id
                ) = 1
                THEN COALESCE(missing.credits, 0)::numeric ELSE 0
                END AS overage
    FROM ({POOLS}) pool
    LEFT JOIN ({QUEUES}) queue USING ({POOL})
    LEFT JOIN ({USED}) used USING ({POOL})
    LEFT JOIN missing USING ({OWNER})
    WHERE pool.credits > 0 OR pool.later > 0 OR pool.waiting > 0 OR used.credits > 0
"""
# One after the other: each is used once those before it are used up or over, until it
# is too. `used` is how much is used by then, altogether.
STEPS = """
    SELECT id AS pool_id, 0 AS place, 0::numeric AS used, 0::numeric AS lapsing,
           NULL::date AS last_day
    FROM pools
    WHERE queue IS NOT NULL
    UNION ALL
    SELECT pool_id, place + 1, following.used,
           queue[place + 1] - (following.used - steps.used), last_days[place + 1]
    FROM steps JOIN pools pool ON pool.id = steps.pool_id
    CROSS JOIN LATERAL (
        SELECT GREATEST(
            steps.used,
            LEAST(steps.used + queue[place + 1], pool.pace * pool.days[place + 1])
        ) AS used
    ) following
    WHERE place < CARDINALITY(queue)
"""
# `turn`: the end of the last purchase of which something lapses.
PLANS = """
    SELECT pool_id, ROUND(SUM(lapsing), %(digits)s) AS lapsing,
           MIN(last_day) FILTER (WHERE ROUND(lapsing, %(digits)s) > 0) AS date_lapse,
           MAX(last_day) FILTER (WHERE ROUND(lapsing, %(digits)s) > 0) AS turn,
           MAX(used) AS used
    FROM steps
    GROUP BY pool_id
"""
# The day on which nothing is left; empty when it never comes, or not in a century.
DAY = """
    CASE
        WHEN COALESCE(plans.used, 0) = 0 THEN COALESCE(plans.turn + 1, pool.today)
        WHEN plans.used < pool.pace * 36525
        THEN GREATEST(
            plans.turn + 1,
            pool.today + FLOOR(ROUND(plans.used / pool.pace, 6))::int
        )
    END
"""
FORECAST = f"""
    WITH RECURSIVE missing AS (%(missing)s), lots AS ({LOTS}),
    pools AS (
        SELECT paces.*,
               -- Credits a day: of late, or else of the year.
               COALESCE(NULLIF(pace_3, 0), pace_12, 0) / 30.4375 AS pace
        FROM ({PACES}) paces
    ), steps AS ({STEPS}), plans AS ({PLANS})
    SELECT pool.id, pool.purchase_id, pool.commercial_partner_id, pool.company_id,
           pool.currency_id,
           COALESCE(sale.user_id, lead.user_id, partner.user_id) AS user_id,
           pool.credits AS credits_available, pool.later AS credits_later,
           pool.waiting AS credits_waiting,
           pool.value AS value_available, pool.paid AS paid_available,
           pool.date_expiry, pool.pace_3, pool.pace_12,
           pool.pace * 30.4375 AS pace, pool.overage AS credits_overage,
           COALESCE(plans.lapsing, 0) AS credits_lapsing, plans.date_lapse,
           CASE WHEN ending.day <= DATE '9999-12-31' THEN ending.day END AS date_empty,
           CASE WHEN pool.credits = 0 THEN 'empty'
                WHEN plans.lapsing > 0 THEN 'lapses'
                WHEN pool.pace = 0 THEN 'idle'
                ELSE 'runs_out'
           END AS outlook
    FROM pools pool
    LEFT JOIN plans ON plans.pool_id = pool.id
    CROSS JOIN LATERAL (SELECT {DAY} AS day) ending
    JOIN res_partner partner ON partner.id = pool.commercial_partner_id
    JOIN service_credit_purchase newest ON newest.id = pool.purchase_id
    -- The sale of credits that another customer gave is that one's.
    JOIN service_credit_purchase sold ON sold.id = COALESCE(newest.origin_id, newest.id)
    LEFT JOIN sale_order sale ON sale.id = sold.sale_order_id
    LEFT JOIN crm_lead lead ON lead.id = sold.opportunity_id
"""

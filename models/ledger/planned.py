# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The periods of running allotments that have no purchase yet, as SQL.

For reports on all customers: what `_get_due_periods` tells of some.
"""

from odoo.tools import SQL

# An allotment may go on for ever.
MONTHS_AHEAD = 12


def _nth(place):
    """The first day of the period so many after the next one. Months are added to the
    first day of all, so that the 31st comes back after February."""
    return f"""
        CASE plan.proration
            WHEN 'prorate' THEN DATE_TRUNC(plan.period, plan.next_start)
                + MAKE_INTERVAL(months => ({place}) * term.months)
            ELSE plan.date_start
                + MAKE_INTERVAL(
                    months => (plan.periods_created + {place}) * term.months
                )
        END::date
    """


PERIODS = f"""
    SELECT plan.id AS plan_id, plan.date_end, day.today,
           GREATEST(plan.next_start, {_nth("place")}) AS date_start,
           {_nth("place + term.later + 1")} - 1 AS date_expiry,
           CASE WHEN plan.rollover = 'limit'
                    AND {_nth("place + 1")} - 1 + term.grace < day.today
                THEN LEAST(plan.rollover_credits, share.credits)
                ELSE share.credits
           END AS credits
    FROM service_credit_plan plan
    JOIN (%(days)s) day ON day.company_id = plan.company_id
    JOIN res_company company ON company.id = plan.company_id
    CROSS JOIN LATERAL (
        SELECT CASE plan.period WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 12 END
                   AS months,
               CASE plan.rollover WHEN 'none' THEN 0 ELSE plan.rollover_periods END
                   AS later,
               -- In days; nothing lapses where credits pay past their expiry date.
               CASE WHEN company.service_credit_allow_past_expiry THEN 99999
                    ELSE COALESCE(company.service_credit_grace_days, 0)
               END AS grace
    ) term
    CROSS JOIN LATERAL GENERATE_SERIES(
        0,
        LEAST(
            CASE WHEN plan.periods > 0 THEN plan.periods - plan.periods_created - 1 END,
            GREATEST(day.today - plan.next_start, 0) / 28 + {MONTHS_AHEAD}
        )
    ) AS place
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN place = 0 AND plan.next_start > {_nth("0")}
            THEN GREATEST(
                ROUND(
                    plan.credits * ({_nth("1")} - plan.next_start)
                        / ({_nth("1")} - {_nth("0")}),
                    %(digits)s
                ),
                10 ^ -%(digits)s::numeric
            )
            ELSE plan.credits
        END AS credits
    ) share
    WHERE plan.state = 'running' AND plan.next_start IS NOT NULL
"""
# Periods that should have their purchase by now, each, and all later ones in one: they
# are like the plan's latest purchase, with other days and credits.
PLANNED = f"""
    SELECT lot.*
    FROM (
        SELECT plan_id, MIN(today) AS today, MIN(date_start) AS date_start,
               MIN(date_expiry) AS date_expiry, SUM(credits) AS credits
        FROM ({PERIODS}) period
        WHERE (date_end IS NULL OR date_start <= date_end)
          AND date_start <= today + INTERVAL '{MONTHS_AHEAD} months'
        GROUP BY plan_id, LEAST(date_start, today + 1)
    ) period
    JOIN service_credit_plan plan ON plan.id = period.plan_id
    CROSS JOIN LATERAL (
        SELECT purchase AS whole, purchase.release FROM service_credit_purchase purchase
        WHERE plan_id = plan.id ORDER BY plan_start DESC, id DESC LIMIT 1
    ) latest
    CROSS JOIN LATERAL (
        SELECT CASE WHEN latest.release <> 'order' AND period.date_start <= today
                    THEN period.credits ELSE 0 END AS credits
    ) waiting
    CROSS JOIN LATERAL JSONB_POPULATE_RECORD(
        latest.whole,
        JSONB_BUILD_OBJECT(
            'commercial_partner_id', plan.commercial_partner_id,
            'state', 'open',
            'date_start', period.date_start,
            'date_expiry', period.date_expiry,
            'credits_available', period.credits,
            'value_available', period.credits * plan.value_per_credit,
            'paid_available', period.credits * plan.paid_per_credit,
            'credits_waiting', waiting.credits,
            'value_waiting', waiting.credits * plan.value_per_credit,
            'paid_waiting', waiting.credits * plan.paid_per_credit
        )
    ) lot
"""


def query_planned(env):
    """Return SQL with the columns of the table of purchases."""
    return SQL(
        PLANNED,
        days=env["res.company"]._query_days(),
        digits=env["service.credit.purchase"]._get_credit_digits(),
    )

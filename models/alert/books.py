# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Do the books balance? Every stored figure and every rule of the ledger, of what it
pays and of the hours customers agreed to, as questions to the database.

Nothing is written, and nothing is put right: a difference is a fault that a person has
to understand first. The reconciliation lists the stored figures, a scheduled action
asks everything once a day, and tests ask after races and crashes.
"""

from typing import NamedTuple

from odoo.tools import SQL


class Difference(NamedTuple):
    """A figure that is not what it has to be."""

    rule: str
    model: str
    record_id: int
    field: str
    stored: float
    expected: float


# Each asks for `model, id, field, stored, expected` of the companies.
PURCHASES = """
    SELECT 'service.credit.purchase', p.id, figure.field, figure.stored, figure.expected
    FROM service_credit_purchase p
    LEFT JOIN (
        SELECT purchase_id, SUM(credits) AS credits,
               SUM(credits) FILTER (WHERE consumption_type = 'expiry') AS expired,
               SUM(credits) FILTER (WHERE consumption_type = 'withdrawal') AS withdrawn,
               SUM(credits) FILTER (WHERE consumption_type = 'transfer') AS moved,
               SUM(credits) FILTER (WHERE consumption_type = 'opening') AS opening,
               SUM(value) AS value, SUM(paid) AS paid,
               SUM(value) FILTER (WHERE consumption_type = 'expiry') AS expired_value,
               SUM(paid) FILTER (WHERE consumption_type = 'expiry') AS expired_paid,
               MIN(date) AS since,
               MAX(date) FILTER (WHERE consumption_type IN ('consumption', 'adjustment')
               ) AS used_until,
               MIN(date) FILTER (WHERE consumption_type = 'expiry') AS expired_since
        FROM service_credit_consumption GROUP BY purchase_id
    ) s ON s.purchase_id = p.id
    -- What was received is a row, too.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.origin_id IS NULL THEN p.credits ELSE 0 END AS credits,
               CASE WHEN p.origin_id IS NULL THEN p.value_total ELSE 0 END AS value,
               CASE WHEN p.origin_id IS NULL THEN p.paid_total ELSE 0 END AS paid
    ) sold
    CROSS JOIN LATERAL (VALUES
        ('credits_allocated', p.credits_allocated, COALESCE(s.credits, 0)
         - COALESCE(s.expired, 0) - COALESCE(s.withdrawn, 0) - COALESCE(s.moved, 0)),
        ('opening_used', CASE WHEN p.is_draft THEN 0 ELSE COALESCE(p.opening_used, 0)
         END, COALESCE(s.opening, 0)),
        ('credits_expired', p.credits_expired, COALESCE(s.expired, 0)),
        ('credits_withdrawn', p.credits_withdrawn, COALESCE(s.withdrawn, 0)),
        ('credits_transferred', p.credits_transferred,
         COALESCE(s.moved, 0) + p.credits - sold.credits),
        ('credits_available', p.credits_available,
         sold.credits - COALESCE(s.credits, 0)),
        ('value_available', p.value_available, sold.value - COALESCE(s.value, 0)),
        ('paid_available', p.paid_available, sold.paid - COALESCE(s.paid, 0)),
        ('value_expired', p.value_expired, COALESCE(s.expired_value, 0)),
        ('paid_expired', p.paid_expired, COALESCE(s.expired_paid, 0)),
        -- As a number: 20261231.
        ('rows_since', TO_CHAR(p.rows_since, 'YYYYMMDD')::numeric,
         TO_CHAR(s.since, 'YYYYMMDD')::numeric),
        ('used_until', TO_CHAR(p.used_until, 'YYYYMMDD')::numeric,
         TO_CHAR(s.used_until, 'YYYYMMDD')::numeric),
        ('expired_since', TO_CHAR(p.expired_since, 'YYYYMMDD')::numeric,
         TO_CHAR(s.expired_since, 'YYYYMMDD')::numeric)
    ) AS figure (field, stored, expected)
    WHERE p.company_id IN %(companies)s
      AND figure.stored IS DISTINCT FROM figure.expected
"""
NEVER_NEGATIVE = """
    SELECT 'service.credit.purchase', p.id, figure.field, figure.stored, 0
    FROM service_credit_purchase p
    CROSS JOIN LATERAL (VALUES
        ('credits_allocated', p.credits_allocated),
        ('credits_expired', p.credits_expired),
        ('credits_withdrawn', p.credits_withdrawn),
        ('credits_transferred', p.credits_transferred),
        ('credits_available', p.credits_available),
        ('value_available', p.value_available),
        ('paid_available', p.paid_available),
        ('credits_waiting', p.credits_waiting),
        ('credits_available', p.credits_available - p.credits_waiting)
    ) AS figure (field, stored)
    WHERE p.company_id IN %(companies)s AND (figure.stored >= 0) IS NOT TRUE
"""
ALLOCATIONS = """
    SELECT 'service.credit.allocation', a.id, figure.field, figure.stored,
           figure.expected
    FROM service_credit_allocation a
    LEFT JOIN (
        SELECT allocation_id, SUM(credits) AS credits, SUM(value) AS value,
               SUM(paid) AS paid
        FROM service_credit_consumption GROUP BY allocation_id
    ) s ON s.allocation_id = a.id
    CROSS JOIN LATERAL (VALUES
        ('credits', a.credits, COALESCE(s.credits, 0)),
        ('value', a.value, COALESCE(s.value, 0)),
        ('paid', a.paid, COALESCE(s.paid, 0))
    ) AS figure (field, stored, expected)
    WHERE a.company_id IN %(companies)s
      AND figure.stored IS DISTINCT FROM figure.expected
"""
ENTRIES = """
    SELECT 'account.analytic.line', l.id, 'credits', l.credits, COALESCE(s.credits, 0)
    FROM account_analytic_line l
    LEFT JOIN (
        SELECT timesheet_id, SUM(credits) AS credits
        FROM service_credit_consumption WHERE timesheet_id IS NOT NULL
        GROUP BY timesheet_id
    ) s ON s.timesheet_id = l.id
    WHERE l.company_id IN %(companies)s
      AND COALESCE(l.credits, 0) <> COALESCE(s.credits, 0)
"""
GIVEN_BACK_ONCE = """
    SELECT 'service.credit.consumption', r.id, 'credits', g.credits, r.credits
    FROM service_credit_consumption r
    JOIN (
        SELECT reversed_id, -SUM(credits) AS credits
        FROM service_credit_consumption WHERE reversed_id IS NOT NULL
        GROUP BY reversed_id
    ) g ON g.reversed_id = r.id
    WHERE r.company_id IN %(companies)s AND g.credits > r.credits
"""
# Give or take one unit of the last digit: rounding is cumulative within a work.
ENTRIES_PAID = """
    SELECT 'account.analytic.line', l.id, 'credits', l.credits,
           (l.hours_billed * l.credits_per_hour)::numeric
    FROM account_analytic_line l
    WHERE l.company_id IN %(companies)s AND l.coverage = 'credits'
      AND ABS(COALESCE(l.credits, 0) - l.hours_billed * l.credits_per_hour)
          > %(unit)s * 1.01
"""
ENTRIES_NOT_PAID = """
    SELECT 'account.analytic.line', l.id, 'credits', l.credits, 0
    FROM account_analytic_line l
    WHERE l.company_id IN %(companies)s AND l.credits <> 0
      AND l.coverage IS DISTINCT FROM 'credits'
"""
ENTRIES_DECIDED = """
    SELECT 'account.analytic.line', l.id, 'hours_billed', l.hours_billed, 0
    FROM account_analytic_line l
    WHERE l.company_id IN %(companies)s AND l.ticket_id IS NOT NULL
      AND l.project_id IS NOT NULL AND l.coverage IS NULL
"""
# A row belongs to the books of its purchase. Its work is there too, or in a branch.
ONE_OWNER = """
    SELECT 'service.credit.consumption', r.id, 'company_id', r.company_id, p.company_id
    FROM service_credit_consumption r
    JOIN service_credit_purchase p ON p.id = r.purchase_id
    JOIN service_credit_allocation a ON a.id = r.allocation_id
    WHERE r.company_id IN %(companies)s
      AND ((r.company_id, r.currency_id) <> (p.company_id, p.currency_id)
           OR r.currency_id <> a.currency_id
           OR NOT EXISTS (
               SELECT FROM (%(payers)s) payer
               WHERE payer.company_id = a.company_id AND payer.owner_id = r.company_id
           )
           OR p.commercial_partner_id <> a.commercial_partner_id
              AND r.is_shared IS NOT TRUE AND r.consumption_type <> 'transfer')
"""
# What one customer gives is what another one receives, to the cent.
TRANSFERRED = """
    SELECT 'service.credit.allocation', a.id, figure.field, figure.stored, 0
    FROM service_credit_allocation a
    CROSS JOIN LATERAL (
        VALUES ('credits', a.credits), ('value', a.value), ('paid', a.paid)
    ) AS figure (field, stored)
    WHERE a.company_id IN %(companies)s AND a.allocation_type = 'transfer'
      AND figure.stored <> 0
"""
NO_ROWS_OF_DRAFTS = """
    SELECT 'service.credit.purchase', p.id, 'credits_allocated', p.credits_allocated, 0
    FROM service_credit_purchase p
    WHERE p.company_id IN %(companies)s AND p.is_draft
      AND p.credits_available <> p.credits
"""
AUTHORIZED_AT_MOST = """
    SELECT 'sale.order.line', l.id, 'authorized_hours_used', l.authorized_hours_used,
           l.authorized_hours
    FROM sale_order_line l
    WHERE l.company_id IN %(companies)s AND l.limit_hours
      AND l.authorized_hours_used
        > GREATEST(l.authorized_hours, l.hours_before_limit, 0) + 0.00001
"""
AUTHORIZED = """
    SELECT 'sale.order.line', l.id, 'authorized_hours', l.authorized_hours, s.hours
    FROM sale_order_line l
    LEFT JOIN (
        SELECT sale_line_id, SUM(hours) AS hours
        FROM service_authorization WHERE state = 'approved' GROUP BY sale_line_id
    ) s ON s.sale_line_id = l.id
    WHERE l.company_id IN %(companies)s
      AND ABS(COALESCE(l.authorized_hours, 0) - COALESCE(s.hours, 0)) > 0.00001
"""
DELIVERED = """
    SELECT 'sale.order.line', l.id, 'qty_delivered', l.qty_delivered, s.hours
    FROM sale_order_line l
    JOIN (
        SELECT so_line, SUM(COALESCE(hours_billed, unit_amount)) AS hours
        FROM account_analytic_line
        WHERE project_id IS NOT NULL AND so_line IS NOT NULL
          AND COALESCE(approval_state, 'approved') = 'approved'
        GROUP BY so_line
    ) s ON s.so_line = l.id
    WHERE l.company_id IN %(companies)s AND l.qty_delivered_method = 'timesheet'
      AND l.product_uom_id = %(hour)s
      AND ABS(COALESCE(l.qty_delivered, 0) - s.hours) > 0.01
"""

# What is stored and can be computed again from the rows …
FIGURES = {
    "a purchase is without what its rows took": PURCHASES,
    "an allocation is the sum of its rows": ALLOCATIONS,
    "an entry is the sum of its rows": ENTRIES,
    "a row is given back at most once": GIVEN_BACK_ONCE,
}
# … and what has to hold besides.
RULES = {
    "no figure of a purchase is negative": NEVER_NEGATIVE,
    "an entry is paid by as many credits as it costs": ENTRIES_PAID,
    "an entry without credits draws none": ENTRIES_NOT_PAID,
    "it is decided who pays for every entry": ENTRIES_DECIDED,
    "companies, customers and currencies never mix": ONE_OWNER,
    "what one customer gives, another receives": TRANSFERRED,
    "a draft pays for nothing": NO_ROWS_OF_DRAFTS,
    "no more hours than authorized": AUTHORIZED_AT_MOST,
    "authorized hours are the approved ones": AUTHORIZED,
    "what is delivered is what is billed": DELIVERED,
}


def find_differences(env, companies, questions=None):
    """Return what does not add up in the books of these companies.

    :param questions: ``{rule: query}``, by default all figures and rules
    :return: list of :class:`Difference`, in the order of the rules
    """
    env.flush_all()
    hour = env.ref("uom.product_uom_hour")
    digits = env["decimal.precision"].precision_get("Service Credits")
    values = {
        "companies": tuple(companies.ids) or (0,),
        "hour": hour.id,
        "unit": 10**-digits,
        "payers": env["res.company"]._get_all_companies()._query_credit_companies(),
    }
    found = []
    for rule, query in (questions or FIGURES | RULES).items():
        rows = env.execute_query(SQL(f"{query} ORDER BY 1, 2, 3", **values))
        found += [Difference(rule, *row) for row in rows]
    return found

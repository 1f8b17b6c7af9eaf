# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Writing off all that is left of purchases, in one statement for thousands.

For the door alone. A row that takes everything needs no arithmetic: it is worth what is
left, and nothing is left after it.
"""

from odoo import fields
from odoo.tools import SQL

# What the statement writes on a purchase, and must have been written before.
BALANCE = (
    "credits_available",
    "credits_expired",
    "value_available",
    "paid_available",
    "value_expired",
    "paid_expired",
    "rows_since",
    "expired_since",
    "state",
)

EXPIRE = """
    WITH due AS MATERIALIZED (
        SELECT purchase.*, day,
               nextval('service_credit_allocation_id_seq') AS opened_id
          FROM service_credit_purchase AS purchase
          JOIN unnest(%(companies)s::int[], %(days)s::date[]) AS today (company, day)
            ON today.company = purchase.company_id
         WHERE purchase.id = ANY(%(ids)s) AND credits_available > 0
           AND NOT is_draft
      ORDER BY purchase.id
           FOR NO KEY UPDATE OF purchase
    ), opened AS (
        INSERT INTO service_credit_allocation (
            id, name, allocation_type, commercial_partner_id, customer_key, company_id,
            currency_id, credits, value, paid,
            create_uid, write_uid, create_date, write_date
        )
        SELECT opened_id, %(before)s || name || %(after)s, 'expiry',
               commercial_partner_id, commercial_partner_id, company_id, currency_id,
               credits_available, COALESCE(value_available, 0),
               COALESCE(paid_available, 0), %(user)s, %(user)s, %(now)s, %(now)s
          FROM due
    ), posted AS (
        INSERT INTO service_credit_consumption (
            allocation_id, purchase_id, company_id, currency_id, consumption_type,
            is_shared, credits, value_per_credit, paid_per_credit, value, paid, date,
            user_id, create_uid, write_uid, create_date, write_date
        )
        SELECT opened_id, id, company_id, currency_id, 'expiry',
               FALSE, credits_available, value_per_credit, paid_per_credit,
               COALESCE(value_available, 0), COALESCE(paid_available, 0), day,
               %(user)s, %(user)s, %(user)s, %(now)s, %(now)s
          FROM due
        RETURNING id, purchase_id
    ), written AS (
        UPDATE service_credit_purchase AS purchase
           SET credits_expired = purchase.credits_expired + purchase.credits_available,
               value_expired = COALESCE(purchase.value_expired, 0)
                   + COALESCE(purchase.value_available, 0),
               paid_expired = COALESCE(purchase.paid_expired, 0)
                   + COALESCE(purchase.paid_available, 0),
               credits_available = 0, value_available = 0, paid_available = 0,
               rows_since = LEAST(purchase.rows_since, day),
               expired_since = LEAST(purchase.expired_since, day),
               state = CASE WHEN purchase.is_withdrawn THEN 'withdrawn' ELSE 'expired'
                       END,
               write_uid = %(user)s, write_date = %(now)s
          FROM due
         WHERE purchase.id = due.id
    )
    SELECT id FROM posted ORDER BY purchase_id
"""


def expire(rows_model, purchases, days, name):
    """Expire what is left of purchases that wait for nothing.

    :param rows_model: ``service.credit.consumption`` (superuser)
    :param purchases: of them, those with credits left (superuser)
    :param dict days: the day of the rows, by company
    :param name: of the allocations: ``(before, after)`` the number of the purchase
    :return: the rows, in the order of the purchases' ids
    """
    if not purchases:
        return rows_model.browse()
    env = rows_model.env
    before, after = name
    purchases.flush_model()
    found = env.execute_query(
        SQL(
            EXPIRE,
            ids=purchases.ids,
            companies=[company.id for company in days],
            days=list(days.values()),
            before=before,
            after=after,
            user=env.uid,
            now=fields.Datetime.now(),
        )
    )
    rows = rows_model.browse([row_id for (row_id,) in found])
    _announce(purchases, rows)
    return rows


def _announce(purchases, rows):
    """Let what depends on the balances follow; they themselves are right already."""
    purchases.invalidate_recordset(
        [*BALANCE, "write_uid", "write_date", "consumption_ids"], flush=False
    )
    own = purchases._fields
    kept = [own[name] for name in own if own[name].compute and own[name].store]
    with purchases.env.protecting(kept, purchases):
        purchases.modified([*BALANCE, "consumption_ids"])

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is gone of the credits of every invoiced purchase until a date, as SQL.

A part of the query of figures: it reads `invoiced`, where `since` is the date of a
purchase's opening entry. Most purchases have none: for them, the stored balances are
enough (`moved`). For the others, movements before the opening entry are told apart by
their dates.

Credits that other customers received count for the purchase they came from. Free
credits are counted, all others are weighed by what was paid for them.
"""

# Kinds of movements, and what they are to the books: what was used elsewhere is no
# revenue of theirs. Both parts have their columns in this order.
NAMES = {
    "elsewhere": "before",
    "used": "used",
    "expired": "expired",
    "withdrawn": "withdrawn",
}
KINDS = "('used', 'expired', 'withdrawn', 'elsewhere')"
DATED = """
    ARRAY(
        SELECT lot.id FROM service_credit_purchase lot
        WHERE COALESCE(lot.origin_id, lot.id) IN (
            SELECT purchase_id FROM invoiced WHERE since IS NOT NULL
        )
    )
"""


def _add(amount):
    return " + ".join(f"gone.{amount}_{kind}" for kind in NAMES)


SUMS = ", ".join(
    f"""
    SUM(CASE WHEN purchase.paid_total > 0 THEN gone.paid_{kind}
        ELSE gone.credits_{kind} END) AS {name}"""
    for kind, name in NAMES.items()
)
STORED = f"""
    SELECT purchase.id AS purchase_id, {SUMS},
           SUM(gone.credits_used), SUM(gone.credits_expired),
           SUM(gone.credits_withdrawn), SUM({_add("credits")}), SUM({_add("paid")})
    FROM moved gone
    JOIN service_credit_purchase lot ON lot.id = gone.purchase_id
    JOIN service_credit_purchase purchase
      ON purchase.id = COALESCE(lot.origin_id, lot.id)
    WHERE purchase.id IN (SELECT purchase_id FROM invoiced)
      AND gone.purchase_id <> ALL({DATED})
    GROUP BY purchase.id
"""
SUMS_SINCE = ", ".join(
    f"""
    COALESCE(SUM(weight) FILTER (
        WHERE movement.date > since AND movement_type = '{kind}'
    ), 0) AS {kind}"""
    for kind in ("used", "expired", "withdrawn")
)
CREDITS = ", ".join(
    f"COALESCE(SUM(credits) FILTER (WHERE movement_type = '{kind}'), 0)"
    f" AS credits_{kind}"
    for kind in ("used", "expired", "withdrawn")
)
BY_DAY = f"""
    SELECT movement.purchase_id,
           COALESCE(SUM(weight) FILTER (
               WHERE movement.date <= since OR movement_type = 'elsewhere'
           ), 0) AS before,
           {SUMS_SINCE}, {CREDITS},
           SUM(credits) AS credits_gone, SUM(paid) AS paid_gone
    FROM (
        SELECT start.purchase_id, moved.date, moved.movement_type, moved.credits,
               moved.paid, start.since,
               CASE WHEN purchase.paid_total > 0 THEN moved.paid ELSE moved.credits
               END AS weight
        FROM (%(movements)s) moved
        JOIN service_credit_purchase lot ON lot.id = moved.purchase_id
        JOIN service_credit_purchase purchase
          ON purchase.id = COALESCE(lot.origin_id, lot.id)
        JOIN (
            SELECT purchase_id, MAX(since) AS since FROM invoiced GROUP BY purchase_id
        ) start ON start.purchase_id = purchase.id
        WHERE moved.purchase_id = ANY({DATED}) AND moved.date <= %(date)s
          AND moved.movement_type IN {KINDS}
    ) movement
    GROUP BY movement.purchase_id
"""
# The planner expects few rows here and would scan them all for each invoice. The
# function adds no row, but makes the planner expect many, so that it uses a hash.
GONE = f"""
    SELECT part.* FROM ({BY_DAY} UNION ALL {STORED}) part
    CROSS JOIN LATERAL GENERATE_SERIES(1, SIGN(part.purchase_id)::int)
"""

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What was invoiced, earned and recognized of every purchase until a date, as SQL.

Preparing a recognition and reconciling the books ask the same query, so that they
cannot disagree. A row is a purchase on one liability account in one currency:

- *invoiced*, *credited*, *opening*: posted journal items on the account. Items of
  sales order items belong to their purchase, others name it themselves.
- *earnable*: what of it pays for credits that were not withdrawn. What was invoiced
  for credits that were withdrawn waits on the account for its credit note.
- *revenue*, *breakage*: the share of it that was used, or expired. When every credit
  is gone, nothing is left on the account, whatever the price of the invoice was.
- *recognized*: the sum of the recognitions that were not cancelled.

Credits that were transferred to another customer stay with the purchase they were sold
with: that is the one that was invoiced, and who uses them does not matter.

A discount line of an invoice lowers revenue at once, while the credit lines wait at
their full price: its share is recognized with the first recognition, so that what is
left on the account is what the customer pays for the credits.
"""

from odoo.tools import SQL

from ..ledger.balances import query_gone
from ..ledger.movements import query_movements
from .gone import GONE

LIABILITY_TYPES = ("liability_current", "liability_non_current")

# The units of its sales order item that the periods of an allotment are: first those
# that live, then those to come, then those that were withdrawn, and whatever is left.
PERIODS = """
    SELECT id, sale_line_id, service_credits_per_unit, sale_credits, is_gone,
           SUM(units) OVER before_it - units AS since,
           SUM(units) OVER before_it AS until
    FROM (
        SELECT id, sale_line_id, plan_start, service_credits_per_unit, sale_credits,
               is_withdrawn IS TRUE AS is_gone,
               COALESCE(sale_credits / NULLIF(service_credits_per_unit, 0), 0) AS units
        FROM service_credit_purchase
        WHERE plan_id IS NOT NULL AND sale_line_id IS NOT NULL
          AND company_id IN %(companies)s
    ) period
    WINDOW before_it AS (PARTITION BY sale_line_id ORDER BY is_gone, plan_start, id)
"""
# How many units of allotted items are to come, and how many there are before and after
# them.
ALLOTTED = """
    SELECT plan.sale_line_id, MAX(plan.company_id) AS company_id,
           MAX(plan.commercial_partner_id) AS customer_id,
           COALESCE(MAX(made.live), 0) AS live, COALESCE(MAX(made.gone), 0) AS gone,
           COALESCE(SUM(GREATEST(LEAST(
               COALESCE(NULLIF(plan.periods, 0) - made_of_it.units, 100000),
               COALESCE(CEIL((
                   EXTRACT(YEAR FROM term.rest) * 12 + EXTRACT(MONTH FROM term.rest)
                   + SIGN(EXTRACT(DAY FROM term.rest))
               ) / CASE plan.period WHEN 'month' THEN 1 WHEN 'quarter' THEN 3
                                    ELSE 12 END), 100000)
           ), 0)) FILTER (WHERE plan.state = 'running'
                            AND plan.next_start IS NOT NULL), 0) AS to_come,
           EXISTS (
               SELECT FROM service_credit_purchase pack
               WHERE pack.sale_line_id = plan.sale_line_id AND pack.plan_id IS NULL
           ) AS is_pack
    FROM service_credit_plan plan
    LEFT JOIN (
        SELECT sale_line_id, SUM(sale_credits / NULLIF(service_credits_per_unit, 0))
                   FILTER (WHERE is_withdrawn IS NOT TRUE) AS live,
               SUM(sale_credits / NULLIF(service_credits_per_unit, 0))
                   FILTER (WHERE is_withdrawn IS TRUE) AS gone
        FROM service_credit_purchase
        WHERE plan_id IS NOT NULL AND company_id IN %(companies)s GROUP BY sale_line_id
    ) made ON made.sale_line_id = plan.sale_line_id
    LEFT JOIN LATERAL (
        SELECT COALESCE(SUM(
                   sale_credits / NULLIF(service_credits_per_unit, 0)
               ), 0) AS units
        FROM service_credit_purchase WHERE plan_id = plan.id
    ) made_of_it ON plan.state = 'running'
    CROSS JOIN LATERAL (
        SELECT AGE(plan.date_end + 1, plan.next_start) AS rest
    ) term
    WHERE plan.sale_line_id IS NOT NULL AND plan.company_id IN %(companies)s
    GROUP BY plan.sale_line_id
"""
TO_COME, SURPLUS = "to_come", "surplus"
# Who owns which of these units. Without a purchase: periods to come, and what nothing
# stands for any more.
UNITS = f"""
    SELECT period.sale_line_id, period.id AS purchase_id, NULL AS kind,
           period.service_credits_per_unit AS per_unit, period.sale_credits AS ordered,
           period.since + CASE WHEN is_gone THEN to_come ELSE 0 END AS since,
           period.until + CASE WHEN is_gone THEN to_come ELSE 0 END AS until
    FROM ({PERIODS}) period JOIN allotted USING (sale_line_id)
    UNION ALL
    SELECT sale_line_id, NULL, '{TO_COME}', NULL, NULL, live, live + to_come
    FROM allotted WHERE NOT is_pack
    UNION ALL
    SELECT sale_line_id, NULL, '{SURPLUS}', NULL, NULL, live + to_come + gone,
           1000000000
    FROM allotted WHERE NOT is_pack
"""
# The units that a document is about: the first invoices are of the first ones, and
# credit notes take the last ones back.
SPANS = """
    SELECT item_id, order_line_id,
           CASE WHEN is_kept THEN 0 ELSE LEAST(total, total - units) END AS since,
           CASE WHEN is_kept THEN total ELSE GREATEST(total, total - units) END AS until
    FROM (
        SELECT sold.*, SUM(units) OVER (
                   PARTITION BY order_line_id ORDER BY date, item_id
               ) AS total
        FROM (
            SELECT item.id AS item_id, link.order_line_id, item.date,
                   move.move_type = 'out_refund'
                       AND move.service_credit_effect = 'keep' IS TRUE AS is_kept,
                   item.quantity * item_unit.factor / product_unit.factor * CASE
                       WHEN move.move_type <> 'out_refund' THEN 1
                       WHEN move.service_credit_effect = 'keep' THEN 0 ELSE -1
                   END AS units
            FROM allotted
            JOIN sale_order_line_invoice_rel link
              ON link.order_line_id = allotted.sale_line_id
            JOIN account_move_line item ON item.id = link.invoice_line_id
            JOIN account_move move ON move.id = item.move_id
            JOIN product_product product ON product.id = item.product_id
            JOIN product_template template ON template.id = product.product_tmpl_id
            JOIN uom_uom product_unit ON product_unit.id = template.uom_id
            JOIN uom_uom item_unit ON item_unit.id = item.product_uom_id
            WHERE item.parent_state = 'posted'
              AND item.service_credit_purchase_id IS NULL
        ) sold
    ) counted
"""
# Which purchase a journal item belongs to, how many credits one unit of it stands for,
# and how many the order does. Of a document of several periods, each owns the part of
# its amount from `since` to `until`, of `units`, and so many of its credits.
OWNERS = f"""
    (SELECT DISTINCT ON (link.invoice_line_id)
            link.invoice_line_id AS item_id, purchase.id AS purchase_id,
            NULLIF(purchase.service_credits_per_unit, 0) * item_unit.factor
                / product_unit.factor AS quantity,
            purchase.service_credits_per_unit * sale_line.product_uom_qty
                * sale_unit.factor / product_unit.factor AS ordered,
            NULL::numeric AS credits, 0 AS since, 1 AS until, 1 AS units,
            NULL::int AS customer_id, NULL AS kind, purchase.company_id
     FROM service_credit_purchase purchase
     JOIN sale_order_line sale_line ON sale_line.id = purchase.sale_line_id
     JOIN sale_order_line_invoice_rel link ON link.order_line_id = sale_line.id
     JOIN account_move_line linked ON linked.id = link.invoice_line_id
     LEFT JOIN product_product product ON product.id = sale_line.product_id
     LEFT JOIN product_template template ON template.id = product.product_tmpl_id
     LEFT JOIN uom_uom product_unit ON product_unit.id = template.uom_id
     LEFT JOIN uom_uom item_unit ON item_unit.id = linked.product_uom_id
     LEFT JOIN uom_uom sale_unit ON sale_unit.id = sale_line.product_uom_id
     WHERE linked.service_credit_purchase_id IS NULL
       AND purchase.company_id IN %(companies)s AND purchase.plan_id IS NULL
     ORDER BY link.invoice_line_id, purchase.is_withdrawn NULLS FIRST, purchase.id DESC)
    UNION ALL
    SELECT span.item_id, part.purchase_id, NULL, part.ordered,
           ROUND(part.per_unit * (LEAST(span.until, part.until)
                                  - GREATEST(span.since, part.since)), 6),
           GREATEST(span.since, part.since) - span.since,
           LEAST(span.until, part.until) - span.since, span.until - span.since,
           allotted.customer_id, part.kind, allotted.company_id
    FROM ({UNITS}) part
    JOIN allotted USING (sale_line_id)
    JOIN ({SPANS}) span ON span.order_line_id = part.sale_line_id
     AND span.since < part.until AND span.until > part.since
    UNION ALL
    SELECT item.id, COALESCE(purchase.origin_id, purchase.id), NULL, NULL, NULL,
           0, 1, 1, NULL, NULL, item.company_id
    FROM account_move_line item
    JOIN service_credit_purchase purchase
      ON purchase.id = item.service_credit_purchase_id
    WHERE item.company_id IN %(companies)s
"""
# The part of its credits by which discount lines lower an invoice.
DISCOUNTS = """
    SELECT other.move_id,
           -SUM(other.price_subtotal) FILTER (WHERE other.price_subtotal < 0) AS taken,
           NULLIF(SUM(other.price_subtotal) FILTER (WHERE other.price_subtotal > 0), 0)
               AS base
    FROM account_move_line other
    JOIN account_account used ON used.id = other.account_id
    WHERE other.move_id IN (
              SELECT item.move_id FROM owner
              JOIN account_move_line item ON item.id = owner.item_id
          )
      AND other.display_type = 'product' AND other.is_downpayment IS NOT TRUE
      AND (other.price_subtotal > 0 OR used.account_type NOT IN %(types)s)
    GROUP BY other.move_id
"""


def _share(amount, rounding):
    """Return SQL of an owner's part of an amount. Parts are rounded cumulatively, so
    that they add up to the cent."""
    until, since = (
        f"ROUND({amount} * owner.{limit} / owner.units / {rounding}) * {rounding}"
        for limit in ("until", "since")
    )
    return (
        f"CASE WHEN owner.units = owner.until - owner.since THEN {amount} "
        f"ELSE {until} - {since} END"
    )


DOCUMENTS = f"""
    SELECT item.account_id, item.company_id, item.currency_id, item.date,
           move.move_type, move.fiscal_position_id, owner.purchase_id,
           owner.customer_id, owner.kind,
           {_share("-item.amount_currency", "currency.rounding")} AS amount,
           {_share("-item.balance", "company_currency.rounding")} AS amount_company,
           -- Multiplied first, as half a cent of a quotient would be less.
           COALESCE({_share("-item.amount_currency", "currency.rounding")}
                    * discount.taken / discount.base, 0) AS discounted,
           owner.ordered, COALESCE(
               owner.credits * SIGN(item.quantity), owner.quantity * item.quantity
           ) * CASE
               WHEN move.move_type <> 'out_refund' THEN 1
               WHEN move.service_credit_effect = 'keep' THEN 0 ELSE -1
           END AS credits
    FROM owner
    JOIN account_move_line item ON item.id = owner.item_id
    JOIN account_move move ON move.id = item.move_id
    JOIN account_account account ON account.id = item.account_id
    JOIN res_currency currency ON currency.id = item.currency_id
    JOIN res_company company ON company.id = item.company_id
    JOIN res_currency company_currency ON company_currency.id = company.currency_id
    LEFT JOIN discount ON discount.move_id = item.move_id
          AND item.price_subtotal > 0 AND move.move_type <> 'entry'
    WHERE item.parent_state = 'posted' AND item.company_id = owner.company_id
      AND item.date <= %(date)s AND account.account_type IN %(types)s
"""
INVOICED = """
    SELECT purchase_id, account_id, currency_id, company_id,
           COALESCE(SUM(amount) FILTER (WHERE move_type NOT IN ('entry', 'out_refund')
           ), 0) AS invoiced,
           -COALESCE(SUM(amount) FILTER (WHERE move_type = 'out_refund'), 0)
               AS credited,
           COALESCE(SUM(amount) FILTER (WHERE move_type = 'entry'), 0) AS opening,
           COALESCE(SUM(amount_company) FILTER (
               WHERE move_type NOT IN ('entry', 'out_refund')
           ), 0) AS invoiced_company,
           -COALESCE(SUM(amount_company) FILTER (WHERE move_type = 'out_refund'), 0)
               AS credited_company,
           COALESCE(SUM(amount_company) FILTER (WHERE move_type = 'entry'), 0)
               AS opening_company,
           SUM(discounted) AS exact_discount,
           -- Of the purchase, on whatever accounts; empty where no order tells.
           SUM(SUM(credits)) OVER (PARTITION BY purchase_id) AS credits_invoiced,
           BOOL_OR(BOOL_OR(credits IS NULL)) OVER (PARTITION BY purchase_id)
               AS is_uncounted,
           MAX(MAX(ordered)) OVER (PARTITION BY purchase_id) AS credits_ordered,
           -- Before an opening entry, the credits are no business of the account.
           CASE WHEN MIN(date) FILTER (WHERE move_type = 'entry') = MIN(date)
                THEN MIN(date) END AS since,
           MAX(fiscal_position_id) AS fiscal_position_id
    FROM (
        SELECT account_id, company_id, currency_id, date, move_type,
               fiscal_position_id, purchase_id, amount, amount_company, discounted,
               ordered, credits
        FROM document
        UNION ALL
        -- What was recognized of documents that were taken back is taken back too.
        SELECT account_id, company_id, currency_id, NULL, 'out_invoice', NULL,
               purchase_id, 0, 0, 0, NULL, 0
        FROM recognized
    ) document
    WHERE purchase_id IS NOT NULL
    GROUP BY purchase_id, account_id, currency_id, company_id
"""
# What of allotments was invoiced and no purchase stands for, by customer.
UNCLAIMED = """
    SELECT customer_id, kind, account_id, currency_id, company_id,
           COALESCE(SUM(amount) FILTER (WHERE move_type <> 'out_refund'), 0)
               AS invoiced,
           -COALESCE(SUM(amount) FILTER (WHERE move_type = 'out_refund'), 0)
               AS credited,
           SUM(amount) AS owed, SUM(amount_company) AS owed_company
    FROM document
    WHERE purchase_id IS NULL
    GROUP BY customer_id, kind, account_id, currency_id, company_id
    HAVING SUM(amount_company) <> 0
"""
RECOGNIZED = """
    SELECT line.purchase_id, line.account_id, line.currency_id, recognition.company_id,
           SUM(line.credits_used) AS credits_used,
           SUM(line.credits_expired) AS credits_expired,
           SUM(line.revenue) AS revenue, SUM(line.breakage) AS breakage,
           SUM(line.revenue_company) AS revenue_company,
           SUM(line.breakage_company) AS breakage_company
    FROM service_credit_recognition_line line
    JOIN service_credit_recognition recognition
      ON recognition.id = line.recognition_id
    WHERE recognition.company_id IN %(companies)s AND recognition.date <= %(date)s
      AND recognition.state IN %(states)s
    GROUP BY line.purchase_id, line.account_id, line.currency_id,
             recognition.company_id
"""
# What of the journal items pays for credits that were not withdrawn.
WEIGHED = """
    SELECT invoiced.*,
           COALESCE(gone.credits_used, 0) AS credits_used,
           COALESCE(gone.credits_expired, 0) AS credits_expired,
           purchase.credits - COALESCE(gone.credits_gone, 0) AS credits_left,
           purchase.paid_total - COALESCE(gone.paid_gone, 0) AS paid_left,
           COALESCE(gone.used, 0) AS used,
           COALESCE(gone.used, 0) + COALESCE(gone.expired, 0) AS spent,
           COALESCE(gone.before, 0) > 0 AS is_opened,
           CASE WHEN purchase.paid_total > 0 THEN purchase.paid_total
                ELSE purchase.credits END
               - COALESCE(gone.before, 0) - COALESCE(gone.withdrawn, 0) AS kept,
           -- How much of what is sold was invoiced.
           CASE WHEN is_uncounted OR credits_invoiced >= credits_ordered THEN 1
                WHEN credits_invoiced > 0
                 AND purchase.credits > COALESCE(gone.credits_withdrawn, 0)
                THEN LEAST(credits_invoiced / (
                    purchase.credits - COALESCE(gone.credits_withdrawn, 0)
                ), 1) ELSE 1 END AS part,
           net.discount, net.total - net.withdrawn AS earnable,
           net.withdrawn AS uncredited,
           currency.rounding, company_currency.rounding AS company_rounding,
           CASE WHEN invoiced + opening <> 0
                THEN (invoiced_company + opening_company) / (invoiced + opening)
                WHEN credited <> 0 THEN credited_company / credited ELSE 1 END AS rate
    FROM invoiced
    JOIN service_credit_purchase purchase ON purchase.id = invoiced.purchase_id
    LEFT JOIN gone ON gone.purchase_id = invoiced.purchase_id
    JOIN res_currency currency ON currency.id = invoiced.currency_id
    JOIN res_company company ON company.id = invoiced.company_id
    JOIN res_currency company_currency ON company_currency.id = company.currency_id
    CROSS JOIN LATERAL (
        SELECT ROUND(exact_discount / currency.rounding) * currency.rounding AS share
    ) discount
    CROSS JOIN LATERAL (
        SELECT share AS discount, invoiced - credited + opening - share AS total,
               CASE WHEN purchase.paid_total > 0
                     AND purchase.currency_id = invoiced.currency_id
                    THEN GREATEST(LEAST(
                        invoiced - credited + opening - share - purchase.paid_total
                        + COALESCE(gone.before, 0) + COALESCE(gone.withdrawn, 0),
                        COALESCE(gone.withdrawn, 0) - credited
                    ), 0) ELSE 0 END AS withdrawn
    ) net
"""
EARNED = """
    SELECT weighed.*, share.revenue, share.gone - share.revenue AS breakage,
           invoiced - credited + opening - discount - share.gone AS owed
    FROM weighed
    CROSS JOIN LATERAL (
        -- Multiplied first: a quotient is cut off, and half a cent would be less.
        -- Of credits used before the opening entry, the refund is lost revenue.
        SELECT ROUND(CASE WHEN kept <= 0 AND is_opened THEN earnable
                          WHEN kept <= 0 THEN 0
                          WHEN used >= kept * part THEN earnable
                          ELSE earnable * used / (kept * part) END
                     / rounding) * rounding AS revenue,
               ROUND(CASE WHEN kept <= 0 AND is_opened THEN earnable
                          WHEN kept <= 0 THEN 0
                          WHEN spent >= kept * part THEN earnable
                          ELSE earnable * spent / (kept * part) END
                     / rounding) * rounding AS gone
    ) share
"""
# In the company's currency at the rate of the invoice. With the last of it goes what
# other rates of credit notes have left.
FIGURES = """
    SELECT earned.purchase_id, earned.account_id, earned.currency_id,
           earned.company_id, earned.fiscal_position_id,
           earned.credits_used, earned.credits_expired,
           earned.credits_left, earned.paid_left,
           earned.invoiced, earned.credited, earned.opening, earned.uncredited,
           earned.part,
           earned.invoiced_company, earned.credited_company, earned.opening_company,
           earned.revenue + earned.discount AS revenue, earned.breakage, earned.owed,
           CASE WHEN last.is_all AND (earned.revenue <> 0 OR earned.breakage = 0)
                THEN last.net_company - last.breakage_company
                WHEN last.is_all THEN 0
                ELSE ROUND((earned.revenue + earned.discount) * rate / company_rounding)
                     * company_rounding END AS revenue_company,
           CASE WHEN last.is_all AND earned.revenue = 0 AND earned.breakage <> 0
                THEN last.net_company
                ELSE last.breakage_company END AS breakage_company
    FROM earned
    CROSS JOIN LATERAL (
        SELECT invoiced_company - credited_company + opening_company AS net_company,
               ROUND(breakage * rate / company_rounding) * company_rounding
                   AS breakage_company,
               owed = 0 AS is_all
    ) last
"""


# Journal items with what they are of, and what is gone of every purchase, for the
# queries that follow. Each is made once, however few rows the planner expects.
OWNED = f"""
    allotted AS MATERIALIZED ({ALLOTTED}),
    owner AS MATERIALIZED ({OWNERS}),
    discount AS MATERIALIZED ({DISCOUNTS}),
    document AS MATERIALIZED ({DOCUMENTS}),
    moved AS MATERIALIZED (%(gone)s)
"""
# Sums are made once: without statistics of the tables, the planner would make them anew
# for each purchase.
COMPARED = f"""
    recognized AS MATERIALIZED ({RECOGNIZED}), invoiced AS ({INVOICED}),
    gone AS MATERIALIZED ({GONE}), weighed AS ({WEIGHED}),
    earned AS ({EARNED})
    SELECT figures.*,
           COALESCE(recognized.credits_used, 0) AS recognized_credits_used,
           COALESCE(recognized.credits_expired, 0) AS recognized_credits_expired,
           COALESCE(recognized.revenue, 0) AS recognized_revenue,
           COALESCE(recognized.breakage, 0) AS recognized_breakage,
           COALESCE(recognized.revenue_company, 0) AS recognized_revenue_company,
           COALESCE(recognized.breakage_company, 0) AS recognized_breakage_company
    FROM ({FIGURES}) figures
    LEFT JOIN recognized USING (purchase_id, account_id, currency_id, company_id)
"""


def query_documents(env, companies, date):
    """Return the table expressions that :data:`UNCLAIMED` and :func:`query_figures`
    read: the documents of companies until a date, and what is gone of purchases."""
    return SQL(
        OWNED,
        companies=companies._ids,
        date=date,
        types=LIABILITY_TYPES,
        gone=query_gone(env, _of(companies), date),
    )


def _of(companies):
    # Credits that another customer received keep their company.
    return SQL("purchase.company_id IN %s", companies._ids)


def query_figures(env, companies, date, states=("draft", "posted"), alone=True):
    """Return SQL with the figures of every purchase of companies that was invoiced.

    :param states: of the recognitions that count as recognized
    :param alone: False for a part of a query that has :func:`query_documents`
    """
    compared = SQL(
        COMPARED,
        companies=companies._ids,
        date=date,
        states=tuple(states),
        movements=query_movements(env, _of(companies)),
    )
    if not alone:
        return SQL("WITH %s", compared)
    return SQL("WITH %s, %s", query_documents(env, companies, date), compared)

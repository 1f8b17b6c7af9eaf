# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What puts revenue at risk: one SELECT per kind, all with the same columns.

Each finding has one row and belongs to one kind, so that the hours can be added up.
"""

from odoo.tools import SQL

from ..models.ledger.drawing import DRAWING_ORDER
from ..models.ledger.movements import ROLLED

DAYS_TO_INVOICE = 30
DAYS_TO_DECIDE = 14

# What one hour of an item costs, untaxed and in the currency of its company. A unit
# that is no time counts as an hour.
ITEMS = """
    SELECT line.id, line.state, line.company_id, line.remaining_hours,
           partner.commercial_partner_id,
           template.invoice_policy = 'order'
               AND line.qty_delivered_method = 'timesheet'
               AND COALESCE(template.service_credits, 0) = 0 AS is_prepaid,
           rate.rate * COALESCE(
               line.price_subtotal / NULLIF(line.product_uom_qty, 0),
               line.price_unit * (1 - COALESCE(line.discount, 0) / 100)
           ) / CASE WHEN SPLIT_PART(uom.parent_path, '/', 1) = %(hour_root)s
                    THEN uom.factor / %(hour_factor)s ELSE 1 END AS hour_price
    FROM sale_order_line line
    JOIN product_product product ON product.id = line.product_id
    JOIN product_template template ON template.id = product.product_tmpl_id
    JOIN uom_uom uom ON uom.id = line.product_uom_id
    JOIN res_partner partner ON partner.id = line.order_partner_id
    JOIN (%(rates)s) rate ON rate.company_id = line.company_id
                         AND rate.currency_id = line.currency_id
"""
# Time on tickets and tasks, with its customer.
ENTRIES = """
    SELECT entry.*, partner.commercial_partner_id
    FROM account_analytic_line entry
    JOIN res_partner partner ON partner.id = entry.partner_id
"""
# A catch-all ticket is a kind of its own.
CATCH_ALL = """
    SELECT catch_all_ticket_id FROM service_sync_source
    WHERE catch_all_ticket_id IS NOT NULL
"""
# Billed by a decision, and on nothing that can still bill it.
BILLED_NOWHERE = """
    entry.overage_decision = 'billed'
    AND entry.coverage IS DISTINCT FROM 'overage'
    AND entry.id IN (%(not_billed)s)
    AND (
        item.id IS NULL OR item.state <> 'sale'
        OR item.is_prepaid AND item.remaining_hours < -0.005
    )
"""

NEGATIVE_ITEM = f"""
    SELECT item.id::bigint * 16 + 1 AS id, 'negative_item' AS kind,
           item.commercial_partner_id, item.company_id, -item.remaining_hours AS hours,
           -item.remaining_hours * item.hour_price AS value,
           overdrawn.date, item.id AS sale_line_id, NULL::int AS timesheet_id,
           NULL::int AS ticket_id, NULL::int AS purchase_id
    FROM ({ITEMS}) item
    CROSS JOIN LATERAL (
        SELECT MIN(entry.date) FILTER (
                   WHERE entry.upto > entry.total + item.remaining_hours + 0.005
               ) AS date
        FROM (
            SELECT entry.date,
                   SUM(entry.hours_billed) OVER (ORDER BY entry.date, entry.id) AS upto,
                   SUM(entry.hours_billed) OVER () AS total
            FROM account_analytic_line entry
            WHERE entry.so_line = item.id AND entry.project_id IS NOT NULL
        ) entry
    ) overdrawn
    WHERE item.state = 'sale' AND item.is_prepaid AND item.remaining_hours < -0.005
      AND NOT EXISTS (
        SELECT FROM account_analytic_line entry
        WHERE entry.so_line = item.id AND {BILLED_NOWHERE}
      )
"""
# What waits is found first: asked item by item, all time ever billed would be read.
NOT_INVOICED = f"""
    WITH waiting AS MATERIALIZED (%(to_invoice)s)
    SELECT item.id::bigint * 16 + 2, 'not_invoiced', item.commercial_partner_id,
           item.company_id, SUM(waiting.hours_billed),
           SUM(waiting.hours_billed) * MIN(item.hour_price), MIN(waiting.date), item.id,
           NULL::int, NULL::int, NULL::int
    FROM waiting
    JOIN ({ITEMS}) item ON item.id = waiting.so_line
    JOIN (%(days)s) day ON day.company_id = item.company_id
    WHERE waiting.date < day.today - {DAYS_TO_INVOICE} AND item.state = 'sale'
    GROUP BY item.id, item.commercial_partner_id, item.company_id
"""
BILLED = f"""
    SELECT entry.id::bigint * 16 + 3, 'billed_nowhere', entry.commercial_partner_id,
           entry.company_id, entry.hours_billed,
           entry.hours_billed * COALESCE(item.hour_price, own.hour_price),
           entry.date, entry.so_line, entry.id, entry.ticket_id, NULL::int
    FROM ({ENTRIES}) entry
    LEFT JOIN ({ITEMS}) item ON item.id = entry.so_line
    LEFT JOIN helpdesk_ticket ticket ON ticket.id = entry.ticket_id
    LEFT JOIN project_task task ON task.id = entry.task_id AND ticket.id IS NULL
    LEFT JOIN ({ITEMS}) own
           ON own.id = COALESCE(ticket.sale_line_id, task.sale_line_id)
    WHERE {BILLED_NOWHERE}
"""
# What the customer has left that could have paid: credits first, its own and then what
# others share with it, as for new time.
CREDITS = f"""
    SELECT {{turn}} AS turn, purchase.priority, purchase.date_expiry,
           purchase.date_start, purchase.id, COALESCE(type.credits_per_hour, 1)
           * purchase.value_per_credit * rate.rate AS hour_price
    FROM service_credit_purchase purchase
    JOIN res_company company ON company.id = purchase.company_id
    JOIN res_currency currency ON currency.id = purchase.currency_id
    JOIN (%(days)s) day ON day.company_id = purchase.company_id
    JOIN (%(rates)s) rate ON rate.company_id = purchase.company_id
                         AND rate.currency_id = purchase.currency_id
    JOIN (%(payers)s) owner ON owner.company_id = entry.company_id
                           AND owner.owner_id = purchase.company_id
    LEFT JOIN LATERAL ({ROLLED}) roll ON TRUE
    CROSS JOIN LATERAL (
        SELECT purchase.date_expiry + COALESCE(company.service_credit_grace_days, 0)
                   AS last,
               COALESCE(company.service_credit_late_days, 0) AS late
    ) term
    WHERE {{whose}} AND %(in_scope)s
      AND purchase.state = 'open' AND entry.date >= purchase.date_start
      AND (
        company.service_credit_allow_past_expiry
        OR entry.date <= term.last AND day.today <= term.last + term.late
      )
      -- what neither waits nor lapses with a period
      AND purchase.credits_available - COALESCE(purchase.credits_waiting, 0)
          > CASE WHEN entry.date > roll.last OR day.today > roll.last + term.late
                 THEN roll.excess ELSE 0 END
"""
OWN = CREDITS.format(
    turn=1, whose="purchase.commercial_partner_id = entry.commercial_partner_id"
)
SHARED = CREDITS.format(
    turn=2,
    whose="""purchase.id IN (
        SELECT shared.purchase_id FROM shared
        WHERE shared.customer_id = entry.commercial_partner_id
    )""",
)
# Few, whatever the number of entries; a share that is used up is none.
SHARED_TO = """
    SELECT customer.purchase_id, customer.customer_id
    FROM (%(customers)s) customer
    JOIN service_credit_purchase lot ON lot.id = customer.purchase_id
                                    AND lot.state = 'open'
    LEFT JOIN service_credit_share share
           ON share.purchase_id = customer.purchase_id
          AND share.partner_id = customer.customer_id
    WHERE customer.is_shared AND (share.id IS NULL OR share.credits > (
        SELECT COALESCE(SUM(line.credits), 0)
        FROM service_credit_consumption line
        JOIN service_credit_allocation allocation ON allocation.id = line.allocation_id
        WHERE line.purchase_id = share.purchase_id AND line.is_shared
          AND allocation.commercial_partner_id = share.partner_id
    ))
"""
NON_BILLABLE = f"""
    WITH shared AS MATERIALIZED ({SHARED_TO})
    SELECT entry.id::bigint * 16 + 4, 'non_billable', entry.commercial_partner_id,
           entry.company_id, entry.hours_billed,
           entry.hours_billed * payer.hour_price,
           entry.date, NULL::int, entry.id, entry.ticket_id, NULL::int
    FROM ({ENTRIES}) entry
    LEFT JOIN helpdesk_ticket ticket ON ticket.id = entry.ticket_id
    LEFT JOIN helpdesk_ticket_team team ON team.id = ticket.team_id
    LEFT JOIN project_task own_task ON own_task.id = entry.task_id AND ticket.id IS NULL
    LEFT JOIN service_type type ON type.id = entry.service_type_id
    CROSS JOIN LATERAL (
        SELECT payer.hour_price FROM (
            {OWN}
            UNION ALL
            {SHARED}
            UNION ALL
            SELECT 3, NULL, NULL, NULL, item.id, item.hour_price FROM ({ITEMS}) item
            WHERE item.commercial_partner_id = entry.commercial_partner_id
              AND item.company_id = entry.company_id AND item.state = 'sale'
              AND item.is_prepaid AND item.remaining_hours > 0.005
        ) payer
        ORDER BY payer.turn, {", ".join(DRAWING_ORDER)}
        LIMIT 1
    ) payer
    WHERE entry.coverage = 'non_billable' AND entry.hours_billed > 0
      AND entry.overage_decision IS DISTINCT FROM 'goodwill'
      AND entry.approval_state IS DISTINCT FROM 'rejected'
      AND CASE WHEN ticket.id IS NULL
               -- what credits pay by milestone is paid, as long as they do
               THEN entry.task_id IS NOT NULL
                    AND (
                        entry.coverage_facts->'milestone' IS NULL
                        OR NOT EXISTS (
                            SELECT FROM project_task task
                            JOIN service_credit_allocation allocation
                              ON allocation.milestone_id = task.milestone_id
                            WHERE task.id = entry.task_id AND allocation.credits > 0
                        )
                    )
               ELSE team.allow_billable OR team.use_service_credits
          END
"""
# Also what was put on a quotation so long ago that it seems forgotten. What a credit of
# a customer cost last is read once for all.
OVERAGE = f"""
    WITH overage AS MATERIALIZED (
        SELECT entry.id, entry.company_id, entry.hours_billed, entry.date,
               entry.credits_per_hour, entry.ticket_id,
               partner.commercial_partner_id AS customer_id,
               COALESCE(ticket.sale_line_id, task.sale_line_id) AS item_id
        FROM account_analytic_line entry
        JOIN (%(days)s) day ON day.company_id = entry.company_id
        LEFT JOIN res_partner partner ON partner.id = entry.partner_id
        LEFT JOIN helpdesk_ticket ticket ON ticket.id = entry.ticket_id
        LEFT JOIN project_task task ON task.id = entry.task_id AND ticket.id IS NULL
        WHERE entry.coverage = 'overage'
          AND COALESCE(
                  (entry.overage_decided_on AT TIME ZONE 'UTC'
                   AT TIME ZONE day.time_zone)::date, entry.date
              ) < day.today - {DAYS_TO_DECIDE}
          AND COALESCE(entry.ticket_id, 0) NOT IN ({CATCH_ALL})
    ), credit AS MATERIALIZED (
        SELECT DISTINCT ON (customer.customer_id, owner.company_id)
               customer.customer_id, owner.company_id,
               purchase.value_per_credit * rate.rate AS price
        FROM (%(customers)s) customer
        JOIN service_credit_purchase purchase ON purchase.id = customer.purchase_id
        JOIN (%(rates)s) rate ON rate.company_id = purchase.company_id
                             AND rate.currency_id = purchase.currency_id
        JOIN (%(payers)s) owner ON owner.owner_id = purchase.company_id
        WHERE customer.customer_id IN (SELECT customer_id FROM overage)
          AND purchase.active AND purchase.is_draft IS NOT TRUE
        ORDER BY customer.customer_id, owner.company_id, customer.is_shared,
                 purchase.date_start DESC, purchase.id DESC
    )
    SELECT overage.id::bigint * 16 + 5, 'overage', overage.customer_id,
           overage.company_id, overage.hours_billed,
           overage.hours_billed * COALESCE(
               item.hour_price, credit.price * COALESCE(overage.credits_per_hour, 1)
           ),
           overage.date, NULL::int, overage.id, overage.ticket_id, NULL::int
    FROM overage
    LEFT JOIN ({ITEMS}) item ON item.id = overage.item_id
    LEFT JOIN credit ON credit.customer_id = overage.customer_id
                    AND credit.company_id = overage.company_id
"""
INVOICES = """
    SELECT MAX(move.invoice_date) AS date,
           COALESCE(BOOL_AND(
               move.payment_state IN ('paid', 'in_payment', 'reversed')
           ), FALSE) AS is_paid,
           COALESCE(SUM(invoiced.quantity * unit.factor / sold.factor) FILTER (
               WHERE move.move_type <> 'out_refund'
           ), 0) AS invoiced_units,
           COALESCE(SUM(invoiced.quantity * unit.factor / sold.factor) FILTER (
               WHERE move.move_type = 'out_refund'
           ), 0) AS credited_units
    FROM sale_order_line_invoice_rel link
    JOIN account_move_line invoiced ON invoiced.id = link.invoice_line_id
    JOIN uom_uom sold ON sold.id = line.product_uom_id
    JOIN uom_uom unit ON unit.id = COALESCE(invoiced.product_uom_id, sold.id)
    JOIN account_move move ON move.id = invoiced.move_id AND move.state = 'posted'
    WHERE link.order_line_id = line.id
"""
PURCHASES = f"""
    SELECT purchase.*, rate.rate, line.state AS order_state, line.product_uom_qty,
           line.price_total, invoices.*
    FROM service_credit_purchase purchase
    JOIN sale_order_line line ON line.id = purchase.sale_line_id
                             AND line.currency_id = purchase.currency_id
    JOIN (%(rates)s) rate ON rate.company_id = purchase.company_id
                         AND rate.currency_id = purchase.currency_id
    CROSS JOIN LATERAL ({INVOICES}) invoices
    WHERE purchase.is_withdrawn IS NOT TRUE
"""
DRAFT_PURCHASE = f"""
    SELECT purchase.id::bigint * 16 + 6, 'draft_purchase',
           purchase.commercial_partner_id, purchase.company_id, 0,
           purchase.value_total * purchase.rate,
           COALESCE(purchase.date, purchase.date_start), purchase.sale_line_id,
           NULL::int, NULL::int, purchase.id
    FROM ({PURCHASES}) purchase
    WHERE purchase.active AND (purchase.is_draft OR purchase.state = 'waiting')
      AND purchase.order_state = 'sale'
      AND (
        purchase.price_total = 0
        OR purchase.is_paid
        AND purchase.invoiced_units - purchase.credited_units
            > purchase.product_uom_qty - 0.0001
      )
"""
# Compared once the item was invoiced in full: before, the rest is to come, and a period
# of an allotment may have no invoice yet.
DIFFERENT = f"""
    SELECT purchase.id::bigint * 16 + 7, 'different_amount',
           purchase.commercial_partner_id, purchase.company_id, 0,
           ABS(ledger.billed - ledger.paid) * purchase.rate,
           purchase.date, purchase.sale_line_id, NULL::int, NULL::int, purchase.id
    FROM ({PURCHASES}) purchase
    JOIN res_currency currency ON currency.id = purchase.currency_id
    CROSS JOIN LATERAL (
        SELECT (purchase.credits - purchase.credits_withdrawn)
               * purchase.paid_per_credit AS paid,
               purchase.invoiced_total - purchase.credited_total AS billed
    ) ledger
    WHERE purchase.is_draft IS NOT TRUE AND purchase.date IS NOT NULL
      AND purchase.invoiced_units > purchase.product_uom_qty - 0.0001
      AND (purchase.plan_id IS NULL OR purchase.invoiced_total > 0)
      AND ABS(ledger.billed - ledger.paid) >= currency.rounding * 0.9
"""
# An invoice or a payment was taken back after the credits were used: at risk since the
# first work that is not paid any more. A correction has the day of what it undoes.
USED_UNPAID = """
    SELECT purchase.id::bigint * 16 + 9, 'used_unpaid',
           purchase.commercial_partner_id, purchase.company_id, 0,
           purchase.credits_unpaid * purchase.paid_per_credit * rate.rate,
           COALESCE(used.since, purchase.date_start), purchase.sale_line_id, NULL::int,
           NULL::int, purchase.id
    FROM service_credit_purchase purchase
    JOIN (%(rates)s) rate ON rate.company_id = purchase.company_id
                         AND rate.currency_id = purchase.currency_id
    CROSS JOIN LATERAL (
        SELECT MIN(upto.date) FILTER (
                   WHERE upto.credits > upto.total - purchase.credits_unpaid
               ) AS since
        FROM (
            SELECT line.date, SUM(SUM(line.credits)) OVER (ORDER BY line.date)
                       AS credits,
                   SUM(SUM(line.credits)) OVER () AS total
            FROM service_credit_consumption line
            WHERE line.purchase_id = purchase.id
              AND line.consumption_type NOT IN ('expiry', 'withdrawal')
            GROUP BY line.date
        ) upto
    ) used
    WHERE purchase.credits_unpaid > 0 AND purchase.is_draft IS NOT TRUE
      AND purchase.is_withdrawn IS NOT TRUE
"""
ON_CATCH_ALL = f"""
    SELECT ticket.id::bigint * 16 + 8, 'catch_all', partner.commercial_partner_id,
           MIN(entry.company_id), SUM(entry.unit_amount), NULL, MIN(entry.date),
           NULL::int, NULL::int, ticket.id, NULL::int
    FROM helpdesk_ticket ticket
    LEFT JOIN res_partner partner ON partner.id = ticket.partner_id
    JOIN account_analytic_line entry ON entry.ticket_id = ticket.id
    WHERE ticket.id IN ({CATCH_ALL})
    GROUP BY ticket.id, partner.commercial_partner_id
"""
KINDS = (
    NEGATIVE_ITEM,
    NOT_INVOICED,
    BILLED,
    NON_BILLABLE,
    OVERAGE,
    DRAFT_PURCHASE,
    DIFFERENT,
    USED_UNPAID,
    ON_CATCH_ALL,
)


def query_risks(env):
    """Return the SELECT of all findings, of all companies."""
    # sudo: what is at risk does not depend on who may read the time behind it; the
    # record rules of the list decide who reads it
    entries_sudo = env["account.analytic.line"].sudo().with_context(active_test=False)
    purchases_sudo = env["service.credit.purchase"].sudo()
    hour = env.ref("uom.product_uom_hour").sudo()
    parts = {
        "customers": purchases_sudo._query_customers(),
        "in_scope": purchases_sudo._query_in_scope(
            {
                "service_type_ids": SQL("entry.service_type_id"),
                "team_ids": SQL("ticket.team_id"),
                "project_ids": SQL("COALESCE(ticket.project_id, own_task.project_id)"),
            }
        ),
        "days": env["res.company"]._query_days(),
        "payers": env["res.company"]._get_all_companies()._query_credit_companies(),
        "rates": _query_rates(env),
        "hour_root": hour.parent_path.split("/", 1)[0],
        "hour_factor": hour.factor,
        "not_billed": entries_sudo._search(
            entries_sudo._domain_not_billed()
        ).subselect(),
        "to_invoice": _query_to_invoice(entries_sudo),
    }
    return SQL(" UNION ALL ").join(SQL(f"({kind})", **parts) for kind in KINDS)


def _query_to_invoice(entries):
    query = entries._search([("is_to_invoice", "=", True), ("so_line", "!=", False)])
    columns = "so_line", "date", "hours_billed"
    return query.select(*(SQL.identifier(query.table, name) for name in columns))


def _query_rates(env):
    """Return SQL with today's rate of every currency in that of every company."""
    rows = [
        SQL(
            "(%s, %s, %s::numeric)",
            company.id,
            currency.id,
            currency._get_conversion_rate(
                currency, company.currency_id, company, company._get_today()
            ),
        )
        for company in env["res.company"]._get_all_companies()
        for currency in env["res.currency"].sudo().search([])
    ]
    return SQL(
        "SELECT * FROM (VALUES %s) AS rate (company_id, currency_id, rate)",
        SQL(", ").join(rows),
    )

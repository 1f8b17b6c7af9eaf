# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How many credits customers really use: the one arithmetic behind the sizes of a
renewal, the forecast, and what is quoted for it.

Per customer (commercial entity), company and currency. Who may know is for the caller
to check.
"""

from odoo.tools import SQL

# What the queries read, to be written to the database first.
READ = (
    (
        "service.credit.purchase",
        ("commercial_partner_id", "company_id", "currency_id", "is_draft"),
    ),
    ("service.credit.purchase", ("date_start",)),
    ("account.analytic.line", ("coverage", "date", "hours_billed")),
    ("account.analytic.line", ("service_type_id", "ticket_id", "company_id")),
    ("account.analytic.line", ("partner_id",)),
    ("helpdesk.ticket", ("commercial_partner_id",)),
    ("service.type", ("credits_per_hour",)),
)


def get_use(partner, company, currency, since):
    """Return the net credits that paid for work of one customer since a date, and
    those that its overage would have taken.

    :param partner: commercial entity
    :return: tuple of two numbers of credits, >= 0
    """
    env = partner.env
    for model, names in READ:
        env[model].flush_model(names)
    [[used, overage]] = env.execute_query(
        SQL(
            """
            SELECT (SELECT SUM(drawn.credits) FROM (%(drawn)s) drawn
                    WHERE drawn.commercial_partner_id = %(partner)s
                      AND drawn.company_id = %(company)s
                      AND drawn.currency_id = %(currency)s),
                   (SELECT SUM(missing.credits) FROM (%(missing)s) missing
                    WHERE missing.commercial_partner_id = %(partner)s
                      AND missing.company_id = %(company)s
                      AND missing.currency_id = %(currency)s)
            """,
            drawn=query_drawn(since),
            missing=query_missing(env, since),
            partner=partner.id,
            company=company.id,
            currency=currency.id,
        )
    )
    return max(float(used or 0), 0.0), float(overage or 0)


def query_drawn(since, limits=None):
    """Return a query of the net credits that paid for work, per customer, company,
    currency, work date and what their purchases are limited to.

    :param SQL limits: of the alias ``purchase``, see :func:`query_limits`; all work is
        one without it
    """
    return SQL(
        """
        SELECT purchase.commercial_partner_id, purchase.company_id,
               purchase.currency_id, %(limits)s AS limits, line.date,
               SUM(line.credits) AS credits
        FROM service_credit_consumption line
        JOIN service_credit_purchase purchase ON purchase.id = line.purchase_id
        WHERE line.consumption_type IN ('consumption', 'adjustment')
          AND line.date >= %(since)s
        GROUP BY 1, 2, 3, 4, 5
        """,
        limits=limits or SQL("''"),
        since=since,
    )


def query_missing(env, since):
    """Return a query of the credits that overage would have taken, per customer,
    company and currency.

    Overage itself has no currency: it counts once, in company and currency of the
    latest purchase that could have paid.
    """
    companies = env["res.company"]._get_all_companies()
    return SQL(
        """
        SELECT customer.commercial_partner_id,
               COALESCE(latest.company_id, entry.company_id) AS company_id,
               COALESCE(latest.currency_id, company.currency_id) AS currency_id,
               SUM(entry.hours_billed * COALESCE(kind.credits_per_hour, 1)) AS credits
        FROM account_analytic_line entry
        LEFT JOIN helpdesk_ticket ticket ON ticket.id = entry.ticket_id
        JOIN res_partner customer
          ON customer.id = COALESCE(ticket.commercial_partner_id, entry.partner_id)
        JOIN res_company company ON company.id = entry.company_id
        LEFT JOIN (
            SELECT DISTINCT ON (purchase.commercial_partner_id, payer.company_id)
                   purchase.commercial_partner_id, purchase.currency_id,
                   purchase.company_id, payer.company_id AS work_company_id
            FROM service_credit_purchase purchase
            JOIN (%(payers)s) payer ON payer.owner_id = purchase.company_id
            WHERE purchase.is_draft IS NOT TRUE
            ORDER BY purchase.commercial_partner_id, payer.company_id,
                     purchase.date_start DESC, purchase.id DESC
        ) latest ON latest.commercial_partner_id = customer.commercial_partner_id
                AND latest.work_company_id = entry.company_id
        LEFT JOIN service_type kind ON kind.id = entry.service_type_id
        WHERE entry.coverage = 'overage' AND entry.date >= %(since)s
        GROUP BY customer.commercial_partner_id,
                 COALESCE(latest.company_id, entry.company_id),
                 COALESCE(latest.currency_id, company.currency_id)
        """,
        payers=companies._query_credit_companies(),
        since=since,
    )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How many credits customers really use: the one arithmetic behind the sizes of a
renewal, the forecast, and what is quoted for it.

Per customer (commercial entity), company and currency. Who may know is for the caller
to check.
"""

from odoo.tools import SQL

from ..ledger.drawing import SCOPES

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
    ("account.analytic.line", ("project_id",)),
    ("helpdesk.ticket", ("commercial_partner_id", "team_id", "project_id")),
    ("service.type", ("credits_per_hour",)),
)

# Where entries have what credits are limited to.
LIMITED = {
    "service_type_ids": "entry.service_type_id",
    "team_ids": "ticket.team_id",
    "project_ids": "CASE WHEN ticket.id IS NULL THEN entry.project_id "
    "ELSE ticket.project_id END",
}


def get_use(partner, company, currency, since, limits=None):
    """Return the net credits that paid for work of one customer since a date, and
    those that its overage would have taken.

    :param partner: commercial entity
    :param dict limits: records by the names of ``SCOPES``. Where the customer has
        credits for the same work only, these count, and overage of that work
    :return: tuple of two numbers of credits, >= 0
    """
    alike = _search_alike(partner, company, currency, limits) if limits else None
    fitting = _query_fitting(limits) if alike else None
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
            drawn=query_drawn(since, purchases=alike),
            missing=query_missing(env, since, fitting),
            partner=partner.id,
            company=company.id,
            currency=currency.id,
        )
    )
    return max(float(used or 0), 0.0), float(overage or 0)


def _search_alike(partner, company, currency, limits):
    """Return the customer's purchases that are limited to this work, and no other."""
    # sudo: what they are for is no secret to who may know the use
    purchases_sudo = partner.env["service.credit.purchase"].sudo()
    purchases_sudo = purchases_sudo.with_context(active_test=False).search(
        [
            ("commercial_partner_id", "=", partner.id),
            ("company_id", "=", company.id),
            ("currency_id", "=", currency.id),
            ("is_draft", "=", False),
        ]
    )
    wanted = tuple(frozenset(limits[name].ids) for name in SCOPES)
    return purchases_sudo.filtered(lambda lot: lot._get_limits() == wanted)


def _query_fitting(limits):
    """Return the SQL that tells which work of :func:`query_missing` such credits would
    have paid for."""
    parts = [
        SQL("%s IN %s", SQL(LIMITED[name]), tuple(limits[name].ids))
        for name in SCOPES
        if limits[name]
    ]
    return SQL(" AND ").join(parts) if parts else None


def query_drawn(since, purchases=None):
    """Return a query of the net credits that paid for work, per customer, company and
    currency.

    :param purchases: only what these paid for
    """
    only = SQL("TRUE")
    if purchases:
        only = SQL("purchase.id IN %s", purchases._ids)
    return SQL(
        """
        SELECT purchase.commercial_partner_id, purchase.company_id,
               purchase.currency_id, SUM(line.credits) AS credits
        FROM service_credit_consumption line
        JOIN service_credit_purchase purchase ON purchase.id = line.purchase_id
        WHERE line.consumption_type IN ('consumption', 'adjustment')
          AND line.date >= %(since)s AND %(only)s
        GROUP BY 1, 2, 3
        """,
        only=only,
        since=since,
    )


MISSING = """
    SELECT work.commercial_partner_id,
           COALESCE(latest.company_id, work.company_id) AS company_id,
           COALESCE(latest.currency_id, company.currency_id) AS currency_id,
           SUM(work.credits) AS credits
    FROM (
        SELECT customer.commercial_partner_id, entry.company_id,
               SUM(entry.hours_billed * COALESCE(kind.credits_per_hour, 1))
                   AS credits
        FROM account_analytic_line entry
        LEFT JOIN helpdesk_ticket ticket ON ticket.id = entry.ticket_id
        JOIN res_partner customer
          ON customer.id
             = COALESCE(entry.partner_id, ticket.commercial_partner_id)
        LEFT JOIN service_type kind ON kind.id = entry.service_type_id
        WHERE entry.coverage = 'overage' AND entry.date >= %(since)s
          AND %(fitting)s
        GROUP BY 1, 2
    ) work
    JOIN res_company company ON company.id = work.company_id
    LEFT JOIN LATERAL (
        SELECT purchase.company_id, purchase.currency_id
        FROM service_credit_purchase purchase
        JOIN (%(payers)s) payer ON payer.owner_id = purchase.company_id
                               AND payer.company_id = work.company_id
        WHERE purchase.commercial_partner_id = work.commercial_partner_id
          AND purchase.is_draft IS NOT TRUE
        ORDER BY purchase.date_start DESC, purchase.id DESC
        LIMIT 1
    ) latest ON TRUE
    GROUP BY 1, 2, 3
"""


def query_missing(env, since, fitting=None):
    """Return a query of the credits that overage would have taken, per customer,
    company and currency.

    Overage itself has no currency: it counts once, in company and currency of the
    latest purchase that could have paid.

    :param SQL fitting: which entries count, of the aliases ``entry`` and ``ticket``
    """
    return SQL(
        MISSING,
        payers=env["res.company"]._get_all_companies()._query_credit_companies(),
        since=since,
        fitting=fitting or SQL("TRUE"),
    )

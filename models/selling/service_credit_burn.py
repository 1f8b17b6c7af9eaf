# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.tools import SQL


class ServiceCreditBurn(models.AbstractModel):
    """How many credits customers really use: the one arithmetic behind the sizes of a
    renewal, the forecast and what is quoted for it.

    Per customer (commercial entity), company and currency. Who may know is for the
    caller to check.
    """

    _name = "service.credit.burn"
    _description = "Use of Service Credits"

    @api.model
    def _get_use(self, partner, company, currency, since):
        """Return the net credits that paid for work of one customer since a date, and
        those that its overage would have taken.

        :return: tuple of two numbers of credits, >= 0
        """
        self._flush_use()
        partner = partner.sudo().commercial_partner_id
        [[used, overage]] = self.env.execute_query(
            SQL(
                """
                SELECT (SELECT SUM(drawn.credits) FROM (%(drawn)s) drawn
                        WHERE drawn.commercial_partner_id = %(partner)s
                          AND drawn.company_id = %(company)s
                          AND drawn.currency_id = %(currency)s),
                       (SELECT SUM(missing.credits) FROM (%(missing)s) missing
                        WHERE missing.commercial_partner_id = %(partner)s
                          AND missing.company_id = %(company)s)
                """,
                drawn=self._query_drawn(since),
                missing=self._query_missing(since),
                partner=partner.id,
                company=company.id,
                currency=currency.id,
            )
        )
        return max(float(used or 0), 0.0), float(overage or 0)

    def _flush_use(self):
        for model, names in (
            ("service.credit.purchase", ["commercial_partner_id", "currency_id"]),
            ("account.analytic.line", ["coverage", "date", "hours_billed"]),
            ("account.analytic.line", ["service_type_id", "ticket_id", "company_id"]),
            ("helpdesk.ticket", ["commercial_partner_id"]),
            ("service.type", ["credits_per_hour"]),
        ):
            self.env[model].flush_model(names)

    @api.model
    def _query_drawn(self, since):
        """Return a query of the net credits that paid for work, per customer, company,
        currency and work date."""
        return SQL(
            """
            SELECT purchase.commercial_partner_id, purchase.company_id,
                   purchase.currency_id, line.date, SUM(line.credits) AS credits
            FROM service_credit_consumption line
            JOIN service_credit_purchase purchase ON purchase.id = line.purchase_id
            WHERE line.consumption_type IN ('consumption', 'adjustment')
              AND line.date >= %s
            GROUP BY purchase.commercial_partner_id, purchase.company_id,
                     purchase.currency_id, line.date
            """,
            since,
        )

    @api.model
    def _query_missing(self, since):
        """Return a query of the credits that overage would have taken, per customer
        and company."""
        return SQL(
            """
            SELECT ticket.commercial_partner_id, entry.company_id,
                   SUM(entry.hours_billed * COALESCE(kind.credits_per_hour, 1))
                       AS credits
            FROM account_analytic_line entry
            JOIN helpdesk_ticket ticket ON ticket.id = entry.ticket_id
            LEFT JOIN service_type kind ON kind.id = entry.service_type_id
            WHERE entry.coverage = 'overage' AND entry.date >= %s
            GROUP BY ticket.commercial_partner_id, entry.company_id
            """,
            since,
        )

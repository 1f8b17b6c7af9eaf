# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The records of a provider that everybody talks about."""

from functools import cached_property


class Place:
    """The records that operations are about, found by what makes them special."""

    def __init__(self, env):
        self.env = env
        self.cr = env.cr

    def _find(self, query, *values):
        self.cr.execute(query, values)
        row = self.cr.fetchone()
        return row and row[0]

    @cached_property
    def biggest(self):
        return self._find("SELECT id FROM size_customer WHERE idx = 0")

    @cached_property
    def normal(self):
        """A customer of the first company."""
        return self._find("SELECT id FROM size_customer WHERE idx = 5")

    @cached_property
    def team(self):
        return self._find("SELECT id FROM size_template WHERE kind='team' AND place=0")

    @cached_property
    def giant_ticket(self):
        return self._find(
            "SELECT id FROM helpdesk_ticket WHERE name = 'The longest ticket'"
        )

    def _ticket(self, customer, coverage, limit=""):
        """Return the customer's latest ticket of the first company with such time."""
        return self._find(
            "SELECT t.id FROM helpdesk_ticket t WHERE t.commercial_partner_id = %s"
            " AND t.name <> 'The longest ticket' AND EXISTS ("
            " SELECT FROM account_analytic_line l"
            " WHERE l.ticket_id = t.id AND l.coverage = %s)"
            f" {limit} ORDER BY t.id DESC LIMIT 1",
            customer,
            coverage,
        )

    @cached_property
    def normal_ticket(self):
        return self._ticket(self.normal, "credits")

    @cached_property
    def biggest_ticket(self):
        return self._ticket(self.biggest, "credits")

    @cached_property
    def item_ticket(self):
        return self._ticket(self.normal, "sale_line")

    @cached_property
    def item_order(self):
        return self._find(
            "SELECT sale_order_id FROM helpdesk_ticket WHERE id = %s", self.item_ticket
        )

    @cached_property
    def unbilled_order(self):
        return self._find(
            "SELECT order_id FROM account_analytic_line WHERE order_id IS NOT NULL"
            " AND partner_id = %s AND timesheet_invoice_id IS NULL"
            " AND timesheet_invoice_type = 'billable_time'"
            " GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1",
            self.biggest,
        )

    @cached_property
    def fullest_purchase(self):
        return self._find(
            "SELECT purchase_id FROM service_credit_consumption"
            " GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1"
        )

    @cached_property
    def sold_purchase(self):
        """A purchase that the salesperson of the figures sold."""
        return self._find(
            "SELECT p.id FROM service_credit_purchase p"
            " JOIN sale_order o ON o.id = p.sale_order_id"
            " JOIN size_template s ON s.kind = 'seller' AND s.place = 0"
            " AND s.id = o.user_id ORDER BY p.credits_allocated DESC LIMIT 1"
        )

    @cached_property
    def sold_order(self):
        return self._find(
            "SELECT sale_order_id FROM service_credit_purchase WHERE id = %s",
            self.sold_purchase,
        )

    @cached_property
    def purchase_name(self):
        return self._find(
            "SELECT MAX(name) FROM service_credit_purchase WHERE state = 'open'"
        )

    @cached_property
    def rollout(self):
        return self._find(
            "SELECT id FROM size_template WHERE kind='rollout' AND place=0"
        )

    @cached_property
    def old_entry(self):
        """An entry of the first agent, of a customer's credits."""
        return self._find(
            "SELECT l.id FROM account_analytic_line l"
            " JOIN size_agent a ON a.user_id = l.user_id AND a.team = 0 AND a.place = 0"
            " WHERE l.coverage = 'credits' ORDER BY l.id DESC LIMIT 1"
        )

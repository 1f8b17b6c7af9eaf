# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from unittest.mock import patch

from odoo.fields import Domain
from odoo.tests import tagged

from ...models.time import account_analytic_line_values as values
from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestTimeSearch(ServiceCreditCommon):
    """Searches of time find what core finds, by records that are named."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_accounts()
        cls.lines = cls.env["account.analytic.line"]
        cls.items = [
            cls._sell(cls.time_product, partner=partner)
            for partner in (cls.customer, cls.other_customer)
        ]
        cls.entries = cls.lines
        for item in cls.items:
            ticket = cls._create_ticket(
                name=f"Printer {item.id}",
                partner_id=item.order_partner_id.id,
                sale_line_id=item.id,
            )
            cls.entries |= cls._log(ticket) | cls._log(ticket)

    def _find(self, domain, user=None):
        lines = self.lines.with_user(user or self.env.user)
        return lines.search(Domain("id", "in", self.entries.ids) & Domain(domain))

    def _find_both_ways(self, domain, user=None):
        """Return what is found, with records named and without."""
        with patch.object(values, "NAMED_RECORDS", 0):
            unnamed = self._find(domain, user)
        named = self._find(domain, user)
        self.assertEqual(named, unnamed)
        return named.sudo()

    def test_texts_find_what_core_finds(self):
        [item, other] = self.items
        own = self.entries.filtered(lambda entry: entry.so_line == item)
        self.assertEqual(len(own), 2)
        for user in (self.env.user, self.agent, self.helpdesk_manager):
            for domain, expected in (
                ([("partner_id", "ilike", "azure")], own),
                ([("partner_id", "ilike", "no such customer")], self.lines),
                ([("so_line", "ilike", item.order_id.name)], own),
                ([("ticket_id", "ilike", f"printer {item.id}")], own),
                (
                    [("ticket_id", "not ilike", f"printer {item.id}")],
                    self.entries - own,
                ),
                (["!", ("partner_id", "ilike", "azure")], self.entries - own),
                (
                    [
                        "|",
                        ("partner_id", "ilike", "azure"),
                        ("so_line", "ilike", other.order_id.name),
                    ],
                    self.entries,
                ),
                ([("partner_id", "ilike", "")], self.entries),
                ([("partner_id", "ilike", False)], self.entries),
            ):
                with self.subTest(user.login, domain=domain):
                    found = self._find_both_ways(domain, user)
                    self.assertEqual(found.sorted(), expected.sorted())

    def test_archived_customers_are_found(self):
        self.other_customer.active = False
        found = self._find_both_ways([("partner_id", "ilike", "birch")])
        self.assertEqual(len(found), 2)
        self.assertEqual(found.partner_id, self.other_customer)

    def test_time_to_invoice_with_and_without_canceled_invoices(self):
        waits = [("is_to_invoice", "=", True)]
        self.assertEqual(len(self._find_both_ways(waits)), 4)
        invoice = self._invoice_order(self.items[0].order_id)
        self.assertTrue(invoice.timesheet_ids)
        self.assertEqual(len(self._find_both_ways(waits, self.agent)), 2)
        invoice.button_cancel()
        self.assertEqual(len(self._find_both_ways(waits, self.agent)), 4)
        for entry in self.entries:
            self.assertTrue(entry.is_to_invoice)

    def test_a_longer_history_asks_no_more(self):
        domains = (
            [("partner_id", "ilike", "azure")],
            [("so_line", "ilike", self.items[0].order_id.name)],
            [("is_to_invoice", "=", True)],
        )

        def cost():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            for domain in domains:
                lines = self.lines.with_user(self.agent)
                lines.search_count(domain, limit=10_001)
            return self.env.cr.sql_log_count - before

        cost()
        few = cost()
        ticket = self.entries[0].ticket_id
        for _number in range(60):
            self._log(ticket)
        self.env.flush_all()
        self.assertEqual(cost(), few)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from unittest.mock import patch

from lxml import etree

from odoo.fields import Domain
from odoo.tests import tagged

from ...models.time import account_analytic_line_values as values
from ..support.common import ServiceCreditCommon

ADDON = "helpdesk_service_credit"
# Views that open on all there is, or on a period.
PIVOTS = (
    "account_analytic_line_view_graph_ticket",
    "account_analytic_line_view_pivot_ticket",
    "service_credit_consumption_view_graph",
    "service_credit_consumption_view_pivot",
    "service_credit_consumption_view_pivot_analysis",
    "service_credit_purchase_view_pivot",
)


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

    def _clone(self, entry, number):
        self.env.flush_all()
        columns = ", ".join(
            name
            for name, field in self.lines._fields.items()
            if field.store and field.column_type and name != "id"
        )
        self.env.cr.execute(
            f"INSERT INTO account_analytic_line ({columns}) SELECT {columns} "
            "FROM account_analytic_line, generate_series(1, %s) WHERE id = %s",
            [number, entry.id],
        )
        self.env.invalidate_all()

    def test_a_contact_takes_its_history_along_in_as_many_queries(self):
        """Whether it is merged, or changes its employer."""
        other, third = self.env["res.partner"].create(
            [{"name": name, "parent_id": self.customer.id} for name in ("Ole", "Pia")]
        )
        ticket = self._create_ticket(partner_id=other.id)
        entry = self._log(ticket)
        merge = self.env["base.partner.merge.automatic.wizard"]

        def cost(action):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            with self.cr.savepoint() as savepoint:
                action()
                self.env.flush_all()
                count = self.env.cr.sql_log_count - before
                savepoint.rollback()
            self.env.invalidate_all()
            return count

        def leave():
            other.parent_id = self.other_customer

        def join():
            merge._merge([other.id, third.id], third, extra_checks=False)
            moved = self.lines.search([("partner_id", "=", third.id)])
            self.assertIn(entry, moved)

        few = [cost(action) for action in (leave, join, leave, join)][2:]
        self._clone(entry, 500)
        self.assertEqual([cost(action) for action in (leave, join)], few)

    def test_no_axis_has_a_value_for_each_customer(self):
        """Thousands of customers by years of months are hundreds of thousands of
        cells, which the client waits for and nobody reads."""
        for name in PIVOTS:
            arch = etree.fromstring(self.env.ref(f"{ADDON}.{name}").arch)
            axes = [
                field for field in arch.iter("field") if field.get("type") != "measure"
            ]
            with self.subTest(name):
                self.assertTrue(axes)
                for field in axes:
                    self.assertNotIn("partner_id", field.get("name"))
                    # Days of years are too many, too.
                    if "date" in field.get("name"):
                        self.assertIn(field.get("interval"), ("week", "month"))

    def test_timesheets_open_on_a_period(self):
        action = self.env.ref(f"{ADDON}.account_analytic_line_action_ticket")
        self.assertIn("search_default_last_30_days", action.context)
        views = self.lines.get_views([(action.search_view_id.id, "search")])
        arch = etree.fromstring(views["views"]["search"]["arch"])
        [shown] = arch.xpath("//filter[@name='last_30_days']/@domain")
        self.assertIn("date", shown)

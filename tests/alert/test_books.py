# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.alert.books import FIGURES, RULES, find_differences
from ..support.books import assert_books
from ..support.funding import FundingCommon

CRON = "helpdesk_service_credit.ir_cron_check_books"
LOGGER = "odoo.addons.helpdesk_service_credit.tools.failure"


@tagged("post_install", "-at_install")
class TestBooks(FundingCommon):
    """A self-check that cannot miss what it asks for, and changes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.purchase = cls._buy(cls, 10)
        cls.entry = cls._log(cls.ticket, 2, date="2026-03-03")
        cls.item = cls._sell(hours=20)
        cls._authorize(cls.item, 5)
        cls.env.flush_all()

    def _break(self, table, record, change):
        """Change what no code can, past the checks of the database."""
        self.env.flush_all()
        # What is restored with the savepoint of the test.
        self.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for name in ("balance_adds_up", "never_negative"):
            self.cr.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_{name}"
            )
        self.cr.execute(f"UPDATE {table} SET {change} WHERE id = %s", [record.id])
        self.env.invalidate_all()

    def test_books_of_the_tests_add_up(self):
        self.assertEqual(self.entry.coverage, "credits")
        assert_books(self, self.env)
        assert_books(self, self.env.cr)

    def _find_broken(self, cases, companies):
        """Return the rules that say what is wrong with each change."""
        rules = set()
        for table, record, change in cases:
            with self.subTest(change=change), self.cr.savepoint() as savepoint:
                self._break(table, record, change)
                found = find_differences(self.env, companies)
                self.assertTrue(found)
                rules |= {difference.rule for difference in found}
                savepoint.rollback()
                self.env.invalidate_all()
        return rules

    def test_every_kind_of_difference_is_found(self):
        row = self.purchase.consumption_ids
        owner, stranger = "commercial_partner_id", self.other_customer
        branch = self.env["res.company"].create({"name": "Branch"})
        allocation, allocations = row.allocation_id, "service_credit_allocation"
        moved = "allocation_type = 'transfer', ticket_id = NULL"
        purchases, entries = "service_credit_purchase", "account_analytic_line"
        items, rows = "sale_order_line", "service_credit_consumption"
        self._log(self.ticket, 1, date="2026-03-04").unlink()
        back = self.purchase.consumption_ids.filtered("reversed_id")
        cases = [
            (purchases, self.purchase, "credits_allocated = 3"),
            (purchases, self.purchase, "credits_withdrawn = 1"),
            (purchases, self.purchase, "opening_used = 1"),
            (purchases, self.purchase, "value_available = value_available - 0.01"),
            (purchases, self.purchase, "credits_available = -1"),
            (purchases, self.purchase, "is_draft = true"),
            (allocations, allocation, "credits = 1"),
            (allocations, allocation, f"{owner} = {stranger.id}"),
            (allocations, allocation, moved),
            (rows, row, "credits = 1"),
            (rows, row, f"company_id = {branch.id}"),
            (rows, back, "credits = -9"),
            (entries, self.entry, "credits = 1.5"),
            (entries, self.entry, "coverage = 'sale_line'"),
            (entries, self.entry, "coverage = NULL"),
            (entries, self.entry, "hours_billed = 2.5"),
            (entries, self.entry, f"so_line = {self.item.id}"),
            (items, self.item, "authorized_hours = 7"),
            (items, self.item, "authorized_hours_used = 99, limit_hours = true"),
        ]
        rules = self._find_broken(cases, self.company | branch)
        self.assertEqual(rules, {*FIGURES, *RULES})
        assert_books(self, self.env)

    @mute_logger(LOGGER)
    def test_the_responsible_hears_of_the_first_difference_once(self):
        responsible = new_test_user(
            self.env,
            "books_bea",
            "base.group_user,helpdesk_service_credit.group_service_credit_manager",
        )
        self.company.service_credit_alert_user_id = responsible
        partner = self.company.partner_id
        self.env["res.company"]._cron_check_books()
        self.assertFalse(partner.activity_ids)
        self._break("account_analytic_line", self.entry, "credits = 1.5")
        self.env["res.company"]._cron_check_books()
        self.env["res.company"]._cron_check_books()
        activity = partner.activity_ids
        self.assertEqual(activity.user_id, responsible)
        self.assertIn("1.5", activity.note)
        self.assertEqual(self.entry.credits, 1.5, "nothing is put right")

    def test_without_a_responsible_a_manager_hears_of_it(self):
        self.company.service_credit_alert_user_id = False
        user = self.company._get_service_credit_responsible()
        self.assertTrue(
            user.has_group("helpdesk_service_credit.group_service_credit_manager")
        )

    def test_the_scheduled_action_runs(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(CRON).method_direct_trigger()
        self.assertFalse(self.company.partner_id.activity_ids)

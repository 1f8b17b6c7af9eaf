# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from ..support.credit import CreditCommon

LEDGER = "service_credit_consumption"
LOTS, EACH = 8, 5
RECENT = LOTS * EACH


def count_read(plan):
    """Return how many rows of the ledger the database looked at, by its own account."""
    read = sum(map(count_read, plan.get("Plans", ())))
    if plan.get("Relation Name") == LEDGER:
        seen = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        read += seen * plan["Actual Loops"]
    return read


@tagged("post_install", "-at_install")
class TestReportReads(CreditCommon):
    """Reports read the rows of the ledger that belong to their dates, and those once:
    older history costs nothing, whether rules narrow a reader or not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.service_credit_late_days = 36500
        cls.ticket = cls._create_ticket()
        cls.movements = cls.env["service.credit.movement"]
        cls.balances = cls.env["service.credit.balance"]
        groups = "base.group_user,sales_team.group_sale_salesman"
        cls.seller = new_test_user(cls.env, "seller", groups)
        cls.lead = cls.env["crm.lead"].create(
            {"name": "Credits", "user_id": cls.seller.id, "type": "opportunity"}
        )
        for _ in range(LOTS):
            lot = cls._buy(500, start=-900, expiry=900)
            lot._write_past_the_lock({"opportunity_id": cls.lead.id})
            cls._log(lot, EACH, 0)
        cls._log(lot, 1, -800)

    @classmethod
    def _log(cls, lot, number, day):
        vals = {
            "purchase": lot,
            "allocation": cls._request(cls.ticket, 1).prepare_allocation(lot),
            "consumption_type": "consumption",
            "credits": 1.0,
            "date": cls._day(day),
        }
        cls.row_model._post([vals] * number)

    def _make_history(self):
        """Work of long ago, of purchases that have expired since and of one that has
        not, and of days after those that were asked for."""
        for _ in range(10):
            lot = self._buy(60, start=-800, expiry=-500)
            self._log(lot, 50, -700)
            expiry = lot._prepare_write_off(10, "expiry", self._day(-490))
            self.row_model._post([expiry])
        self._log(self._buy(500, start=-800, expiry=900), 100, -600)

    def _count(self, records, domain, name, user=None):
        """Return the rows of the ledger that are read for a sum, as a user."""
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(f"ANALYZE {LEDGER}")
        cr.execute("ANALYZE service_credit_purchase")
        # A table of a few pages is read as a whole; a large one is not.
        cr.execute("SET LOCAL enable_seqscan = off")
        query = records.with_user(user or self.env.user)._search(domain)
        total = SQL("SUM(%s), COUNT(*)", SQL.identifier(query.table, name))
        explain = SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s", query.select(total))
        [[[explained]]] = self.env.execute_query(explain)
        return count_read(explained["Plan"])

    def _assert_reads(self, most, *asked):
        """However long the history is, no more rows are read."""
        for when in ("before", "after"):
            for args in asked:
                with self.subTest(when=when, asked=args):
                    self.assertLessEqual(self._count(*args), most)
            if when == "before":
                self._make_history()

    def test_movements_of_a_period(self):
        domain = [("date", ">=", self._day(-9)), ("date", "<=", self.today)]
        column = "credits_change"
        asked = self.movements, domain, column
        # Each row once, however often their purchase, its order or owner is looked at.
        self._assert_reads(RECENT + 1, asked, (*asked, self.seller))
        self.assertGreaterEqual(self._count(*asked), RECENT)

    def test_what_expired(self):
        domain = [("movement_type", "=", "expired"), ("date", "<=", self.today)]
        self._assert_reads(
            0,
            (self.movements, domain, "credits"),
            (self.movements, domain, "credits", self.seller),
        )

    def test_balances_of_today(self):
        asked = self.balances, [], "credits_closing"
        used = self.balances, [], "value_used"
        self._assert_reads(0, asked, used, (*asked, self.seller))

    def test_balances_of_a_date_and_a_period(self):
        date = self._day(-9)
        of_date = self.balances.with_context(service_credit_date_to=str(date))
        of_period = self.balances.with_context(service_credit_date_from=str(date))
        self._assert_reads(
            RECENT + 1,
            (of_date, [], "credits_closing"),
            (of_period, [], "value_used"),
            (of_period, [], "value_closing", self.seller),
        )

    def test_books_of_today(self):
        books = self.env["service.credit.books"]
        self._assert_reads(0, (books, [], "owed_company"), (books, [], "ledger_owed"))

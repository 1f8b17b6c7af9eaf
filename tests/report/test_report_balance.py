# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import random

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..support.credit import CreditCommon, give_back, take_back

NAMES = ("opening", "bought", "used", "expired", "closing")


@tagged("post_install", "-at_install")
class TestReportBalance(CreditCommon):
    """What is owed on any date is what the ledger tells, purchase by purchase."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket()
        # Work of long ago is logged as if it were then.
        cls.company.service_credit_late_days = 36500
        cls.balance_model = cls.env["service.credit.balance"]

    def _lines(self, end=0, start=None, model=None):
        dates = {"service_credit_date_to": str(self._day(end))}
        if start is not None:
            dates["service_credit_date_from"] = str(self._day(start))
        return (model or self.balance_model).with_context(**dates).search([])

    def _sums(self, end=0, start=None, amount="credits"):
        [sums] = self._lines(end, start)._read_group(
            [], aggregates=[f"{amount}_{name}:sum" for name in NAMES]
        )
        return sums

    def _assert_equal_to_ledger(self, day):
        """Balance lines = balance of the purchases = balance of the customers."""
        lines = self._lines(day)
        date = self._day(day)
        told = {
            lot: (line.credits_closing, line.value_closing, line.paid_closing)
            for line in lines
            for lot in line.purchase_id
            if line.credits_closing
        }
        lots = self.purchase_model.search([])
        expected = {
            lot: amounts
            for lot, amounts in lots._get_amounts(date).items()
            if any(amounts)
        }
        self.assertEqual(told, expected, date)
        by_customer = lines.grouped("commercial_partner_id")
        for customer in lots.commercial_partner_id:
            mine = by_customer.get(customer, lines.browse())
            self.assertEqual(
                self._add_up(mine),
                {
                    line["currency"]: (
                        line["credits_available"],
                        line["value_available"],
                        line["paid_available"],
                    )
                    for line in customer.get_service_credit_balance(date)
                },
                date,
            )

    def _add_up(self, lines):
        """Return credits, value and amount paid that are left, per currency."""
        return {
            currency.name: tuple(
                round(sum(group.mapped(f"{name}_closing")), 6)
                for name in ("credits", "value", "paid")
            )
            for currency, group in lines.grouped("currency_id").items()
            if any(group.mapped("credits_closing"))
        }

    def test_a_purchase_from_the_beginning_to_the_end(self):
        lot = self._buy(10, start=-30, expiry=-3)
        rows = self._draw(self.ticket, 4, date=self._day(-20)).rows
        give_back(rows, 1)
        self._draw(self.ticket, 2, date=self._day(-10))
        for day, expected in {
            -31: (0, 0, 0, 0, 0),
            -30: (0, 10, 0, 0, 10),
            -20: (0, 10, 3, 0, 7),
            -10: (0, 10, 5, 0, 5),
            -3: (0, 10, 5, 0, 5),
            -2: (0, 10, 5, 5, 0),
            0: (0, 10, 5, 5, 0),
            9: (0, 10, 5, 5, 0),
        }.items():
            with self.subTest(day=day):
                self.assertEqual(self._sums(day), expected)
                self.assertEqual(
                    self._sums(day, amount="value"), tuple(100 * n for n in expected)
                )
                self.assertEqual(
                    self._sums(day, amount="paid"), tuple(80 * n for n in expected)
                )
        self.assertEqual(self._sums(-5, start=-19), (7, 0, 2, 0, 5))
        self.assertEqual(self._sums(0, start=-2), (5, 0, 0, 5, 0))
        # Whether the scheduled action ran in time changes nothing.
        lot.action_expire()
        self.assertEqual(self._sums(0, start=-2), (5, 0, 0, 5, 0))
        # What is given back afterwards has expired too.
        give_back(rows)
        self.assertEqual(self._sums(0), (0, 10, 2, 8, 0))
        self.assertFalse(self._lines(0, start=-1))

    def test_extended_terms_expire_later(self):
        lot = self._buy(10, start=-30, expiry=-3)
        self.assertEqual(self._sums(), (0, 10, 0, 10, 0))
        lot.date_expiry = self._day(3)
        self.assertEqual(self._sums(), (0, 10, 0, 0, 10))
        self.company.service_credit_grace_days = 2
        self.assertEqual(self._sums(5), (0, 10, 0, 0, 10))
        self.assertEqual(self._sums(6), (0, 10, 0, 10, 0))
        self.company.service_credit_allow_past_expiry = True
        self.assertEqual(self._sums(99), (0, 10, 0, 0, 10))
        lot.date_expiry = "9998-12-31"
        self.assertEqual(self._sums(99), (0, 10, 0, 0, 10))
        self.company.service_credit_allow_past_expiry = False
        self.assertEqual(self._sums(99), (0, 10, 0, 0, 10))

    def test_withdrawn_credits_expire_at_once(self):
        lot = self._buy(10, start=-5)
        take_back(lot, 4)
        self.assertEqual(self._sums(), (0, 10, 0, 0, 6))
        self.assertEqual(self._lines().credits_withdrawn, 4)
        self.assertEqual(self._sums(-1), (0, 10, 0, 0, 10))

    def test_withdrawn_is_never_expired(self):
        """Not in the grace period, and not when the term was over before either."""
        self.company.service_credit_grace_days = 5
        for expiry in (10, -1, -3, -20):
            lot = self._buy(10, start=-90, expiry=expiry)
            self._draw(self.ticket, 3, date=self._day(-60))
            take_back(lot)
            with self.subTest(expiry=expiry):
                self.env.invalidate_all()
                lines = self.env["service.credit.movement"].search(
                    [("purchase_id", "=", lot.id)]
                )
                told = {
                    line.movement_type: (line.credits_change, line.value_change)
                    for line in lines
                }
                self.assertEqual(
                    told,
                    {"bought": (10, 1000), "used": (-3, -300), "withdrawn": (-7, -700)},
                )
                for day in (-61, -60, -21, -19, -4, 0, 3, 9, 11, 16):
                    self._assert_equal_to_ledger(day)
                self.assertEqual((lot.credits_withdrawn, lot.credits_expired), (7, 0))

    def test_use_beyond_terms_that_were_narrowed_later(self):
        self.company.service_credit_grace_days = 9
        self._buy(10, start=-30, expiry=-5)
        self._draw(self.ticket, 3, date=self._day(-2))
        self.company.service_credit_grace_days = 0
        self.assertEqual(self._sums(-4), (0, 10, 0, 10, 0))
        self.assertEqual(self._sums(), (0, 10, 3, 7, 0))
        for day in (-6, -5, -4, -2, 0):
            self._assert_equal_to_ledger(day)

    def test_what_starts_later_is_told_apart(self):
        lot = self._buy(10, start=5)
        self._buy(7, start=5, is_draft=True)
        line = self._lines()
        self.assertEqual(line.purchase_id, lot)
        self.assertEqual((line.credits_closing, line.credits_later), (0, 10))
        self.assertEqual((line.value_later, line.paid_later), (1000, 800))
        later = self._lines(5)
        self.assertEqual((later.credits_closing, later.credits_later), (10, 0))
        self.assertFalse(self._lines(-1))
        # Chosen by hand, it may pay before it starts.
        self.company.service_credit_manual_selection = True
        self._create_milestone(4).action_allocate_service_credits([[lot.id, 4]])
        self.env.invalidate_all()
        self.assertEqual(self._lines().credits_later, 6)
        self.assertEqual(self._sums(5), (0, 10, 4, 0, 6))
        for day in (-1, 0, 4, 5, 6):
            self._assert_equal_to_ledger(day)

    def test_any_history_on_any_date(self):
        dice = random.Random(19)
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self.company.service_credit_grace_days = 2
        for _ in range(12):
            start = dice.randint(-40, 5)
            self._buy(
                dice.randint(1, 20),
                start=start,
                expiry=start + dice.randint(0, 40),
                value_per_credit=100 / 3,
                paid_per_credit=dice.choice([0, 29.99]),
                partner_id=dice.choice([self.customer, self.other_customer]).id,
                currency_id=dice.choice([self.currency, other]).id,
                is_draft=dice.random() < 0.1,
            )
        for _ in range(40):
            rows = self._draw(
                self.ticket,
                dice.randint(1, 300) / 100,
                partner=dice.choice([self.customer, self.other_customer]),
                currency=dice.choice([self.currency, other]),
                date=self._day(dice.randint(-40, 3)),
            ).rows
            if rows and dice.random() < 0.4:
                give_back(rows)
        self.purchase_model.search([])._expire_batch(
            self.purchase_model._get_due_domain()
        )
        for day in range(-42, 60, 3):
            self._assert_equal_to_ledger(day)
        for start, end in ((-30, -10), (-9, 0), (-50, 60)):
            for amount in ("credits", "value", "paid"):
                opening, bought, used, expired, closing = self._sums(end, start, amount)
                before, after = (
                    self._sums(day, amount=amount)[-1] for day in (start - 1, end)
                )
                self.assertAlmostEqual(opening, before, 6)
                self.assertAlmostEqual(closing, after, 6)
                self.assertAlmostEqual(opening + bought - used - expired, closing, 6)

    def test_companies_stay_apart(self):
        branch = self.env["res.company"].create({"name": "Branch"})
        self._buy(10)
        self._buy(5, company_id=branch.id, currency_id=self.currency.id)
        both = self._lines(model=self.balance_model.sudo())
        self.assertEqual(
            {line.company_id: line.credits_closing for line in both},
            {self.company: 10, branch: 5},
        )

    def test_breakage(self):
        """What expired per month, net of extended terms and of what was given back."""
        self._buy(10, start=-90, expiry=-40)
        rows = self._draw(self.ticket, 4, date=self._day(-60)).rows
        saved = self._buy(5, start=-90, expiry=-40)
        saved.date_expiry = self._day(40)
        domain = [("movement_type", "=", "expired"), ("date", "<=", self.today)]
        movements = self.env["service.credit.movement"]

        def breakage():
            movements.invalidate_model()
            return [
                (line.date, line.credits, line.value, line.paid)
                for line in movements.search(domain)
            ]

        day = self._day(-39)
        self.assertEqual(breakage(), [(day, 6, 600, 480)])
        give_back(rows, 1)
        self.assertEqual(breakage(), [(day, 7, 700, 560)])
        self.purchase_model._get_due_domain()
        self.purchase_model.search([("date_expiry", "<", self.today)]).action_expire()
        self.assertEqual(breakage(), [(day, 7, 700, 560)])
        # A sale that is made smaller, and undone, loses nobody anything.
        take_back(self._buy(20))
        self.assertEqual(breakage(), [(day, 7, 700, 560)])
        withdrawn = movements.search([("movement_type", "=", "withdrawn")])
        self.assertEqual(sum(withdrawn.mapped("credits_change")), -20)

    def test_every_movement_has_a_number_of_its_own(self):
        self.company.service_credit_grace_days = 9
        self._buy(10, start=-30, expiry=-5)
        self._draw(self.ticket, 3, date=self._day(-2))
        take_back(self._buy(10), 3)
        self.company.service_credit_grace_days = 0
        movements = self.env["service.credit.movement"]
        [(count, numbers)] = movements._read_group(
            [], aggregates=["__count", "id:count_distinct"]
        )
        # bought, used and lapsed of one; bought, withdrawn and to lapse of the other
        self.assertEqual((count, numbers), (7, 7))

    def test_queries_do_not_grow(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._lines(-1).read(["credits_closing", "value_closing"])
            return self.env.cr.sql_log_count - before

        self._buy(10, start=-9)
        count()
        few = count()
        for _ in range(30):
            self._buy(10, start=-9)
        self.assertEqual(count(), few)

    def test_window(self):
        self._buy(10, start=-30)
        window = self.env["service.credit.owed"].create({"date_to": self._day(-1)})
        action = window.action_open_balance()
        lines = self.env[action["res_model"]].with_context(**action["context"])
        self.assertEqual(lines.search([]).credits_closing, 10)
        window.date_from = self._day(-3)
        lines = lines.with_context(**window.action_open_balance()["context"])
        line = lines.search([])
        self.assertEqual((line.credits_opening, line.credits_bought), (10, 0))
        with self.assertRefused(ValidationError, says="A period that starts on"):
            window.date_from = self._day(1)

    def test_wrong_dates(self):
        for value in ("yesterday", 5, ["2026-01-01"], "2026-13-01"):
            with self.assertRaises(UserError):
                self.balance_model.with_context(service_credit_date_to=value).search([])

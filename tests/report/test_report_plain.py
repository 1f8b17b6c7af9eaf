# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import random
from collections import defaultdict
from decimal import Decimal

from odoo.tests import tagged
from odoo.tools import SQL

from ..support.credit import CreditCommon, give_back
from ..support.plain_movements import get_movements
from ..support.played import LONG, played

TYPES = (*["consumption"] * 3, "expiry", "withdrawal", "opening")
AMOUNTS = ("credits", "value", "paid")
KINDS = ("bought", "used", "elsewhere", "expired", "withdrawn", "transferred")
NAMES = [
    f"{amount}_{figure}"
    for amount in AMOUNTS
    for figure in ("opening", *KINDS, "closing")
]
ROUNDS = 40 if LONG else 4


@tagged("post_install", "-at_install")
class TestReportPlain(CreditCommon):
    """Movements and balances are those that a plain reading of the rows tells: rows of
    any type on any day, terms that changed since, rollovers, transfers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket()
        cls.company.service_credit_late_days = 36500
        cls.branch = cls._create_customer("Azure Mills West", parent_id=cls.customer.id)

    def _make_history(self, dice):
        for _ in range(10):
            start = dice.randint(-90, 9)
            lot = self._buy(
                dice.randint(2, 20),
                start=start,
                expiry=start + dice.randint(0, 60),
                value_per_credit=dice.choice([100, 100 / 3]),
                paid_per_credit=dice.choice([0, 29.99]),
            )
            self._move(dice, lot)
            self._change(dice, lot)
        self._transfer(dice)
        self.company.service_credit_grace_days = dice.choice([0, 0, 5])
        self.company.service_credit_allow_past_expiry = dice.random() < 0.2

    def _move(self, dice, lot):
        for _ in range(dice.randint(0, 6)):
            credits = min(dice.randint(1, 400) / 100, lot.credits_available)
            if credits <= 0:
                break
            kind = dice.choice(TYPES)
            # Within its term for the most part, as life has it.
            day = self._day(dice.randint(-95, 5))
            if dice.random() < 0.7:
                day = min(max(day, lot.date_start), lot.date_expiry)
            vals = lot._prepare_write_off(credits, kind, day)
            if kind == "consumption":
                vals["allocation"] = self._request(
                    self.ticket, credits
                ).prepare_allocation(lot)
            rows = self.row_model._post([vals])
            if kind == "consumption" and dice.random() < 0.3:
                give_back(rows)

    def _change(self, dice, lot):
        """Change what nobody may type, as if it had been so from the beginning."""
        if dice.random() < 0.2:
            lot._write_past_the_lock({"date_start": self._day(-100)})
        if dice.random() < 0.3:
            day = self._day(dice.randint(-60, 9))
            lot._write_past_the_lock(
                {"date_rollover": day, "rollover_credits": dice.randint(0, 5)}
            )

    def _transfer(self, dice):
        lot = self._buy(9, start=dice.randint(-20, 0), expiry=20)
        received = lot._transfer(self.branch, dice.randint(1, 8), "Moved")
        if dice.random() < 0.5:
            received._transfer(self.customer, 1, "Back")

    def _read_movements(self):
        self.env.flush_all()
        query = SQL(
            "SELECT purchase_id, movement_type, date, credits::text, value::text,"
            " paid::text FROM %s movement WHERE company_id = %s",
            self.env["service.credit.movement"]._table_sql,
            self.company.id,
        )
        return sorted(
            (*row[:3], *map(Decimal, row[3:])) for row in self.env.execute_query(query)
        )

    def _assert_balances(self, movements, end, start=None):
        """Every column of every purchase is the sum of its movements."""
        dates = {"service_credit_date_to": str(end)}
        dates["service_credit_date_from"] = str(start) if start else False
        balances = self.env["service.credit.balance"].with_context(**dates)
        lines = balances.search([("company_id", "=", self.company.id)])
        told = {
            line.purchase_id.id: {name: round(Decimal(line[name]), 6) for name in NAMES}
            for line in lines
            if line.date_start <= end
        }
        self.assertEqual(told, self._add_up(movements, end, start), (start, end))

    def _add_up(self, movements, end, start):
        sums = defaultdict(lambda: defaultdict(Decimal))
        moved = set()
        for lot_id, kind, day, *amounts in movements:
            if day > end:
                continue
            sign = 1 if kind == "bought" else -1
            is_before = bool(start and day < start)
            if not is_before:
                moved.add(lot_id)
            for amount, number in zip(AMOUNTS, amounts, strict=True):
                figures = sums[lot_id]
                figures[f"{amount}_closing"] += sign * number
                if is_before:
                    figures[f"{amount}_opening"] += sign * number
                else:
                    figures[f"{amount}_{kind}"] += number
        names = [
            f"{a}_{name}" for a in AMOUNTS for name in ("opening", *KINDS, "closing")
        ]
        return {
            lot_id: {name: round(figures[name], 6) for name in names}
            for lot_id, figures in sums.items()
            if lot_id in moved or figures["credits_closing"]
        }

    def test_any_history(self):
        count = 0
        for seed in range(ROUNDS):
            dice = random.Random(seed)
            with self.subTest(seed=seed):
                self._make_history(dice)
                self.env.invalidate_all()
                plain = get_movements(self.env, self.company)
                self.assertEqual(self._read_movements(), plain)
                count += len(plain)
                for end in (-70, -9, 0, 30):
                    self._assert_balances(plain, self._day(end))
                    self._assert_balances(plain, self._day(end), self._day(end - 20))
        self.assertGreater(count, ROUNDS * 30)
        played("walks", "movements and balances", walks=ROUNDS, movements=count)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from decimal import Decimal

from odoo import Command
from odoo.tests import tagged

from ..support.credit import CreditCommon, give_back, take_back
from ..support.credit_model import Ledger
from ..support.random_walk import RandomWalk, figures, total

# The customer's sum is asked less often: every purchase was compared just before.
SUM_STEPS = 5
PRICES = ("100", "33.33", "0", "12.5", "0.07")


@tagged("post_install", "-at_install")
class TestCreditWalk(RandomWalk, CreditCommon):
    """Random steps on the ledger: tickets draw and give back, milestones adjust."""

    KINDS = (
        ["buy"] * 3
        + ["lapse"]
        + ["draw"] * 6
        + ["give_back"] * 4
        + ["adjust"] * 5
        + ["set_draft"] * 2
        + ["expire"] * 2
        + ["withdraw"]
        + ["extend"] * 2
        + ["limit"] * 2
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.teams = cls.env["helpdesk.ticket.team"].create(
            [{"name": "First"}, {"name": "Second"}]
        )
        cls.tickets = [cls._create_ticket(team_id=team.id) for team in cls.teams]
        cls.milestones = [cls._create_milestone(1) for _ in range(2)]
        cls.env.flush_all()

    def test_random_walks(self):
        self._run_walks()

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _make_settings(self, dice):
        return dice.choice((0, 0, 3)), dice.random() < 0.2, dice.choice((0, 7))

    def _make_args(self, kind, dice):
        pick = dice.randrange(100)
        amount = Decimal(dice.choice((25, 50, 100, 133, 250, 700, 1))) / 100
        if kind == "buy":
            start = dice.randint(-12, 4)
            terms = (start, start + dice.randint(0, 15), dice.random() < 0.3)
            prices = (Decimal(dice.choice(PRICES)), Decimal(dice.choice(PRICES)))
            opening = amount if dice.random() < 0.25 else Decimal()
            credits, rolls = amount * dice.randint(1, 4), None
            if dice.random() < 0.4:
                most = min(amount * dice.randint(0, 2), credits)
                rolls = (dice.randint(start, terms[1]), most)
            return (credits, *prices, *terms, opening, rolls)
        if kind == "limit":
            return pick, dice.choice((0, 50, 100)), dice.choice((None, None, 0, 1))
        if kind == "set_draft":
            return pick, dice.random() < 0.4
        if kind == "draw":
            return pick, amount, dice.randint(-12, 5)
        if kind == "extend":
            return pick, dice.randint(-10, 15)
        return pick, amount * dice.randint(0, 3)

    def _begin(self, *settings):
        self._set_company(*settings)
        self.model = Ledger(*settings)
        self.purchases = self.purchase_model.browse()
        self.draws = []

    def _model_buy(self, *terms):
        self.model.buy(*terms)

    def _ledger_buy(self, credits, value, paid, start, expiry, draft, opening, rolls):
        rollover = {}
        if rolls:
            rollover = {
                "date_rollover": self._day(rolls[0]),
                "rollover_credits": float(rolls[1]),
            }
        self.purchases |= self._buy(
            float(credits),
            start,
            expiry,
            value_per_credit=float(value),
            paid_per_credit=float(paid),
            is_draft=draft,
            opening_used=float(opening),
            **rollover,
        )

    def _lot(self, pick):
        if not self.purchases or not self.model.lots:
            return None, self.purchases
        index = pick % len(self.purchases)
        return self.model.lots[index], self.purchases[index]

    def _model_set_draft(self, pick, draft):
        lot, _purchase = self._lot(pick)
        if lot:
            self.model.set_draft(lot, draft)

    def _ledger_set_draft(self, pick, draft):
        self._lot(pick)[1].write({"is_draft": draft})

    def _model_limit(self, pick, priority, team):
        lot, _purchase = self._lot(pick)
        if lot:
            lot.priority = priority
            lot.only = None if team is None else ("ticket", team)

    def _ledger_limit(self, pick, priority, team):
        teams = self.teams[:0] if team is None else self.teams[team]
        teams = [Command.set(teams.ids)]
        self._lot(pick)[1].write({"priority": priority, "team_ids": teams})

    def _model_draw(self, pick, amount, day):
        rows = self.model.draw(("ticket", pick % 2), amount, day)
        self.drawn = rows

    def _ledger_draw(self, pick, amount, day):
        plan = self._draw(self.tickets[pick % 2], float(amount), date=self._day(day))
        if plan.rows:
            self.draws.append((self.drawn, plan.rows))

    def _model_give_back(self, pick, amount):
        if self.draws:
            self.model.give_back(self.draws[pick % len(self.draws)][0], amount)

    def _ledger_give_back(self, pick, amount):
        if self.draws:
            give_back(self.draws[pick % len(self.draws)][1], float(amount))

    def _model_adjust(self, pick, total):
        self.model.adjust(("milestone", pick % 2), total, 0)

    def _ledger_adjust(self, pick, total):
        self.milestones[pick % 2].action_adjust_service_credits(float(total))

    def _model_expire(self, pick, _amount):
        lot, _purchase = self._lot(pick)
        if lot:
            self.model.expire(lot, 0)

    def _ledger_expire(self, pick, _amount):
        self._lot(pick)[1].action_expire()

    def _model_withdraw(self, pick, amount):
        lot, _purchase = self._lot(pick)
        if lot and not lot.draft and amount:
            self.model.withdraw(lot, amount, 0)

    def _ledger_withdraw(self, pick, amount):
        purchase = self._lot(pick)[1]
        if not purchase.is_draft and amount:
            take_back(purchase, float(amount))

    def _model_lapse(self, pick, _amount):
        lot, _purchase = self._lot(pick)
        if lot and not lot.draft:
            self.model.post_lapses([lot])

    def _ledger_lapse(self, pick, _amount):
        purchase = self._lot(pick)[1]
        if not purchase.is_draft:
            purchase._post_lapses()

    def _model_extend(self, pick, expiry):
        lot, _purchase = self._lot(pick)
        if lot:
            self.model.extend(lot, expiry)

    def _ledger_extend(self, pick, expiry):
        self._lot(pick)[1].write({"date_expiry": self._day(expiry)})

    # ------------------------------------------------------------------
    # Comparison, on the figures in the database
    # ------------------------------------------------------------------

    def _compare(self, number):
        works = [
            (self.tickets[0], "ticket", 0),
            (self.tickets[1], "ticket", 1),
            (self.milestones[0], "milestone", 0),
            (self.milestones[1], "milestone", 1),
        ]
        allocations = []
        for work, *key in works:
            rows = [row for row in self.model.rows if row.work == tuple(key)]
            if rows:
                allocations.append((work.id, *total(rows)))
        ids = dict(zip(self.model.lots, self.purchases.ids, strict=True))
        expected = {
            "purchases": [figures(lot) for lot in self.model.lots],
            "allocations": sorted(allocations),
            "rows": [
                (ids[row.lot], row.kind, *total([row])) for row in self.model.rows
            ],
        }
        actual = self._read(self._get_queries(self.purchases))
        # Another day at every step, so that each day has its turn.
        day = number % 13 - 7
        difference = self._differ(expected, actual) or self._compare_balances(day)
        return difference or (number % SUM_STEPS == 0 and self._compare_sum(day))

    def _compare_balances(self, day):
        expected = [self.model.balance(lot, day) for lot in self.model.lots]
        amounts = self.purchases._get_amounts(self._day(day))
        actual = [Decimal(str(amounts.get(lot, (0,))[0])) for lot in self.purchases]
        if actual != expected:
            return f"balances on day {day} are {actual}, not {expected}"
        return False

    def _compare_sum(self, day):
        expected = sum(self.model.balance(lot, day) for lot in self.model.lots)
        balance = self.customer._get_service_credit_balance(self._day(day))
        available = sum(Decimal(str(line["credits_available"])) for line in balance)
        if available != expected:
            return f"the customer has {available} on day {day}, not {expected}"
        return False

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import os
import random
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_credit import CreditCommon
from .credit_model import Ledger, Refused

WALKS = int(os.environ.get("HELPDESK_WALKS", 200))
SEED = int(os.environ.get("HELPDESK_SEED", 0)) or random.randrange(1, 10**9)
STEPS = 50
PRICES = ("100", "33.33", "0", "12.5", "0.07")
KINDS = (
    ["buy"] * 3
    + ["draw"] * 6
    + ["give_back"] * 4
    + ["adjust"] * 5
    + ["set_draft"] * 2
    + ["expire"] * 2
    + ["extend"] * 2
)


@tagged("post_install", "-at_install")
class TestCreditWalk(CreditCommon):
    """Random steps on the ledger and on the plain model: always the same answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tickets = [cls._create_ticket() for _ in range(2)]
        cls.milestones = [cls._create_milestone(1) for _ in range(2)]
        cls.env.flush_all()

    def test_random_walks(self):
        for walk in range(WALKS):
            steps = self._make_steps(random.Random(SEED + walk))
            failure = self._try(steps)
            if failure:
                steps = self._shrink(steps)
                self.fail(
                    f"Seed {SEED + walk}: {self._try(steps)}\n"
                    + "\n".join(map(repr, steps))
                )

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _make_steps(self, dice):
        settings = ("settings", dice.choice((0, 0, 3)), dice.random() < 0.2)
        return [settings] + [self._make_step(dice) for _ in range(STEPS)]

    def _make_step(self, dice):
        kind = dice.choice(KINDS)
        pick = dice.randrange(100)
        amount = Decimal(dice.choice((25, 50, 100, 133, 250, 700, 1))) / 100
        if kind == "buy":
            start = dice.randint(-12, 4)
            terms = (start, start + dice.randint(0, 15), dice.random() < 0.3)
            prices = (Decimal(dice.choice(PRICES)), Decimal(dice.choice(PRICES)))
            return (kind, amount * dice.randint(1, 4), *prices, *terms)
        if kind == "set_draft":
            return (kind, pick, dice.random() < 0.4)
        if kind == "draw":
            return (kind, pick, amount, dice.randint(-12, 5))
        if kind == "extend":
            return (kind, pick, dice.randint(-10, 15))
        return (kind, pick, amount * dice.randint(0, 3))

    def _try(self, steps):
        """Walk and return what went wrong, or False; the database is left as it was."""
        savepoint = self.env.cr.savepoint()
        try:
            return self._walk(steps)
        finally:
            savepoint.rollback()
            savepoint.close(rollback=False)
            self.env.invalidate_all()

    def _shrink(self, steps):
        """Leave out every step the failure does not need."""
        position = 1
        while position < len(steps):
            shorter = steps[:position] + steps[position + 1 :]
            if self._try(shorter):
                steps = shorter
            else:
                position += 1
        return steps

    def _walk(self, steps):
        _settings, grace, past = steps[0]
        self.company.service_credit_grace_days = grace
        self.company.service_credit_allow_past_expiry = past
        self.model = Ledger(grace, past)
        self.purchases = self.purchase_model.browse()
        self.draws = []
        for number, (kind, *args) in enumerate(steps[1:], 1):
            expected = self._is_refused(Refused, getattr(self, f"_model_{kind}"), args)
            with self.env.cr.savepoint() as savepoint:
                step = getattr(self, f"_ledger_{kind}")
                actual = self._is_refused(UserError, step, args)
                if actual:
                    savepoint.rollback()
            if expected != actual:
                return f"step {number} {kind} {args}: refused {actual}, not {expected}"
            difference = self._compare(number)
            if difference:
                return f"step {number} {kind} {args}: {difference}"
        return False

    def _is_refused(self, error, method, args):
        try:
            method(*args)
        except error:
            return True
        return False

    # ------------------------------------------------------------------
    # Each step, on the model and on the ledger
    # ------------------------------------------------------------------

    def _model_buy(self, *terms):
        self.model.buy(*terms)

    def _ledger_buy(self, credits, value, paid, start, expiry, draft):
        self.purchases |= self._buy(
            float(credits),
            start,
            expiry,
            value_per_credit=float(value),
            paid_per_credit=float(paid),
            is_draft=draft,
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
            self.draws[pick % len(self.draws)][1]._give_back(float(amount))

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
        self.env.flush_all()
        expected = [
            (
                lot.allocated,
                lot.expired,
                lot.available,
                lot.left("value"),
                lot.left("paid"),
                lot.state,
            )
            for lot in self.model.lots
        ]
        actual = self._query(
            "SELECT credits_allocated, credits_expired, credits_available, "
            "value_available, paid_available, state FROM service_credit_purchase "
            "WHERE id = ANY(%s) ORDER BY id",
            [self.purchases.ids],
        )
        if actual != expected:
            return f"purchases are {actual}, not {expected}"
        return self._compare_rows() or self._compare_balances(number % 13 - 7)

    def _compare_rows(self):
        works = [("ticket", n) for n in (0, 1)] + [("milestone", n) for n in (0, 1)]
        expected = [
            tuple(
                sum((getattr(row, name) for row in rows), Decimal())
                for name in ("credits", "value", "paid")
            )
            for rows in ([r for r in self.model.rows if r.work == w] for w in works)
            if rows
        ]
        actual = self._query(
            "SELECT credits, value, paid FROM service_credit_allocation "
            "WHERE ticket_id = ANY(%s) OR milestone_id = ANY(%s) "
            "ORDER BY ticket_id, milestone_id",
            [[t.id for t in self.tickets], [m.id for m in self.milestones]],
        )
        if actual != expected:
            return f"allocations are {actual}, not {expected}"
        numbers = {lot: n for n, lot in enumerate(self.model.lots)}
        ids = self.purchases.ids
        last = self._query(
            "SELECT purchase_id, consumption_type, credits, value, paid "
            "FROM service_credit_consumption WHERE purchase_id = ANY(%s) ORDER BY id",
            [ids],
        )
        rows = [
            (ids[numbers[row.lot]], row.kind, row.credits, row.value, row.paid)
            for row in self.model.rows
        ]
        return f"rows are {last}, not {rows}" if last != rows else False

    def _compare_balances(self, day):
        expected = [self.model.balance(lot, day) for lot in self.model.lots]
        amounts = self.purchases._get_balances(self._day(day))
        actual = [Decimal(str(amounts.get(lot, 0))) for lot in self.purchases]
        if actual != expected:
            return f"balances on day {day} are {actual}, not {expected}"
        return False

    def _query(self, query, params):
        """Read exact decimals, past the conversion to floats."""
        with mute_logger("odoo.sql_db"):
            self.env.cr.execute(query, params)
        return [
            tuple(
                Decimal(str(value)) if isinstance(value, float) else value
                for value in row
            )
            for row in self.env.cr.fetchall()
        ]

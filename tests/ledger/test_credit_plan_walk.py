# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import random
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from ..support.credit import CreditCommon, give_back
from ..support.played import played
from ..support.random_walk import SEED, WALKS

STEPS = 30
DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestCreditPlanWalk(CreditCommon):
    """Days go by: with scheduled actions every day, some days or never, the same work
    is paid by the same credits, and every balance is the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket()

    def setUp(self):
        super().setUp()
        cron = type(self.env["ir.cron"])
        self.patch(cron, "_commit_progress", lambda *args, **values: 1.0)

    def test_late_actions_change_no_answer(self):
        walks = max(WALKS // 3, 2)
        for walk in range(walks):
            steps = self._make_steps(random.Random(SEED + walk))
            worlds = {
                often: self._live(steps, often)
                for often in ("daily", "rarely", "never")
            }
            for often in ("rarely", "never"):
                for number, (mine, theirs) in enumerate(
                    zip(worlds["daily"], worlds[often], strict=True)
                ):
                    self.assertEqual(
                        mine,
                        theirs,
                        f"walk {SEED + walk}, {often}, after {steps[1:][: number + 1]} "
                        f"of {steps[0]}",
                    )
        played("walks", type(self).__name__, walks=walks, steps=walks * STEPS)

    def _make_steps(self, dice):
        terms = {
            "credits": dice.choice((4, 10)),
            "periods": dice.choice((0, 3, 6)),
            "date_start": date(2026, 1, dice.choice((1, 15, 31))),
            "rollover": dice.choice(("none", "all", "limit", "limit")),
            "rollover_credits": dice.choice((1, 2.5)),
            "rollover_periods": dice.choice((1, 2)),
            "proration": dice.choice(("full", "prorate")),
        }
        settings = dice.choice((0, 0, 3)), dice.choice((0, 7))
        steps = [(terms, settings)]
        for _step in range(STEPS):
            kind = dice.choice(("wait", "wait", "draw", "draw", "draw", "give_back"))
            steps.append(
                (kind, dice.choice((1, 3, 9, 20)), dice.choice((0.5, 1, 3)))
                if kind != "give_back"
                else (kind, dice.randrange(100), dice.choice((0.5, 1)))
            )
        return steps

    def _live(self, steps, often):
        """Play the steps and return what there was after each of them."""
        with self.cr.savepoint() as point:
            try:
                return self._play(steps, often)
            finally:
                point.rollback()
                self.env.invalidate_all()

    def _play(self, steps, often):
        (terms, settings), *steps = steps
        self.company.service_credit_grace_days = settings[0]
        self.company.service_credit_late_days = settings[1]
        today, seen, draws = terms["date_start"], [], []
        dice = random.Random(7)
        with freeze_time(f"{today} 12:00"):
            plan = self._start(terms)
        for kind, first, amount in steps:
            if kind == "wait":
                for _day in range(first):
                    today += DAY
                    if often == "daily" or (often == "rarely" and dice.random() < 0.1):
                        self._run_actions(today)
            with freeze_time(f"{today} 12:00"):
                seen.append(self._step(kind, first, amount, today, draws))
                if len(seen) % 10 == 0:
                    seen.append(self._forecast())
        self._run_actions(today)
        with freeze_time(f"{today} 12:00"):
            seen.append(
                [
                    (
                        lot.plan_start,
                        lot.credits_allocated,
                        lot.credits_expired,
                        lot.state,
                    )
                    for lot in plan.purchase_ids.sorted("plan_start")
                ]
            )
        return seen

    def _start(self, terms):
        plan = self.env["service.credit.plan"].create(
            {"partner_id": self.customer.id, "value_per_credit": 10, **terms}
        )
        plan.action_start()
        return plan

    def _run_actions(self, today):
        with freeze_time(f"{today} 12:00"):
            self.env["service.credit.plan"]._cron_run()
            self.purchase_model._cron_expire()

    def _step(self, kind, first, amount, today, draws):
        """Return what a step took, and what is left then, and a week later."""
        taken = []
        if kind == "draw":
            draw = self._draw(self.ticket, amount, date=today - (first - 3) * DAY)
            taken = [(row.purchase_id.plan_start, row.credits) for row in draw.rows]
            if draw.rows:
                draws.append(draw.rows)
        elif kind == "give_back" and draws:
            rows = draws.pop(first % len(draws))
            give_back(rows)
        days = [today, today + 8 * DAY]
        return taken, [self._balance(day) for day in days]

    def _forecast(self):
        """Return what the forecast counts today, and what of later periods."""
        self.env.flush_all()
        forecast = self.env["service.credit.forecast"]
        forecast.invalidate_model()
        line = forecast.search([("commercial_partner_id", "=", self.customer.id)])
        return line.credits_available, line.credits_later

    def _balance(self, day):
        balance = self.customer._get_service_credit_balance(day)
        return sum(line["credits_available"] for line in balance)

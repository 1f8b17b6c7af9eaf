# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from decimal import Decimal
from types import SimpleNamespace

from odoo import Command, fields
from odoo.tests import tagged

from ..support.credit_model import Ledger
from ..support.entry_model import EXACT, Desk, Item
from ..support.random_walk import WALKS, RandomWalk, figures, total
from ..support.tasks import TaskFundingCommon

CAP = Decimal(6)
RATES = [Decimal("1"), Decimal("1.5"), Decimal("0.4")]
STARTS = (None, Decimal(8), Decimal("16.5"), Decimal("17.75"), Decimal("22.25"))
POLICIES = ("refuse", "overage", "non_billable")


@tagged("post_install", "-at_install")
class TestEntryWalk(RandomWalk, TaskFundingCommon):
    """Random steps on tickets and tasks: log, edit, move, tick, delete, and cover
    overage.

    Three works, each a ticket or a task: of a customer without an item, of the same
    customer with a capped item, and of another customer with a prepaid item.
    """

    KINDS = (
        ["buy"] * 4
        + ["log"] * 7
        + ["hours"] * 4
        + ["day"] * 2
        + ["rate"] * 2
        + ["start"] * 2
        + ["tick"] * 2
        + ["move"] * 2
        + ["delete"] * 2
        + ["cover"] * 2
        + ["forgive", "set_draft", "expire", "extend"]
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.env.user)
        cls.types = cls.env["service.type"].create(
            [{"name": f"At {rate}", "credits_per_hour": float(rate)} for rate in RATES]
        )
        capped = cls._sell(cls.time_product)
        cls._authorize(capped, float(CAP))
        prepaid = cls._sell(partner=cls.other_customer)
        terms = [
            {"partner_id": cls.customer.id, "sale_line_id": False},
            {"partner_id": cls.customer.id, "sale_line_id": capped.id},
            {"partner_id": cls.other_customer.id, "sale_line_id": prepaid.id},
        ]
        # Each work as a ticket and as a task; a walk takes one of both.
        cls.works = [
            (cls._create_ticket(**values), cls._create_task(**values))
            for values in terms
        ]
        cls.schedule = cls.env["resource.calendar"].create(
            {
                "name": "Every day from 9 to 18",
                "company_id": cls.company.id,
                "attendance_ids": [Command.clear()]
                + [
                    Command.create(
                        {
                            "name": str(day),
                            "dayofweek": str(day),
                            "hour_from": 9,
                            "hour_to": 18,
                            "day_period": "full_day",
                        }
                    )
                    for day in range(7)
                ],
            }
        )
        cls.company.partner_id.tz = "UTC"
        cls.env.flush_all()

    def test_random_walks(self):
        # An entry costs several times what a step of the bare ledger does.
        self._run_walks(max(WALKS // 4, 1))

    def test_the_same_hours_again_are_no_edit(self):
        """An entry keeps what rounding within its work gave it: 1.12 of 1.125 credits,
        although the one that took 1.13 is gone."""
        terms = Decimal("0.75"), Decimal("1.5"), True, None
        steps = [
            (0, False, "refuse", (0, 0), (0, 0, 0), None),
            ("buy", 0, Decimal(10), Decimal("33.33"), Decimal(10), -7, 8, False),
            ("log", 0, -2, *terms),
            ("log", 0, -1, *terms),
            ("delete", 0),
            ("hours", 0, Decimal("0.75")),
            ("rate", 0, Decimal("1.5")),
        ]
        self.assertFalse(self._try(steps))
        self.assertEqual(self.desk.entries[0].credits, Decimal("1.12"))

    def test_a_start_that_costs_nothing_is_no_edit(self):
        """An entry keeps its 1.87 of 1.875 credits when only the time of day goes."""
        terms = Decimal("1.5"), True, Decimal("17.75")
        steps = [
            (0, False, "refuse", (0, 0), (0, 0, 0), None),
            ("buy", 0, Decimal(10), Decimal("33.33"), Decimal(10), -7, 8, False),
            ("log", 0, -2, Decimal("3.25"), *terms),
            ("log", 0, -1, Decimal("1.25"), *terms),
            ("start", 1, None),
        ]
        self.assertFalse(self._try(steps))
        self.assertEqual(self.desk.entries[1].credits, Decimal("1.87"))

    def test_half_a_minute_is_rounded_as_the_database_does(self):
        """A part that begins at 16:31:30 is weighed from a whole minute."""
        steps = [
            (3, False, "non_billable", (0, 0), (0, 1, 0), Decimal("0.5")),
            ("buy", 0, Decimal("0.01"), Decimal("33.33"), Decimal(10), -3, 10, False),
            ("log", 1, -2, Decimal(3), Decimal("0.4"), True, Decimal("16.5")),
            ("hours", 1, Decimal("3.5")),
        ]
        self.assertFalse(self._try(steps))

    def test_a_part_after_midnight_is_weighed_again_by_its_rates(self):
        steps = [
            (0, False, "non_billable", (0, 0), (0, 0, 0), Decimal("1.5")),
            ("buy", 0, Decimal(3), Decimal("33.33"), Decimal(10), -7, 8, False),
            ("log", 0, -2, Decimal(4), Decimal(1), True, Decimal("22.25")),
            ("hours", 1, Decimal(3)),
            ("start", 1, None),
            ("hours", 1, Decimal(2)),
            ("start", 1, Decimal(8)),
            ("hours", 1, Decimal(3)),
        ]
        self.assertFalse(self._try(steps))

    def test_a_part_counts_on_another_task_what_it_did(self):
        """It begins at 16:43:12, and is not weighed again from a whole minute."""
        steps = [
            (0, False, "non_billable", (0, 0), (1, 1, 1), Decimal("0.5")),
            ("buy", 0, Decimal("0.33"), Decimal("33.33"), Decimal(10), -7, 8, False),
            ("log", 0, -2, Decimal("1.75"), Decimal("1.5"), True, Decimal("16.5")),
            ("move", 1, 2),
        ]
        self.assertFalse(self._try(steps))
        self.assertEqual(self.desk.entries[1].hours, Decimal("1.405"))

    def test_a_part_keeps_its_second_when_overage_is_covered(self):
        """It begins at 16:41:53, and credits take a share of what it counted."""
        D = Decimal
        terms = D("1.5"), True, D("16.5")
        steps = [
            (3, False, "overage", (0, D("0.5")), (0, 0, 0), D("1.5")),
            ("buy", 0, D("0.33"), D("33.33"), D(10), 1, 5, False),
            ("buy", 0, D("0.33"), D("33.33"), D(10), -6, 0, False),
            ("log", 64, -5, D("3.25"), D(1), True, D("16.5")),
            ("rate", 66, D("1.5")),
            ("log", 5, 0, D(1), *terms),
            ("log", 73, -6, D("0.75"), D("1.5"), True, D("17.75")),
            ("log", 69, 3, D(2), *terms),
            ("tick", 40),
            ("cover", 59),
        ]
        self.assertFalse(self._try(steps))

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _make_settings(self, dice):
        rounding = dice.choice(((0, 0), (0, 0), (1, 0), (0, Decimal("0.5"))))
        # Only teams raise and round what is billed.
        kinds = [dice.randrange(2) if rounding == (0, 0) else 0 for _work in range(3)]
        settings = dice.choice((0, 3)), dice.random() < 0.2, dice.choice(POLICIES)
        outside = dice.choice((None, Decimal("1.5"), Decimal("0.5")))
        return *settings, rounding, kinds, outside

    def _make_args(self, kind, dice):
        pick, day = dice.randrange(100), dice.randint(-12, 5)
        quarters = Decimal(dice.randint(1, 16)) / 4
        if kind == "buy":
            credits = Decimal(dice.choice((1, 33, 100, 250, 500, 1000))) / 100
            terms = (day, day + dice.randint(0, 15), dice.random() < 0.2)
            return (
                dice.choice((0, 0, 1)),
                credits,
                Decimal("33.33"),
                Decimal(10),
                *terms,
            )
        if kind == "log":
            start = dice.choice(STARTS)
            return pick, day, quarters, dice.choice(RATES), dice.random() < 0.9, start
        second = {
            "hours": quarters,
            "day": day,
            "rate": dice.choice(RATES),
            "start": dice.choice(STARTS),
            "move": dice.randrange(3),
            "set_draft": dice.random() < 0.4,
            "extend": dice.randint(-10, 15),
        }
        return (pick, second[kind]) if kind in second else (pick,)

    def _begin(self, grace, past, policy, rounding, kinds, outside):
        self._set_company(grace, past)
        self.tickets = [
            work[kind] for work, kind in zip(self.works, kinds, strict=True)
        ]
        self.rollout.over_limit_policy = policy
        minimum, step = rounding
        self.team.write(
            {
                "over_limit_policy": policy,
                "minimum_hours": minimum,
                "rounding_hours": float(step),
            }
        )
        self.desk = Desk(policy, minimum, step, outside)
        # The walk before was taken back, and its rates with it.
        self.env.registry.clear_cache()
        if outside:
            self.env["service.rate"].create(
                {
                    "name": "Outside",
                    "factor": float(outside),
                    "applies": "outside",
                    "calendar_id": self.schedule.id,
                }
            )
        first, second = Ledger(grace, past), Ledger(grace, past)
        second.rows = first.rows
        self.plain_tickets = [
            SimpleNamespace(ledger=ledger, item=item, id=self._get_key(ticket))
            for ledger, item, ticket in zip(
                (first, first, second),
                (None, Item("capped", CAP), Item("prepaid")),
                self.tickets,
                strict=True,
            )
        ]
        self.lots, self.ids = [], []
        self.purchases = self.env["service.credit.purchase"]

    def _get_key(self, work):
        return work.id if work._name == "helpdesk.ticket" else -work.id

    def _model_buy(self, who, *terms):
        ledger = self.plain_tickets[who * 2].ledger
        ledger.buy(*terms)
        self.lots.append((ledger, ledger.lots[-1]))

    def _ledger_buy(self, who, credits, value, paid, start, expiry, draft):
        self.purchases |= self._buy(
            float(credits),
            self._day(start),
            self._day(expiry),
            partner_id=self.tickets[who * 2].partner_id.id,
            value_per_credit=float(value),
            paid_per_credit=float(paid),
            is_draft=draft,
        )

    def _day(self, offset):
        return fields.Date.add(self.today, days=offset)

    def _model_log(self, pick, *terms):
        self.desk.log(self.plain_tickets[pick % 3], *terms)

    def _ledger_log(self, pick, day, hours, rate, billable, start):
        times = {} if start is None else {"time_start": float(start)}
        work = self.tickets[pick % 3]
        log = self._log if work._name == "helpdesk.ticket" else self._log_task
        log(
            work,
            float(hours),
            date=self._day(day),
            service_type_id=self.types[RATES.index(rate)].id,
            is_billable=billable,
            **times,
        )

    def _entry(self, pick):
        """Return an entry of the model, and remember its record."""
        index = pick % len(self.ids) if self.ids else 0
        self.record = self.env["account.analytic.line"].browse(
            self.ids[index : index + 1]
        )
        return self.desk.entries[index] if self.ids else None

    def _change(self, pick, method, **values):
        entry = self._entry(pick)
        if entry:
            method(entry, **values)

    def _model_hours(self, pick, hours):
        self._change(pick, self.desk.edit, worked=hours)

    def _ledger_hours(self, _pick, hours):
        self.record.write({"unit_amount": float(hours)})

    def _model_rate(self, pick, rate):
        self._change(pick, self.desk.edit, rate=rate)

    def _ledger_rate(self, _pick, rate):
        self.record.write({"service_type_id": self.types[RATES.index(rate)].id})

    def _model_start(self, pick, start):
        self._change(pick, self.desk.edit, start=start)

    def _ledger_start(self, _pick, start):
        value = False if start is None else float(start)
        self.record.write({"time_start": value})

    def _model_day(self, pick, day):
        self._change(pick, self.desk.redo, day=day)

    def _ledger_day(self, _pick, day):
        self.record.write({"date": self._day(day)})

    def _model_tick(self, pick):
        entry = self._entry(pick)
        self.ticked = entry and not entry.terms.billable
        self._change(pick, self.desk.redo, billable=self.ticked)

    def _ledger_tick(self, _pick):
        self.record.write({"is_billable": self.ticked})

    def _model_move(self, pick, ticket):
        self._change(pick, self.desk.redo, ticket=self.plain_tickets[ticket])

    def _ledger_move(self, _pick, ticket):
        work = self.tickets[ticket]
        is_ticket = work._name == "helpdesk.ticket"
        self.record.write(
            {"ticket_id": work.id}
            if is_ticket
            else {"ticket_id": False, "task_id": work.id}
        )

    def _model_delete(self, pick):
        self._change(pick, self.desk.delete)

    def _ledger_delete(self, _pick):
        self.record.unlink()

    def _model_cover(self, _pick):
        self.desk.cover()

    def _ledger_cover(self, _pick):
        self.env["account.analytic.line"].browse(self.ids).action_cover_overage()

    def _model_forgive(self, _pick):
        self.desk.forgive()

    def _ledger_forgive(self, _pick):
        self.env["account.analytic.line"].browse(self.ids).action_goodwill_overage()

    def _with_lot(self, pick, method, *args):
        self.purchase = self.purchases[pick % len(self.lots)] if self.lots else None
        if self.lots:
            ledger, lot = self.lots[pick % len(self.lots)]
            getattr(ledger, method)(lot, *args)

    def _model_set_draft(self, pick, draft):
        self._with_lot(pick, "set_draft", draft)

    def _ledger_set_draft(self, _pick, draft):
        if self.purchase:
            self.purchase.write({"is_draft": draft})

    def _model_expire(self, pick):
        self._with_lot(pick, "expire", 0)

    def _ledger_expire(self, _pick):
        if self.purchase:
            self.purchase.action_expire()

    def _model_extend(self, pick, expiry):
        self._with_lot(pick, "extend", expiry)

    def _ledger_extend(self, _pick, expiry):
        if self.purchase:
            self.purchase.write({"date_expiry": self._day(expiry)})

    # ------------------------------------------------------------------
    # Comparison, on the figures in the database
    # ------------------------------------------------------------------

    def _get_queries(self, purchases):
        keys = [self._get_key(work) for work in self.tickets]
        return {
            **super()._get_queries(purchases),
            "entries": "SELECT id, coalesce(ticket_id, -task_id), "
            "round(unit_amount::numeric, 6) AS worked, "
            "round(hours_billed::numeric, 6) AS billed, "
            "coverage, so_line IS NOT NULL, credits, "
            "COALESCE(time_stop, 0) > 0 AS is_timed FROM account_analytic_line "
            f"WHERE coalesce(ticket_id, -task_id) = ANY(ARRAY{keys}) ORDER BY id",
            "drawn": "SELECT timesheet_id FROM service_credit_consumption "
            f"WHERE purchase_id = ANY(ARRAY{purchases.ids}::int[]) ORDER BY id",
        }

    def _compare(self, _number):
        actual = self._read(self._get_queries(self.purchases))
        entries, rows = self.desk.entries, self.plain_tickets[0].ledger.rows
        self.ids = [row[0] for row in actual["entries"]]
        ids = dict(zip(entries, self.ids, strict=False))
        self._adopt_hours(actual["entries"])
        lots = [lot for _ledger, lot in self.lots]
        lot_ids = dict(zip(lots, self.purchases.ids, strict=True))
        works = [(row.work[0].id, row) for row in rows if row.work]
        expected = {
            "purchases": [figures(lot) for lot in lots],
            "allocations": sorted(
                (ticket.id, *total([row for work, row in works if work == ticket.id]))
                for ticket in self.plain_tickets
                if ticket.id in dict(works)
            ),
            "rows": [(lot_ids[row.lot], row.kind, *total([row])) for row in rows],
            "entries": [
                (
                    ids.get(entry),
                    entry.terms.ticket.id,
                    entry.worked,
                    entry.hours,
                    entry.payer,
                    bool(entry.item),
                    entry.credits,
                    entry.is_timed,
                )
                for entry in entries
            ],
            "drawn": [(row.work and ids.get(row.work[1]),) for row in rows],
        }
        return self._differ(expected, actual)

    def _adopt_hours(self, rows):
        """Binary fractions may round the last digit of an hour the other way."""
        for entry, row in zip(self.desk.entries, rows, strict=False):
            for name, hours in zip(("worked", "hours"), row[2:4], strict=True):
                if abs(hours - getattr(entry, name)) <= 2 * EXACT:
                    setattr(entry, name, Decimal(hours))

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import random
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo import Command
from odoo.fields import Date
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ..support.credit import CreditCommon, give_back, let_expire, transfer
from ..support.selling import SellingCommon

MONTH = 30.4375


def run_down(lots, pace, today):
    """Use ``pace`` credits a day of lots ``[last day, credits]``, day by day.

    :return: credits that lapse, and the first day without any left, or None
    """
    lots, lapsed, day = [list(lot) for lot in lots], 0.0, today
    while any(left > 1e-9 for _last, left in lots):
        if day > today + timedelta(days=4000):
            return lapsed, None
        wanted = pace
        for lot in lots:
            if lot[0] < day:
                lapsed += lot[1]
                lot[1] = 0.0
            part = min(wanted, lot[1])
            lot[1] -= part
            wanted -= part
        if all(left <= 1e-9 for _last, left in lots):
            # Gone during this day, or by the end of its term the night before.
            return lapsed, day if wanted > 1e-9 else day + timedelta(days=1)
        day += timedelta(days=1)
    return lapsed, today


@tagged("post_install", "-at_install")
class TestReportForecast(CreditCommon):
    """When credits run out at the pace they are drawn, and what lapses before."""

    def _forecast(self, customer=None):
        forecast = self.env["service.credit.forecast"]
        self.env.flush_all()
        forecast.invalidate_model()
        return forecast.search(
            [("commercial_partner_id", "=", (customer or self.customer).id)]
        )

    def _used(self, credits, months, **values):
        """Draw credits on the day so many months ago."""
        day = self.today - relativedelta(months=months)
        return self._draw(self._create_ticket(), credits, date=day, **values)

    def test_paces(self):
        self._buy(100, start=-400)
        self._used(6, 1)
        self._used(3, 2)
        self._used(12, 6)
        self._used(50, 13)
        line = self._forecast()
        self.assertAlmostEqual(line.pace_3, 3)
        self.assertAlmostEqual(line.pace_12, 21 / 12)
        self.assertAlmostEqual(line.pace, 3)
        self.assertEqual(line.credits_available, 29)
        self.assertEqual((line.value_available, line.paid_available), (2900, 2320))
        days = int(29 / (3 / MONTH))
        self.assertEqual(line.date_empty, self._day(days))
        self.assertEqual((line.outlook, line.credits_lapsing), ("runs_out", 0))

    def test_nothing_drawn_of_late(self):
        """Then the pace of the year counts, and without any the credits lapse."""
        self._buy(30, start=-400, expiry=100)
        self._used(12, 6)
        line = self._forecast()
        self.assertEqual((line.pace_3, line.pace), (0, line.pace_12))
        self._buy(30, partner_id=self.other_customer.id, expiry=100)
        idle = self._forecast(self.other_customer)
        self.assertEqual((idle.pace, idle.credits_lapsing), (0, 30))
        self.assertEqual(
            (idle.date_lapse, idle.date_empty), (self._day(100), self._day(101))
        )
        self.assertEqual(idle.outlook, "lapses")
        self.company.service_credit_allow_past_expiry = True
        idle = self._forecast(self.other_customer)
        self.assertEqual((idle.credits_lapsing, idle.date_empty), (0, False))
        self.assertEqual(idle.outlook, "idle")

    def test_new_customers_are_measured_since_they_bought(self):
        self._buy(30, start=-60)
        self._used(10, 1)
        line = self._forecast()
        self.assertAlmostEqual(line.pace, 10 / 60 * MONTH, 1)
        self.assertAlmostEqual(line.pace_12, line.pace_3, 2)
        self._buy(30, start=-1, partner_id=self.other_customer.id)
        self._draw(self._create_ticket(), 2, partner=self.other_customer)
        self.assertEqual(self._forecast(self.other_customer).pace, 2)

    def test_what_lapses_before(self):
        """Three credits a month: of ten that end in a month, seven lapse."""
        self._buy(10, start=-100, expiry=30)
        self._buy(9, start=-100, expiry=400)
        self._used(9, 1)
        self._buy(9, start=-100, expiry=30)
        line = self._forecast()
        self.assertEqual(line.pace, 3)
        self.assertAlmostEqual(line.credits_lapsing, 10 - 3 * 31 / MONTH, 2)
        self.assertEqual((line.date_lapse, line.date_expiry), (self._day(30),) * 2)
        self.assertEqual(line.date_empty, self._day(31 + int(9 / (3 / MONTH))))
        self.company.service_credit_grace_days = 5
        self.assertEqual(self._forecast().date_lapse, self._day(35))

    def test_the_priority_comes_before_the_end(self):
        """What is used first may outlast the rest: that lapses meanwhile."""
        for seed in range(6):
            dice = random.Random(seed)
            customer = self._create_customer(f"Queue {seed}")
            rank, lots = (10, 50, 90), []
            used = self._buy(9, start=-100, partner_id=customer.id)
            self._used(9, 1, partner=customer)
            self.assertEqual(used.state, "used")
            for _ in range(4):
                lot = dice.choice(rank), dice.randint(0, 150), dice.randint(1, 12)
                lots.append(lot)
                priority, end, credits = lot
                self._buy(
                    credits,
                    start=-100,
                    expiry=end,
                    priority=priority,
                    partner_id=customer.id,
                )
            queue = [[self._day(end), credits] for _rank, end, credits in sorted(lots)]
            lapsed, empty = run_down(queue, 3 / MONTH, self.today)
            line = self._forecast(customer)
            with self.subTest(lots=lots):
                self.assertAlmostEqual(line.credits_lapsing, lapsed, delta=0.02)
                self.assertLessEqual(abs((line.date_empty - empty).days), 1)

    def test_those_that_run_out_soon_stand_out(self):
        arch = self.env["service.credit.forecast"].get_view(view_type="list")["arch"]
        (field,) = etree.fromstring(arch).xpath("//field[@name='date_empty']")
        for days, is_soon in ((-1, True), (10, True), (200, False)):
            values = {
                "date_empty": str(self._day(days)),
                "context_today": lambda: self.today,
                "relativedelta": relativedelta,
            }
            rule = safe_eval(field.get("decoration-danger"), values)
            self.assertEqual(bool(rule), is_soon, days)

    def test_what_is_left_out(self):
        self._buy(10, is_draft=True)
        self._buy(10, start=-90, expiry=-1)
        self.assertFalse(self._forecast())
        self._buy(8, start=4)
        line = self._forecast()
        self.assertEqual((line.credits_available, line.credits_later), (0, 8))
        self.assertEqual((line.outlook, line.date_empty), ("empty", self.today))

    def test_who_ran_out_stays_in_the_list(self):
        self._buy(5, start=-60)
        rows = self._used(5, 1).rows
        line = self._forecast()
        self.assertEqual((line.outlook, line.credits_available), ("empty", 0))
        give_back(rows)
        self.assertEqual(self._forecast().pace, 0)

    def test_filters(self):
        self._buy(10, start=-90, expiry=400)
        self._used(10, 1)
        self._buy(2, start=-90, expiry=400)
        model = self.env["service.credit.forecast"]
        mine = [("commercial_partner_id", "=", self.customer.id)]
        self.assertTrue(model.search_count([*mine, ("date_empty", "<=", "today +30d")]))
        self.assertFalse(model.search_count([*mine, ("date_empty", "<=", "today +9d")]))
        self.assertFalse(model.search_count([*mine, ("credits_lapsing", ">", 0)]))

    def test_companies_and_currencies_stay_apart(self):
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        branch = self.env["res.company"].create({"name": "Branch"})
        self._buy(1)
        self._buy(2, currency_id=other.id)
        self._buy(4, company_id=branch.id, currency_id=self.currency.id)
        lines = self.env["service.credit.forecast"].sudo().search([], order="id")
        self.assertEqual(lines.mapped("credits_available"), [1, 2, 4])
        self.assertEqual(lines.company_id, self.company | branch)

    def test_against_running_down_day_by_day(self):
        dice = random.Random(7)
        customers = [self._create_customer(f"Customer {n}") for n in range(25)]
        expected = {}
        for customer in customers:
            pace = dice.choice([0, dice.randint(1, 60) / 10])
            first = self._buy(
                pace * 3 + 1, start=-400, expiry=1, partner_id=customer.id
            )
            if pace:
                self._used(pace * 3, 1, partner=customer)
            lots = [[first.date_expiry, 1.0]]
            for _ in range(dice.randint(0, 4)):
                lot = self._buy(
                    dice.randint(1, 40),
                    start=-dice.randint(1, 50),
                    expiry=dice.randint(2, 300),
                    partner_id=customer.id,
                )
                lots.append([lot.date_expiry, lot.credits])
            expected[customer] = run_down(sorted(lots), pace / MONTH, self.today)
        for customer in customers:
            line = self._forecast(customer)
            lapsed, empty = expected[customer]
            self.assertAlmostEqual(line.credits_lapsing, lapsed, 1)
            self.assertLessEqual(abs((line.date_empty - empty).days), 1)

    def test_limits_day_by_day(self):
        """Credits for one kind of work are used at the pace of that work."""
        dice = random.Random(11)
        team = self.env["helpdesk.ticket.team"].create({"name": "Trainers"})
        limits = {"team_ids": [Command.set(team.ids)], "priority": 10}
        expected = {}
        for number in range(10):
            customer = self._create_customer(f"Limited {number}")
            for kind, values in (("any", {}), ("training", limits)):
                pace = dice.choice([0, dice.randint(1, 60) / 10])
                values = {**values, "partner_id": customer.id}
                lots = []
                if pace:
                    ticket = self._create_ticket(
                        partner_id=customer.id,
                        team_id=team.id if "team_ids" in values else False,
                    )
                    self._buy(pace * 3, start=-400, expiry=1, **values)
                    day = self.today - relativedelta(months=1)
                    self._draw(ticket, pace * 3, partner=customer, date=day)
                for _ in range(dice.randint(1, 3)):
                    lot = self._buy(
                        dice.randint(1, 40),
                        start=-100,
                        expiry=dice.randint(2, 300),
                        **values,
                    )
                    lots.append([lot.date_expiry, lot.credits])
                run = run_down(sorted(lots), pace / MONTH, self.today)
                expected[customer, kind] = *run, sum(lot[1] for lot in lots), pace
        self._assert_limits_day_by_day(expected)

    def _assert_limits_day_by_day(self, expected):
        for (customer, kind), (lapsed, empty, credits, pace) in expected.items():
            lines = self._forecast(customer)
            limited = lines.filtered("limits")
            line = limited if kind == "training" else lines - limited
            with self.subTest(customer=customer.name, kind=kind):
                self.assertEqual(len(lines), 2)
                self.assertAlmostEqual(line.pace_3, pace, 1)
                self.assertEqual(line.credits_available, credits)
                self.assertAlmostEqual(line.credits_lapsing, lapsed, 1)
                self.assertLessEqual(abs((line.date_empty - empty).days), 1)
                if kind == "training":
                    self.assertEqual(line.limits, "Trainers")

    def test_received_credits_are_measured_since_they_came(self):
        daughter = self._create_customer("Daughter", parent_id=self.customer.id)
        received = transfer(self._buy(30, start=-400), daughter, 20)
        received._write_past_the_lock({"date_received": self._day(-45)})
        self._used(6, 1, partner=daughter)
        line = self._forecast(daughter)
        self.assertAlmostEqual(line.pace, 6 / 45 * MONTH, 1)
        self.assertAlmostEqual(line.pace_12, line.pace_3, 2)

    def test_the_purchases_of_a_line(self):
        """Only those of its limits, also where what they are limited to is archived."""
        teams = self.env["helpdesk.ticket.team"].create(
            [{"name": "Trainers"}, {"name": "Fitters"}]
        )
        limits = {
            "none": {},
            "one": {"team_ids": [Command.set(teams[:1].ids)]},
            "both": {"team_ids": [Command.set(teams.ids)]},
            "project": {
                "team_ids": [Command.set(teams[:1].ids)],
                "project_ids": [Command.set(self.project.ids)],
            },
        }
        lots = {name: self._buy(7, **values) for name, values in limits.items()}
        for name, values in limits.items():
            lots[name] |= self._buy(3, start=-9, **values)
        teams[1].active = False
        lines = self._forecast()
        self.assertEqual(len(lines), 4)
        for name, purchases in lots.items():
            with self.subTest(limits=name):
                [line] = lines.filtered(lambda one, p=purchases: one.purchase_id in p)
                domain = line.action_view_purchases()["domain"]
                self.assertCountEqual(self.purchase_model.search(domain), purchases)

    def test_renew(self):
        self._buy(10)
        action = self._forecast().action_create_renewal()
        renewal = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(renewal.partner_id, self.customer)
        self.assertEqual(
            self._forecast().action_view_purchases()["domain"][0][2], self.customer.id
        )

    def test_queries_do_not_grow(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["service.credit.forecast"].search([]).read(["date_empty"])
            return self.env.cr.sql_log_count - before

        self._buy(10)
        count()
        few = count()
        for number in range(20):
            self._buy(10, partner_id=self._create_customer(f"C{number}").id)
        self.assertEqual(count(), few)


@tagged("post_install", "-at_install")
class TestReportForecastOverage(SellingCommon):
    def test_the_renewal_counts_the_same(self):
        """What the forecast calls use and overage is what the renewal is sized by."""
        self._ordered({"product_id": self.pack.id, "product_uom_qty": 4})
        self.team.over_limit_policy = "overage"
        self._use(17)
        self._use(17)
        self._use(12)
        line = self.env["service.credit.forecast"].search(
            [("commercial_partner_id", "=", self.customer.id)]
        )
        action = line.action_create_renewal()
        renewal = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((renewal.credits_used, renewal.credits_overage), (40, 6))
        self.assertEqual((line.pace_12, line.credits_overage), (40, 6))
        self.assertEqual(line.user_id, self.salesman)
        self.assertEqual(renewal.product_id, self.pack)

    def _get_overage(self, customer):
        self.env.flush_all()
        self.env.invalidate_all()
        lines = self.env["service.credit.forecast"].search(
            [("commercial_partner_id", "=", customer.id)]
        )
        return lines.mapped("credits_overage")

    def test_overage_stays_with_the_customer_it_was_logged_for(self):
        customers = self.customer + self.other_customer
        for customer in customers:
            self.env["service.credit.purchase"].create(
                {"partner_id": customer.id, "credits": 1}
            )
        self.team.over_limit_policy = "overage"
        entry = self._use(3)
        ticket = entry.ticket_id
        before = [self._get_overage(customer) for customer in customers]
        self.assertEqual(before, [[2], [0]])
        # As of a ticket that changed customers while its time stayed.
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET partner_id = %s, commercial_partner_id = %s"
            " WHERE id = %s",
            [self.other_customer.id, self.other_customer.id, ticket.id],
        )
        self.env.invalidate_all()
        self.assertEqual(
            [self._get_overage(customer) for customer in customers], before
        )

    def test_overage_counts_once_where_credits_have_two_currencies(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["service.credit.purchase"].create(
            [
                {"partner_id": self.customer.id, "credits": 1, **values}
                for values in ({}, {"currency_id": euro.id})
            ]
        )
        self.team.over_limit_policy = "overage"
        self._use(5)
        self.assertEqual(sorted(self._get_overage(self.customer)), [0, 3])

    def test_overage_stays_where_the_first_credits_are_long_gone(self):
        """It counts once, with the first line that is left."""
        teams = self.env["helpdesk.ticket.team"].create(
            [{"name": "Trainers"}, {"name": "Fitters"}]
        )
        common = {"partner_id": self.customer.id, "credits": 10}
        gone, *_limited = self.env["service.credit.purchase"].create(
            [
                {
                    **common,
                    "date_start": Date.add(self.today, days=-500),
                    "date_expiry": Date.add(self.today, days=-400),
                },
                *({**common, "team_ids": [Command.set(team.ids)]} for team in teams),
            ]
        )
        let_expire(gone)
        self.team.over_limit_policy = "overage"
        self._use(3)
        lines = self.env["service.credit.forecast"].search(
            [("commercial_partner_id", "=", self.customer.id)], order="id"
        )
        self.assertEqual(lines.mapped("limits"), ["Trainers", "Fitters"])
        self.assertEqual(lines.mapped("credits_overage"), [3, 0])

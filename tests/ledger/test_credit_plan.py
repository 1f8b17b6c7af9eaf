# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ...models.alert import levels
from ...models.ledger.movements import query_movements
from ..support.credit import CreditCommon, give_back


@tagged("post_install", "-at_install")
class TestCreditPlan(CreditCommon):
    """Allotments: which periods there are, and when they get their purchases."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket()

    def setUp(self):
        super().setUp()
        cron = type(self.env["ir.cron"])
        self.patch(cron, "_commit_progress", lambda *args, **values: 1.0)

    def _terms(self, plan):
        return [
            (lot.date_start, lot.date_expiry, lot.credits)
            for lot in plan.purchase_ids.sorted("date_start")
        ]

    @freeze_time("2026-01-10 12:00")
    def test_periods_of_months(self):
        """A period has its purchase from the day before it starts."""
        plan = self._allot(periods=3)
        first = (date(2026, 1, 1), date(2026, 1, 31), 10)
        self.assertEqual(self._terms(plan), [first])
        self.assertEqual(plan.date_end, date(2026, 3, 31))
        with freeze_time("2026-01-30 12:00"):
            self.plan_model._cron_run()
            self.assertEqual(self._terms(plan), [first])
        with freeze_time("2026-01-31 12:00"):
            self.plan_model._cron_run()
            self.plan_model._cron_run()
            second = (date(2026, 2, 1), date(2026, 2, 28), 10)
            self.assertEqual(self._terms(plan), [first, second])
        with freeze_time("2026-04-01 12:00"):
            self.plan_model._cron_run()
            self.assertEqual(len(plan.purchase_ids), 3)
            self.assertEqual(plan.state, "ended")

    def test_the_31st_comes_back(self):
        with freeze_time("2028-12-31 12:00"):
            plan = self._allot(date(2028, 1, 31), periods=4)
            starts = [start for start, _end, _credits in self._terms(plan)]
            self.assertEqual(
                starts,
                [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]
                + [date(2028, 4, 30)],
            )
        with freeze_time("2033-01-01 12:00"):
            plan = self._allot(date(2028, 2, 29), period="year", periods=5)
            starts = [start for start, _end, _credits in self._terms(plan)]
            self.assertEqual(starts[1], date(2029, 2, 28))
            self.assertEqual(starts[4], date(2032, 2, 29))

    def test_prorated_start(self):
        with freeze_time("2026-02-15 12:00"):
            plan = self._allot(date(2026, 1, 15), proration="prorate", periods=2)
            self.assertEqual(
                self._terms(plan),
                [
                    (date(2026, 1, 15), date(2026, 1, 31), 5.48),
                    (date(2026, 2, 1), date(2026, 2, 28), 10),
                ],
            )
            plan = self._allot(date(2026, 1, 31), proration="prorate", periods=2)
            self.assertEqual(
                self._terms(plan)[0], (date(2026, 1, 31), date(2026, 1, 31), 0.32)
            )

    def test_draw_makes_the_period_it_needs(self):
        """A preview writes nothing; drawing creates what is due, and once."""
        with freeze_time("2026-01-10 12:00"):
            plan = self._allot()
        with freeze_time("2026-04-10 12:00"):
            day = date(2026, 4, 9)
            balance = self.customer.get_service_credit_balance()
            self.assertEqual(balance[0]["credits_available"], 10)
            self.assertEqual(len(plan.purchase_ids), 1)
            draw = self._draw(self.ticket, 3, date=day)
            self.assertEqual(len(plan.purchase_ids), 4)
            april = draw.rows.purchase_id
            self.assertEqual(april.date_start, date(2026, 4, 1))
            self.assertEqual(april.credits_available, 7)
            self.plan_model._cron_run()
            self.assertEqual(len(plan.purchase_ids), 4)
            self.assertEqual(
                self.customer.get_service_credit_balance()[0]["credits_available"], 7
            )

    def test_rollover(self):
        """What exceeds the limit lapses on the last day of its period, whether or not
        the scheduled action ran."""
        for runs in (False, True):
            with self.subTest(runs=runs), self.cr.savepoint() as point:
                with freeze_time("2026-03-01 12:00"):
                    plan = self._allot(
                        date(2026, 3, 1), rollover="limit", rollover_credits=4
                    )
                    march = plan.purchase_ids
                    self.assertEqual(march.date_expiry, date(2026, 4, 30))
                    self.assertEqual(march.date_rollover, date(2026, 3, 31))
                    self._draw(self.ticket, 4, date=date(2026, 3, 5))
                    self.assertIn(
                        "4 of 6 credits roll over, 2 lapse", march.rollover_note
                    )
                with freeze_time("2026-04-02 12:00"):
                    self.assertEqual(self._balance(), 14)
                    late = self._draw(self.ticket, 1, date=date(2026, 3, 30))
                    self.assertEqual(self._slices(late.rows), [(march, 1)])
                with freeze_time("2026-04-10 12:00"):
                    if runs:
                        self.purchase_model._cron_expire()
                        self.assertEqual(march.credits_expired, 1)
                    self.assertEqual(self._balance(), 14)
                    self._draw(self.ticket, 1, date=date(2026, 3, 30))
                    lapse = march.consumption_ids.filtered(
                        lambda row: row.consumption_type == "expiry"
                    )
                    self.assertEqual(lapse.mapped("credits"), [1])
                    self.assertEqual(lapse.date, date(2026, 3, 31))
                    self.assertEqual(march.credits_available, 3)
                    give_back(late.rows)
                    self.assertEqual(self._balance(), 14)
                    self.purchase_model._cron_expire()
                    self.assertEqual(march.credits_available, 4)
                    self._assert_movements(march)
                point.rollback()

    def test_renewal_waits_for_the_last_period(self):
        """The end of a period is no news; that of the last one is."""
        with freeze_time("2026-01-10 12:00"):
            plan = self._allot(periods=2)
            self.assertFalse(self._expiring(date(2026, 1, 10)))
        with freeze_time("2026-02-10 12:00"):
            self.plan_model._cron_run()
            lots = self._expiring(date(2026, 2, 10))
            self.assertEqual(lots, plan.purchase_ids.sorted("plan_start")[-1])

    def _expiring(self, today):
        return levels.get_expiring(
            self.env, self.company, today, [60], self.customer.ids
        )

    def test_group_draws_from_a_period_to_come(self):
        """A company below the owner of a shared allotment draws what is due."""
        branch = self._create_customer("Azure Wheels", parent_id=self.customer.id)
        product = self.env["product.product"].create(
            {
                "name": "Shared",
                "type": "service",
                "service_credits": 10,
                "service_credit_sharing": "group",
            }
        )
        with freeze_time("2026-01-10 12:00"):
            plan = self._allot(product_id=product.id)
        with freeze_time("2026-03-10 12:00"):
            ticket = self._create_ticket(partner_id=branch.id)
            draw = self._draw(ticket, 4, partner=branch, date=date(2026, 3, 9))
            self.assertEqual(draw.rows.purchase_id.plan_id, plan)
            self.assertEqual(draw.rows.purchase_id.plan_start, date(2026, 3, 1))

    def test_refusals(self):
        plan = self._allot(self.today)
        with self.assertRefused(UserError, plan.name):
            plan.date_start = self._day(3)
        with self.assertRefused(UserError, plan.name):
            plan.unlink()
        with self.assertRefused(UserError, plan.name):
            plan.action_start()
        for odd in ("x", 1e9, [[1]], True, "9999-99-99", self._day(-1)):
            with self.subTest(odd=odd), self.assertRefused(UserError):
                plan.action_end(odd)
        plan.credits = 12
        self.assertEqual(plan.purchase_ids.credits, 10)
        plan.action_end()
        with self.assertRefused(UserError, plan.name):
            plan.action_end()
        with self.assertRefused(UserError, plan.name):
            plan.action_skip()

    def test_starts_in_no_wrong_century(self):
        """A typing error would create thousands of purchases, or none."""
        for start in ("0206-11-01", "1999-01-01", "9999-12-31"):
            with self.subTest(start=start), self.assertRefused(UserError):
                self._allot(start)
        self.assertGreater(len(self._allot(self._day(-365 * 9)).purchase_ids), 100)

    def test_rights(self):
        """Managers write allotments, users read them, nobody types what follows."""
        self._create_users()
        plan = self._allot(self.today)
        manager = self.plan_model.with_user(self.credit_manager)
        made = manager.create({"partner_id": self.customer.id, "credits": 5})
        made.action_start()
        self.assertEqual(made.purchase_ids.credits, 5)
        self.assertEqual(plan.with_user(self.credit_user).state, "running")
        for user in (self.credit_user, self.stranger):
            for method in ("action_start", "action_end", "action_skip"):
                with (
                    self.subTest(user=user.login, method=method),
                    self.assertRefused(AccessError),
                ):
                    getattr(plan.with_user(user), method)()
        for name, value in (
            ("state", "ended"),
            ("date_end", "2030-01-01"),
            ("periods_created", 5),
            ("next_start", "2030-01-01"),
            ("purchase_ids", [(5,)]),
        ):
            with self.subTest(name=name), self.assertRefused(AccessError):
                made.write({name: value})
        lot = plan.purchase_ids.with_user(self.credit_manager)
        with self.assertRefused(AccessError):
            lot.rollover_credits = 5

    def test_a_bad_plan_stops_no_other(self):
        """Its reason becomes an activity on it."""
        with freeze_time("2026-01-10 12:00"):
            bad, good = self._allot(), self._allot()
        prepare = type(self.plan_model)._prepare_period

        def fail(plan, period):
            if plan == bad:
                raise ZeroDivisionError
            return prepare(plan, period)

        self.patch(type(self.plan_model), "_prepare_period", fail)
        with (
            freeze_time("2026-02-01 12:00"),
            mute_logger("odoo.addons.helpdesk_service_credit.tools.failure"),
        ):
            self.plan_model._cron_run()
        self.assertEqual((len(bad.purchase_ids), len(good.purchase_ids)), (1, 2))

    def _balance(self, day=None):
        lines = self.customer.get_service_credit_balance(day)
        return sum(line["credits_available"] for line in lines)

    def _assert_movements(self, lot):
        self.env.flush_all()
        [[left]] = self.env.execute_query(
            self._movements_until(lot, self.company._get_today())
        )
        self.assertEqual(float(left), lot.credits_available)

    def _movements_until(self, lot, day):
        return SQL(
            "SELECT SUM(credits_change) FROM (%s) m WHERE purchase_id = %s "
            "AND date <= %s",
            query_movements(self.env),
            lot.id,
            day,
        )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from freezegun import freeze_time

from odoo.tests import Form, tagged

from ...models.alert import levels
from ...models.ledger.movements import query_movements
from ..support.credit import CreditCommon


@tagged("post_install", "-at_install")
class TestPlanFigures(CreditCommon):
    """After a period, every screen tells what of it can still be used."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        with freeze_time("2026-01-01 12:00"):
            plan = cls._allot(periods=1, rollover="limit", rollover_credits=4)
        cls.lot = plan.purchase_ids

    def setUp(self):
        super().setUp()
        cron = type(self.env["ir.cron"])
        self.patch(cron, "_commit_progress", lambda *args, **values: 1.0)

    def _get_forecast(self, customer):
        self.env.flush_all()
        forecast = self.env["service.credit.forecast"]
        forecast.invalidate_model()
        return forecast.search([("commercial_partner_id", "=", customer.id)])

    def _compare(self, expected):
        """Assert that balance, alerts, forecast and windows tell the same."""
        today = self.company._get_today()
        balance = self.customer.get_service_credit_balance()
        told = {"balance": balance[0]["credits_available"]}
        told["value"] = balance[0]["value_available"] / 100
        pools = levels.get_pools(self.env, self.company, today, self.customer.ids)
        [pool] = pools.values()
        told["alert"], told["base"] = pool.available, pool.base
        line = self._get_forecast(self.customer)
        told["forecast"] = line.credits_available
        told["forecast value"] = line.value_available / 100
        milestone = self._create_milestone(1).with_user(self.credit_user)
        form = Form.from_action(
            milestone.env, milestone.action_manage_service_credits()
        )
        [record] = form.line_ids._records
        told["window"] = record["credits_left"] + 1
        told["use"] = self.lot._get_usable_on(today)[self.lot]
        self.assertEqual(told, dict.fromkeys(told, expected))

    @freeze_time("2026-02-03 12:00")
    def test_days_to_log_late(self):
        self._compare(4)
        self._draw(self._create_ticket(), 1, date=date(2026, 2, 2))
        [balance] = self.customer.get_service_credit_balance()
        self.assertEqual(balance["credits_available"], 3)
        self.assertIn("3 of 9 credits rolled over, 6 pay only", self.lot.rollover_note)
        usable = self.lot._get_usable_on(date(2026, 1, 30))
        self.assertEqual(usable, {self.lot: 9})

    @freeze_time("2026-02-20 12:00")
    def test_after_them_with_and_without_the_action(self):
        self._compare(4)
        self.purchase_model._cron_expire()
        self.assertEqual(self.lot.credits_expired, 6)
        self.assertFalse(self.lot.rollover_note)
        self._compare(4)

    @freeze_time("2026-01-20 12:00")
    def test_in_the_period(self):
        self._compare(10)

    @freeze_time("2026-01-20 12:00")
    def test_forecast_counts_periods_to_come(self):
        """A year of them, up to the end; the first one may be a part."""
        for terms, expected in (
            ({"credits": 10}, 120),
            ({"credits": 10, "periods": 4}, 30),
            ({"credits": 10, "period": "quarter"}, 40),
            ({"credits": 10, "period": "year", "date_start": date(2025, 2, 1)}, 10),
            ({"credits": 31, "proration": "prorate", "periods": 2}, 31),
        ):
            with self.subTest(**terms), self.cr.savepoint() as point:
                start = terms.pop("date_start", date(2026, 1, 20))
                plan = self._allot(start, partner_id=self.other_customer.id, **terms)
                [line] = self._get_forecast(self.other_customer)
                self.assertEqual(line.credits_later, expected)
                plan.action_end()
                [line] = self._get_forecast(self.other_customer)
                self.assertEqual(line.credits_later, 0)
                point.rollback()

    @freeze_time("2026-02-03 12:00")
    def test_excess_is_rounded_by_the_currency(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        plan = self._allot(
            partner_id=self.other_customer.id,
            currency_id=yen.id,
            credits=7,
            value_per_credit=10.5,
            periods=1,
            rollover="limit",
            rollover_credits=4,
        )
        self.env.flush_all()
        rows = self.env.execute_query(query_movements(self.env))
        values = [row[10] for row in rows if row[3] == plan.purchase_ids[0].id]
        self.assertTrue(values)
        self.assertEqual([value % 1 for value in values], [0] * len(values))

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from ..support.funding import FundingCommon


@tagged("post_install", "-at_install")
class TestFundingRollover(FundingCommon):
    """What an entry says of credits that did not roll over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.service_credit_late_days = 3
        cls.team.over_limit_policy = "overage"

    def setUp(self):
        super().setUp()
        cron = type(self.env["ir.cron"])
        self.patch(cron, "_commit_progress", lambda *args, **values: 1.0)

    def _allot(self):
        """Return the one period of an allotment: of its 10 credits, 4 roll over from
        March to April."""
        plan = self.env["service.credit.plan"].create(
            {
                "partner_id": self.customer.id,
                "credits": 10,
                "value_per_credit": 100,
                "paid_per_credit": 80,
                "date_start": date(2026, 3, 1),
                "periods": 1,
                "rollover": "limit",
                "rollover_credits": 4,
            }
        )
        plan.action_start()
        return plan.purchase_ids

    def _passed(self, hours, day):
        """Return what an entry of a day keeps about what did not pay."""
        entry = self._work(hours, date=day)
        return entry.mapped("coverage_facts")[-1]["passed"]

    def _assert_passed(self, passed, *expected):
        told = [
            {name: fact[name] for name in expected[index]}
            for index, fact in enumerate(passed)
        ]
        self.assertEqual(told, list(expected))

    def test_what_lapsed_tells_the_end_of_its_period(self):
        """Written off or not, within the term and after it."""
        for runs in (False, True):
            with self.subTest(runs=runs), self.cr.savepoint() as point:
                with freeze_time("2026-03-02 12:00"):
                    march = self._allot()
                lapsed = {"credits": 6, "date": "2026-03-31", "is_day_before": False}
                lapsed |= {"why": "expired", "purchase": march.name}
                with freeze_time("2026-04-10 12:00"):
                    if runs:
                        self.env["service.credit.purchase"]._cron_expire()
                        self.assertEqual(march.credits_expired, 6)
                    self._assert_passed(self._passed(5, "2026-04-09"), lapsed)
                    # Too late for work of the period, too.
                    self._assert_passed(self._passed(1, "2026-03-30"), lapsed)
                with freeze_time("2026-05-20 12:00"):
                    if runs:
                        self.env["service.credit.purchase"]._cron_expire()
                    self._assert_passed(self._passed(1, "2026-05-18"), lapsed)
                point.rollback()

    def test_what_rolled_over_tells_the_end_of_the_term(self):
        with freeze_time("2026-03-02 12:00"):
            march = self._allot()
        rest = {"why": "expired", "credits": 4, "date": "2026-04-30"}
        for runs in (False, True):
            with freeze_time("2026-05-20 12:00"):
                if runs:
                    self.env["service.credit.purchase"]._cron_expire()
                    self.assertEqual(march.credits_expired, 10)
                self._assert_passed(self._passed(1, "2026-05-18"), rest)

    def test_the_day_before(self):
        with freeze_time("2026-03-02 12:00"):
            self._allot()
        with freeze_time("2026-04-02 12:00"):
            passed = self._passed(5, "2026-04-01")
        self._assert_passed(passed, {"credits": 6, "is_day_before": True})

    def test_before_it_starts_it_has_all(self):
        with freeze_time("2026-03-02 12:00"):
            self._allot()
            passed = self._passed(1, "2026-02-27")
        later = {"why": "later", "credits": 10, "date": "2026-03-01"}
        self._assert_passed(passed, later)

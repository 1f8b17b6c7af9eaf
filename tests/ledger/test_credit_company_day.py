# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..support.credit import CreditCommon, take_back

LAST_DAY = "2026-12-31"
# The last minute of that day where the company is, and the first of the next, in UTC.
ZONES = {
    "America/Los_Angeles": ("2027-01-01 07:59:00", "2027-01-01 08:01:00"),
    "Pacific/Auckland": ("2026-12-31 10:59:00", "2026-12-31 11:01:00"),
    "UTC": ("2026-12-31 23:59:00", "2027-01-01 00:01:00"),
}


@tagged("post_install", "-at_install")
class TestCreditCompanyDay(CreditCommon):
    """A day is the company's day, whatever runs the code."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "UTC"
        cls.companies = {}
        for zone in ZONES:
            company = cls.env["res.company"].create({"name": f"Branch {zone}"})
            company.partner_id.tz = zone
            company.service_credit_late_days = 0
            cls.companies[zone] = company
        cls.ticket = cls._create_ticket()

    def _cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["service.credit.purchase"]._cron_expire()
        self.env.invalidate_all()

    def _sell(self, company, **values):
        return self._buy(
            start=fields.Date.to_date("2026-01-01"),
            expiry=fields.Date.to_date(LAST_DAY),
            company_id=company.id,
            currency_id=self.currency.id,
            **values,
        )

    def _draw_on(self, company, day):
        return self._draw(
            self.ticket, 1, company=company, date=fields.Date.to_date(day)
        ).rows

    def test_time_zone_of_the_contact_else_of_the_schedule(self):
        company = self.companies["UTC"]
        company.partner_id.tz = False
        company.resource_calendar_id.tz = "Asia/Tokyo"
        self.assertEqual(company._get_time_zone(), "Asia/Tokyo")
        company.partner_id.tz = "America/Lima"
        self.assertEqual(company._get_time_zone(), "America/Lima")
        company.partner_id.tz = False
        company.resource_calendar_id = False
        self.assertEqual(company._get_time_zone(), "UTC")

    def test_the_last_day_lasts_until_midnight_of_the_company(self):
        for zone, (evening, morning) in ZONES.items():
            company = self.companies[zone]
            purchase = self._sell(company)
            with self.subTest(zone=zone), freeze_time(evening):
                self._cron()
                self.assertEqual(purchase.state, "open")
                self.assertFalse(purchase.is_past_expiry)
                self.assertEqual(self._draw_on(company, LAST_DAY).purchase_id, purchase)
                self.assertEqual(purchase._get_balance(), 9)
                self.assertEqual(self._reported(company), 9)
            with self.subTest(zone=zone), freeze_time(morning):
                self.env.invalidate_all()
                self.assertTrue(purchase.is_past_expiry)
                past = self.purchase_model.search([("is_past_expiry", "=", True)])
                self.assertIn(purchase, past)
                self.assertFalse(self._draw_on(company, LAST_DAY))
                self.assertEqual(purchase._get_balance(), 0)
                self.assertEqual(self._reported(company), 0)
                self._cron()
                self.assertEqual(
                    (purchase.state, purchase.credits_expired), ("expired", 9)
                )
                row = purchase.consumption_ids[0]
                self.assertEqual(row.date, fields.Date.to_date("2027-01-01"))

    def _reported(self, company):
        """What the reports and the customer's balance tell of today."""
        self.env.invalidate_all()
        domain = [("company_id", "=", company.id)]
        lines = self.env["service.credit.balance"].with_company(company).search(domain)
        told = sum(lines.mapped("credits_closing"))
        forecast = self.env["service.credit.forecast"].search(domain)
        self.assertEqual(sum(forecast.mapped("credits_available")), told)
        balance = self.customer._get_service_credit_balance(company=company)
        self.assertEqual(sum(line["credits_available"] for line in balance), told)
        return told

    def test_milestones_are_paid_on_the_day_of_the_company(self):
        """No time zone that a user's client names makes expired credits usable."""
        for zone, (evening, morning) in ZONES.items():
            company = self.companies[zone]
            with freeze_time(evening):
                self._sell(company)
            project = self.env["project.project"].create(
                {
                    "name": zone,
                    "company_id": company.id,
                    "partner_id": self.customer.id,
                    "allow_milestones": True,
                }
            )
            for client in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
                milestone = self._create_milestone(
                    1.0, project_id=project.id
                ).with_context(tz=client)
                with self.subTest(zone=zone, client=client):
                    with freeze_time(morning), self.assertRaises(UserError):
                        milestone.action_allocate_service_credits()
                    with freeze_time(evening):
                        milestone.action_allocate_service_credits()
                    self.assertEqual(milestone.service_credits_allocated, 1)

    def test_new_purchases_start_on_the_day_of_their_company(self):
        with freeze_time("2026-12-31 11:30:00"):
            for zone, day in (
                ("Pacific/Auckland", "2027-01-01"),
                ("America/Los_Angeles", "2026-12-31"),
            ):
                purchase = self.purchase_model.create(
                    {
                        "partner_id": self.customer.id,
                        "company_id": self.companies[zone].id,
                        "credits": 1,
                    }
                )
                self.assertEqual(str(purchase.date_start), day)

    def test_expiring_by_hand_on_the_last_day_of_the_company(self):
        purchase = self._sell(self.companies["America/Los_Angeles"])
        with freeze_time("2026-12-31 07:59:00"), self.assertRaises(UserError):
            purchase.action_expire()
        with freeze_time("2026-12-31 08:01:00"):
            purchase.action_expire()
        self.assertEqual(purchase.state, "expired")

    def test_credits_bought_by_a_date_are_owed_on_the_day_of_the_company(self):
        """What was recorded on New Year's Eve there is owed on it, though it starts
        later and was recorded on New Year's Day in UTC."""
        company = self.companies["America/Los_Angeles"]
        with freeze_time("2027-01-01 05:00:00"):
            self._buy(start=90, company_id=company.id)
            self.env.flush_all()
            # The test's transaction began before: the clock of the database is real.
            self.env.cr.execute(
                "UPDATE service_credit_purchase SET create_date = %s"
                " WHERE company_id = %s",
                [fields.Datetime.now(), company.id],
            )
            lines = self.env["service.credit.balance"].with_context(
                service_credit_date_to=LAST_DAY
            )
            found = lines.search([("company_id", "=", company.id)])
            self.assertEqual(found.credits_later, 10)

    # ------------------------------------------------------------------
    # Typing late
    # ------------------------------------------------------------------

    def test_late_days_are_seven_by_default(self):
        company = self.env["res.company"].create({"name": "New"})
        self.assertEqual(company.service_credit_late_days, 7)
        settings = self.env["res.config.settings"].create({})
        settings.service_credit_late_days = 3
        self.assertEqual(self.company.service_credit_late_days, 3)

    def test_work_of_the_term_may_be_logged_late_for_some_days(self):
        """Whether the scheduled action ran or not changes no answer."""
        company = self.companies["America/Los_Angeles"]
        company.service_credit_late_days = 7
        company.service_credit_grace_days = 2
        for has_run in (True, False):
            purchase = self._sell(company)
            with self.subTest(has_run=has_run):
                # 9 January there, the last of the days.
                with freeze_time("2027-01-10 07:59:00"):
                    if has_run:
                        self._cron()
                    self.assertEqual(purchase.state, "open")
                    self.assertTrue(self._draw_on(company, LAST_DAY))
                    self.assertTrue(self._draw_on(company, "2027-01-02"))
                    self.assertFalse(self._draw_on(company, "2027-01-03"))
                    self.assertEqual(purchase._get_balance(), 0, "over for new work")
                with freeze_time("2027-01-10 08:01:00"):
                    if has_run:
                        self._cron()
                        self.assertEqual(purchase.state, "expired")
                        self.assertEqual(purchase.credits_expired, 8)
                    self.assertFalse(self._draw_on(company, LAST_DAY))
            take_back(purchase)

    def test_late_days_have_limits(self):
        for days in (-1, 36501):
            with (
                self.subTest(days=days),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.cr.savepoint(),
            ):
                self.company.service_credit_late_days = days
                self.env.flush_all()

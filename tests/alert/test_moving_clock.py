# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from freezegun import freeze_time

from odoo.tests import tagged

from ..support.funding import FundingCommon
from ..support.played import LONG

ZONES = ("America/Los_Angeles", "Pacific/Auckland")
LAST_DAY = date(2026, 12, 31)
GRACE, LATE, WARNED = 1, 2, 5
# The days on which an answer changes.
EDGES = [
    LAST_DAY - timedelta(days=WARNED),
    LAST_DAY + timedelta(days=1),
    LAST_DAY + timedelta(days=1 + GRACE),
    LAST_DAY + timedelta(days=1 + GRACE + LATE),
]
# Of Greenwich, half past: around midnight in Auckland (11:00 the day before), there,
# and in Los Angeles (08:00).
HOURS = (-14, -13, -1, 0, 7, 8)


@tagged("post_install", "-at_install")
class TestMovingClock(FundingCommon):
    """A clock that moves over the end of credits, hour by hour, in two companies and
    with a scheduler in Greenwich: each answer changes at the company's midnight."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "UTC"
        cls.env["res.company"].search([]).write(
            {
                "service_credit_alert_percents": False,
                "service_credit_alert_days": False,
            }
        )
        cls.sides = {zone: cls._set_up_company(zone) for zone in ZONES}

    @classmethod
    def _set_up_company(cls, zone):
        """Return the company's ticket and its customer's purchase."""
        company = cls.env["res.company"].create({"name": f"Branch {zone}"})
        company.partner_id.tz = zone
        company.write(
            {
                "service_credit_late_days": LATE,
                "service_credit_grace_days": GRACE,
                "service_credit_alert_days": str(WARNED),
            }
        )
        cls.env.user.company_ids |= company
        team = cls.env["helpdesk.ticket.team"].create(
            {
                "name": zone,
                "company_id": company.id,
                "allow_timesheet": True,
                "allow_billable": True,
                "use_service_credits": True,
                "over_limit_policy": "overage",
            }
        )
        employee = cls.env["hr.employee"].create(
            {"name": zone, "company_id": company.id}
        )
        ticket = cls._create_ticket(team_id=team.id, company_id=company.id)
        purchase = cls._buy(cls, 10, expiry=LAST_DAY, company_id=company.id)
        return ticket, purchase, employee

    def test_with_the_scheduled_actions(self):
        self._move_clock(with_actions=True)

    def test_without_them_no_answer_differs(self):
        self._move_clock(with_actions=False)

    def _move_clock(self, with_actions):
        # Just after both midnights is what a scheduler that is late would miss.
        hours = HOURS if with_actions or LONG else (HOURS[1], HOURS[-1])
        for edge in EDGES:
            for hour in hours:
                moment = datetime(edge.year, edge.month, edge.day) + timedelta(
                    hours=hour, minutes=30
                )
                with freeze_time(moment):
                    if with_actions:
                        self._run_actions()
                    self.env.invalidate_all()
                    for zone in ZONES:
                        with self.subTest(zone=zone, moment=str(moment)):
                            self._check(zone, moment, with_actions)

    def _run_actions(self):
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = self.env(cr=cr, context={"tz": "UTC"})
            env["service.credit.purchase"]._cron_expire()
            env["service.credit.alert"]._cron_fire()

    def _check(self, zone, moment, with_actions):
        _ticket, purchase, _employee = self.sides[zone]
        company = purchase.company_id
        # The clock of the wall there, without the code that is tested.
        there = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).date()
        last_new = LAST_DAY + timedelta(days=GRACE)
        last_late = last_new + timedelta(days=LATE)
        self.assertEqual(company._get_today(), there)
        left = 10 if there <= last_new else 0
        self.assertEqual(self._get_told(company), {left})
        self.assertEqual(self._payer(zone, LAST_DAY), there <= last_late)
        self.assertEqual(self._payer(zone, there), there <= last_new)
        self.assertEqual(purchase.is_past_expiry, there > LAST_DAY)
        if with_actions:
            state = "open" if there <= last_late else "expired"
            self.assertEqual(purchase.state, state)
            alerts = self.env["service.credit.alert"].search(
                [("company_id", "=", company.id)]
            )
            warned = LAST_DAY - timedelta(days=WARNED)
            self.assertEqual(bool(alerts), there >= warned)
            self.assertEqual(set(alerts.mapped("date")), {warned} if alerts else set())

    def _payer(self, zone, day):
        """Tell whether credits pay for work of a day, and undo it."""
        ticket, _purchase, employee = self.sides[zone]
        with self.env.cr.savepoint() as savepoint:
            entry = self._work(1, ticket, date=day, employee_id=employee.id)
            paid = entry.coverage == "credits"
            savepoint.rollback()
        self.env.invalidate_all()
        return paid

    def _get_told(self, company):
        """Return what ticket, balance, report and forecast say is left today."""
        ticket = next(
            side[0] for side in self.sides.values() if side[0].company_id == company
        )
        lines = self.customer._get_service_credit_balance(company=company)
        domain = [("company_id", "=", company.id)]
        balance = self.env["service.credit.balance"].with_company(company)
        forecast = self.env["service.credit.forecast"].with_company(company)
        return {
            ticket.service_credits_available,
            sum(line["credits_available"] for line in lines),
            sum(balance.search(domain).mapped("credits_closing")),
            sum(forecast.search(domain).mapped("credits_available")),
        }

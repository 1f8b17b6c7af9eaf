# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.sync.cycle import Cycle
from ...tools import FIRST_DAY, LAST_DAY, add_days, add_months, clip_day, guarded_fields
from ..support.funding import FundingCommon
from ..support.language import ADDON

ENDS = (date.min, FIRST_DAY, LAST_DAY, date.max)
REPORTS = (
    "service.credit.balance",
    "service.credit.books",
    "service.credit.forecast",
    "service.credit.movement",
    "service.goodwill",
    "service.revenue.risk",
)


@tagged("post_install", "-at_install")
class TestDates(FundingCommon):
    """The first and the last days there are: nothing counts past them and falls over.

    9999-12-31 is how people write "for ever", and many systems mean "never" by the
    year 1.
    """

    def test_counted(self):
        for day in ENDS:
            for days in (-40_000, -1, 0, 1, 40_000):
                self.assertLessEqual(add_days(day, days), LAST_DAY)
            self.assertLessEqual(add_months(day, 120_000), LAST_DAY)
            self.assertTrue(FIRST_DAY <= clip_day(day) <= LAST_DAY)

    def test_weeks(self):
        entries = self.env["account.analytic.line"].with_user(self.agent)
        for day in ENDS:
            week = entries.get_week(day.isoformat())
            self.assertEqual(len({day["date"] for day in week["days"]}), 7)
            for other in ("previous", "next"):
                self.assertEqual(len(entries.get_week(week[other])["days"]), 7)

    def test_closed_for_ever(self):
        self.company.write(
            {"timesheet_lock_date": date.max, "timesheet_lock_grace_days": 36500}
        )
        self.assertFalse(self.company._get_time_lock())
        self.assertEqual(self._work().unit_amount, 1)

    def test_balances(self):
        self._buy(10)
        partner = self.customer.with_user(self.agent)
        for day in ENDS:
            self.assertEqual(partner.get_service_credit_balance(day.isoformat()), [])

    def test_a_system_whose_last_change_was_in_the_year_1(self):
        source = self.env["service.sync.source"].create(
            {
                "name": "Webshop",
                "connector": "json",
                "overlap_minutes": 525_600,
                "cursor_moment": "0001-01-01T00:00:00",
            }
        )
        self.assertEqual(Cycle(source)._get_cursor().changed_at, datetime.min)

    # ------------------------------------------------------------------
    # Every date of ours, in every record and window
    # ------------------------------------------------------------------

    def _get_typed_dates(self):
        return [
            (model, name)
            for model in self.env.values()
            for name, field in sorted(model._fields.items())
            if not model._abstract
            and field._modules[:1] == (ADDON,)
            and field.type in ("date", "datetime")
            and not field.readonly
            and name not in guarded_fields(model)
        ] + [(self.env["account.analytic.line"], "date")]

    def _create_records(self):
        item = self._sell(self.time_product, 10)
        self._authorize(item, 10)
        self._buy(10)
        self._buy(10, is_draft=True)
        self._work(2)
        self.env["service.authorization"].create({"sale_line_id": item.id, "hours": 2})
        owner = {"partner_id": self.customer.id}
        self.env["service.credit.statement"].create(owner)
        self.env["service.credit.owed"].create({})
        self.env["service.credit.recognition"].create({})

    @mute_logger("odoo.sql_db")
    def test_every_date_is_taken_or_refused(self):
        self._create_records()
        tried, refused = 0, 0
        for model, name in self._get_typed_dates():
            # The last one made, if any: companies and settings have one.
            record = model.search([], limit=1, order="id desc")
            for day in ENDS:
                with self.subTest(field=str(model._fields[name]), day=day):
                    savepoint = self.env.cr.savepoint()
                    try:
                        self._type(record, name, day.isoformat())
                    except UserError:
                        refused += 1
                    finally:
                        savepoint.rollback()
                        savepoint.close(rollback=False)
                        self.env.invalidate_all()
                tried += 1
        self.assertGreater(tried, 60)
        self.assertGreater(tried, refused)

    def _type(self, record, name, day):
        """Type a date as the web client sends it, save it and read what follows."""
        spec = {field: {} for field in record._fields}
        record.onchange({name: day}, [name], spec)
        if record:
            record.web_save({name: day}, spec)

    @mute_logger("odoo.sql_db")
    def test_reports_of_the_first_and_last_days(self):
        self.company.write(
            {
                "service_credit_grace_days": 36500,
                "service_credit_allow_past_expiry": False,
            }
        )
        self.team.over_limit_policy = "overage"
        self._buy(10, date.min, LAST_DAY)
        self._buy(10, LAST_DAY, LAST_DAY)
        for day in ENDS:
            self._work(1, date=day)
            for name in REPORTS:
                report = self.env[name].with_context(
                    service_credit_date_from=date.min.isoformat(),
                    service_credit_date_to=day.isoformat(),
                )
                with self.subTest(report=name, day=day):
                    report.web_search_read([], {field: {} for field in report._fields})

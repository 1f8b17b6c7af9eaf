# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime

from odoo import Command
from odoo.tests import tagged

from ..support.rates import MONDAY, RatesCommon

DAY = {
    "name": "A holiday",
    # Midnight to midnight in Brussels.
    "date_from": datetime(2026, 5, 3, 22),
    "date_to": datetime(2026, 5, 4, 21, 59, 59),
    "calendar_id": False,
}


@tagged("post_install", "-at_install")
class TestRatesMemory(RatesCommon):
    """Schedules and holidays are kept in memory, and never older than the database."""

    def setUp(self):
        super().setUp()
        item = self._sell(self.time_product)
        self.ticket = self._create_ticket(sale_line_id=item.id)

    def assertCounts(self, billed, start=17):
        """Assert what an hour counts now, and to whom it is already remembered."""
        for _time in range(2):
            self.assertEqual(self._log_at(start, 1).hours_billed, billed)

    def test_working_hours_that_change(self):
        self.assertCounts(1)
        last = self.schedule.attendance_ids.filtered(
            lambda hours: hours.dayofweek == "0" and hours.hour_to == 18
        )
        last.hour_to = 17.5
        self.assertCounts(1.25)
        self.schedule.write({"attendance_ids": [Command.delete(last.id)]})
        self.assertCounts(1.5)
        self.schedule.write(
            {
                "attendance_ids": [
                    Command.create(
                        {
                            "name": "Late",
                            "dayofweek": "0",
                            "hour_from": 17,
                            "hour_to": 18,
                        }
                    )
                ]
            }
        )
        self.assertCounts(1)
        self.schedule.two_weeks_calendar = True
        self.assertCounts(1.5)

    def test_holidays_that_change(self):
        self.assertCounts(1)
        leave = self.env["resource.calendar.leaves"].create(dict(DAY))
        self.assertCounts(1.5)
        leave.date_to = datetime(2026, 5, 4, 14, 59, 59)
        self.assertCounts(1)
        leave.date_to = DAY["date_to"]
        self.assertCounts(1.5)
        leave.resource_id = self.employee.resource_id
        self.assertCounts(1)
        leave.write({"resource_id": False, "calendar_id": self.schedule.id})
        self.assertCounts(1.5)
        leave.time_type = "other"
        self.assertCounts(1)
        leave.time_type = "leave"
        self.assertCounts(1.5)
        leave.unlink()
        self.assertCounts(1)

    def test_a_change_that_is_undone(self):
        self.assertCounts(1)
        with self.env.cr.savepoint() as savepoint:
            self.env["resource.calendar.leaves"].create(dict(DAY))
            self.assertCounts(1.5)
            savepoint.rollback()
        self.env.invalidate_all()
        self.assertCounts(1)

    def test_time_that_core_logs_along_with_a_change(self):
        """What it reads half changed is kept under a name that nobody else reads."""
        leaves, versions = type(self.env["resource.calendar.leaves"]), []

        def log(leave, *_args):
            self._log_at(17, 1)
            versions.append(self.company.service_rate_version)
            return log.origin(leave, *_args)

        log.origin = leaves._compute_company_id
        self.assertCounts(1)
        before = self.company.service_rate_version
        self.patch(leaves, "_compute_company_id", log)
        leave = self.env["resource.calendar.leaves"].create(dict(DAY))
        leave.flush_recordset()
        self.assertTrue(versions)
        self.assertNotIn(before, versions)
        self.assertNotIn(self.company.service_rate_version, versions)
        self.assertCounts(1.5)

    def test_the_day_off_of_a_person_forgets_nothing(self):
        before = self.company.service_rate_version
        leave = self.env["resource.calendar.leaves"].create(
            {**DAY, "resource_id": self.employee.resource_id.id}
        )
        leave.date_to = datetime(2026, 5, 4, 14, 59, 59)
        leave.unlink()
        self.assertEqual(self.company.service_rate_version, before)
        self.env["resource.calendar.leaves"].create(dict(DAY))
        self.assertNotEqual(self.company.service_rate_version, before)

    def test_schedules_cost_no_query(self):
        self._log_at(17, 1)
        schedule = self.env["service.rate"]._get_schedule
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(self.company.service_rate_version)
        with self.assertQueryCount(0):
            kept = schedule(self.company.id, self.schedule.id)
        self.assertEqual(len(kept.attendances), 10)
        self.assertEqual(kept.holidays, ())
        self.assertBilled(
            self._log_at(17, 2, date=MONDAY),
            2.5,
            "2:00 h: 1:00 × 1 until 18:00, 1:00 × 1.5 after",
        )

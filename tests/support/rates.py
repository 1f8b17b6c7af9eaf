# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command

from .funding import FundingCommon

MONDAY, SUNDAY = "2026-05-04", "2026-05-10"


class RatesCommon(FundingCommon):
    """A company that works on weekdays from 9 to 18, and charges more for the rest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Europe/Brussels"
        cls.schedule = cls.env["resource.calendar"].create(
            {
                "name": "Desk",
                "company_id": cls.company.id,
                "tz": "Asia/Tokyo",
                "attendance_ids": [Command.clear()]
                + [
                    Command.create(
                        {
                            "name": f"{day} {start}",
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": stop,
                            "day_period": period,
                        }
                    )
                    for day in range(5)
                    for start, stop, period in (
                        (9, 12, "morning"),
                        (12, 12.5, "lunch"),
                        (12.5, 18, "afternoon"),
                    )
                ],
            }
        )
        cls.night = cls._add_rate(1.5, "outside")

    @classmethod
    def _add_rate(cls, factor, applies="always", **values):
        if applies != "always":
            values.setdefault("calendar_id", cls.schedule.id)
        return cls.env["service.rate"].create(
            {"name": f"× {factor}", "factor": factor, "applies": applies, **values}
        )

    def _log_at(self, start, hours, date=MONDAY, **values):
        times = {} if start is None else {"time_start": start}
        return self._work(hours, date=date, **times, **values)

    def _log_on_task(self, **values):
        task = self.env["project.task"].create(
            {"name": "Task", "project_id": self.project.id}
        )
        return self.env["account.analytic.line"].create(
            {
                "task_id": task.id,
                "project_id": self.project.id,
                "employee_id": self.employee.id,
                "unit_amount": 2,
                "date": MONDAY,
                **values,
            }
        )

    def assertBilled(self, entry, hours, note):
        self.assertAlmostEqual(entry.hours_billed, hours, 6)
        self.assertEqual(entry.rate_note, note)
        self.assertAlmostEqual(
            entry.billing_factor, entry.hours_billed / entry.unit_amount, 5
        )

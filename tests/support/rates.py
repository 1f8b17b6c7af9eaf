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

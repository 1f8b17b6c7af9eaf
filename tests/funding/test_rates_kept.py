# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ...models.funding import rates
from ..support.rates import RatesCommon


@tagged("post_install", "-at_install")
class TestRatesKept(RatesCommon):
    """What an hour counts in parts, corrections and branches."""

    def setUp(self):
        super().setUp()
        self.item = self._sell(self.time_product)
        self.ticket = self._create_ticket(sale_line_id=self.item.id)

    def test_a_part_after_midnight_keeps_its_rate(self):
        """It has no times of its own; its facts know when it began."""
        self._buy(3)
        self._add_rate(2, "inside", calendar_id=self._open_from_two().id)
        entry = self._log_at(22, 8)
        part = entry.search([("split_from_id", "=", entry.id)])
        self.assertEqual((part.time_start, part.time_stop), (0, 0))
        note = "6:00 h: 2:00 × 1.5 until 02:00, 4:00 × 2 after"
        self.assertBilled(part, 11, note)
        part.name = "Corrected"
        part.unit_amount = 3
        self.assertBilled(part, 5, "3:00 h: 2:00 × 1.5 until 02:00, 1:00 × 2 after")
        part.is_billable = False
        self.assertBilled(part, 3, False)
        part.is_billable = True
        self.assertBilled(part, 5, "3:00 h: 2:00 × 1.5 until 02:00, 1:00 × 2 after")
        # Where its facts changed nothing, it began then all the same.
        self.env["service.rate"].search([]).active = False
        part.unit_amount = 2
        self.assertBilled(part, 2, False)
        self.night.active = True
        part.unit_amount = 1
        self.assertBilled(part, 1.5, "1:00 h × 1.5")
        part.time_start = 10
        self.assertBilled(part, 1, False)
        self._assert_adds_up()

    def test_a_part_after_midnight_is_split_again(self):
        item = self._sell(self.time_product)
        self.team.over_limit_policy = "overage"
        self._authorize(item, 4.5)
        self.ticket.sale_line_id = item
        entry = self._log_at(22, 6)
        part = entry.search([("split_from_id", "=", entry.id)])
        self.assertBilled(part, 4.5, "3:00 h × 1.5")
        self.assertEqual(part.rate_facts["later"], [1, 1])
        self._authorize(item, 1.5)
        entries = self.ticket.timesheet_ids.sorted("id")
        self.assertEqual(entries.mapped("hours_billed"), [4.5, 1.5, 3])
        self.assertEqual(
            [(e.rate_facts or {}).get("later") for e in entries],
            [None, [1, 1], [1, 2]],
        )

    def _open_from_two(self):
        return self.env["resource.calendar"].create(
            {
                "name": "Deep Night",
                "company_id": self.company.id,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": str(day),
                                "dayofweek": str(day),
                                "hour_from": 2,
                                "hour_to": 6,
                            }
                        )
                        for day in range(7)
                    ),
                ],
            }
        )

    def test_a_correction_counts_as_what_it_corrects(self):
        entry = self._log_on_task(time_start=17)
        correction = self._log_on_task(
            time_start=17, unit_amount=-2, task_id=entry.task_id.id
        )
        note = "-2:00 h: -1:00 × 1 until 18:00, -1:00 × 1.5 after"
        self.assertBilled(correction, -2.5, note)
        self.assertEqual(correction.amount, 80)

    def test_a_branch_has_the_rates_and_holidays_of_its_company(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "A holiday",
                "date_from": datetime(2026, 5, 3, 22),
                "date_to": datetime(2026, 5, 4, 21, 59, 59),
                "calendar_id": False,
            }
        )
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        branch.partner_id.tz = "Europe/Brussels"
        other = self.env["res.company"].create({"name": "Other"})
        day = datetime(2026, 5, 4).date()
        for company, factor in ((branch, 1.5), (other, None)):
            work = rates.Work(company=company, day=day, start=10, hours=1)
            facts = rates.get_facts(self.env, work)
            self.assertEqual(facts and facts["factor"], factor)
        manager = self.helpdesk_manager
        manager.write(
            {"company_ids": [Command.set(branch.ids)], "company_id": branch.id}
        )
        night = self.night.with_user(manager)
        self.assertEqual(night.factor, 1.5)
        with self.assertRaises(AccessError):
            night.factor = 3

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime

from psycopg2.errors import CheckViolation, ForeignKeyViolation

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..support.rates import MONDAY, SUNDAY, RatesCommon


@tagged("post_install", "-at_install")
class TestRates(RatesCommon):
    """How many hours are billed for one that was worked."""

    def setUp(self):
        super().setUp()
        self.item = self._sell(self.time_product)
        self.ticket = self._create_ticket(sale_line_id=self.item.id)

    def test_an_entry_is_cut_at_the_edge_of_the_schedule(self):
        entry = self._log_at(17.5, 1.25)
        self.assertBilled(
            entry, 1.625, "1:15 h: 0:30 × 1 until 18:00, 0:45 × 1.5 after"
        )
        self.assertEqual(entry.unit_amount, 1.25)
        self.assertEqual(entry.time_stop, 18.75)
        self.assertEqual(entry.amount, -1.25 * 40)
        self.assertAlmostEqual(self.item.qty_delivered, 1.63)

    def test_time_within_the_schedule_counts_once(self):
        self.assertBilled(self._log_at(9, 3), 3, False)

    def test_a_break_of_the_schedule_is_outside(self):
        self.assertBilled(
            self._log_at(11.5, 1.5),
            1.75,
            "1:30 h: 0:30 × 1 until 12:00, 0:30 × 1.5 until 12:30, 0:30 × 1 after",
        )

    def test_the_greatest_factor_wins(self):
        self._add_rate(2, "outside")
        self._add_rate(1.25)
        self.assertBilled(
            self._log_at(17, 2), 3.25, "2:00 h: 1:00 × 1.25 until 18:00, 1:00 × 2 after"
        )

    def test_a_rate_below_one(self):
        self._add_rate(0.5)
        self.assertBilled(self._log_at(9, 2), 1, "2:00 h × 0.5")

    def test_a_night_past_midnight_into_monday(self):
        entry = self._log_at(22, 12, date=SUNDAY)
        self.assertBilled(
            entry, 17.5, "12:00 h: 11:00 × 1.5 until 09:00, 1:00 × 1 after"
        )
        self.assertEqual(entry.time_stop, 10)

    def test_a_public_holiday_is_outside(self):
        leaves = self.env["resource.calendar.leaves"]
        # Midnight to midnight in Brussels.
        day = {
            "name": "A holiday",
            "date_from": datetime(2026, 5, 3, 22),
            "date_to": datetime(2026, 5, 4, 21, 59, 59),
        }
        self.assertBilled(self._log_at(10, 1), 1, False)
        everywhere = leaves.create({**day, "calendar_id": False})
        self.assertBilled(self._log_at(10, 1), 1.5, "1:00 h × 1.5")
        everywhere.unlink()
        own = leaves.create({**day, "calendar_id": self.schedule.id})
        self.assertBilled(self._log_at(10, 1), 1.5, "1:00 h × 1.5")
        other = self.company.resource_calendar_id.copy()
        own.calendar_id = other
        self.assertBilled(self._log_at(10, 1), 1, False)
        # A colleague's day off is none.
        leaves.create(
            {
                **day,
                "calendar_id": self.schedule.id,
                "resource_id": self.employee.resource_id.id,
            }
        )
        self.assertBilled(self._log_at(10, 1), 1, False)

    def test_nights_over_the_change_of_the_clock(self):
        self._add_rate(2, employee_ids=[Command.set(self.agent_employee.ids)])
        spring = self._log_at(1.5, 3, date="2026-03-29")
        self.assertEqual(spring.time_stop, 5.5)
        self.assertBilled(spring, 4.5, "3:00 h × 1.5")
        # Sunday evening to Monday 9:00 is ten hours, whatever the clock says.
        autumn = self._log_at(23, 4, date="2026-10-24")
        self.assertEqual(autumn.time_stop, 2)
        later = self.env["account.analytic.line"].create(
            {
                "ticket_id": self.ticket.id,
                "employee_id": self.employee.id,
                "date": "2026-10-25",
                "time_start": 1,
                "time_stop": 10,
            }
        )
        self.assertEqual(later.unit_amount, 10)

    def test_every_second_week(self):
        self.schedule.attendance_ids.unlink()
        self.schedule.two_weeks_calendar = True
        week = self.env["resource.calendar.attendance"].get_week_type(
            datetime(2026, 5, 4).date()
        )
        self.schedule.attendance_ids = [
            Command.create(
                {
                    "name": "Monday",
                    "dayofweek": "0",
                    "hour_from": 9,
                    "hour_to": 18,
                    "week_type": str(week),
                }
            )
        ]
        self.assertBilled(self._log_at(10, 1), 1, False)
        self.assertBilled(self._log_at(10, 1, date="2026-05-11"), 1.5, "1:00 h × 1.5")
        self.assertBilled(self._log_at(10, 1, date="2026-05-18"), 1, False)

    def test_rates_of_people_and_types(self):
        kind = self.env["service.type"].search([], limit=1)
        self._add_rate(2, employee_ids=[Command.set(self.agent_employee.ids)])
        self._add_rate(3, service_type_ids=[Command.set(kind.ids)])
        senior = self._log_at(10, 1, employee_id=self.agent_employee.id)
        self.assertBilled(senior, 2, "1:00 h × 2")
        self.assertBilled(self._log_at(12.5, 1), 1, False)
        typed = self._log_at(14, 1, service_type_id=kind.id)
        self.assertBilled(typed, 3, "1:00 h × 3")

    def test_an_archived_person_leaves_no_rate_of_everybody(self):
        leaver = self.env["hr.employee"].create({"name": "Leaver"})
        self._add_rate(2, employee_ids=[Command.set(leaver.ids)])
        leaver.active = False
        self.assertBilled(self._log_at(10, 1), 1, False)
        with self.assertRaises(ForeignKeyViolation), self.env.cr.savepoint():
            leaver.unlink()

    def test_without_a_start_only_rates_that_always_apply(self):
        rest = "without a start, only rates that always apply count"
        self.assertBilled(self._log_at(None, 1), 1, f"1:00 h × 1: {rest}")
        self._add_rate(1.25)
        self.assertBilled(self._log_at(None, 1), 1.25, f"1:00 h × 1.25: {rest}")
        self.night.active = False
        self.assertBilled(self._log_at(None, 1), 1.25, "1:00 h × 1.25")

    def test_rate_then_minimum_then_rounding(self):
        self.team.write({"minimum_hours": 1, "rounding_hours": 0.25})
        short = self._log_at(19, 0.5)
        self.assertEqual((short.hours_billed, short.billing_factor), (1, 1.5))
        self.assertEqual(self._log_at(20, 0.9).hours_billed, 1.5)

    def test_what_is_not_billable_has_no_rate(self):
        entry = self._log_at(20, 1, is_billable=False)
        self.assertBilled(entry, 1, False)

    def test_later_rates_change_new_time_only(self):
        entry = self._log_at(20, 1)
        self.night.factor = 3
        self._add_rate(4)
        entry.name = "Corrected"
        entry.unit_amount = 1
        self.assertBilled(entry, 1.5, "1:00 h × 1.5")
        self.night.active = False
        self.assertBilled(entry, 1.5, "1:00 h × 1.5")
        self.night.unlink()
        self.assertBilled(entry, 1.5, "1:00 h × 1.5")
        entry.unit_amount = 2
        self.assertBilled(entry, 8, "2:00 h × 4")

    def test_another_start_asks_the_rates_again(self):
        entry = self._log_at(10, 1)
        entry.time_start = 17.5
        self.assertBilled(entry, 1.25, "1:00 h: 0:30 × 1 until 18:00, 0:30 × 1.5 after")
        self.assertAlmostEqual(self.item.qty_delivered, 1.25)
        entry.date = SUNDAY
        self.assertBilled(entry, 1.5, "1:00 h × 1.5")
        self.assertAlmostEqual(self.item.qty_delivered, 1.5)
        entry.write({"time_start": False})
        self.assertEqual((entry.hours_billed, entry.time_stop), (1, 0))

    def test_another_person_asks_the_rates_again(self):
        self._add_rate(2, employee_ids=[Command.set(self.agent_employee.ids)])
        entry = self._log_at(10, 1)
        entry.employee_id = self.agent_employee
        self.assertBilled(entry, 2, "1:00 h × 2")
        self.assertAlmostEqual(self.item.qty_delivered, 2)

    def test_credits_follow_the_rate(self):
        purchase = self._buy(10)
        entry = self._log_at(17.5, 1.25)
        self.assertEqual(entry.coverage, "credits")
        self.assertEqual(entry.credits, 1.63)
        self.assertEqual(purchase.credits_available, 8.37)
        entry.time_start = 9
        self.assertEqual((entry.hours_billed, entry.credits), (1.25, 1.25))

    def test_parts_follow_each_other_in_time(self):
        self._buy(1.5)
        entry = self._log_at(18, 2)
        pieces = entry | entry.search([("split_from_id", "=", entry.id)])
        self.assertEqual(
            [(p.coverage, p.hours_billed, p.unit_amount) for p in pieces],
            [("credits", 1.5, 1), ("sale_line", 1.5, 1)],
        )
        self.assertEqual(
            [(p.time_start, p.time_stop) for p in pieces], [(18, 19), (19, 20)]
        )
        self.assertEqual(pieces.mapped("billing_factor"), [1.5, 1.5])
        self.assertFalse(any(pieces.mapped("overlap_note")))

    def test_parts_are_weighed_by_their_own_times(self):
        self._buy(1.25)
        entry = self._log_at(17, 2)
        part = entry.search([("split_from_id", "=", entry.id)])
        self.assertEqual((entry.coverage, part.coverage), ("credits", "sale_line"))
        self.assertBilled(entry, 1.25, "1:10 h: 1:00 × 1 until 18:00, 0:10 × 1.5 after")
        self.assertBilled(part, 1.25, "0:50 h × 1.5")
        for each, start, stop in ((entry, 17, 18 + 1 / 6), (part, 18 + 1 / 6, 19)):
            self.assertAlmostEqual(each.time_start, start, 5)
            self.assertAlmostEqual(each.time_stop, stop, 5)
        self._assert_adds_up()
        # A later edit counts from the times of the part.
        part.unit_amount = 1
        self.assertBilled(part, 1.5, "1:00 h × 1.5")

    def test_hours_added_to_an_entry_are_weighed_by_their_own_times(self):
        self._buy(1)
        entry = self._log_at(17, 1)
        entry.unit_amount = 2
        part = entry.search([("split_from_id", "=", entry.id)])
        self.assertBilled(entry, 1, False)
        self.assertBilled(part, 1.5, "1:00 h × 1.5")
        self.assertEqual((part.time_start, part.time_stop), (18, 19))
        self._assert_adds_up()

    def test_a_refusal_says_what_may_be_logged(self):
        item = self._sell(self.time_product)
        self._authorize(item, 1.5)
        self.team.over_limit_policy = "refuse"
        self.ticket.sale_line_id = item
        with self.assertRaises(ValidationError) as refused:
            self._log_at(18, 2)
        self.assertIn("Log 1:00 h", str(refused.exception))
        self.assertEqual(self._log_at(18, 1).hours_billed, 1.5)

    def test_entries_on_tasks_have_rates_too(self):
        task = self.env["project.task"].create(
            {"name": "Task", "project_id": self.project.id}
        )
        entry = self.env["account.analytic.line"].create(
            {
                "task_id": task.id,
                "project_id": self.project.id,
                "employee_id": self.employee.id,
                "unit_amount": 2,
                "date": MONDAY,
                "time_start": 17,
            }
        )
        self.assertBilled(entry, 2.5, "2:00 h: 1:00 × 1 until 18:00, 1:00 × 1.5 after")

    def test_archived_rates_do_not_count_for_any_user(self):
        self.night.active = False
        self.env.registry.clear_cache()
        rates = self.env["service.rate"].with_context(active_test=False)
        self.assertFalse(rates._get_rates(self.company.id))
        self.assertBilled(self._log_at(20, 1), 1, False)

    def test_hours_of_more_than_a_day_have_no_time_of_day(self):
        for hours in (25, 1e6, 1e9):
            entry = self._log_on_task(time_start=20, unit_amount=hours)
            self.assertEqual((entry.hours_billed, entry.billing_factor), (hours, 1))
            self.assertFalse(entry.overlap_note)

    def test_merged_time_stays_as_it_was_weighed(self):
        self.team.require_approval = True
        entry = self._log_at(20, 1)
        self.team.minimum_hours = 5
        self.night.factor = 3
        entry._write_own({"approval_state": "approved"})
        other = self._create_ticket(sale_line_id=self.item.id)
        other._absorb_timesheets(self.ticket)
        self.assertEqual(entry.ticket_id, other)
        self.assertBilled(entry, 1.5, "1:00 h × 1.5")
        self.assertAlmostEqual(self.item.qty_delivered, 1.5)

    def test_working_hours_outside_the_day_are_cut_off(self):
        self._add_hours(20, 25)
        self.assertBilled(self._log_at(22, 2), 2, False)
        self._add_hours(-1, 1)
        self.assertBilled(
            self._log_at(0, 2), 2.5, "2:00 h: 1:00 × 1 until 01:00, 1:00 × 1.5 after"
        )

    def _add_hours(self, start, stop):
        self.env["resource.calendar.attendance"].create(
            {
                "name": "Late",
                "calendar_id": self.schedule.id,
                "dayofweek": "0",
                "hour_from": start,
                "hour_to": stop,
            }
        )

    def test_the_last_night_that_has_a_time_of_day(self):
        self._add_rate(2, "inside")
        self.assertEqual(self._log_at(20, 8, date="9998-12-31").hours_billed, 12)

    def test_writing_the_same_hours_on_a_task_is_no_edit(self):
        entry = self._log_on_task()
        self.night.active = False
        plain = self._log_on_task()
        self._add_rate(2)
        for each in (entry, plain):
            each.unit_amount = 2
            self.assertEqual((each.hours_billed, each.billing_factor), (2, 1))
        plain.unit_amount = 3
        self.assertBilled(plain, 6, "3:00 h × 2")

    def test_another_task_of_the_project_changes_no_hours(self):
        entry = self._log_on_task(time_start=20)
        self.night.factor = 3
        entry.task_id = entry.task_id.copy()
        self.assertBilled(entry, 3, "2:00 h × 1.5")

    def test_a_task_of_another_project_asks_the_rates_again(self):
        internal = self.project.copy({"name": "Internal", "allow_billable": False})
        entry = self._log_on_task(time_start=20)
        task = self.env["project.task"].create(
            {"name": "Internal", "project_id": internal.id}
        )
        billed_task = entry.task_id
        entry.task_id = task
        self.assertBilled(entry, 2, False)
        entry.task_id = billed_task
        self.assertBilled(entry, 3, "2:00 h × 1.5")

    def test_worked_minutes_are_whole_before_the_rate(self):
        self._add_rate(3)
        self.team.rounding_hours = 10 / 60
        entry = self._log_at(None, 0.17)
        self.assertAlmostEqual(entry.hours_billed, 0.5, 6)
        self.team.rounding_hours = 0
        self.assertAlmostEqual(self._log_at(None, 0.17).hours_billed, 0.51, 6)

    def test_nobody_types_the_factor(self):
        entry = self._log_at(10, 1)
        for values in ({"billing_factor": 0.1}, {"rate_facts": {"factor": 0.1}}):
            with self.assertRaises(AccessError):
                entry.with_user(self.agent).sudo(False).write(values)

    def test_managers_set_rates_and_agents_read_them(self):
        rates = self.env["service.rate"]
        self.assertTrue(rates.with_user(self.agent).search([]))
        with self.assertRaises(AccessError):
            self.night.with_user(self.agent).factor = 3
        with Form(rates.with_user(self.helpdesk_manager)) as form:
            form.name = "Weekends"
            form.factor = 2
            self.assertEqual(form.calendar_id, self.company.resource_calendar_id)
            form.applies = "always"
        rate = form.record
        self.assertFalse(rate.calendar_id)
        rate.employee_ids = self.agent_employee.sudo(False)
        self.assertEqual(rate.sudo().employee_ids, self.agent_employee)
        for command in (
            Command.create({"name": "A new one"}),
            Command.update(self.agent_employee.id, {"name": "Another"}),
            Command.delete(self.agent_employee.id),
        ):
            with self.assertRaises(AccessError):
                rate.write({"employee_ids": [command]})

    @mute_logger("odoo.sql_db")
    def test_impossible_rates(self):
        for factor in (0, -1, 101):
            with self.assertRaises(CheckViolation), self.env.cr.savepoint():
                self._add_rate(factor)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self._add_rate(float("nan"))
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.night.calendar_id = False
            self.night.flush_recordset()

    def test_rates_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._add_rate(
            5, company_id=other.id, calendar_id=other.resource_calendar_id.id
        )
        self.assertBilled(self._log_at(10, 1), 1, False)
        self._add_rate(2, company_id=False)
        self.assertBilled(self._log_at(10, 1), 2, "1:00 h × 2")

    def _count_queries(self, number, **values):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env["account.analytic.line"].create(
            [
                {
                    "ticket_id": self.ticket.id,
                    "employee_id": self.employee.id,
                    "date": f"2026-05-{day + 1:02}",
                    "unit_amount": 2,
                    **values,
                }
                for day in range(number)
            ]
        )
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_entries_or_rates(self):
        self.night.active = False
        self._count_queries(1)
        plain = self._count_queries(1)
        many = self._count_queries(20)
        self.night.active = True
        self._count_queries(1, time_start=17)
        one_rate = self._count_queries(1, time_start=17)
        # The schedule and its holidays are kept in memory.
        self.assertLessEqual(one_rate - plain, 1, "whose time zone it is")
        self.assertLessEqual(self._count_queries(20, time_start=17) - many, 1)
        for factor in (1.1, 1.2, 1.3, 1.4):
            self._add_rate(factor, "inside")
        self._count_queries(1, time_start=17)
        self.assertEqual(self._count_queries(1, time_start=17), one_rate)

    def test_a_month_on_call(self):
        """What a person works out by hand from the schedule of the month."""
        self._add_rate(2, "outside", calendar_id=self._open_weekdays().id)
        self._add_rate(1.25, employee_ids=self.agent_employee.ids)
        self.env["resource.calendar.leaves"].create(
            {
                "name": "A holiday",
                "date_from": datetime(2026, 10, 5, 22),
                "date_to": datetime(2026, 10, 6, 21, 59, 59),
                "calendar_id": False,
            }
        )
        for day, start, hours, billed in (
            ("2026-10-01", 10, 2, 2),  # a Thursday at the desk
            ("2026-10-02", 17.5, 1.25, 1.625),  # 0:30 × 1, 0:45 × 1.5
            ("2026-10-04", 14, 1, 2),  # a Sunday: × 2
            ("2026-10-06", 10, 1.5, 3),  # a public holiday: × 2
            ("2026-10-10", 10, 1, 2),  # a Saturday: × 2
            ("2026-10-24", 23, 5, 10),  # Saturday 1:00 × 2, Sunday 4:00 × 2
        ):
            entry = self._log_at(start, hours, date=day)
            self.assertAlmostEqual(entry.hours_billed, billed, 6, entry.rate_note)
        # In the night to the 25th, clocks went back.
        self.assertEqual(entry.time_stop, 3)
        # A senior, on a Wednesday at the desk.
        self._log_at(10, 2, date="2026-10-14", employee_id=self.agent_employee.id)
        self.assertAlmostEqual(self.item.qty_delivered, 23.13)
        self.assertAlmostEqual(
            sum(self.ticket.timesheet_ids.mapped("unit_amount")), 13.75
        )
        invoice = self._invoice_order(self.item.order_id)
        self.assertAlmostEqual(invoice.amount_untaxed, 23.13 * self.item.price_unit, 2)

    def _open_weekdays(self):
        """Return hours that leave only weekends and holidays outside."""
        return self.env["resource.calendar"].create(
            {
                "name": "Weekdays",
                "company_id": self.company.id,
                "attendance_ids": [Command.clear()]
                + [
                    Command.create(
                        {
                            "name": str(day),
                            "dayofweek": str(day),
                            "hour_from": 0,
                            "hour_to": 24,
                            "day_period": "full_day",
                        }
                    )
                    for day in range(5)
                ],
            }
        )

    def test_the_preview_says_what_posting_does(self):
        vals = {
            "ticket_id": self.ticket.id,
            "unit_amount": 1.25,
            "date": MONDAY,
            "time_start": 17.5,
        }
        preview = self.env["account.analytic.line"]._preview_entry(vals)
        self.assertEqual(preview["hours"], 1.625)
        self.assertEqual(
            preview["rate_note"], "1:15 h: 0:30 × 1 until 18:00, 0:45 × 1.5 after"
        )

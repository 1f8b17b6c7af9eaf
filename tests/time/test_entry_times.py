# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from ..support.rates import MONDAY, RatesCommon


@tagged("post_install", "-at_install")
class TestEntryTimes(RatesCommon):
    """Start, end and hours: any two give the third."""

    def setUp(self):
        super().setUp()
        self.ticket = self._create_ticket()

    def _create(self, **values):
        return self.env["account.analytic.line"].create(
            {
                "ticket_id": self.ticket.id,
                "employee_id": self.employee.id,
                "date": MONDAY,
                **values,
            }
        )

    def assertTimes(self, entry, start, stop, hours):
        found = entry.time_start, entry.time_stop, entry.unit_amount
        for value, wanted in zip(found, (start, stop, hours), strict=True):
            self.assertAlmostEqual(value, wanted, 4, found)

    def test_an_empty_list_is_no_time(self):
        """Core takes it for nothing, so a program may send it."""
        entry = self._create(time_start=9, unit_amount=2)
        entry.write({"time_start": []})
        self.assertTimes(entry, 0, 0, 2)
        self.assertTimes(self._create(time_stop=[], unit_amount=1), 0, 0, 1)

    def test_new_entries(self):
        self.assertTimes(self._create(time_start=9, unit_amount=2), 9, 11, 2)
        self.assertTimes(self._create(time_stop=11, unit_amount=2), 9, 11, 2)
        self.assertTimes(self._create(time_start=9, time_stop=11.5), 9, 11.5, 2.5)
        self.assertTimes(self._create(time_start=22, time_stop=2), 22, 2, 4)
        self.assertTimes(self._create(time_start=0, unit_amount=1), 0, 1, 1)
        self.assertTimes(self._create(time_start=0, time_stop=1), 0, 1, 1)
        self.assertTimes(self._create(time_start=22, unit_amount=2), 22, 24, 2)
        self.assertTimes(self._create(time_start=22, time_stop=0), 22, 24, 2)
        self.assertTimes(self._create(unit_amount=2), 0, 0, 2)
        self.assertTimes(
            self._create(unit_amount=2, time_start=0, time_stop=0), 0, 0, 2
        )
        self.assertTimes(
            self._create(unit_amount=2, time_start=24, time_stop=2), 0, 2, 2
        )
        # A break: the hours count.
        self.assertTimes(
            self._create(unit_amount=2, time_start=9, time_stop=12), 9, 11, 2
        )
        self.assertTimes(
            self._create(time_start="9:30", unit_amount="1:15"), 9.5, 10.75, 1.25
        )

    def test_changes(self):
        entry = self._create(unit_amount=2)
        entry.time_stop = 11
        self.assertTimes(entry, 9, 11, 2)
        entry.time_start = 10
        self.assertTimes(entry, 10, 12, 2)
        entry.time_stop = 13
        self.assertTimes(entry, 10, 13, 3)
        entry.unit_amount = 0.5
        self.assertTimes(entry, 10, 10.5, 0.5)
        entry.time_start = 0
        self.assertTimes(entry, 0, 0.5, 0.5)
        entry.unit_amount = 0.17
        self.assertTimes(entry, 0, 0.17, 0.17)
        entry.write({"time_start": 0.0, "time_stop": 0.17})
        self.assertTimes(entry, 0, 0.17, 0.17)
        entry.write({"time_stop": False})
        self.assertTimes(entry, 0, 0, 0.17)

    def test_changes_of_several(self):
        entries = self._create(unit_amount=1) | self._create(unit_amount=2)
        entries.time_start = 9
        self.assertEqual(entries.mapped("time_stop"), [10, 11])
        entries.unit_amount = 3
        self.assertEqual(entries.mapped("time_stop"), [12, 12])

    def test_impossible_times(self):
        for values in (
            {"unit_amount": 1, "time_start": 25},
            {"unit_amount": 1, "time_start": -1},
            {"unit_amount": 1, "time_start": float("nan")},
            {"unit_amount": 1, "time_stop": 1e308},
            {"time_start": 9, "time_stop": 9},
        ):
            with self.assertRefused(ValidationError), self.env.cr.savepoint():
                self._create(**values)
        entry = self._create(unit_amount=1)
        with self.assertRefused(ValidationError, "25"):
            entry.time_stop = 25

    def test_the_tab(self):
        with Form(self.ticket) as form:
            with form.timesheet_ids.new() as line:
                line.name = "Work"
                line.date = MONDAY
                line.time_start = 17.5
                self.assertEqual(line.time_stop, 0)
                line.unit_amount = 1.25
                self.assertEqual(line.time_stop, 18.75)
                line.time_stop = 19.5
                self.assertEqual(line.unit_amount, 2)
                line.time_start = 18
                self.assertEqual(line.time_stop, 20)
                self.assertEqual(line.hours_billed, 3)
            with form.timesheet_ids.new() as line:
                line.name = "Until eleven"
                line.date = MONDAY
                line.time_stop = 11
                line.unit_amount = 2
                self.assertEqual(line.time_start, 9)
            with form.timesheet_ids.new() as line:
                line.name = "At midnight"
                line.date = MONDAY
                line.time_start = 24
                line.unit_amount = 2
                self.assertEqual(line.time_stop, 2)
        found = self.ticket.timesheet_ids.sorted("id")
        self.assertEqual(
            [(e.time_start, e.time_stop, e.unit_amount) for e in found],
            [(18, 20, 2), (9, 11, 2), (0, 2, 2)],
        )
        with Form(self.ticket) as form, form.timesheet_ids.edit(0) as line:
            line.time_start = 0
            self.assertEqual(line.time_stop, 0)
        self.assertIn(
            (0, 0, 2), [(e.time_start, e.time_stop, e.unit_amount) for e in found]
        )

    def test_approved_time_keeps_its_times(self):
        self.team.require_approval = True
        entry = self._create(time_start=9, unit_amount=1)
        entry._write_own({"approval_state": "approved"})
        for values in ({"time_start": 20}, {"time_stop": 12}):
            with self.assertRefused(UserError):
                entry.write(values)

    def test_overlaps_are_shown(self):
        first = self._create(time_start=9, unit_amount=2)
        second = self._create(time_start=10.5, unit_amount=1)
        apart = self._create(time_start=11.5, unit_amount=1)
        colleague = self._create(
            time_start=9, unit_amount=2, employee_id=self.agent_employee.id
        )
        self.assertEqual(first.overlap_note, "Overlaps 10:30–11:30")
        self.assertEqual(second.overlap_note, "Overlaps 09:00–11:00")
        self.assertFalse(apart.overlap_note)
        self.assertFalse(colleague.overlap_note)
        night = self._create(time_start=23, unit_amount=3, date="2026-05-03")
        early = self._create(time_start=1, unit_amount=2)
        self.assertEqual(early.overlap_note, "Overlaps 23:00–02:00")
        self.assertEqual(night.overlap_note, "Overlaps 01:00–03:00")

    def test_parts_of_an_entry_do_not_overlap_each_other(self):
        item = self._sell(self.time_product)
        self.ticket.sale_line_id = item
        self._buy(1)
        entry = self._create(time_start=9, unit_amount=2)
        part = entry.search([("split_from_id", "=", entry.id)])
        self.assertTimes(part, 10, 11, 1)
        entry.time_start = 9.5
        self.assertGreater(entry.time_stop, part.time_start)
        self.assertFalse(entry.overlap_note)
        self.assertFalse(part.overlap_note)
        other = self._create(time_start=10.75, unit_amount=1)
        part.invalidate_recordset(["overlap_note"])
        self.assertEqual(part.overlap_note, "Overlaps 10:45–11:45")
        self.assertTrue(other.overlap_note)

    def test_times_from_the_context(self):
        def create(values, **defaults):
            context = {f"default_{name}": value for name, value in defaults.items()}
            lines = self.env["account.analytic.line"].with_context(**context)
            return lines.create(
                {
                    "ticket_id": self.ticket.id,
                    "employee_id": self.employee.id,
                    "date": MONDAY,
                    **values,
                }
            )

        late = create({"unit_amount": 2}, time_start=18)
        self.assertTimes(late, 18, 20, 2)
        self.assertEqual(late.hours_billed, 3)
        self.assertTimes(create({}, time_start=18, unit_amount=2), 18, 20, 2)
        self.assertTimes(create({}, time_start=18, time_stop=20), 18, 20, 2)
        self.assertTimes(
            create({"time_start": 9, "time_stop": 11}, unit_amount=1), 9, 11, 2
        )
        with self.assertRefused(ValidationError, "25"):
            create({"unit_amount": 1}, time_stop=25)

    def test_hours_on_tasks_are_numbers(self):
        task = self.env["project.task"].create(
            {"name": "Task", "project_id": self.project.id}
        )
        values = {"task_id": task.id, "project_id": self.project.id}
        for hours in (float("nan"), float("inf")):
            with self.assertRefused(ValidationError):
                self._create(ticket_id=False, unit_amount=hours, **values)

    def test_customers_do_not_see_what_overlaps(self):
        portal = new_test_user(self.env, "nora", "base.group_portal")
        fields = self.env["account.analytic.line"].with_user(portal)
        self.assertNotIn("overlap_note", fields.fields_get())

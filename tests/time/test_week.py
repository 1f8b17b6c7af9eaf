# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ..support.common import ServiceCreditCommon
from ..support.keyboard import play_keys
from ..support.language import LanguageCommon


class WeekCommon(ServiceCreditCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket(user_id=cls.agent.id)
        cls.today = fields.Date.context_today(cls.agent)

    def _log_own(self, hours, **values):
        return self._log(
            self.ticket,
            hours,
            **{"employee_id": self.agent_employee.id, "date": self.today, **values},
        )


@tagged("post_install", "-at_install")
class TestWeek(WeekCommon):
    """The grid tells one's own hours, day by day, against the working schedule."""

    def _get_week(self, day=False):
        return self.env["account.analytic.line"].with_user(self.agent).get_week(day)

    def test_days_and_rows(self):
        entry = self._log_own(1.5)
        self._log(self.ticket, 3, date=self.today)
        week = self._get_week()
        self.assertEqual(len(week["days"]), 7)
        [row] = week["rows"]
        self.assertEqual(row["ticket_id"], self.ticket.id)
        cell = row["cells"][fields.Date.to_string(self.today)]
        self.assertEqual(
            cell, {"hours": 1.5, "entries": entry.ids, "is_editable": True}
        )
        self.assertGreater(sum(day["due"] for day in week["days"]), 0)

    def test_previous_and_next(self):
        """Another week shows its own time, and lately worked tickets to type in."""
        self._log_own(1, date=self.today - timedelta(days=7))
        week = self._get_week()
        [row] = week["rows"]
        self.assertEqual(row["cells"], {})
        before = self._get_week(week["previous"])
        self.assertEqual(before["next"], week["days"][0]["date"])
        [row] = before["rows"]
        self.assertEqual(sum(cell["hours"] for cell in row["cells"].values()), 1)

    def test_several_entries_are_not_one(self):
        self._log_own(1)
        self._log_own(2)
        [row] = self._get_week()["rows"]
        [cell] = row["cells"].values()
        self.assertEqual((cell["hours"], cell["is_editable"]), (3, False))

    def test_tickets_that_take_time_offer_the_timer(self):
        closed = self._create_ticket(user_id=self.agent.id)
        for ticket in (self.ticket, closed):
            self._log(ticket, 1, date=self.today, employee_id=self.agent_employee.id)
        closed.team_id = self.env["helpdesk.ticket.team"].create({"name": "Second"})
        rows = {row["ticket_id"]: row["takes_time"] for row in self._get_week()["rows"]}
        self.assertEqual(rows, {self.ticket.id: True, closed.id: False})

    def test_tasks_are_rows_that_one_logs_on(self):
        self.agent.group_ids += self.env.ref("project.group_project_user")
        task = self.env["project.task"].create(
            {"name": "Cabling", "project_id": self.project.id}
        )
        task.with_user(self.agent).action_log_time("1h 30", "Labels")
        preview = task.with_user(self.agent).get_time_preview(1.0)
        self.assertEqual(preview, {"text": "", "is_refused": False})
        [row] = self._get_week()["rows"]
        self.assertEqual((row["task_id"], row["ticket_id"]), (task.id, False))
        self.assertEqual((row["name"], row["takes_time"]), ("Cabling", True))
        [cell] = row["cells"].values()
        self.assertEqual(cell["hours"], 1.5)
        self._log_own(1)
        self.assertEqual(len(self._get_week()["rows"]), 2)

    def test_the_list_has_the_time_of_the_grid(self):
        """Tickets and tasks alike; other work is in neither."""
        self.agent.group_ids += self.env.ref("project.group_project_user")
        task = self.env["project.task"].create(
            {"name": "Cabling", "project_id": self.project.id}
        )
        task.with_user(self.agent).action_log_time(1.5)
        self._log_own(1)
        action = self.env.ref(
            "helpdesk_service_credit.account_analytic_line_action_week"
        )
        lines = self.env["account.analytic.line"].with_user(self.agent)
        found = lines.search(safe_eval(action.domain, {"uid": self.agent.id}))
        cells = [
            cell for row in self._get_week()["rows"] for cell in row["cells"].values()
        ]
        self.assertEqual(sum(found.mapped("unit_amount")), 2.5)
        self.assertEqual(sum(cell["hours"] for cell in cells), 2.5)

    def test_who_has_no_employee_reads_how_to_get_one(self):
        self.assertFalse(self._get_week()["obstacle"])
        newcomer = new_test_user(
            self.env, "newcomer", "helpdesk_mgmt.group_helpdesk_user"
        )
        week = self.env["account.analytic.line"].with_user(newcomer).get_week()
        self.assertEqual(
            week["obstacle"],
            self.env["hr.employee"]._get_lack_text(self.company, newcomer),
        )

    def test_wrong_day(self):
        with self.assertRaises(UserError):
            self._get_week("soon")

    def test_costs_the_same_with_many_tickets(self):
        self._log_own(1)
        self._get_week()

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._get_week()
            return self.env.cr.sql_log_count - before

        few = count()
        for _ticket in range(10):
            ticket = self._create_ticket(user_id=self.agent.id)
            self._log(ticket, 1, date=self.today, employee_id=self.agent_employee.id)
        self.assertLessEqual(count(), few + 3)


@tagged("post_install", "-at_install")
class TestWeekScreen(WeekCommon, LanguageCommon, HttpCase):
    browser_size = "1366x768"

    def _type_in_the_grid(self, keyboard):
        keyboard._run(f'document.querySelector("{self.cell}").select()')
        keyboard._run(f'document.querySelector("{self.cell}").focus()')
        # A number that can mean two things is asked about, and not taken.
        keyboard.type("45")
        keyboard.wait("document.querySelector('[data-choice=\"45m\"]')")
        keyboard.press("Enter")
        keyboard._run(f'document.querySelector("{self.cell}").select()')
        keyboard.type("0:45")
        keyboard.press("Enter")
        keyboard.wait(
            "document.querySelector('.o_service_week_total').textContent === '00:45'"
        )
        keyboard._run(f'document.querySelector("{self.empty}").focus()')
        keyboard.type("15m")
        keyboard.press("Enter")
        keyboard.wait(
            "document.activeElement.matches('.o_service_quick_log_description')"
        )
        keyboard.type("Toner")
        keyboard.press("Enter")
        keyboard.wait(
            "document.querySelector('.o_service_week_total').textContent === '01:00'"
        )
        keyboard.browser.take_screenshot("week_")

    def test_type_in_the_grid(self):
        """A cell with one entry takes other hours; an empty one asks what was done."""
        entry = self._log_own(1.5)
        self._speak(self.agent)
        today = fields.Date.to_string(self.today)
        days = self.env["account.analytic.line"]._get_days_of_week(self.today)
        other = next(day for day in days if day != self.today)
        self.cell = f"input.o_service_week_cell[data-date='{today}']"
        self.empty = f"input.o_service_week_cell[data-date='{other}']"
        play_keys(
            self,
            self._type_in_the_grid,
            "/odoo/my-week",
            "!!document.querySelector('.o_service_week_cell')",
            self.agent,
        )
        self.assertEqual(entry.unit_amount, 0.75)
        added = self.ticket.timesheet_ids - entry
        self.assertEqual((added.name, added.unit_amount), ("Toner", 0.25))
        self.assertEqual(added.date, other)

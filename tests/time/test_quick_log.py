# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json
import time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from ..support.common import ServiceCreditCommon
from ..support.keyboard import play_keys
from ..support.language import LanguageCommon

TICKETS = "/odoo/action-helpdesk_mgmt.helpdesk_ticket_action"


@tagged("post_install", "-at_install")
class TestQuickLog(ServiceCreditCommon):
    """How long and what was done is all that is asked for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._sell()
        cls.ticket = cls._create_ticket(user_id=cls.agent.id).with_user(cls.agent)

    def test_logs_own_time_and_tells_who_pays(self):
        action = self.ticket.action_log_time("15m", "Toner")
        self.assertRecordValues(
            self.ticket.timesheet_ids,
            [
                {
                    "unit_amount": 0.25,
                    "name": "Toner",
                    "employee_id": self.agent_employee.id,
                    "so_line": self.item.id,
                    "date": fields.Date.context_today(self.ticket),
                }
            ],
        )
        params = action["params"]
        self.assertIn(self.item.order_id.name, params["message"])
        self.assertIn("0:15", params["message"])
        self.assertEqual(
            params["links"][0]["url"], f"/odoo/helpdesk.ticket/{self.ticket.id}"
        )

    def test_preview_writes_nothing(self):
        plan = self.ticket.get_time_preview(0.25)
        self.assertFalse(plan["is_refused"])
        self.assertIn(self.item.order_id.name, plan["text"])
        self.assertFalse(self.ticket.timesheet_ids)

    def test_refused_time_is_said_before(self):
        self._authorize(self.item, 1)
        hours = self.item.authorized_hours_left + 1
        self.assertTrue(self.ticket.get_time_preview(hours)["is_refused"])
        with self.assertRaises(UserError):
            self.ticket.action_log_time(hours)

    def test_only_on_tickets_one_may_read(self):
        stranger = self._create_person(
            "own_olga", "helpdesk_mgmt.group_helpdesk_user_own"
        )
        for method in ("action_log_time", "get_time_preview"):
            with self.assertRaises(AccessError):
                getattr(self.ticket.with_user(stranger), method)(1)

    def test_who_has_no_employee_reads_how_to_get_one(self):
        newcomer = new_test_user(
            self.env, "newcomer", "helpdesk_mgmt.group_helpdesk_user"
        )
        for method in ("action_log_time", "get_time_preview"):
            with self.assertRefused(UserError, newcomer.name, self.company.name):
                getattr(self.ticket.with_user(newcomer), method)(1)

    def test_day(self):
        """Own time of today against the schedule, and the last tickets."""
        other = self._create_ticket(user_id=self.agent.id).with_user(self.agent)
        self.ticket.action_log_time(1)
        other.action_log_time(0.5)
        self._log(other, 3, date=fields.Date.context_today(self.agent))
        day = self.env["service.timer"].with_user(self.agent).get_day()
        self.assertEqual(day["hours"], 1.5)
        self.assertEqual(
            {(work["res_model"], work["res_id"]) for work in day["recent"]},
            {("helpdesk.ticket", self.ticket.id), ("helpdesk.ticket", other.id)},
        )
        for _count in range(5):
            moved = self._create_ticket(user_id=self.agent.id)
            moved.with_user(self.agent).action_log_time(0.25)
            moved.team_id = self.env["helpdesk.ticket.team"].create({"name": "Second"})
        day = self.env["service.timer"].with_user(self.agent).get_day()
        self.assertEqual(len(day["recent"]), 2)
        schedule = self.agent_employee.resource_calendar_id
        monday = fields.Date.to_date("2026-03-02")
        due = (
            self.env["hr.employee"]
            .with_user(self.agent)
            ._get_own_hours_due(monday, fields.Date.add(monday, days=6))
        )
        self.assertEqual(len(due), 7)
        self.assertEqual(due[monday], schedule.hours_per_day)
        self.assertEqual(due[fields.Date.add(monday, days=5)], 0)


@tagged("post_install", "-at_install")
class TestQuickLogScreen(ServiceCreditCommon, LanguageCommon, HttpCase):
    browser_size = "1366x768"

    def _log_and_time(self, keyboard):
        self._log_fifteen_minutes(keyboard)
        self._time_a_call(keyboard)

    def _log_fifteen_minutes(self, keyboard):
        begin = time.monotonic()
        keyboard._run("document.querySelector('.o_service_quick_log').click()")
        keyboard.wait(
            "document.activeElement?.matches('.o_service_quick_log_duration')"
        )
        keyboard.type("15m")
        keyboard.press("Tab")
        keyboard.type("Toner")
        keyboard.press("Enter")
        keyboard.wait("document.querySelector('.o_notification')")
        print(f"15 minutes from the list: {time.monotonic() - begin:.1f} s")
        total = json.dumps("00:15")
        keyboard.wait(
            "document.querySelector('.o_data_row td[name=total_hours]')"
            f"?.textContent.includes({total})"
        )

    def _time_a_call(self, keyboard):
        # The timer starts and stops in the same place.
        keyboard._run("document.querySelector('.o_service_timer_start').click()")
        keyboard.wait("document.querySelector('.o_data_row [role=timer]')")
        keyboard._run("document.querySelector('.o_service_timer_end').click()")
        keyboard.wait("document.querySelector('.modal .o_form_view')")
        keyboard.expect("name")
        keyboard.type("Call")
        keyboard.press("Enter")
        keyboard.wait("!document.querySelector('.modal, .o_data_row [role=timer]')")
        keyboard.browser.take_screenshot("quick_log_list_")

    def test_fifteen_minutes_from_the_list(self):
        """One click, what was typed, Enter; how long it took is printed."""
        self._sell()
        ticket = self._create_ticket(user_id=self.agent.id)
        self._speak(self.agent)

        play_keys(
            self,
            self._log_and_time,
            f"{TICKETS}?view_type=list",
            "!!document.querySelector('.o_service_quick_log')",
            self.agent,
        )
        entries = ticket.timesheet_ids.sorted("id")
        self.assertEqual(entries.mapped("name"), ["Toner", "Call"])
        self.assertEqual(entries[0].unit_amount, 0.25)

    def test_list_costs_no_more_with_timers(self):
        """A list of tickets asks for no timer: the page brought them."""
        self._sell()
        tickets = self.env["helpdesk.ticket"]
        for _ticket in range(20):
            tickets += self._create_ticket(user_id=self.agent.id)
        tickets = tickets.with_user(self.agent)
        view = self.env.ref("helpdesk_mgmt.ticket_view_tree")
        arch = tickets.get_view(view.id, "list")["models"]["helpdesk.ticket"]
        fields = {name: tickets._fields[name] for name in arch}
        self.assertLessEqual({"allow_timesheet", "total_hours"}, set(fields))

        def count(but=None):
            spec = {
                name: {"fields": {"display_name": {}}} if field.relational else {}
                for name, field in fields.items()
                if name != but
            }
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            tickets.web_read(spec)
            return self.env.cr.sql_log_count - before

        count()
        less, more = count(but="allow_timesheet"), count()
        print(f"list of 20 tickets: {less} queries without timers, {more} with")
        self.assertLessEqual(more, less * 1.1)
        # What is left is read at once for all rows.
        for name in ("authorized_hours_left", "service_credits_available"):
            less = count(but=name)
            print(f"list of 20 tickets: {less} queries without {name}")
            self.assertLessEqual(more, less + 5)

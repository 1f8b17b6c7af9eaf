# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.time.timer_question import TimerQuestion
from ..support.common import ServiceCreditCommon

START = datetime(2026, 3, 3, 10, 0, 0)


@tagged("post_install", "-at_install")
class TestTimer(ServiceCreditCommon):
    """One running timer per person, counted by the server, never lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.tz = "UTC"
        cls.ticket = cls._create_ticket(user_id=cls.agent.id).with_user(cls.agent)
        cls.other = cls._create_ticket(user_id=cls.agent.id).with_user(cls.agent)

    def _at(self, minutes, seconds=0):
        return freeze_time(START + timedelta(minutes=minutes, seconds=seconds))

    def _timers(self):
        return self.env["service.timer"].search([("user_id", "=", self.agent.id)])

    def test_counts_without_pauses(self):
        """10 minutes, a pause of 20, then 5 minutes and 1 second: 0:16 is logged."""
        with self._at(0):
            self.assertEqual(self.ticket.timer_state, "stopped")
            self.ticket.action_timer_start()
        self.assertEqual(self.ticket.timer_state, "running")
        self.assertEqual(self.ticket.timer_start, START)
        with self._at(10):
            self.ticket.action_timer_pause()
        self.assertEqual(self.ticket.timer_state, "paused")
        with self._at(30):
            self.ticket.action_timer_resume()
        self.assertEqual(self.ticket.timer_state, "running")
        with self._at(35, 1):
            action = self.ticket.action_timer_stop()
        self.assertEqual(self.ticket.timer_state, "stopped")
        entry = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(entry, self.ticket.timesheet_ids.sudo())
        self.assertAlmostEqual(entry.unit_amount, 16 / 60)
        self.assertEqual(entry.employee_id, self.agent_employee)
        self.assertEqual(entry.date, START.date())
        self.assertFalse(self._timers())

    def test_state_is_ones_own(self):
        """A colleague sees and stops their own timer only."""
        self.ticket.action_timer_start()
        colleague = self.ticket.with_user(self.helpdesk_manager)
        self.assertEqual(colleague.timer_state, "stopped")
        timers = self._timers().with_user(self.helpdesk_manager)
        self.assertFalse(timers._filtered_access("read"))
        with self.assertRaises(UserError):
            colleague.action_timer_stop()
        self.assertEqual(self.ticket.timer_state, "running")

    def test_billable_as_the_product_says(self):
        self._sell(partner=self.other_customer)
        self.prepaid_product.time_billable = False
        ticket = self._create_ticket(partner_id=self.other_customer.id)
        ticket.user_id = self.agent
        ticket = ticket.with_user(self.agent)
        ticket.action_timer_start()
        ticket.action_timer_stop()
        self.assertFalse(ticket.timesheet_ids.is_billable)

    def test_one_runs(self):
        """Starting elsewhere pauses; what was counted is kept."""
        with self._at(0):
            self.ticket.action_timer_start()
        with self._at(12):
            self.other.action_timer_start()
            self.assertEqual(self.ticket.timer_state, "paused")
            self.assertEqual(self.other.timer_state, "running")
        with self._at(20):
            self.ticket.action_timer_resume()
            self.assertEqual(self.other.timer_state, "paused")
            self.assertEqual(self._timers().mapped("seconds_before"), [12 * 60, 8 * 60])

    @mute_logger("odoo.sql_db")
    def test_one_runs_in_the_database(self):
        self.ticket.action_timer_start()
        self.other.action_timer_start()
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE service_timer SET date_resumed = NOW() WHERE user_id = %s",
                [self.agent.id],
            )

    def test_wrong_moments(self):
        """Each action says what is the matter when it makes no sense."""
        for method in ("pause", "resume", "stop"):
            with self.assertRefused(UserError, says="start one first"):
                getattr(self.ticket, f"action_timer_{method}")()
        self.ticket.action_timer_start()
        with self.assertRefused(UserError, says="started before"):
            self.ticket.action_timer_start()

    def test_not_where_time_cannot_be_logged(self):
        """It is said at the start, not after an hour of work."""
        stage = self.ticket.stage_id.sudo()
        stage.lock_timesheet = True
        with self.assertRefused(UserError, stage):
            self.ticket.action_timer_start()

    def test_person_without_employee(self):
        """One sentence with the way to get one."""
        newcomer = new_test_user(
            self.env, "newcomer", "helpdesk_mgmt.group_helpdesk_user"
        )
        with self.assertRefused(UserError, newcomer.name, self.company.name):
            self.ticket.with_user(newcomer).action_timer_start()

    def test_refused_time_is_kept(self):
        """More than a day is refused; the timer keeps it with the reason."""
        with self._at(0):
            self.ticket.action_timer_start()
        with self._at(60 * 30):
            action = self.ticket.action_timer_stop()
        timer = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(timer, self._timers())
        self.assertIn("at most 24 hours", timer.refusal)
        self.assertAlmostEqual(timer.hours, 30)
        self.assertEqual(self.ticket.timer_state, "paused")
        self.assertFalse(self.ticket.timesheet_ids)
        timer = timer.with_user(self.agent)
        timer.hours = 7.5
        timer.action_log()
        self.assertEqual(self.ticket.timesheet_ids.mapped("unit_amount"), [7.5])
        self.assertFalse(self._timers())

    def test_clock_is_the_servers(self):
        """Hours may be corrected by hand, the clock may not; others' timers neither."""
        self.ticket.action_timer_start()
        timer = self._timers().with_user(self.agent)
        with self.assertRaises(AccessError):
            timer.seconds_before = 36000
        with self.assertRaises(AccessError):
            timer.write({"hours": 1, "user_id": self.helpdesk_manager.id})
        with self.assertRaises(AccessError):
            timer.with_user(self.helpdesk_manager).hours = 3
        with self.assertRaises(AccessError):
            timer.copy()

    def test_discard(self):
        self.ticket.action_timer_start()
        self._timers().with_user(self.agent).action_discard()
        self.assertFalse(self._timers())
        self.assertFalse(self.ticket.timesheet_ids)

    def _get_closed_stage(self):
        return self.env["helpdesk.ticket.stage"].search([("closed", "=", True)])[0]

    def _ask(self, ticket, vals):
        """Return the window that opens in place of a change of the ticket."""
        with self.assertRaises(TimerQuestion) as caught, self.env.cr.savepoint():
            ticket.write(vals)
        action = caught.exception.context["timer_action"]
        return (
            self.env[action["res_model"]]
            .with_user(self.agent)
            .with_context(**action["context"])
        )

    def test_closing_asks(self):
        """Closing is refused with a way on; logging and discarding close."""
        closed = self._get_closed_stage()
        for method, hours in (("action_log", 0.5), ("action_discard", 0)):
            ticket = self._create_ticket(user_id=self.agent.id).with_user(self.agent)
            with self._at(0):
                ticket.action_timer_start()
            with self._at(30):
                windows = self._ask(ticket, {"stage_id": closed.id})
                self.assertFalse(ticket.closed)
                window = windows.create({"name": "Cable"})
                self.assertEqual(ticket.timer_state, "running", "It counts on.")
                getattr(window, method)()
            self.assertTrue(ticket.closed)
            self.assertEqual(sum(ticket.timesheet_ids.mapped("unit_amount")), hours)
            self.assertEqual(
                ticket.timesheet_ids.mapped("name"), ["Cable"] * bool(hours)
            )
            self.assertFalse(self._timers())

    def test_archiving_asks(self):
        with self._at(0):
            self.ticket.action_timer_start()
        with self._at(30):
            window = self._ask(self.ticket, {"active": False}).create({"hours": 0.25})
            self.assertTrue(self.ticket.active)
            window.action_log()
        self.assertFalse(self.ticket.active)
        self.assertEqual(self.ticket.timesheet_ids.mapped("unit_amount"), [0.25])

    def test_stop_asks(self):
        """The window shows what was counted; what was typed there is logged."""
        with self._at(0):
            self.ticket.action_timer_start()
        with self._at(30):
            action = self.ticket.action_timer_ask()
            windows = self.env[action["res_model"]].with_user(self.agent)
            window = windows.with_context(**action["context"]).create({})
            self.assertAlmostEqual(window.hours, 0.5)
            self.assertEqual(self.ticket.timer_state, "running")
            self.assertFalse(self.ticket.timesheet_ids)
            window.write({"hours": 0.25, "name": "Call"})
            window.action_log()
        self.assertFalse(self.ticket.closed)
        entry = self.ticket.timesheet_ids
        self.assertEqual((entry.unit_amount, entry.name), (0.25, "Call"))

    def test_time_refused_at_the_end_is_kept(self):
        """What was typed stays on the timer, and the ticket stays open."""
        with self._at(0):
            self.ticket.action_timer_start()
        with self._at(30):
            windows = self._ask(self.ticket, {"stage_id": self._get_closed_stage().id})
            window = windows.create({"hours": 30, "name": "Long call"})
            action = window.action_log()
        timer = self._timers()
        self.assertEqual(action["res_id"], timer.id)
        self.assertEqual((timer.name, timer.hours), ("Long call", 30))
        self.assertFalse(self.ticket.closed)

    def test_closing_does_not_ask_others(self):
        """A colleague's timer does not keep me from closing, and is not lost."""
        self.ticket.action_timer_start()
        closed = self.env["helpdesk.ticket.stage"].search([("closed", "=", True)])[0]
        self.ticket.with_user(self.helpdesk_manager).stage_id = closed
        self.assertEqual(self.ticket.timer_state, "running")
        self.ticket.action_timer_stop()
        self.assertTrue(self.ticket.timesheet_ids)

    def test_ticket_with_timer_is_not_deleted(self):
        self.ticket.action_timer_start()
        with self.assertRefused(UserError, says="stop the timer"):
            self.ticket.sudo().unlink()

    @mute_logger("odoo.addons.helpdesk_service_credit.models.time.service_timer")
    def test_a_reminder_that_fails_stops_no_other(self):
        """The timer itself tells its person instead."""
        olga = self._create_person("own_olga", "helpdesk_mgmt.group_helpdesk_user_own")
        theirs = self._create_ticket(user_id=olga.id)
        with self._at(0):
            self.ticket.action_timer_start()
        with self._at(1):
            theirs.with_user(olga).action_timer_start()
        timers = self.env["service.timer"].search([])
        self.assertEqual(timers[0].user_id, olga, "Theirs is the first to be told of.")
        flag = type(timers)._flag_forgotten

        def fail_for_olga(timer):
            flag(timer)
            if timer.user_id == olga:
                raise ValueError("broken")

        cron = self.env.ref("helpdesk_service_credit.ir_cron_flag_forgotten_timers")
        with (
            patch.object(type(timers), "_flag_forgotten", fail_for_olga),
            self.enter_registry_test_mode(),
            self._at(24 * 60),
        ):
            cron.method_direct_trigger()
        self.assertTrue(self._timers().activity_id)
        self.assertFalse(timers[0].activity_id)
        self.assertFalse(theirs.activity_ids)
        self.assertIn(theirs.display_name, timers[0].refusal)
        self.assertIn("23:59", timers[0].refusal)

    def test_forgotten(self):
        """Flagged once, on the next morning of the person's own time zone."""
        self.agent.tz = "Pacific/Auckland"  # 10:00 UTC is 23:00 there
        with self._at(0):
            self.ticket.action_timer_start()
        cron = self.env.ref("helpdesk_service_credit.ir_cron_flag_forgotten_timers")
        with self.enter_registry_test_mode():
            with self._at(50):
                cron.method_direct_trigger()
            self.assertFalse(self._timers().activity_id)
            with self._at(120):
                cron.method_direct_trigger()
            self.assertFalse(self._timers().activity_id, "In the middle of the night")
            with self._at(510):
                cron.method_direct_trigger()
                activity = self._timers().activity_id
                cron.method_direct_trigger()
        self.assertEqual(activity, self.ticket.activity_ids.sudo())
        self.assertEqual(activity.user_id, self.agent)
        self.assertIn("8:30", activity.note)
        with self._at(511):
            self.ticket.action_timer_stop()
        self.assertFalse(activity.exists())

    def test_comes_with_the_page(self):
        """The menu's figures are in what every page brings, in two queries."""
        with self._at(0):
            self.ticket.action_timer_start()
        timers = self.env["service.timer"].with_user(self.agent)
        with self._at(5):
            state = timers._get_client_state(self.agent)
        self.assertEqual([timer["seconds"] for timer in state["timers"]], [300])
        self.env.invalidate_all()
        with self.assertQueryCount(3):
            timers._get_client_state(self.agent)

    def test_windows_are_told(self):
        """Every change reaches the person's windows with the state after it."""
        self.ticket.action_timer_start()
        self.ticket.action_timer_stop()
        self.env.cr.precommit.run()
        notices = self.env["bus.bus"].search([], order="id desc", limit=1)
        self.assertIn("helpdesk_service_credit/timers", notices.message)
        self.assertIn('"timers":[]', notices.message.replace(" ", ""))

    def test_validation_error_is_kept_too(self):
        """Any refusal of an entry keeps the time, whatever rule it came from."""
        with self._at(0):
            self.ticket.action_timer_start()
        self.agent_employee.sudo().active = False
        with self._at(20):
            self.ticket.action_timer_stop()
        self.assertTrue(self._timers().refusal)
        self.assertEqual(self._timers().seconds_before, 1200)
        self.agent_employee.sudo().active = True
        self.ticket.action_timer_stop()
        self.assertFalse(self._timers())
        self.assertAlmostEqual(self.ticket.timesheet_ids.unit_amount, 1 / 3)

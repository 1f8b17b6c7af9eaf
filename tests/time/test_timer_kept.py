# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.tests import HttpCase, tagged

from ..support.common import ServiceCreditCommon

START = datetime(2026, 3, 3, 10, 0, 0)


@tagged("post_install", "-at_install")
class TestTimerKept(ServiceCreditCommon):
    """A timer that is stopped against a cap loses nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._sell(cls.time_product, hours=0)
        cls._authorize(cls.item, 0.5)
        cls.ticket = cls._create_ticket(
            user_id=cls.agent.id, sale_line_id=cls.item.id
        ).with_user(cls.agent)

    def _stop_after(self, minutes):
        with freeze_time(START):
            self.ticket.action_timer_start()
        with freeze_time(START + timedelta(minutes=minutes)):
            return self.ticket.action_timer_stop()

    def test_refused_time_waits_to_be_fixed(self):
        """It says what would fit; shortened, or authorized, the time is logged."""
        action = self._stop_after(90)
        timer = self.env[action["res_model"]].browse(action["res_id"])
        timer = timer.with_user(self.agent)
        self.assertEqual(timer._name, "service.timer")
        self.assertRegex(timer.refusal, r"0:30")
        self.assertAlmostEqual(timer.hours, 1.5)
        self.assertFalse(self.ticket.timesheet_ids)
        self.assertEqual(self.item.authorized_hours_left, 0.5)
        # As long as it does not fit it stays, with the reason.
        self.assertEqual(timer.action_log()["res_id"], timer.id)
        self._authorize(self.item, 1)
        timer.name = "Long call"
        timer.action_log()
        self.assertFalse(timer.exists())
        entry = self.ticket.timesheet_ids
        self.assertAlmostEqual(entry.unit_amount, 1.5)
        self.assertEqual((entry.name, entry.so_line), ("Long call", self.item))

    def test_the_rest_is_overage_where_the_team_says_so(self):
        self.team.over_limit_policy = "overage"
        action = self._stop_after(90)
        self.assertEqual(action["res_model"], "account.analytic.line")
        entries = {
            entry.coverage: entry.unit_amount for entry in self.ticket.timesheet_ids
        }
        self.assertEqual(entries, {"sale_line": 0.5, "overage": 1})
        self.assertFalse(self.env["service.timer"].search([]))

    def test_tick_taken_off(self):
        """Time that no cap takes may be logged as not billable."""
        action = self._stop_after(90)
        timer = self.env[action["res_model"]].browse(action["res_id"])
        timer = timer.with_user(self.agent)
        timer.is_billable = False
        timer.action_log()
        self.assertEqual(self.ticket.timesheet_ids.coverage, "non_billable")

    def test_ticket_closed_to_the_person(self):
        """It says which ticket and what is possible; the time can be discarded."""
        with freeze_time(START):
            self.ticket.action_timer_start()
        self.agent.group_ids -= self.env.ref("helpdesk_mgmt.group_helpdesk_user")
        self.agent.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_user_own")
        self.ticket.sudo().user_id = self.helpdesk_manager
        self.ticket.sudo().message_unsubscribe(self.agent.partner_id.ids)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self.ticket.has_access("read"))
        action = self.ticket.action_timer_stop()
        timer = self.env[action["res_model"]].browse(action["res_id"])
        timer = timer.with_user(self.agent)
        self.assertIn(self.ticket.sudo().number, timer.refusal)
        self.assertIn("Discard the time", timer.refusal)
        timer.action_discard()
        self.assertFalse(timer.exists())


@tagged("post_install", "-at_install")
class TestTimerSession(ServiceCreditCommon, HttpCase):
    """The timer is the person's, not the session's."""

    def _get_timers(self):
        """Return the timers as the page of a fresh session brings them."""
        answer = self.make_jsonrpc_request("/web/session/get_session_info", {})
        return answer["service_timer"]["timers"]

    def _call(self, method):
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/helpdesk.ticket/{method}",
            {
                "model": "helpdesk.ticket",
                "method": method,
                "args": [self.ticket.ids],
                "kwargs": {},
            },
        )

    def test_survives_logout_and_restart(self):
        """Started in one session, counted on while nobody is there, stopped in
        another; nothing of it is held in the server's memory."""
        self.ticket = self._create_ticket(user_id=self.agent.id)
        self.authenticate(self.agent.login, self.agent.login)
        self._call("action_timer_start")
        self.url_open("/web/session/logout")
        self.ticket.timer_ids.date_resumed -= timedelta(hours=2)
        self.env.flush_all()
        self.env.registry.clear_all_caches()
        self.env.invalidate_all()
        self.authenticate(self.agent.login, self.agent.login)
        [timer] = self._get_timers()
        self.assertEqual(timer["res_id"], self.ticket.id)
        self.assertTrue(timer["is_running"])
        self.assertGreaterEqual(timer["seconds"], 7200)
        self._call("action_timer_stop")
        self.assertAlmostEqual(self.ticket.timesheet_ids.unit_amount, 2, delta=0.05)
        self.assertEqual(self._get_timers(), [])

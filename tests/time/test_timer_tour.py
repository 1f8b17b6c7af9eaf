# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, tagged

from ..support.common import ServiceCreditCommon
from ..support.language import LanguageCommon


@tagged("post_install", "-at_install")
class TestTimerTour(ServiceCreditCommon, LanguageCommon, HttpCase):
    def test_timer(self):
        """An agent starts on the form and stops from the bar at the top."""
        self._speak(self.agent)
        ticket = self._create_ticket(user_id=self.agent.id)
        self.start_tour(
            f"/odoo/action-helpdesk_mgmt.helpdesk_ticket_action/{ticket.id}",
            "helpdesk_service_credit_timer",
            login=self.agent.login,
        )
        self.assertEqual(ticket.timesheet_ids.name, "Phone call")
        self.assertAlmostEqual(ticket.timesheet_ids.unit_amount, 1 / 60)
        self.assertFalse(ticket.timer_ids)

    def test_close(self):
        """Closing with a timer: the form is saved first, and one window asks."""
        ticket = self._create_ticket(user_id=self.agent.id)
        self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done").fold = False
        self.start_tour(
            f"/odoo/action-helpdesk_mgmt.helpdesk_ticket_action/{ticket.id}",
            "helpdesk_service_credit_close",
            login=self.agent.login,
        )
        self.assertEqual(ticket.name, "Printer was on fire")
        self.assertTrue(ticket.closed)
        entries = ticket.timesheet_ids.sorted("id")
        self.assertEqual(entries.mapped("name"), ["Extinguished", "Swept up"])
        self.assertFalse(ticket.timer_ids)

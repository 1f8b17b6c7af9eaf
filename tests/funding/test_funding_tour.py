# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields
from odoo.tests import HttpCase, tagged

from ..support.funding import FundingCommon
from ..support.language import RomanianCommon


@tagged("post_install", "-at_install")
class TestFundingTour(FundingCommon, RomanianCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._speak(cls.agent, cls.helpdesk_manager)

    def _play(self, user, name, path):
        self.start_tour(path, f"helpdesk_service_credit_{name}", login=user.login)

    def _buy_today(self, credits):
        today = fields.Date.context_today(self.env.user)
        later = fields.Date.add(today, days=30)
        return self._buy(credits, start=today, expiry=later)

    def test_log_overrun_edit_delete_and_cover(self):
        self.team.over_limit_policy = "overage"
        first = self._buy_today(2)
        tickets = "/odoo/action-helpdesk_mgmt.helpdesk_ticket_action"
        self._play(self.agent, "overrun", f"{tickets}/{self.ticket.id}")
        self.assertEqual(first.credits_available, 1)
        entries = self.ticket.timesheet_ids.sorted("id")
        self.assertEqual(entries.mapped("coverage"), ["credits", "overage"])
        self.assertEqual(entries.mapped("unit_amount"), [1, 1.5])
        second = self._buy_today(5)
        self._play(self.helpdesk_manager, "cover", "/odoo/helpdesk-overage")
        self.assertEqual(second.credits_available, 4.5)
        self.assertEqual(entries[1].overage_decided_by_id, self.helpdesk_manager)
        self._assert_adds_up()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, new_test_user, tagged

from ..support.credit import CreditCommon
from ..support.language import LanguageCommon


@tagged("post_install", "-at_install")
class TestCreditTour(CreditCommon, LanguageCommon, HttpCase):
    def test_purchase_milestone_adjust_expire(self):
        """From recording a purchase to writing off what is left of it."""
        manager = new_test_user(
            self.env,
            "credit_manager",
            "helpdesk_service_credit.group_service_credit_manager,"
            "helpdesk_mgmt.group_helpdesk_user,project.group_project_manager",
        )
        self._speak(manager)
        milestone = self._create_milestone()
        self.start_tour(
            "/odoo/service-credits",
            "helpdesk_service_credit_purchase",
            login=manager.login,
        )
        purchase = self.purchase_model.search(
            [("partner_id", "=", self.customer.id)], limit=1
        )
        self.assertEqual(purchase.credits_available, 20)
        self.assertEqual(purchase.date_expiry, self.today)
        self.start_tour(
            f"/odoo/project.milestone/{milestone.id}",
            "helpdesk_service_credit_milestone",
            login=manager.login,
        )
        self.assertEqual(milestone.service_credits_allocated, 15)
        self.assertEqual(purchase.consumption_ids.user_id, manager)
        self.start_tour(
            f"/odoo/service-credits/{purchase.id}",
            "helpdesk_service_credit_expire",
            login=manager.login,
        )
        self.assertEqual(purchase.state, "expired")
        self.assertEqual(purchase.credits_expired, 5)

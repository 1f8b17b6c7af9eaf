# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, tagged

from ..support.language import LanguageCommon
from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestSellingTour(SellingCommon, LanguageCommon, HttpCase):
    """Opportunity → quotation → purchases → confirmation → used on a ticket."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._speak(cls.salesman, cls.agent)

    def test_sell_and_use(self):
        self.start_tour(
            f"/odoo/crm/{self.lead.id}",
            "helpdesk_service_credit_sell_credits",
            login=self.salesman.login,
        )
        order = self.lead.order_ids
        lot = order.order_line.service_credit_purchase_ids
        self.assertEqual(order.state, "sale")
        self.assertRecordValues(
            lot,
            [
                {
                    "state": "open",
                    "credits": 20,
                    "description": "Twenty hours of help",
                    "opportunity_id": self.lead.id,
                }
            ],
        )
        self.team.use_service_credits = True
        ticket = self._create_ticket(user_id=self.agent.id)
        self.start_tour(
            f"/odoo/action-helpdesk_mgmt.helpdesk_ticket_action/{ticket.id}",
            "helpdesk_service_credit_use_sold_credits",
            login=self.agent.login,
        )
        self.assertEqual(lot.credits_allocated, 3)
        self.assertEqual(lot.credits_available, 17)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from unittest.mock import patch

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..support.alert import AlertCommon
from ..support.credit import give_back

MODELS = "odoo.addons.helpdesk_service_credit.models.alert"


@tagged("post_install", "-at_install")
class TestAlertNotice(AlertCommon):
    """One message per customer and day, for the responsible user; more on request."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact.email = "nora@azure.test"
        cls.customer.email = "office@azure.test"

    def _mails(self):
        return self.env["mail.mail"].search([("subject", "ilike", "service credits")])

    def _run_low(self, credits=9, **values):
        self._buy(10, **values)
        self._use(credits)

    def test_one_message_a_day(self):
        self._run_low(8)
        self._buy(5, expiry=40)
        first = self._fire()
        self.assertEqual(len(first), 1, "5 new ones: the cycle began anew")
        self.assertEqual(len(self._notes()), 1)
        self._use(6)
        second = self._fire()
        self.assertEqual(self._levels(second), [("percent", 20), ("percent", 10)])
        self.assertEqual(second.mapped("date_told"), [False, False])
        self.assertEqual(len(self._notes()), 1, "the second message waits")
        self._fire(1)
        self.assertEqual(second.mapped("date_told"), [self._day(1)] * 2)
        self.assertEqual(len(self._notes()), 2)

    def test_what_is_over_by_then_is_not_told(self):
        self._buy(10)
        rows = self._use(8)
        self._fire()
        rows |= self._use(1)
        late = self._fire()
        self.assertEqual(self._levels(late), [("percent", 10)])
        give_back(rows, 5)
        self._fire(1)
        self.assertEqual((late.state, late.date_told), ("over", False))
        self.assertEqual(len(self._notes()), 1)

    def test_activity(self):
        """One with all that is open, not one more every day."""
        self._run_low(8, expiry=31)
        self._fire()
        activity = self._activities()
        self.assertEqual(activity.user_id, self.salesman)
        self.assertEqual(activity.date_deadline, self.today)
        alert = self.alert_model.search([], order="id desc", limit=1)
        self.assertIn(f"/odoo/service-credit-alerts/{alert.id}", activity.note)
        self._fire(1)
        activity = self._activities()
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.note.count("<li>"), 2)
        self.assertFalse(self.env["mail.mail"].search([("res_id", "in", activity.ids)]))

    def test_who_is_responsible(self):
        fallback = new_test_user(
            self.env, "head", "helpdesk_mgmt.group_helpdesk_manager"
        )
        seller = new_test_user(self.env, "sue", "sales_team.group_sale_salesman")
        self.company.service_credit_alert_user_id = fallback
        purchase = self._buy(10)

        def responsible():
            return self.alert_model._get_responsible(self.company, purchase)

        self.assertEqual(responsible(), self.salesman)
        self.customer.user_id = False
        self.assertEqual(responsible(), fallback)
        purchase.opportunity_id = self.env["crm.lead"].create(
            {"name": "More", "user_id": seller.id, "partner_id": self.customer.id}
        )
        self.assertEqual(responsible(), seller)
        seller.active = False
        self.assertEqual(responsible(), fallback)
        self.company.service_credit_alert_user_id = False
        self.assertFalse(responsible())
        self._use(8)
        self.assertFalse(self._fire().user_id)
        self.assertEqual(len(self._notes()), 1)
        self.assertFalse(self._activities())

    def test_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.salesman.lang = "fr_FR"
        self._run_low(8)
        self._fire()
        self.assertIn("2,00", self._activities().note)

    def test_customers_are_told_on_request_only(self):
        self._run_low()
        self._fire()
        self.assertFalse(self._mails())

    def test_mail_to_the_customer(self):
        self.company.service_credit_alert_customer = True
        self._buy(10, partner_id=self.contact.id, expiry=50)
        self._use(9)
        alerts = self._fire()
        self.assertEqual(len(alerts), 3)
        mail = self._mails()
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.state, "outgoing", "queued, not sent")
        self.assertEqual(mail.recipient_ids, self.contact)
        self.assertIn("1.00 of 10.00 service credits", mail.body_html)
        self.assertIn("expire on", mail.body_html)
        self.assertEqual(set(alerts.mapped("is_customer_told")), {True})
        self.assertIn("on its way", self._notes()[0])
        self._use(1)
        self._fire()
        self.assertEqual(len(self._mails()), 1)

    def test_the_team_suggests_what_to_use_it_for(self):
        """To the customer with the alert, and to the agent on the ticket."""
        training = self.env["service.type"].create({"name": "Roof Training"})
        self.company.service_suggestion_ids = training
        self.company.service_credit_alert_customer = True
        self._buy(expiry=20)
        self._fire()
        mail = self._mails()
        self.assertIn("Roof Training", mail.body_html)
        self.assertIn("/new/ticket", mail.body_html)
        team = self.env["helpdesk.ticket.team"].create(
            {"name": "Team", "use_service_credits": True}
        )
        ticket = self.env["helpdesk.ticket"].create(
            {
                "name": "Roof",
                "description": "Roof",
                "partner_id": self.customer.id,
                "team_id": team.id,
            }
        )
        self.assertTrue(ticket.use_service_credits)
        self.assertIn("Suggest: Roof Training", ticket.service_credit_plan)
        self.company.service_credit_alert_days = "10"
        ticket.invalidate_recordset()
        self.assertFalse(ticket.service_credit_plan, "it is too early to plan")

    def test_each_customer_may_differ(self):
        for company, customer, expected in (
            (False, "always", True),
            (True, "never", False),
            (True, False, True),
            (False, False, False),
        ):
            self.company.service_credit_alert_customer = company
            self.customer.service_credit_alert_mail = customer
            for partner in (self.customer, self.contact):
                told = partner._gets_service_credit_alerts(self.company)
                self.assertEqual(told, expected)

    def test_without_an_address(self):
        self.company.service_credit_alert_customer = True
        self.contact.email = False
        self._buy(10, partner_id=self.contact.id)
        self._use(9)
        self._fire()
        self.assertEqual(self._mails().recipient_ids, self.customer)
        self.customer.email = False
        self._use(1)
        self._buy(10)
        self._use(9)
        alerts = self._fire(1)
        self.assertEqual(set(alerts.mapped("is_customer_told")), {False})

    def test_draft_quotation(self):
        """Off by default; sized as used; once, and nothing is sent."""
        product = self.env["product.product"].create(
            {"name": "Pack", "type": "service", "service_credits": 5, "list_price": 400}
        )
        values = {"product_id": product.id}
        self._run_low(8, **values)
        self.assertFalse(self._fire().order_id)
        self.company.service_credit_alert_quotation = True
        self._use(1)
        alert = self._fire(1)
        order = alert.order_id
        self.assertEqual((order.state, order.user_id), ("draft", self.salesman))
        self.assertEqual(order.order_line.product_uom_qty, 2)
        self.assertEqual(order.partner_id, self.customer)
        self.assertIn(order.name, self._notes()[-1])
        mails = self.env["mail.mail"].search([("model", "=", "sale.order")])
        self.assertNotIn(order.id, mails.mapped("res_id"))
        self._run_low(9.5, **values)
        self.assertFalse(self._fire(2).order_id, "there is a quotation already")
        order.action_cancel()
        self._buy(10, **values)
        self._use(10)
        self.assertTrue(self._fire(3).order_id)

    @mute_logger(f"{MODELS}.service_credit_alert_notice")
    def test_a_quotation_that_fails_stops_nothing(self):
        self.company.service_credit_alert_quotation = True
        self._run_low(8)
        cls = type(self.alert_model)
        with patch.object(cls, "_create_quotation", side_effect=ValueError("broken")):
            alert = self._fire()
        self.assertEqual(alert.date_told, self.today)
        self.assertFalse(alert.order_id)

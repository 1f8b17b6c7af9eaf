# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..support.common import ServiceCreditCommon

SIGNATURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install")
class TestAuthorization(ServiceCreditCommon):
    """Requests of hours, their answers, and what follows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.time_product.limit_hours = True
        cls.item = cls._sell(cls.time_product)
        cls.item.order_id.partner_id.email = "azure@example.test"
        cls.ticket = cls._create_ticket(sale_line_id=cls.item.id)

    def _request(self, hours=5, user=None, **values):
        return (
            self.env["service.authorization"]
            .with_user(user or self.agent)
            .create(
                {
                    "sale_line_id": self.item.id,
                    "ticket_id": self.ticket.id,
                    "hours": hours,
                    "reason": "The report takes longer",
                    **values,
                }
            )
        )

    def test_confirming_an_order_authorizes_its_hours(self):
        self.assertEqual(self.item.authorized_hours, 10)
        authorization = self.item.authorization_ids
        self.assertEqual(authorization.state, "approved")
        self.assertEqual(authorization.source, "order")
        self.assertTrue(authorization.approved_on)
        self.assertEqual(authorization.amount_estimate, 1000)

    def test_confirming_again_adds_only_what_is_ordered_more(self):
        order = self.item.order_id
        order._action_cancel()
        order.action_draft()
        self.item.product_uom_qty = 12.25
        order.action_confirm()
        self.assertEqual(self.item.authorized_hours, 12.25)
        self.assertEqual(len(self.item.authorization_ids), 2)

    def test_signature_of_the_quotation_is_kept(self):
        item = self._sell(self.time_product, confirm=False)
        item.order_id.write({"signed_by": "Nora Azure", "signature": SIGNATURE})
        item.order_id.action_confirm()
        self.assertEqual(item.authorization_ids.signed_by, "Nora Azure")
        self.assertTrue(item.authorization_ids.signature)

    def test_ordered_days_are_authorized_as_hours(self):
        product = self._create_service(
            "Support Days",
            "delivered_timesheet",
            uom_id=self.env.ref("uom.product_uom_day").id,
            limit_hours=True,
        )
        item = self._sell(product, hours=2)
        self.assertEqual(item.authorized_hours, 16)

    def test_items_without_a_limit_are_left_alone(self):
        self.assertFalse(self._sell().authorization_ids)

    def test_agent_requests_and_a_manager_records_the_answer(self):
        request = self._request()
        self.assertEqual(request.state, "requested")
        self.assertEqual(request.sudo().amount_estimate, 500)
        self.assertEqual(request.requested_by_id, self.agent)
        self.assertEqual(self.item.authorized_hours, 10)
        with self.assertRefused(AccessError, says="Only Service Credits or Helpdesk"):
            request.action_approve()
        request.with_user(self.helpdesk_manager).action_approve(note="By phone")
        self.assertEqual(request.state, "approved")
        self.assertEqual(request.source, "manager")
        self.assertEqual(request.approved_by_id, self.helpdesk_manager)
        self.assertEqual(self.item.authorized_hours, 15)
        history = self.item.order_id.message_ids[0].body
        for text in ("5 h on", "approved", self.helpdesk_manager.name, "By phone"):
            self.assertIn(text, history)
        self.assertIn("approved", str(self.ticket.message_ids.mapped("body")))

    def test_an_answer_is_given_once(self):
        request = self._request()
        request.sudo().action_approve()
        for method in ("action_approve", "action_decline", "action_cancel"):
            with self.assertRefused(UserError, says="is already approved"):
                getattr(request.sudo(), method)()
        self.assertEqual(self.item.authorized_hours, 15)

    def test_approving_less(self):
        request = self._request(5)
        manager = request.with_user(self.helpdesk_manager)
        for hours in (5.5, 2.25, 0, -5, 0.49999, 1e9):
            with self.assertRefused(ValidationError, says="between 0.5 and 5 in steps"):
                manager.action_approve(hours=hours)
        for hours in (float("inf"), float("-inf"), float("nan"), "3", True):
            with self.assertRefused(
                ValidationError, says="isn't a valid number of hours"
            ):
                manager.action_approve(hours=hours)
        manager.action_approve(hours=2)
        self.assertEqual((request.hours, request.hours_requested), (2, 5))
        self.assertEqual(self.item.authorized_hours, 12)

    def test_declining_and_withdrawing_authorize_nothing(self):
        declined = self._request()
        declined.with_user(self.helpdesk_manager).action_decline("Too expensive")
        withdrawn = self._request()
        withdrawn.action_cancel()
        self.assertEqual(declined.state, "declined")
        self.assertEqual(withdrawn.state, "cancelled")
        self.assertEqual(self.item.authorized_hours, 10)
        other = self._create_person("agent_otto", "helpdesk_mgmt.group_helpdesk_user")
        request = self._request()
        with self.assertRefused(AccessError, request):
            request.with_user(other).action_cancel()

    def test_recording_an_answer_in_the_window(self):
        request = self._request()
        action = request.with_user(self.helpdesk_manager).action_record_answer()
        window = (
            self.env["service.authorization.record"]
            .with_user(self.helpdesk_manager)
            .with_context(**action["context"])
            .create({"note": "Nora, by phone", "hours": 3})
        )
        window.action_record()
        self.assertEqual((request.state, request.hours), ("approved", 3))
        self.assertEqual(request.answer_note, "Nora, by phone")
        with self.assertRaises(AccessError):
            self.env["service.authorization.record"].with_user(self.agent).create(
                {"authorization_id": request.id, "note": "x"}
            )

    def test_bad_hours_are_one_sentence(self):
        cases = {
            0.25: "in steps of 0.5",
            0.49999: "in steps of 0.5",
            -0.3: "in steps of 0.5",
        }
        for hours, message in cases.items():
            with (
                self.subTest(hours),
                self.assertRefused(ValidationError, says=message),
                self.cr.savepoint(),
            ):
                self._request(hours)
        for hours in (0, 1e9):
            with (
                self.subTest(hours),
                mute_logger("odoo.sql_db"),
                self.assertRefused(IntegrityError, says="hours_possible"),
                self.cr.savepoint(),
            ):
                self._request(hours)

    def test_the_answer_cannot_be_typed(self):
        values = {
            "state": "approved",
            "source": "portal",
            "signed_by": "Nora",
            "approved_by_id": self.agent.id,
            "access_token": "guessed",
            "amount_estimate": 1,
        }
        for name, value in values.items():
            with self.subTest(name), self.assertRefused(AccessError, says="answers it"):
                self._request(**{name: value})
        model = self.env["service.authorization"].with_user(self.agent)
        defaults = {f"default_{name}": value for name, value in values.items()}
        request = model.with_context(
            **defaults, default_partner_id=self.agent.partner_id.id
        ).create({"sale_line_id": self.item.id, "hours": 1})
        self.assertEqual(request.state, "requested")
        self.assertEqual(request.partner_id, self.customer)
        self.assertEqual(request.sudo().amount_estimate, 100)
        self.assertFalse(request.sudo().access_token)
        for values in ({"state": "approved"}, {"hours": 50}):
            with self.assertRaises(AccessError):
                request.write(values)
        with self.assertRaises(AccessError):
            request.unlink()
        with self.assertRaises(AccessError):
            request.read(["access_token"])

    def test_requests_are_for_own_customers_and_confirmed_orders(self):
        company = self.env["res.company"].create({"name": "Second Company"})
        elsewhere = self._sell(self.time_product, company_id=company.id)
        with self.assertRaises(AccessError):
            self._request(sale_line_id=elsewhere.id, ticket_id=False)
        theirs = self._sell(self.time_product, partner=self.other_customer)
        with self.assertRefused(ValidationError, says="of the same customer"):
            self._request(sale_line_id=theirs.id)
        draft = self._sell(self.time_product, confirm=False)
        with self.assertRefused(ValidationError, says="Confirming order"):
            self._request(user=self.seller, sale_line_id=draft.id, ticket_id=False)

    def test_the_mail_holds_a_fresh_link(self):
        request = self._request()
        request.action_send()
        token = request.sudo().access_token
        [mail] = self.env["mail.mail"].search([("body_html", "ilike", token)])
        link = f"/my/authorizations/{request.id}?access_token={token}"
        self.assertIn(link, mail.body_html)
        self.assertNotIn(token, mail.mail_message_id.body)
        self.assertIn("5 h", mail.subject)
        self.assertIn("<strong>5 h</strong>", mail.body)
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.reply_to, self.agent.email_formatted)
        for user in (self.agent, self.helpdesk_manager, self.seller):
            with self.subTest(user.login), self.assertRaises(AccessError):
                mail.mail_message_id.with_user(user).read(["body"])
        self.assertNotIn(token, str(request.message_ids.mapped("body")))
        request.action_send()
        self.assertNotEqual(request.sudo().access_token, token)

    def test_without_an_address_the_history_says_so(self):
        self.customer.email = False
        self._request().action_send()
        self.assertIn("no e-mail address", self.item.order_id.message_ids[0].body)

    def test_a_request_lapses(self):
        self.company.service_authorization_days = 3
        with freeze_time("2026-03-01 12:00:00"):
            request = self._request()
        with freeze_time("2026-03-04 11:00:00"):
            request.invalidate_recordset(["is_lapsed", "status_label"])
            self.assertFalse(request.is_lapsed)
            self.assertEqual(request.status_label, "Requested")
        with freeze_time("2026-03-04 13:00:00"):
            request.invalidate_recordset(["is_lapsed", "status_label"])
            self.assertTrue(request.is_lapsed)
            self.assertEqual(request.status_label, "Lapsed")
            found = request.search([("is_lapsed", "=", True)])
            self.assertEqual(found, request)
            with self.assertRefused(UserError, says="lapsed on 03/04/2026"):
                request._check_not_lapsed()
            request.action_send()
            self.assertFalse(request.is_lapsed)

    def test_answered_requests_cannot_be_deleted(self):
        request = self._request().sudo()
        request.action_approve()
        with self.assertRefused(UserError, says="record a reduction"):
            request.unlink()

    def test_deleting_a_cancelled_order_passes_no_answer_by(self):
        """Neither in the order nor in its item, whatever deletes them."""
        self._request().sudo().action_approve()
        order = self.item.order_id
        order._action_cancel()
        for records in (order, self.item):
            with self.subTest(records), mute_logger("odoo.sql_db"):
                try:
                    with self.cr.savepoint():
                        records.unlink()
                        self.env.flush_all()
                except (UserError, IntegrityError):
                    continue
                self.fail("deleted with the answer")
        self.assertEqual(self.item.authorized_hours, 15)

    def test_companies_and_customers_do_not_mix(self):
        request = self._request()
        portal = new_test_user(self.env, "birch_bea", "base.group_portal")
        portal.partner_id.parent_id = self.other_customer
        own = new_test_user(self.env, "azure_ann", "base.group_portal")
        own.partner_id.parent_id = self.customer
        model = self.env["service.authorization"]
        self.assertIn(request, model.with_user(own).search([]))
        self.assertFalse(model.with_user(portal).search([]))
        for method in ("action_approve", "action_decline", "action_send"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(request.with_user(portal), method)()
        with self.assertRaises(AccessError):
            request.with_user(own).action_approve()
        with self.assertRaises(AccessError):
            request.with_user(portal).read(["hours"])
        company = self.env["res.company"].create({"name": "Second Company"})
        stranger = new_test_user(
            self.env,
            "stranger_sue",
            "sales_team.group_sale_salesman_all_leads",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(model.with_user(stranger).search([]))

    def test_increment_of_the_service_type_counts(self):
        quarter = self.env["service.type"].create({"name": "Calls", "increment": 0.25})
        request = self._request(0.25, service_type_id=quarter.id)
        self.assertEqual(request.hours, 0.25)
        request.action_cancel()
        self.team.default_service_type_id = quarter
        self.assertEqual(self._request(0.75).hours, 0.75)

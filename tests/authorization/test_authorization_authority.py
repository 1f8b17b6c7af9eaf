# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which contacts of a customer answer, by their login or by the mailed link."""

from psycopg2 import IntegrityError

from odoo import http
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..support.common import ServiceCreditCommon
from .test_authorization import SIGNATURE


@tagged("post_install", "-at_install")
class TestAuthorizationAuthority(ServiceCreditCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.time_product.limit_hours = True
        cls.item = cls._sell(cls.time_product)
        cls.customer.email = "azure@example.test"
        cls.ticket = cls._create_ticket(sale_line_id=cls.item.id)
        cls.boss = cls._create_portal_user("azure_boss", "Bea Boss")
        cls.clerk = cls._create_portal_user("azure_clerk", "Carl Clerk")
        cls.request = cls._request(5)

    @classmethod
    def _create_portal_user(cls, login, name):
        user = new_test_user(cls.env, login, "base.group_portal", name=name)
        user.partner_id.parent_id = cls.customer
        return user

    @classmethod
    def _request(cls, hours):
        model = cls.env["service.authorization"].with_user(cls.agent)
        request = model.create(
            {"sale_line_id": cls.item.id, "ticket_id": cls.ticket.id, "hours": hours}
        ).sudo()
        request.action_send()
        return request

    def _mark(self, user, limit=0):
        user.partner_id.write(
            {"service_may_approve": True, "service_approve_limit": limit}
        )

    def _approve(self, user=None, hours=None):
        self.authenticate(user and user.login, user and user.login)
        token = "" if user else self.request.access_token
        answer = self.make_jsonrpc_request(
            f"{self.request.access_url}/approve?access_token={token}",
            {"name": "Somebody", "signature": SIGNATURE, "hours": hours},
        )
        self.env.invalidate_all()
        return answer.get("error")

    def _decline(self, user=None):
        self.authenticate(user and user.login, user and user.login)
        values = {"csrf_token": http.Request.csrf_token(self), "message": "No"}
        if not user:
            values["access_token"] = self.request.access_token
        page = self.url_open(f"{self.request.access_url}/decline", data=values)
        self.env.invalidate_all()
        return page.text

    def _read_page(self, user):
        self.authenticate(user.login, user.login)
        return self.url_open(self.request.access_url).text

    def test_everybody_answers_while_nobody_is_marked(self):
        self.assertIn("authorization_form", self._read_page(self.clerk))
        self.assertFalse(self._approve(self.clerk))
        self.assertEqual(self.request.state, "approved")

    def test_only_the_marked_answer_once_one_is(self):
        self._mark(self.boss)
        self.assertIn("Bea Boss", self._approve(self.clerk))
        self.assertIn("Bea Boss", self._decline(self.clerk))
        page = self._read_page(self.clerk)
        self.assertIn("Bea Boss", page)
        self.assertNotIn("authorization_form", page)
        self.assertNotIn('id="decline"', page)
        self.assertIn('id="ask"', page, "anybody may ask")
        self.assertEqual(self.request.state, "requested")
        self.assertFalse(self._approve(self.boss))
        self.assertEqual(self.request.approved_by_id, self.boss)

    def test_the_link_of_a_contact_who_may_not_answer(self):
        """It names no one: its holder need not be a colleague."""
        self._mark(self.boss)
        for answer in (self._approve(), self._decline()):
            self.assertIn("Only certain people", answer)
            self.assertNotIn("Bea Boss", answer)
        self.assertEqual(self.request.state, "requested")

    def test_who_may_answer_is_asked(self):
        """By the next link, too."""
        self._mark(self.clerk, 2)
        self.boss.partner_id.email = "boss@example.test"
        self._mark(self.boss)
        self.assertEqual(self.request.partner_id, self.customer)
        self.request.action_send()
        self.assertEqual(self.request.partner_id, self.boss.partner_id)
        [mail] = self.env["mail.mail"].search(
            [("body_html", "ilike", self.request.access_token)]
        )
        self.assertEqual(mail.recipient_ids, self.boss.partner_id)
        self.assertFalse(self._approve())
        self.assertEqual(self.request.state, "approved")
        self.assertEqual(self._request(5).partner_id, self.boss.partner_id)

    def test_up_to_the_limit(self):
        self._mark(self.clerk, 2)
        self._mark(self.boss)
        for hours in (None, 5, 2.5):
            with self.subTest(hours):
                error = self._approve(self.clerk, hours)
                self.assertIn("at most 2 h", error)
                self.assertIn("Bea Boss", error)
        self.assertIn("Bea Boss", self._decline(self.clerk))
        self.assertEqual(self.request.state, "requested")
        self.assertIn("authorization_form", self._read_page(self.clerk))
        self.assertFalse(self._approve(self.clerk, 2))
        self.assertEqual(self.request.hours, 2)

    def test_odd_hours_of_a_limited_contact(self):
        self._mark(self.clerk, 2)
        for hours in ("x", "nan", -1, 0, 1e308, True, [], {}):
            with self.subTest(hours):
                self.assertTrue(self._approve(self.clerk, hours))
        self.assertEqual(self.request.state, "requested")

    def test_archiving_the_only_one_opens_nothing(self):
        contact = self.env["res.partner"].create(
            {
                "name": "Gone",
                "parent_id": self.customer.id,
                "service_may_approve": True,
            }
        )
        contact.action_archive()
        self.assertIn("Only certain people", self._approve(self.clerk))
        self.assertEqual(self.request.state, "requested")
        self.request.with_user(self.helpdesk_manager).action_approve(note="By phone")
        self.assertEqual(self.request.state, "approved")

    def test_a_mark_at_another_customer_counts_for_nothing(self):
        self._mark(self.boss)
        self.other_customer.service_may_approve = True
        other = new_test_user(self.env, "birch_bo", "base.group_portal")
        other.partner_id.parent_id = self.other_customer
        self.assertIn("does not open", self._approve(other))

    def test_marks_are_for_employees(self):
        partner = self.clerk.partner_id.with_user(self.clerk)
        with self.assertRaises(AccessError):
            partner.write({"service_may_approve": True})
        for name in ("service_may_approve", "service_approve_limit"):
            with self.assertRaises(AccessError):
                partner.read([name])

    def test_limits_are_countable(self):
        for limit in (float("nan"), float("inf"), 1e308):
            with self.subTest(limit), self.assertRaises(ValidationError):
                self.customer.service_approve_limit = limit
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.customer.service_approve_limit = -1
            self.env.flush_all()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from lxml import etree

from odoo import fields, http
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from ..support.common import ServiceCreditCommon
from .test_authorization import SIGNATURE


@tagged("post_install", "-at_install")
class TestAuthorizationPortal(ServiceCreditCommon, HttpCase):
    """The customer's answer over every route, and everybody else's refusal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.time_product.limit_hours = True
        cls.item = cls._sell(cls.time_product)
        cls.customer.email = "azure@example.test"
        cls.ticket = cls._create_ticket(sale_line_id=cls.item.id)
        cls.request = (
            cls.env["service.authorization"]
            .with_user(cls.agent)
            .create(
                {
                    "sale_line_id": cls.item.id,
                    "ticket_id": cls.ticket.id,
                    "hours": 5,
                    "reason": "More <b>reports</b>",
                }
            )
            .sudo()
        )
        cls.request.action_send()
        cls.token = cls.request.access_token
        cls.own = cls._create_portal_user("azure_ann", cls.customer)
        cls.foreign = cls._create_portal_user("birch_bea", cls.other_customer)

    @classmethod
    def _create_portal_user(cls, login, customer):
        user = new_test_user(cls.env, login, "base.group_portal")
        user.partner_id.parent_id = customer
        return user

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def _approve(self, token=None, request=None, **values):
        request = request or self.request
        return self.make_jsonrpc_request(
            f"{request.access_url}/approve?access_token={token or ''}",
            {"name": "Nora Azure", "signature": SIGNATURE, **values},
        )

    def _post(self, route, token=None, **values):
        values["csrf_token"] = http.Request.csrf_token(self)
        values["access_token"] = token or ""
        return self.url_open(f"{self.request.access_url}/{route}", data=values)

    def _read_page(self, token=None):
        return self.url_open(f"{self.request.access_url}?access_token={token or ''}")

    def _assert_untouched(self):
        self.env.invalidate_all()
        self.assertEqual(self.request.state, "requested")
        self.assertEqual(self.item.authorized_hours, 10)

    def test_the_link_shows_the_request_and_nothing_internal(self):
        self._log(self.ticket, 1, internal_note="Secret workaround")
        page = self._read_page(self.token)
        self.assertEqual(page.status_code, 200)
        self.assertIn("More &lt;b&gt;reports&lt;/b&gt;", page.text)
        self.assertIn("authorization_form", page.text)
        self.assertNotIn("Secret workaround", page.text)

    def test_the_link_approves_with_name_and_signature(self):
        result = self._approve(self.token)
        self.assertIn("message=approved", result["redirect_url"])
        self.assertEqual(self.request.state, "approved")
        self.assertEqual(self.request.source, "portal")
        self.assertEqual(self.request.signed_by, "Nora Azure")
        self.assertTrue(self.request.signature)
        self.assertFalse(self.request.approved_by_id)
        self.assertEqual(self.item.authorized_hours, 15)
        message = self.item.order_id.message_ids[0]
        self.assertIn("approved by Nora Azure", message.body)
        self.assertEqual(message.author_id, self.customer)
        page = self.url_open(result["redirect_url"])
        self.assertIn("Approved by", page.text)
        self.assertNotIn("authorization_form", page.text)

    def test_the_link_works_once(self):
        self._approve(self.token)
        once = "was approved already: ask"
        self.assertIn(once, self._approve(self.token)["error"])
        page = self._post("decline", self.token)
        self.assertIn(once, page.text)
        self.env.invalidate_all()
        self.assertEqual(self.request.state, "approved")
        self.assertEqual(self.item.authorized_hours, 15)

    def test_a_withdrawn_request_has_nothing_to_answer(self):
        self.request.action_cancel()
        error = self._approve(self.token)["error"]
        self.assertIn(f"{self.company.name} withdrew the request for", error)
        self.assertIn("withdrew", self._post("ask", self.token, message="?").text)

    def test_approving_less_or_what_was_not_asked(self):
        for hours in (6, 0.25, 0.49999, -1, 0, 1e9):
            with self.subTest(hours):
                result = self._approve(self.token, hours=hours)
                self.assertIn("between 0.5 and 5", result["error"])
        self.assertIn("-1 h on", self._approve(self.token, hours=-1)["error"])
        for hours in ("abc", "1x", {"a": 1}, True, "nan", "-1", "1e0", "9" * 5000):
            with self.subTest(hours):
                result = self._approve(self.token, hours=hours)
                self.assertIn("isn't a valid number of hours", result["error"])
                self.assertIn("2.5 or 2:30", result["error"])
        self._assert_untouched()
        self._approve(self.token, hours="2,5")
        self.env.invalidate_all()
        self.assertEqual((self.request.hours, self.request.hours_requested), (2.5, 5))
        self.assertEqual(self.item.authorized_hours, 12.5)

    def test_an_empty_field_approves_nothing(self):
        for hours in ("", "  "):
            with self.subTest(hours):
                result = self._approve(self.token, hours=hours)
                self.assertIn("from 0.5 to 5", result["error"])
        self._assert_untouched()

    def test_approving_less_on_the_page(self):
        path = f"{self.request.access_url}?access_token={self.token}"
        self.start_tour(path, "helpdesk_service_credit_authorize_less")
        self.env.invalidate_all()
        self.assertEqual((self.request.hours, self.request.hours_requested), (1.5, 5))

    def test_hours_given_back_are_named_as_such(self):
        self.request.action_cancel()
        self.request = self.request.create(
            {"sale_line_id": self.item.id, "hours": -2, "ticket_id": self.ticket.id}
        )
        self.request.action_send()
        token = self.request.access_token
        page = self._read_page(token).text
        for text in ("2 h given back on Support Time", "Hours you give back", "2 h<"):
            with self.subTest(text):
                self.assertIn(text, page)
        for text in ("-2 h", "We ask you to authorize", "never more than you"):
            with self.subTest(text):
                self.assertNotIn(text, page)
        [mail] = self.env["mail.mail"].search([("body_html", "ilike", token)])
        self.assertIn("to give back", mail.body)
        self.assertNotIn("authorize", f"{mail.subject} {mail.body}")
        result = self._approve(token, hours=-2)
        self.assertIn("You gave back", self.url_open(result["redirect_url"]).text)
        self.assertEqual(self.item.authorized_hours, 8)

    def test_name_and_signature_are_needed(self):
        for values in ({"name": "  "}, {"signature": ""}, {"name": None}):
            with self.subTest(values):
                result = self._approve(self.token, **values)
                self.assertIn("enter your name and sign", result["error"])
        for signature in ("!", "aGVsbG8="):
            with self.subTest(signature):
                result = self._approve(self.token, signature=signature)
                self.assertIn("read your signature", result["error"])
        self._assert_untouched()

    def test_declining(self):
        page = self._post("decline", self.token, message="Too <i>much</i>")
        self.assertIn("You declined", page.text)
        self.env.invalidate_all()
        self.assertEqual(self.request.state, "declined")
        self.assertEqual(self.request.answer_note, "Too <i>much</i>")
        self.assertIn("&lt;i&gt;", self.item.order_id.message_ids[0].body)
        self.assertEqual(self.item.authorized_hours, 10)

    def test_asking_keeps_the_request_open(self):
        page = self._post("ask", self.token, message="What for?")
        self.assertIn("Your question was sent", page.text)
        self.assertIn("What for?", page.text, "found again on the page")
        self.assertIn("What for?", self.ticket.message_ids[0].body)
        told = self.env["mail.message"].search(
            [("notified_partner_ids", "in", self.agent.partner_id.ids)]
        )
        self.assertIn("What for?", str(told.mapped("body")))
        self.assertIn("Enter your question", self._post("ask", self.token).text)
        self._assert_untouched()

    def test_after_it_lapsed_nothing_works(self):
        self.request.valid_until = fields.Datetime.now() - timedelta(minutes=1)
        self.assertIn("lapsed", self._approve(self.token)["error"])
        self.assertIn("lapsed", self._post("decline", self.token).text)
        page = self._read_page(self.token)
        self.assertIn("lapsed", page.text)
        self.assertNotIn("authorization_form", page.text)
        self._assert_untouched()

    def test_a_newer_link_ends_the_former_one(self):
        self.request.action_send()
        self.assertIn("does not open", self._approve(self.token)["error"])
        self._assert_untouched()

    def test_guessed_links_open_nothing(self):
        for token in (None, "", "guess", self.token[:-1], self.token.upper()):
            with self.subTest(token):
                self.assertIn("does not open", self._approve(token)["error"])
                self.assertNotIn("More &lt;b&gt;", self._read_page(token).text)
                self._post("decline", token)
                self._post("ask", token, message="?")
        other = self.request.copy({"hours": -1})
        self.assertIn("does not open", self._approve(self.token, other)["error"])
        self._assert_untouched()

    def test_another_customer_is_refused_on_every_route(self):
        self.authenticate("birch_bea", "birch_bea")
        for token in (None, self.token):
            with self.subTest(token):
                self.assertIn("does not open", self._approve(token)["error"])
                self.assertNotIn("More &lt;b&gt;", self._read_page(token).text)
                self._post("decline", token)
                self._post("ask", token, message="?")
        self.assertNotIn(
            "S0", self.url_open("/my/authorizations").text.split("main")[1]
        )
        self._assert_untouched()

    @mute_logger("odoo.http")
    def test_methods_are_closed_to_customers(self):
        for login in ("birch_bea", "azure_ann"):
            self.authenticate(login, login)
            calls = [
                ("action_approve", [self.request.ids]),
                ("action_decline", [self.request.ids]),
                ("action_cancel", [self.request.ids]),
                ("action_record_answer", [self.request.ids]),
                ("write", [self.request.ids, {"state": "approved"}]),
                ("create", [{"sale_line_id": self.item.id, "hours": 5}]),
                ("unlink", [self.request.ids]),
                ("read", [self.request.ids, ["access_token"]]),
                ("_approve", [self.request.ids]),
            ]
            for method, arguments in calls:
                with (
                    self.subTest(login=login, method=method),
                    self.assertRaises(JsonRpcException),
                ):
                    self.make_jsonrpc_request(
                        "/web/dataset/call_kw",
                        {
                            "model": "service.authorization",
                            "method": method,
                            "args": arguments,
                            "kwargs": {},
                        },
                    )
        self._assert_untouched()

    def test_the_customer_finds_and_answers_it_logged_in(self):
        self.authenticate("azure_ann", "azure_ann")
        page = self.url_open("/my/authorizations")
        self.assertIn(self.request.access_url, page.text)
        self.assertIn("Waiting for your answer", page.text)
        page = self._read_page()
        self.assertIn("authorization_form", page.text)
        self.assertIn("500.00", page.text)
        self._approve()
        self.env.invalidate_all()
        self.assertEqual(self.request.state, "approved")
        self.assertEqual(self.request.approved_by_id, self.own)

    def test_employees_preview_and_do_not_answer(self):
        self.authenticate("agent_anna", "agent_anna")
        page = self._read_page()
        self.assertIn(f"/odoo/service.authorization/{self.request.id}", page.text)
        self.assertNotIn("authorization_form", page.text)
        for token in (None, self.token):
            self.assertIn("error", self._approve(token))
            # Agents see no price, on the customer's page neither.
            self.assertNotIn("500.00", self._read_page(token).text)
        self._assert_untouched()
        self.authenticate(self.seller.login, self.seller.login)
        self.assertIn("500.00", self._read_page().text)

    def test_the_home_page_gets_the_figures_it_asks_for(self):
        """On a later visit the page knows some; one more than asked for stops it."""
        self.authenticate(self.own.login, self.own.login)
        figures = {
            "authorization_count": 2,
            "authorization_open_count": 1,
            "service_credit_count": 0,
        }
        for asked in (["authorization_open_count"], list(figures)[::2], list(figures)):
            with self.subTest(asked):
                self.assertEqual(
                    self.make_jsonrpc_request("/my/counters", {"counters": asked}),
                    {name: figures[name] for name in asked},
                )

    def test_what_was_refused_can_be_corrected(self):
        text = "Because of the <i>new</i> reports " + "x" * 2000
        for route, other in (("ask", "decline"), ("decline", "ask")):
            page = self._post(route, self.token, message=text)
            self.assertEqual(self._get_texts(page.text)[f"{route}_message"], text)
            self.assertFalse(self._get_texts(page.text)[f"{other}_message"])
            page = self._read_page(self.token)
            self.assertFalse(self._get_texts(page.text)[f"{route}_message"])
        self._assert_untouched()

    def _get_texts(self, page):
        areas = etree.HTML(page).iter("textarea")
        return {area.get("id"): (area.text or "").strip() for area in areas}

    def test_employees_answers_are_found_with_the_question(self):
        self._post("ask", self.token, message="What for?")
        request = self.request.with_user(self.agent)
        for body, kind in (
            ("For the year's end", "comment"),
            ("They are slow", "note"),
        ):
            request.message_post(
                body=body, message_type="comment", subtype_xmlid=f"mail.mt_{kind}"
            )
        told = self.env["mail.message"].search([("body", "ilike", "year's end")])
        self.assertIn(self.customer, told.notified_partner_ids)
        self._approve(self.token)
        page = self._read_page(self.token).text
        for text in ("What for?", "For the year", "Approved by"):
            self.assertIn(text, page)
        self.assertNotIn("They are slow", page)

    def test_what_was_done_and_is_left_stands_beside_the_request(self):
        self.team.show_timesheet_portal = True
        self._log(self.ticket, 4, name="Mended the printer")
        foreign = self._create_ticket(partner_id=self.other_customer.id)
        self._log(foreign, 1, name="Work for Birch")
        page = " ".join(self._read_page(self.token).text.split())
        for text in ("Left now", "6 h<", "Mended the printer", "500.00"):
            self.assertIn(text, page)
        self.assertNotIn("Work for Birch", page)
        self.team.show_timesheet_portal = False
        self.assertNotIn("Mended the", self._read_page(self.token).text)

    def test_fewer_hours_than_asked_for_say_so(self):
        page = self.url_open(self._approve(self.token, hours=2)["redirect_url"]).text
        page = " ".join(page.split())
        self.assertIn("We asked for", page)
        self.assertIn("5 h<", page)

    def test_the_answer_keeps_its_address(self):
        self._post("decline", self.token, message="No")
        self.env.invalidate_all()
        self.assertEqual(self.request.answered_from, "127.0.0.1")
        self.assertTrue(self.request.approved_on)

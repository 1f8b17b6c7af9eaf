# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Customers in the portal: nobody sees another company, no odd parameter crashes."""

import base64
import io
import json

from PIL import Image
from psycopg2 import IntegrityError

from odoo import Command, fields, http
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from ..authorization.test_authorization import SIGNATURE
from ..support.funding import FundingCommon

GREATEST = 2**31
ODD_TEXTS = (["x"], {"x": 1}, 5, True, None, "\0", "\ud800")
# What a ticket tells of the balance of its customer.
BALANCE_FIELDS = (
    "authorized_hours_left",
    "limit_hours",
    "remaining_hours_so",
    "service_credit_next_expiry",
    "service_credit_period_note",
    "service_credits_available",
    "service_credits_used",
    "total_hours",
)


class AttackPortalCase(HttpCase, FundingCommon):
    """Two customers, a ticket that both follow, and a request to answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.show_timesheet_portal = True
        cls.customer.email = "azure@example.test"
        cls.item = cls._sell(cls.time_product)
        cls._authorize(cls.item, 20)
        cls.ticket.sale_line_id = cls.item
        cls.sister = cls.env["res.partner"].create(
            {"name": "Azure Sister", "is_company": True, "parent_id": cls.customer.id}
        )
        cls.own = cls._create_portal_user("portal_own", cls.customer)
        cls.foreign = cls._create_portal_user("portal_foreign", cls.other_customer)
        cls.sibling = cls._create_portal_user("portal_sister", cls.sister)
        cls.request = (
            cls.env["service.authorization"]
            .with_user(cls.agent)
            .create(
                {"sale_line_id": cls.item.id, "ticket_id": cls.ticket.id, "hours": 5}
            )
            .sudo()
        )
        cls.request.action_send()
        cls.token = cls.request.access_token

    @classmethod
    def _create_portal_user(cls, login, customer):
        user = new_test_user(cls.env, login, "base.group_portal")
        user.partner_id.parent_id = customer
        return user

    def _open(self, path, user=None):
        self.authenticate(user and user.login, user and user.login)
        page = self.url_open(path)
        self.assertEqual(page.status_code, 200)
        return page.text

    def _approve(self, **values):
        return self.make_jsonrpc_request(
            f"{self.request.access_url}/approve",
            {
                "access_token": self.token,
                "name": "Nora Azure",
                "signature": SIGNATURE,
                **values,
            },
        )

    def _post(self, route, **values):
        values = {"access_token": self.token, **values}
        values["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(f"{self.request.access_url}/{route}", data=values)

    def _assert_untouched(self):
        self.env.invalidate_all()
        self.assertEqual(self.request.state, "requested")


@tagged("post_install", "-at_install")
class TestAttackPrivacy(AttackPortalCase):
    """A page, list, count or method shows the reader's own company alone."""

    def test_people_in_copy_see_neither_time_nor_balance(self):
        self.team.use_service_credits = True
        self._buy(33, start="2020-01-01", expiry="2099-12-31")
        self._log(self.ticket, 2, name="Work for Azure")
        self.ticket.message_subscribe((self.foreign + self.sibling).partner_id.ids)
        page = self._open(f"/my/ticket/{self.ticket.id}", self.own)
        for text in ("Work for Azure", "31.00 of 33.00 credits left"):
            self.assertIn(text, page)
        for user in (self.foreign, self.sibling):
            with self.subTest(user.login):
                page = self._open(f"/my/ticket/{self.ticket.id}", user)
                self.assertIn(self.ticket.name, page)
                for text in ("Work for Azure", "credits left", "31.00", "h left on"):
                    self.assertNotIn(text, page)
                self.assertNotIn("Work for", self._open("/my/timesheets", user))

    def test_each_customer_of_a_ticket_sees_its_own_time(self):
        """The former one goes on following; its time is not the present one's."""
        self._log(self.ticket, 2, name="Work for Azure")
        self.request.action_cancel()
        self.ticket.message_subscribe(self.own.partner_id.ids)
        self.ticket.write({"partner_id": self.other_customer.id, "sale_line_id": False})
        self._log(self.ticket, 1, name="Work for Birch")
        for path in (f"/my/ticket/{self.ticket.id}", "/my/timesheets"):
            for user, shown, hidden in (
                (self.own, "Azure", "Birch"),
                (self.foreign, "Birch", "Azure"),
            ):
                with self.subTest(path=path, user=user.login):
                    page = self._open(path, user)
                    self.assertIn(f"Work for {shown}", page)
                    self.assertNotIn(f"Work for {hidden}", page)
        page = self._open(f"/my/ticket/{self.ticket.id}", self.own)
        self.assertNotIn("credits left", page)

    def test_a_former_customers_link_is_dead(self):
        """It was mailed, so it opens the page without a login."""
        self._log(self.ticket, 2, name="Work for Azure")
        path = f"/my/ticket/{self.ticket.id}/{self.ticket._portal_ensure_token()}"
        self.assertIn("Work for Azure", self._open(path))
        self.request.action_cancel()
        self.ticket.partner_id = self.contact
        self.assertIn("Work for Azure", self._open(path), "the same company")
        self.ticket.write({"partner_id": self.other_customer.id, "sale_line_id": False})
        self._log(self.ticket, 1, name="Work for Birch")
        self.assertNotIn(self.ticket.name, self._open(path))
        token = self.ticket._portal_ensure_token()
        page = self._open(f"/my/ticket/{self.ticket.id}/{token}")
        self.assertIn("Work for Birch", page)
        self.assertNotIn("Work for Azure", page)

    def test_time_before_there_was_a_customer_is_the_first_ones(self):
        ticket = self._create_ticket(partner_id=False)
        self._log(ticket, 1, name="Unclaimed work")
        ticket.partner_id = self.customer
        self.assertIn("Unclaimed work", self._open(f"/my/ticket/{ticket.id}", self.own))

    def test_a_request_names_no_ticket_of_another_customer(self):
        self.ticket.write(
            {
                "partner_id": self.other_customer.id,
                "name": "Secret of Birch",
                "sale_line_id": False,
            }
        )
        page = self._open(self.request.access_url, self.own)
        self.assertIn("Support Time", page)
        self.assertNotIn("Secret of Birch", page)

    def test_followers_ask_no_balance_by_rpc(self):
        """Also not the balance of their own ticket: a page shows what is for them."""
        self._log(self.ticket, 2)
        self.ticket.message_subscribe(self.foreign.partner_id.ids)
        tickets = self.ticket.with_user(self.foreign)
        self.assertTrue(tickets.has_access("read"))
        for name in BALANCE_FIELDS:
            with self.subTest(name):
                self.env.invalidate_all()
                with self.assertRaises(AccessError):
                    tickets.read([name])
        with self.assertRaises(AccessError):
            tickets.env["account.analytic.line"].search([])

    def test_lists_and_counts_are_the_own_companys(self):
        self._buy(10, start="2020-01-01", expiry="2099-12-31")
        counters = ["authorization_count", "service_credit_count"]
        for user, expected in ((self.own, [2, 1]), (self.foreign, [0, 0])):
            self.authenticate(user.login, user.login)
            result = self.make_jsonrpc_request("/my/counters", {"counters": counters})
            self.assertEqual([result[name] for name in counters], expected)
        for path in ("/my/authorizations", "/my/service-credits"):
            page = self._open(path, self.sibling).split("main")[1]
            self.assertNotIn(self.item.order_id.name, page)
            self.assertNotIn("SCP/", page)

    def test_managers_notes_are_not_for_the_customer(self):
        self.request.action_decline("They are late payers, keep quiet")
        request = self.request.with_user(self.own)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            request.read(["answer_note"])
        self.assertNotIn("late payers", self._open(self.request.access_url, self.own))

    def test_prices_are_for_people_who_sell(self):
        """By read, search, order, grouping and export."""
        for user in (self.agent, self.helpdesk_manager, self.own, self.foreign):
            model = self.request.browse().with_user(user)
            with self.subTest(user.login):
                self.env.invalidate_all()
                with self.assertRaises(AccessError):
                    self.request.with_user(user).read(["amount_estimate"])
                for domain, order in (
                    ([("amount_estimate", ">", 0)], None),
                    ([], "amount_estimate"),
                ):
                    with self.assertRaises(AccessError):
                        model.search(domain, order=order)
                with self.assertRaises(AccessError):
                    model._read_group([], [], ["amount_estimate:sum"])
                # Who may not export at all is told so first.
                with self.assertRaises(UserError):
                    self.request.with_user(user).export_data(["amount_estimate"])
        self.assertEqual(self.request.with_user(self.seller).amount_estimate, 500)
        self.assertIn("500.00", self._open(self.request.access_url, self.own))

    def test_only_limited_items_of_own_companies_can_be_asked_for(self):
        free = self._sell(self.time_product)
        company = self.env["res.company"].create({"name": "Second Company"})
        theirs = self._sell(self.time_product, company_id=company.id)
        theirs.limit_hours = True
        model = self.request.browse().with_user(self.agent)
        with self.assertRefused(ValidationError, free):
            model.create({"sale_line_id": free.id, "hours": 1})
        with self.assertRaises(AccessError) as caught:
            model.create({"sale_line_id": theirs.id, "hours": 1})
        self.assertNotIn(theirs.order_id.name, str(caught.exception))
        with self.assertRaises(AccessError):
            model.with_context(default_sale_line_id=theirs.id).create({"hours": 1})

    def test_a_request_is_of_the_customer_of_its_item(self):
        """Whatever is typed or given as a default."""
        forged = {
            "commercial_partner_id": self.other_customer.id,
            "partner_id": self.other_customer.id,
            "company_id": self.env["res.company"].create({"name": "B"}).id,
            "order_id": self._sell(partner=self.other_customer).order_id.id,
            "hours_requested": 99,
            "valid_until": "2099-01-01 00:00:00",
            "question_count": -99,
        }
        values = {"sale_line_id": self.item.id, "hours": 1}
        model = self.request.browse().with_user(self.agent)
        for name, value in forged.items():
            with self.subTest(name):
                with self.assertRaises(AccessError):
                    model.create({**values, name: value})
                context = {f"default_{name}": value}
                open_sudo = self.request.sudo().search([("state", "=", "requested")])
                open_sudo.action_cancel()
                request = model.with_context(**context).create(values).sudo()
                self.assertEqual(request.commercial_partner_id, self.customer)
                self.assertEqual(request.company_id, self.company)
                self.assertEqual(request.order_id, self.item.order_id)
                self.assertEqual(request.hours_requested, 1)
                self.assertLess(request.valid_until.year, 2099)
                self.assertEqual(request.question_count, 0)

    def test_an_answers_window_shows_no_request_of_another_company(self):
        company = self.env["res.company"].create({"name": "Company B"})
        lead = new_test_user(
            self.env,
            "portal_lead_b",
            "helpdesk_mgmt.group_helpdesk_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        windows = self.env["service.authorization.record"]
        values = {"authorization_id": self.request.id, "note": "x"}
        self.env.invalidate_all()
        self.assertFalse(self.request.with_user(lead).has_access("read"))
        with self.assertRaises(AccessError) as caught:
            windows.with_user(lead).create(values)
        self.assertNotIn(self.item.order_id.name, str(caught.exception))
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            windows.with_user(lead).onchange(
                values, ["authorization_id"], {"hours_requested": {}, "hours": {}}
            )
        window = windows.with_user(self.helpdesk_manager).create(values)
        other = new_test_user(
            self.env, "portal_lead_c", "helpdesk_mgmt.group_helpdesk_manager"
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            window.with_user(other).read(["note"])


@tagged("post_install", "-at_install")
class TestAttackPages(AttackPortalCase):
    """Long histories are paged, a visit writes nothing, odd input is a sentence."""

    def test_the_time_of_a_ticket_is_paged(self):
        for index in range(85):
            self._log(self.ticket, 0.1, name=f"Entry no {index:03}.")
        path = f"/my/ticket/{self.ticket.id}"
        first = self._open(path, self.own)
        second = self._open(f"{path}/time/page/2", self.own)
        for page, shown, hidden in (
            (first, "no 000.", "no 084."),
            (second, "no 084.", "no 000."),
        ):
            self.assertIn(shown, page)
            self.assertNotIn(hidden, page)
            self.assertIn("8:30", page)
        token = self.ticket._portal_ensure_token()
        page = self._open(f"{path}/time/page/2?access_token={token}")
        self.assertIn("no 084.", page)
        self.assertNotIn("no 084.", self._open(f"{path}/time/page/2?access_token=x"))

    def test_the_rows_of_a_purchase_are_paged(self):
        self.team.use_service_credits = True
        purchase = self._buy(20, start="2020-01-01", expiry="2099-12-31")
        for index in range(85):
            self._work(0.1, date=fields.Date.add(fields.Date.today(), days=-index))
        path = f"/my/service-credits/{purchase.id}"
        first = self._open(path, self.own)
        second = self._open(f"{path}/page/2", self.own)
        self.assertEqual(first.count(self.ticket.number), 80)
        self.assertEqual(second.count(self.ticket.number), 5)
        token = purchase._portal_ensure_token()
        page = self._open(f"{path}/page/2?access_token={token}")
        self.assertEqual(page.count(self.ticket.number), 5)

    def test_a_visit_mints_no_token(self):
        purchase = self._buy(20, start="2020-01-01", expiry="2099-12-31")
        former = purchase.write_date
        for path in (
            "/my",
            "/my/service-credits",
            f"/my/service-credits/{purchase.id}",
        ):
            self._open(path, self.own)
        self.env.invalidate_all()
        self.assertFalse(purchase.access_token)
        self.assertEqual(purchase.write_date, former)

    def test_odd_parameters_are_answered_in_a_sentence(self):
        self.authenticate(None, None)
        for value in ODD_TEXTS:
            for name in ("name", "signature", "access_token"):
                with self.subTest(name=name, value=value):
                    self.assertIn("error", self._approve(**{name: value}))
        for hours in ([], {}, True, "x", 1e308, -1, "1e-9", 1e-9, "\0", "\ud800"):
            with self.subTest(hours=hours):
                self.assertIn("error", self._approve(hours=hours))
        self._assert_untouched()

    def test_a_signature_is_a_picture_of_a_usable_size(self):
        self.authenticate(None, None)
        for name, signature in (
            ("bomb", self._draw(20_000)),
            ("large", self._draw(4_000)),
            ("long", "A" * 3_000_000),
            ("text", base64.b64encode(b"hello").decode()),
        ):
            with self.subTest(name):
                error = self._approve(signature=signature)["error"]
                self.assertIn("sign again", error)
        self._assert_untouched()

    def _draw(self, size):
        """Return a picture of so many pixels each way, which is small when packed."""
        stream = io.BytesIO()
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            Image.new("1", (size, size)).save(stream, "PNG")
        finally:
            Image.MAX_IMAGE_PIXELS = limit
        return base64.b64encode(stream.getvalue()).decode()

    def test_files_instead_of_texts(self):
        self.authenticate(None, None)
        for route in ("ask", "decline"):
            for name in ("message", "access_token"):
                values = {"access_token": self.token, "message": "Hello"}
                values["csrf_token"] = http.Request.csrf_token(self)
                values.pop(name)
                page = self.url_open(
                    f"{self.request.access_url}/{route}",
                    data=values,
                    files={name: ("x.txt", b"x")},
                )
                with self.subTest(route=route, name=name):
                    self.assertEqual(page.status_code, 200)
            if route == "ask":
                self._assert_untouched()

    def test_numbers_beyond_any_record(self):
        for user in (None, self.own):
            for path in (
                f"/my/authorizations/{GREATEST}",
                f"/my/service-credits/{GREATEST}",
                f"/my/service-credits/{GREATEST}/page/2",
                f"/my/authorizations/page/{GREATEST**3}",
                f"/my/service-credits/page/{GREATEST**3}",
                "/my/service-credits/statement?date_from=x",
            ):
                with self.subTest(path=path, user=user):
                    self._open(path, user)

    def test_a_pages_address_shows_no_words_of_others(self):
        page = self._open(
            f"{self.request.access_url}?access_token={self.token}"
            "&error=Call+0900+now&warning=Call+0900+now"
        )
        self.assertNotIn("0900", page)

    def test_questions_are_bounded(self):
        self.authenticate(None, None)
        former = len(self.ticket.message_ids)
        page = self._post("ask", message="x" * 2001).text
        self.assertIn("at most 2000 characters", page)
        self.assertIn("at most 2000", self._post("decline", message="x" * 2001).text)
        self.assertIn("error", self._approve(name="x" * 101))
        self.request.question_count = 19
        self.assertIn("was sent", self._post("ask", message="What for?").text)
        self.assertIn("please call", self._post("ask", message="And now?").text)
        self.assertEqual(len(self.ticket.message_ids), former + 1)
        self._assert_untouched()

    def test_fractions_of_nothing_are_no_hours(self):
        for hours in (1e-9, -1e-9, 0.5 + 1e-4, float("nan"), float("inf")):
            with self.subTest(hours), self.assertRaises(ValidationError):
                self.request.browse().with_user(self.agent).create(
                    {"sale_line_id": self.item.id, "hours": hours}
                )
            with self.subTest(hours), self.assertRaises(ValidationError):
                self.request.action_approve(hours)

    def test_json_takes_no_numbers_that_nothing_counts(self):
        """A browser sends none; a script sends `NaN` in JSON that Python reads."""
        self.authenticate(None, None)
        for hours in ("NaN", "Infinity", "-Infinity", "1e400"):
            with self.subTest(hours):
                body = json.dumps(
                    {
                        "params": {
                            "access_token": self.token,
                            "name": "Nora",
                            "signature": SIGNATURE,
                            "hours": "HERE",
                        }
                    }
                ).replace('"HERE"', hours)
                answer = self.url_open(
                    f"{self.request.access_url}/approve",
                    data=body,
                    headers={"Content-Type": "application/json"},
                )
                self.assertIn("valid number of hours", answer.json()["result"]["error"])
        self._assert_untouched()

    @mute_logger("odoo.http")
    def test_customers_do_not_send(self):
        for user in (self.own, self.foreign):
            self.authenticate(user.login, user.login)
            mails = self.env["mail.mail"].search_count([])
            with self.assertRaises(JsonRpcException):
                self.make_jsonrpc_request(
                    "/web/dataset/call_kw",
                    {
                        "model": "service.authorization",
                        "method": "action_send",
                        "args": [self.request.ids],
                        "kwargs": {},
                    },
                )
            self.assertEqual(self.env["mail.mail"].search_count([]), mails)
            self.assertEqual(self.request.access_token, self.token)

    def test_service_types_take_usable_numbers(self):
        for name in ("increment", "credits_per_hour"):
            for value in (float("nan"), float("inf"), 1e308, 0, -1):
                with self.subTest(name=name, value=value), self.cr.savepoint() as point:
                    refusal = IntegrityError if value in (0, -1) else ValidationError
                    with mute_logger("odoo.sql_db"), self.assertRaises(refusal):
                        self.env["service.type"].create({"name": "x", name: value})
                    point.rollback()

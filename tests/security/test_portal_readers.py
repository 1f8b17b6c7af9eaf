# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Every page of the portal, read by everybody who may come near it."""

import threading
from unittest.mock import patch

from odoo import Command
from odoo.tests import new_test_user, tagged

from ..report.test_statement_sent import make_statements, send_statements
from .test_attack_portal import AttackPortalCase

ADDON = "helpdesk_service_credit"
# Who may answer is tested in test_attack_portal.py, test_attack_links.py and
# test_selling_portal.py.
ANSWERS = {
    "/my/authorizations/<int:authorization_id>/approve",
    "/my/authorizations/<int:authorization_id>/ask",
    "/my/authorizations/<int:authorization_id>/decline",
    "/my/service-credits/buy/order",
}
# The second page of a list is its first one, further down.
PAGINATED = (
    "/my/home",
    "/my/ticket/1/time",
    "/my/authorizations/page/2",
    "/my/service-credits/page/2",
    "/my/timesheets/page/2",
)


class PortalReadersCase(AttackPortalCase):
    """Everything a customer may read, and everybody who may not: people in copy, former
    customers, other companies of the group, strangers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_secrets()
        cls._create_quotation()
        cls.former = cls._create_former_customer()
        others = cls.foreign + cls.sibling + cls.former
        cls.ticket.message_subscribe(others.partner_id.ids)
        # What only the company's own people may read, wherever it stands.
        cls.secrets = (
            *("Secret", "by credits", "by hours"),
            cls.purchase.name,
            cls.item.order_id.name,
            cls.quotation.name,
            "h left on",
            "credits left",
            "33.00",
            "31.00",
        )
        ticket, purchase = cls.ticket.id, cls.purchase.id
        cls.paths = (
            "/my",
            f"/my/ticket/{ticket}",
            f"/my/ticket/{ticket}/time/page/1",
            "/my/timesheets",
            "/my/timesheets?groupby=none",
            "/my/timesheets?groupby=date",
            "/my/timesheets?search_in=name&search=Secret",
            f"/my/timesheets?search_in=so&search={cls.item.order_id.name}",
            "/my/service-credits",
            f"/my/service-credits/{purchase}",
            f"/my/service-credits/{purchase}/page/1",
            "/my/service-credits/statement?date_from=2026-01-01",
            "/my/service-credits/buy",
            f"/my/service-credits/statements/{cls.sent.id}",
            f"/my/service-credits/statements/{cls.sent.id}?download=1",
            cls.file._get_url(),
            "/my/authorizations",
            cls.request.access_url,
        )

    @classmethod
    def _create_secrets(cls):
        """Time that credits and hours pay, a request with a question, a statement."""
        cls.company.service_credit_late_days = 36500
        cls.team.use_service_credits = True
        cls.purchase = cls._buy(cls, 33, start="2026-01-01", expiry="2099-12-31")
        cls._log(cls.ticket, 2, name="Secret by credits")
        cls.team.use_service_credits = False
        cls._log(cls.ticket, 1, name="Secret by hours")
        cls.request.reason = "Secret reason"
        cls.request._ask_in_portal(cls.own, "Secret question")
        cls.customer.service_statement_frequency = "month"
        send_statements(cls.env)
        cls.sent = cls.env["service.statement.sent"].search(
            [("commercial_partner_id", "=", cls.customer.id)]
        )
        statement = cls.env["service.credit.statement"].create(
            {"partner_id": cls.own.partner_id.id}
        )
        files = cls.env["service.statement.file"]
        cls.file = files._request(statement, cls.own)
        make_statements(cls.env)

    @classmethod
    def _create_quotation(cls):
        """A product that all can order, and what the company ordered."""
        pack = cls.env["product.product"].create(
            {
                "name": "Ten Credits",
                "type": "service",
                "list_price": 900,
                "service_credits": 10,
                "service_credit_creation": "open",
                "service_credit_portal": True,
            }
        )
        orders_sudo = cls.env["sale.order"].with_user(cls.own).sudo()
        cls.quotation = orders_sudo.create(
            {
                "partner_id": cls.own.partner_id.id,
                "service_ordered_by_id": cls.own.partner_id.id,
                "state": "sent",
                "order_line": [Command.create({"product_id": pack.id})],
            }
        )

    @classmethod
    def _create_former_customer(cls):
        """The ticket was theirs before it was Azure's."""
        company = cls.env["res.partner"].create({"name": "Former", "is_company": True})
        user = new_test_user(cls.env, "portal_former", "base.group_portal")
        user.partner_id.parent_id = company
        return user

    def _read(self, path, user):
        self.authenticate(user and user.login, user and user.login)
        page = self.url_open(path)
        self.assertEqual(page.status_code, 200)
        text = page.text.split("<main")[-1]
        # What was searched for is shown in the field and in links of the search.
        searched = path.partition("search=")[2]
        return text.replace(searched, "") if searched else text

    def _find_secrets(self, text):
        return [secret for secret in self.secrets if secret in text]


@tagged("post_install", "-at_install")
class TestPortalReaders(PortalReadersCase):
    """Whichever page of the addon they open, people read their own company's alone."""

    def test_no_route_is_forgotten(self):
        """Every page is among those that are read here; the rest takes answers."""
        # Of the database that a request is for.
        thread = threading.current_thread()
        with patch.object(thread, "dbname", self.cr.dbname, create=True):
            routes = self.env["ir.http"].routing_map()
        matcher = routes.bind("localhost")
        rules = {
            rule.rule
            for rule in routes.iter_rules()
            if ADDON in rule.endpoint.func.__module__
            or ADDON in rule.endpoint.__module__
        }
        self.assertGreater(len(rules), 10)
        read = {
            matcher.match(path.partition("?")[0], "GET", return_rule=True)[0].rule
            for path in self.paths + PAGINATED
        }
        self.assertEqual(rules - read, ANSWERS)

    def test_the_company_reads_its_own(self):
        """Or the other tests could not fail."""
        found = {path: self._read(path, self.own) for path in self.paths}
        for path, text in found.items():
            with self.subTest(path):
                # A PDF cannot be searched.
                self.assertTrue(
                    text.startswith("%PDF")
                    or any(secret in text for secret in self.secrets)
                )

    def test_nobody_else_reads_it(self):
        for user in (self.foreign, self.sibling, self.former, None):
            for path in self.paths:
                with self.subTest(user=user and user.login, path=path):
                    text = self._read(path, user)
                    for secret in self.secrets:
                        self.assertNotIn(secret, text)

    def test_pages_that_only_read_write_nothing(self):
        """Those that are marked are answered by a replica, where there is one."""
        thread = threading.current_thread()
        with patch.object(thread, "dbname", self.cr.dbname, create=True):
            routes = self.env["ir.http"].routing_map()
        matcher = routes.bind("localhost")
        read = set()
        for path in self.paths + PAGINATED:
            place, _sign, query = path.partition("?")
            rule, _args = matcher.match(place, "GET", return_rule=True)
            marked = rule.endpoint.routing["readonly"]
            ours = ADDON in rule.endpoint.func.__module__
            if ours and marked and "download" not in query:
                read.add(rule.rule)
                # Odoo warns when it has to start over with the primary.
                with self.subTest(path), self.assertNoLogs("odoo.http", "WARNING"):
                    self._read(path, self.own)
        self.assertGreater(len(read), 5)

    def test_nobody_else_counts_it(self):
        counters = [
            "authorization_count",
            "authorization_open_count",
            "quotation_count",
            "service_credit_count",
            "timesheet_count",
        ]
        for user, is_own in (
            (self.own, True),
            (self.foreign, False),
            (self.sibling, False),
            (self.former, False),
        ):
            self.authenticate(user.login, user.login)
            counts = self.make_jsonrpc_request("/my/counters", {"counters": counters})
            for name in counters:
                with self.subTest(user=user.login, name=name):
                    self.assertEqual(bool(counts[name]), is_own)

    def test_links_of_the_company_open_nothing_to_others(self):
        """They are logged in as another user: the link is no login."""
        links = (
            f"{self.request.access_url}?access_token={self.token}",
            f"{self.sent.access_url}?access_token={self.sent.sudo().access_token}",
            f"{self.purchase.access_url}"
            f"?access_token={self.purchase._portal_ensure_token()}",
        )
        for user in (self.foreign, self.sibling, self.former):
            for link in links:
                with self.subTest(user=user.login, link=link):
                    text = self._read(link, user)
                    for secret in self.secrets:
                        self.assertNotIn(secret, text)
        for link in links:
            text = self._read(link, None)
            self.assertTrue(any(secret in text for secret in self.secrets))

    def test_mails_of_the_ticket_tell_followers_nothing(self):
        """A question about a request is kept on the ticket, where they follow."""
        messages = self.ticket.message_ids
        self.assertTrue(any("Secret" in body for body in messages.mapped("body")))
        for user in (self.foreign, self.sibling, self.former):
            with self.subTest(user.login):
                read = (
                    self.env["mail.message"]
                    .with_user(user)
                    .search(
                        [
                            ("model", "=", "helpdesk.ticket"),
                            ("res_id", "=", self.ticket.id),
                        ]
                    )
                )
                self.assertNotIn("Secret", " ".join(read.mapped("body")))
                self.assertNotIn(user.partner_id, messages.notified_partner_ids)


@tagged("post_install", "-at_install")
class TestPortalWords(AttackPortalCase):
    """What is left comes first, and what pays is said as customers say it."""

    def test_what_is_left_comes_first(self):
        """On the home page and the ticket, also before any time was logged."""
        purchase = self._buy(33, start="2020-01-01", expiry="2099-12-31")
        hours = f"20 of 20 h left on Support Time ({self.item.order_id.name})"
        self.team.use_service_credits = True
        # The balance is the customer's own, whether or not time is shown.
        self.team.show_timesheet_portal = False
        for path in ("/my", f"/my/ticket/{self.ticket.id}"):
            page = " ".join(self._open(path, self.own).split())
            self.assertIn(hours, page)
            self.assertIn("33.00 of 33.00 credits left until", page)
            self.ticket.message_subscribe((self.foreign + self.sibling).partner_id.ids)
            for user in (self.foreign, self.sibling):
                page = self._open(path, user)
                self.assertNotIn("h left on", page)
                self.assertNotIn("credits left", page)
        self._buy(2, start="2020-01-01", expiry="2098-12-31")
        page = " ".join(self._open("/my", self.own).split())
        self.assertIn("35.00 of 35.00 credits left, 2.00 of them until", page)
        self.assertTrue(purchase)

    def test_time_is_paid_in_the_words_of_customers(self):
        prepaid = self._sell(self.prepaid_product)
        for item, pays, billable in (
            (prepaid, f"Prepaid {prepaid.order_id.name}", True),
            (self.item, f"Order {self.item.order_id.name}", True),
            (self.item, "Not charged", False),
        ):
            self.ticket.sale_line_id = item
            self._log(self.ticket, 1, name=pays.lower(), is_billable=billable)
        self.team.use_service_credits = True
        self._buy(33, start="2020-01-01", expiry="2099-12-31")
        self._log(self.ticket, 2, name="by credits")
        for path in (f"/my/ticket/{self.ticket.id}", "/my/timesheets"):
            page = self._open(path, self.own)
            for pays in (
                f"Prepaid {prepaid.order_id.name}",
                f"Order {self.item.order_id.name}",
                "Not charged",
                "2 credits",
            ):
                with self.subTest(path=path, pays=pays):
                    self.assertIn(pays, page)
            self.assertNotIn("Not Billed", page)
        self.assertIn(self.ticket.number, page)

    def test_employees_see_whose_page_it_is_and_the_way_back(self):
        """It opens beside; customers see no bar."""
        purchase = self._buy(33, start="2020-01-01", expiry="2099-12-31")
        pages = (
            (purchase, purchase.access_url),
            (self.ticket, f"/my/ticket/{self.ticket.id}"),
            (self.request, self.request.access_url),
        )
        for record, path in pages:
            with self.subTest(path):
                page = self._open(path, self.env.ref("base.user_admin"))
                bar = page.partition('id="service_preview"')[2].partition("</div>")[0]
                self.assertIn(self.customer.name, bar)
                self.assertIn(f'href="/odoo/{record._name}/{record.id}"', bar)
                self.assertNotIn("service_preview", self._open(path, self.own))
        for record in (purchase, self.ticket):
            self.assertEqual(record.action_preview_as_customer()["target"], "new")

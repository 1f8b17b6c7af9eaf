# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Statements that are mailed by themselves, and what their link shows later."""

from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from ..support.funding import FundingCommon


def send_statements(env):
    """Play the scheduled actions: one says what is due, the other makes it."""
    env["service.statement.sent"].sudo()._cron_send()
    make_statements(env)


def make_statements(env, seconds=1.0):
    """Play the scheduled action that makes statements, and commits after each step.

    :param seconds: what is left of its time after each
    """
    with patch.object(
        type(env["ir.cron"]), "_commit_progress", lambda *args, **values: seconds
    ):
        env["service.statement.file"].sudo()._cron_make()


@tagged("post_install", "-at_install")
class TestStatementSent(FundingCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.service_credit_late_days = 36500
        cls.customer.write(
            {"email": "azure@example.test", "service_statement_frequency": "month"}
        )
        cls.purchase = cls._buy(cls, 10, start="2026-01-15", expiry="2099-12-31")
        cls.model = cls.env["service.statement.sent"].sudo()

    @classmethod
    def _create_portal_user(cls, login, customer):
        user = new_test_user(cls.env, login, "base.group_portal")
        user.partner_id.parent_id = customer
        return user

    def _send(self, day):
        with freeze_time(f"{day} 12:00:00"):
            send_statements(self.env)
        return self.model.search([("commercial_partner_id", "=", self.customer.id)])

    def _open(self, sent, user=None, token=True):
        self.authenticate(user and user.login, user and user.login)
        query = f"?access_token={sent.access_token}" if token else ""
        return " ".join(self.url_open(f"{sent.access_url}{query}").text.split())

    def test_each_month_is_mailed_once(self):
        sent = self._send("2026-02-01")
        self.assertEqual(sent.date_from, fields.Date.to_date("2026-01-01"))
        self.assertEqual(sent.date_to, fields.Date.to_date("2026-01-31"))
        self.assertEqual(sent.figures, {"USD": [1, 10.0, sent.figures["USD"][2]]})
        [mail] = self.env["mail.mail"].search([("body_html", "ilike", sent.access_url)])
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertEqual(mail.state, "outgoing")
        self.assertTrue(mail.attachment_ids)
        self.assertIn(sent.access_token, mail.body_html)
        self.assertEqual(self._send("2026-02-27"), sent)
        self.assertEqual(len(self._send("2026-03-01")), 2)

    def test_quarters(self):
        self.customer.service_statement_frequency = "quarter"
        sent = self._send("2026-05-11")
        self.assertEqual(sent.date_from, fields.Date.to_date("2026-01-01"))
        self.assertEqual(sent.date_to, fields.Date.to_date("2026-03-31"))

    def test_nothing_is_mailed_where_nothing_is_wanted_or_told(self):
        self.assertFalse(self._send("2026-01-10"), "before anything was bought")
        self.customer.email = False
        self.assertFalse(self._send("2026-02-01"), "without an address")
        self.customer.write(
            {"email": "azure@example.test", "service_statement_frequency": "none"}
        )
        self.assertFalse(self._send("2026-02-01"))

    def test_the_link_says_what_changed_since(self):
        sent = self._send("2026-02-01")
        page = self._open(sent)
        self.assertIn("Nothing changed since we sent it", page)
        self._work(3, date="2026-01-20")
        page = self._open(sent)
        self.assertIn("was 10.00 credits (USD) when we sent this statement", page)
        self.assertIn("is 7.00 now", page)

    def test_who_opens_it(self):
        sent = self._send("2026-02-01")
        own = self._create_portal_user("statement_own", self.customer)
        foreign = self._create_portal_user("statement_foreign", self.other_customer)
        self.assertIn("Balance after", self._open(sent, own, token=False))
        self.assertIn(sent.access_url, self.url_open("/my/service-credits").text)
        for user, token in ((foreign, False), (foreign, True), (None, False)):
            with self.subTest(user=user, token=token):
                self.assertNotIn("Balance after", self._open(sent, user, token))
        self.env.invalidate_all()
        self.assertFalse(self.model.with_user(foreign).sudo(False).search([]))
        with self.assertRaises(AccessError):
            sent.with_user(own).sudo(False).read(["access_token"])
        with self.assertRaises(AccessError):
            sent.with_user(own).sudo(False).write({"figures": {}})
        page = self.url_open(
            f"{sent.access_url}?access_token={sent.access_token}&download=1"
        )
        self.assertEqual(page.status_code, 200)

    def test_one_failure_stops_nobody_else(self):
        self.other_customer.write(
            {"email": "birch@example.test", "service_statement_frequency": "month"}
        )
        self._buy(5, partner_id=self.other_customer.id, start="2026-01-15")
        files = type(self.env["service.statement.file"])
        original = files._mail

        def fail(file, *content):
            if file.commercial_partner_id == self.customer:
                raise ValueError("broken")
            return original(file, *content)

        self.patch(files, "_mail", fail)
        self.assertFalse(self._send("2026-02-01"))
        self.assertTrue(
            self.model.search([("commercial_partner_id", "=", self.other_customer.id)])
        )

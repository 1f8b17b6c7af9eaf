# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged
from odoo.tools import html2plaintext

from ..support.alert import AlertCommon
from ..support.approval import ApprovalCommon
from ..support.sync import SyncCommon

TYPED = 'List<String> <a href="http://evil.example">click</a>'


class UserTextMixin:
    def assert_plain(self, html):
        """What was typed is read as it was typed, and leads nowhere."""
        self.assertNotIn('<a href="http', html)
        self.assertIn(TYPED, html2plaintext(html))


@tagged("post_install", "-at_install")
class TestUserText(UserTextMixin, ApprovalCommon):
    """What people type is text, wherever the addon repeats it in HTML."""

    def test_rejection(self):
        """Ticket and reason in the to-do of whose time is rejected."""
        for values, reason in (({"name": TYPED}, "No"), ({}, TYPED)):
            ticket = self._create_ticket(user_id=self.agent.id, **values)
            entry = self._enter_submitted(ticket=ticket)
            entry.with_user(self.leader).action_reject(reason)
            self.assert_plain(ticket.activity_ids.note)

    def test_forgotten_timer(self):
        ticket = self._create_ticket(user_id=self.agent.id, name=TYPED)
        ticket.with_user(self.agent).action_timer_start()
        timer = self.env["service.timer"].search([("ticket_id", "=", ticket.id)])
        timer._flag_forgotten()
        self.assert_plain(timer.activity_id.note)

    def test_chatter(self):
        """Questions of customers, reasons of employees, names of products."""
        self.time_product.name = TYPED
        item = self._sell(self.time_product, hours=0)
        self.ticket.sale_line_id = item
        request = self._authorize(item, 5)
        request.ticket_id = self.ticket
        request._log_history(TYPED)
        self.assert_plain(self.ticket.message_ids[0].body)
        request._tell_requester(TYPED, self.contact)
        notice = self.env["mail.message"].search(
            [("res_id", "=", request.id), ("model", "=", request._name)],
            order="id desc",
            limit=1,
        )
        self.assert_plain(notice.body)
        self.ticket.action_move_timesheets()
        self.assert_plain(self.ticket.message_ids[0].body)

    def test_extension(self):
        purchase = self._buy()
        window = self.env["service.credit.extend"].create(
            {"purchase_id": purchase.id, "date_expiry": "2027-12-31", "reason": TYPED}
        )
        window.action_extend()
        self.assert_plain(purchase.message_ids[0].body)


@tagged("post_install", "-at_install")
class TestUserTextAlert(UserTextMixin, AlertCommon):
    def test_alert(self):
        self.company.name = TYPED
        self._buy(10)
        self._use(9)
        self._fire()
        self.assert_plain(self._activities().note)
        self.assert_plain(self._notes()[0])


@tagged("post_install", "-at_install")
class TestUserTextSync(UserTextMixin, SyncCommon):
    def test_stopped_synchronization(self):
        """What the other system answered."""
        source = self.csv_source("id\n1\n")
        source._tell_responsible(f"The webshop answered {TYPED}")
        self.assert_plain(source.activity_ids.note)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json

from odoo.tests import HttpCase, tagged

from ...tools import format_hours
from ..support.keyboard import CONTROL, play_keys
from ..support.language import RomanianCommon
from ..support.service_log import ServiceLogCommon

READY = "!!document.querySelector('.o_action_manager .o_view_controller')"
PREVIEW = "document.querySelector('.modal [name=preview] %s')"


@tagged("post_install", "-at_install")
class TestAuthorizedTour(ServiceLogCommon, RomanianCommon, HttpCase):
    """From work over the limit to the invoice, each in their own browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_accounts()
        cls.customer.email = "azure@example.test"
        # Opening an invoice takes the invoicing right in core, selling alone does not.
        cls.seller.group_ids += cls.env.ref("account.group_account_invoice")
        cls._speak(cls.seller, cls.operator, cls.customer)

    def _play(self, name, path, user=None):
        self.start_tour(
            path,
            f"helpdesk_service_credit_{name}",
            login=user.login if user else None,
            cookies={"frontend_lang": self.language},
        )

    def _log_service(self, keyboard):
        """Log more than is authorized with the keyboard alone, and ask for the rest."""
        keyboard.press("k", modifiers=CONTROL)
        keyboard.wait("document.activeElement.closest('.o_command_palette')")
        keyboard.type(f"/{self.said['menu']}")
        keyboard.wait("document.querySelector('.o_command.focused')")
        keyboard.press("Enter")
        keyboard.expect("partner_id")
        keyboard.type("Azure Mills")
        keyboard.wait("document.querySelector('.o-autocomplete--dropdown-item')")
        for name in ("ticket_id", "team_id", "sale_line_id"):
            keyboard.press("Tab")
            keyboard.expect(name)
        keyboard.wait("document.activeElement.value.includes('Support Time')")
        keyboard.press("Tab")
        keyboard.type(self.said["type"])
        keyboard.wait("document.querySelector('.o-autocomplete--dropdown-item')")
        keyboard.press("Tab")
        keyboard.expect("hours")
        keyboard.type("12:30")
        for name in ("date", "time_start", "employee_id", "title"):
            keyboard.press("Tab")
            keyboard.expect(name)
        keyboard.type("Quarterly figures")
        keyboard.press("Tab")
        keyboard.expect("description")
        keyboard.type("Secret workaround")
        keyboard.wait(PREVIEW % ".alert-warning")
        self._ask_for_the_rest(keyboard)

    def _ask_for_the_rest(self, keyboard):
        keyboard.press("Tab")
        keyboard.expect("over_limit")
        keyboard.press(" ", "ArrowDown", "ArrowDown")
        preview = PREVIEW % "div.text-muted"
        keyboard.wait(f"{preview}?.innerText === {json.dumps(self.said['will_ask'])}")
        keyboard.press("Tab")
        keyboard.expect("action_log_hours")
        keyboard.press("Enter")
        notification = "document.querySelector('.o_notification')"
        asked = json.dumps(self.said["asked"])
        keyboard.wait(f"{notification}?.innerText.includes({asked})")
        keyboard.wait("!document.querySelector('.modal')")

    def _get_said(self):
        """Return what is typed and read; nothing is looked up while a browser runs."""
        env = self.env(context={"lang": self.language})
        values = {"customer": "Azure Mills", "hours": format_hours(2.5)}
        will_ask = self._say(
            "%(customer)s will be asked to authorize the rest. It is billed once "
            "approved, and waits until then."
        )
        asked = self._say("%(customer)s was asked for %(hours)s hours.")
        return {
            "menu": env.ref("helpdesk_service_credit.service_log_menu").name,
            "type": self.type.with_env(env).name,
            "will_ask": will_ask % values,
            "asked": asked % values,
        }

    def _play_log_service(self):
        self.said = self._get_said()
        path = "/odoo/action-helpdesk_mgmt.helpdesk_ticket_action"
        play_keys(self, self._log_service, path, READY, self.operator)

    def test_request_approval_overage_invoice(self):
        self._play_log_service()
        self.ticket = self.item.ticket_ids - self.ticket
        self.assertEqual(self.ticket.name, "Quarterly figures")
        self.assertEqual(self.ticket.timesheet_ids.service_type_id, self.type)
        self.assertEqual(
            set(self.ticket.timesheet_ids.mapped("internal_note")),
            {"- Secret workaround"},
        )
        request = self.ticket.authorization_ids
        self.assertEqual((request.hours, request.state), (2.5, "requested"))
        self.assertEqual(self.item.qty_delivered, 10)
        [mail] = self.env["mail.mail"].search(
            [("body_html", "ilike", f"/my/authorizations/{request.id}?")]
        )
        link = mail.body_html.split(f"/my/authorizations/{request.id}")[1].split('"')[0]

        self._play("authorize", f"/my/authorizations/{request.id}{link}")
        self.assertEqual(request.state, "approved")
        self.assertEqual(request.signed_by, "Nora Azure")
        self.assertTrue(request.signature)
        self.assertEqual(
            set(self.ticket.timesheet_ids.mapped("coverage")), {"sale_line"}
        )

        order = self.item.order_id
        self._play(
            "bill_authorized",
            f"/odoo/action-sale.action_quotations/{order.id}",
            self.seller,
        )
        invoice = order.invoice_ids
        self.assertEqual(invoice.invoice_line_ids.quantity, 12.5)
        self.assertEqual(invoice.amount_untaxed, 1250)
        self.assertEqual(invoice.timesheet_ids, self.ticket.timesheet_ids)

    def test_the_customer_never_reads_the_internal_note(self):
        """Chatter, portal, invoice line and PDF show the title only."""
        log = self._create_log(description="Secret workaround")
        log.action_log_hours()
        self.team.show_timesheet_portal = True
        order = self.item.order_id
        invoice = order._create_invoices()
        invoice.action_post()
        for record in (self.ticket, order, invoice, log.entry_id.project_id):
            self.assertNotIn("Secret", str(record.message_ids.mapped("body")))
        self.assertNotIn("Secret", str(invoice.invoice_line_ids.mapped("name")))
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "account.report_invoice", invoice.ids
        )
        self.assertNotIn(b"Secret", html)
        sheet, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "hr_timesheet.report_timesheet", log.entry_id.ids
        )
        self.assertIn(b"Quarterly report", sheet)
        self.assertNotIn(b"Secret", sheet)
        self._check_portal(order, invoice)

    def _check_portal(self, order, invoice):
        token = self.ticket._portal_ensure_token()
        urls = [
            f"/my/ticket/{self.ticket.id}?access_token={token}",
            order.get_portal_url(),
            invoice.get_portal_url(),
        ]
        for url in urls:
            with self.subTest(url):
                page = self.url_open(url)
                self.assertEqual(page.status_code, 200)
                self.assertNotIn("Secret", page.text)

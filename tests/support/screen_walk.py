# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, new_test_user

from .keyboard import play_keys
from .language import RomanianCommon
from .screens import Screen, ScreensCommon

READY = (
    "!!document.querySelector('.o_main_navbar, body[is-ready]')"
    " && !document.querySelector('.o_portal_doc_spinner')"
)
LISTS = (
    "service_week_action",
    "account_analytic_line_action_week",
    "account_analytic_line_action_ticket",
    "account_analytic_line_action_to_invoice",
    "account_analytic_line_action_to_approve",
    "account_analytic_line_action_overage",
    "service_authorization_action",
    "service_credit_purchase_action",
    "service_credit_allocation_action",
    "service_credit_consumption_action",
    "service_credit_alert_action",
    "service_credit_balance_action",
    "service_credit_movement_action",
    "service_credit_forecast_action",
    "service_revenue_risk_action",
    "service_goodwill_action",
    "service_overview_action",
    "service_credit_recognition_action",
    "service_credit_recognition_line_action",
    "service_credit_books_action",
    "service_type_action",
    "service_sync_source_action",
    "service_sync_record_action",
    "service_sync_run_action",
    "service_sync_customer_action",
)


class ScreenWalkCommon(ScreensCommon, RomanianCommon, HttpCase):
    """A walk through every own screen, in Romanian, where texts are long.

    At each of them :meth:`_look` adds what is wrong to ``wrong``.
    """

    maxDiff = None
    screen_class = Screen

    def _look(self, screen, name):
        raise NotImplementedError

    def _play(self, play, path, user):
        self.wrong = []

        def with_screen(keyboard):
            play(self.screen_class(keyboard.browser))

        play_keys(self, with_screen, path, READY, user, timeout=300)
        self.assertEqual(self.wrong, [])

    def _walk(self, screen):
        for name in LISTS:
            screen.open_action(name)
            self._look(screen, name)
        for record in self.records:
            screen.open_form(record)
            self._look(screen, record._name)
            if record._name == "helpdesk.ticket":
                screen.click(".nav-link[name=timesheets]")
                self._look(screen, "the tab Timesheets")
                self._walk_tab(screen)
        for record, method in self.windows:
            screen.press_button(record, method)
            self._look(screen, f"{record._name}.{method}")
            screen.close()
        for name, context in self.dialogs.items():
            screen.open_action(name, **context)
            self._look(screen, name)
            screen.close()

    def _get_purchase_windows(self):
        """Return the windows of a purchase; only what is unused can be transferred."""
        values = {"credits": 5, "value_per_credit": 100, "is_draft": False}
        values["partner_id"] = self.env["res.partner"].create({"name": "Giver"}).id
        unused = self.env["service.credit.purchase"].create(values)
        return [
            (self.purchase, "action_create_renewal"),
            (self.purchase, "action_extend"),
            (unused, "action_transfer"),
        ]

    def _walk_tab(self, screen):
        """Look into the tab Timesheets."""

    def _play_own_screens(self):
        boss = self._create_boss()
        self.ticket.with_user(boss).action_timer_start()
        self.records = [
            self.ticket,
            self.team,
            self.entry,
            self.purchase,
            self.entry.consumption_ids.allocation_id,
            self.entry.consumption_ids[:1],
            self.request,
            self.milestone,
            self.env["service.type"].search([], limit=1),
            self.source,
            self.row,
            self.item.order_id,
            self.lead,
        ]
        self.windows = [
            (self.milestone, "action_manage_service_credits"),
            (self.project, "action_open_service_credit_milestones"),
            (self.lead, "action_create_service_credit_purchases"),
            *self._get_purchase_windows(),
            (self.request, "action_record_answer"),
            (self.submitted, "action_ask_reason"),
            (self.source, "action_preview"),
            (self.ticket, "action_request_authorization"),
        ]
        ticket = {"default_ticket_id": self.ticket.id}
        self.dialogs = {
            "service_log_action": ticket,
            "service_funding_panel_action": ticket,
            "service_credit_owed_action": {},
            "service_credit_reconciliation_action": {},
            "service_credit_purchase_action_statement": {
                "active_id": self.purchase.id,
            },
        }
        self._play(self._walk, "/odoo/service-types", boss)

    def _walk_portal(self, screen):
        for path in (
            "/my",
            "/my/service-credits",
            "/my/service-credits/buy",
            f"/my/service-credits/{self.purchase.id}",
            "/my/authorizations",
            f"/my/authorizations/{self.request.id}",
            "/my/tickets",
            f"/my/ticket/{self.ticket.id}",
            "/my/timesheets",
        ):
            screen.go(path)
            self._look(screen, path)

    def _play_portal(self):
        nora = new_test_user(
            self.env, "nora", "base.group_portal", partner_id=self.contact.id
        )
        self._speak(nora)
        self.ticket.write(
            {
                "partner_id": self.contact.id,
                "name": "The scanners of the warehouse in all three plants print blank "
                "labels since the update of last Monday",
            }
        )
        self._play(self._walk_portal, "/my", nora)

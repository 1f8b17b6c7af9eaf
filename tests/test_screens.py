# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, new_test_user, tagged

from .common_language import ADDON, RomanianCommon
from .common_screens import Screen, ScreensCommon
from .keyboard import played_by

READY = "!!document.querySelector('.o_main_navbar, body[is-ready]')"
# Words of the addon that other addons say too, where they are not translated.
SHARED = {"Close", "Hours", "Quantity:", "Quotation"}
LISTS = (
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
    "service_type_action",
    "service_sync_source_action",
    "service_sync_record_action",
    "service_sync_run_action",
    "service_sync_customer_action",
)


@tagged("post_install", "-at_install")
class TestScreens(ScreensCommon, RomanianCommon, HttpCase):
    """Every own screen on a phone, in Romanian, where texts are long.

    Nothing scrolls sideways, every control and icon has a name, and no text of the
    addon is left in English.
    """

    maxDiff = None
    browser_size = "390x844"
    touch_enabled = True

    def _look(self, screen, name):
        """Note what is wrong with the screen that is open."""
        self.wrong += [f"{name}: {fault}" for fault in screen.get_faults()]
        self.wrong += [
            f"{name} is not translated: {text}"
            for text in sorted(screen.get_texts() & self.foreign)
        ]

    def _get_foreign(self):
        """Return the texts of the addon that the language has other words for.

        Labels that other addons have too are left out: here they speak English.
        """
        common = SHARED | {
            str(field.string)
            for model in self.env.registry.values()
            for field in model._fields.values()
            if field._module != ADDON
        }
        menus = self.env["ir.ui.menu"].with_context(lang="en_US").search([])
        common |= set(menus.mapped("name"))
        return {
            " ".join(text.split())
            for text, said in self.words.items()
            if text != said and text not in common
        }

    def _play(self, play, path, user):
        self.wrong = []
        self.foreign = self._get_foreign()

        def with_screen(keyboard):
            play(Screen(keyboard.browser))

        with played_by(with_screen):
            self.browser_js(
                path,
                "",
                ready=READY,
                login=user.login,
                cookies={"frontend_lang": self.language},
                timeout=300,
            )
        self.assertEqual(self.wrong, [])

    def _walk(self, screen):
        for name in LISTS:
            screen.open_action(name)
            self._look(screen, name)
        for record in self.records:
            screen.open_form(record)
            self._look(screen, record._name)
            if record._name == "helpdesk.ticket":
                self._walk_tab(screen)
        for record, method in self.windows:
            screen.press_button(record, method)
            self._look(screen, f"{record._name}.{method}")
            screen.close()
        for name, context in self.dialogs.items():
            screen.open_action(name, **context)
            self._look(screen, name)
            screen.close()

    def _walk_tab(self, screen):
        screen.click(".nav-link[name=timesheets]")
        self._look(screen, "the tab Timesheets")
        screen.click(".tab-pane .o_kanban_record")
        screen.wait("document.querySelector('.modal .o_form_view')")
        self._look(screen, "an entry of the tab Timesheets")
        screen.close()

    def test_own_screens(self):
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
            (self.purchase, "action_create_renewal"),
            (self.purchase, "action_extend"),
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
        }
        self._play(self._walk, "/odoo/service-types", boss)

    def _walk_portal(self, screen):
        for path in (
            "/my",
            "/my/service-credits",
            f"/my/service-credits/{self.purchase.id}",
            "/my/authorizations",
            f"/my/authorizations/{self.request.id}",
            f"/my/ticket/{self.ticket.id}",
        ):
            screen.go(path)
            self._look(screen, path)

    def test_portal(self):
        nora = new_test_user(
            self.env, "nora", "base.group_portal", partner_id=self.contact.id
        )
        self._speak(nora)
        self.ticket.partner_id = self.contact
        self._play(self._walk_portal, "/my", nora)

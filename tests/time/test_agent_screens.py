# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, tagged

from ..support.common import ServiceCreditCommon
from ..support.keyboard import ALT, CONTROL, FRAMES, play_keys
from ..support.language import LanguageCommon
from ..support.played import in_long_run

TICKETS = "/odoo/action-helpdesk_mgmt.helpdesk_ticket_action"
FORM = "!!document.querySelector('.o_form_view .o_service_quick_log')"
COMPOSER = ".o-mail-Composer-input, .o-mail-Composer .odoo-editor-editable"


@tagged("post_install", "-at_install")
class TestAgentScreens(ServiceCreditCommon, LanguageCommon, HttpCase):
    """An agent's ticket: refusals before saving, time after a message, cards."""

    browser_size = "1366x768"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._speak(cls.agent)
        # Nothing is sent to people without an address.
        cls.customer.email = "hello@azure.test"
        cls.item = cls._sell(cls.time_product, hours=0)
        cls._authorize(cls.item, 2)
        cls.ticket = cls._create_ticket(user_id=cls.agent.id, sale_line_id=cls.item.id)

    def _play(self, play, path, ready):
        play_keys(self, play, path, ready, self.agent)

    def _click(self, keyboard, selector):
        keyboard.wait(f"document.querySelector('{selector}')")
        keyboard._run(f"document.querySelector('{selector}').click()")

    def _log_too_much(self, keyboard):
        self._click(keyboard, ".nav-link[name=timesheets]")
        self._click(keyboard, "[name=timesheet_ids] .o_field_x2many_list_row_add a")
        keyboard.expect("name")
        keyboard.type("Repair")
        keyboard.press("Tab")
        keyboard.expect("unit_amount")
        keyboard.type("3:00")
        keyboard.press("Tab")
        keyboard.wait("document.querySelector('.o_service_refusal')")
        keyboard.browser.take_screenshot("refusal_")

    def _save(self, keyboard):
        keyboard.wait("!document.querySelector('.o_service_refusal')")
        keyboard.press("s", modifiers=ALT)
        keyboard.wait("document.querySelector('.o_form_saved')")

    def _play_on_ticket(self, play):
        self._play(play, f"{TICKETS}/{self.ticket.id}", FORM)

    def _hover_over_the_payer(self, keyboard):
        self._click(keyboard, ".nav-link[name=timesheets]")
        keyboard.wait("document.querySelector('.o_service_payers')")
        keyboard._run(
            "document.querySelector('.o_service_payers').dispatchEvent("
            "new MouseEvent('mouseenter', {bubbles: true}))"
        )
        keyboard.wait(
            "document.querySelector('.o-tooltip')?.textContent.includes("
            f"'1:00 h → 1:00 h on {self.order_name}')"
        )

    def test_who_pays_tells_why_on_hover(self):
        self._log(self.ticket, 1)
        # Read before: the browser's requests share the cursor.
        self.order_name = self.item.order_id.name
        self._play_on_ticket(self._hover_over_the_payer)

    def _log_what_fits(self, keyboard):
        self._log_too_much(keyboard)
        self._click(keyboard, "button[name=log_what_fits]")
        self._save(keyboard)

    @in_long_run
    def test_what_fits_is_logged_with_a_button(self):
        self._play_on_ticket(self._log_what_fits)
        self.assertRecordValues(
            self.ticket.timesheet_ids, [{"name": "Repair", "unit_amount": 2}]
        )

    def _bill_nothing(self, keyboard):
        self._log_too_much(keyboard)
        self._click(keyboard, "button[name=not_billable]")
        self._save(keyboard)

    @in_long_run
    def test_all_is_logged_unbilled_with_a_button(self):
        self._play_on_ticket(self._bill_nothing)
        self.assertRecordValues(
            self.ticket.timesheet_ids,
            [{"unit_amount": 3, "is_billable": False, "coverage": "non_billable"}],
        )

    def _request_the_rest(self, keyboard):
        self._log_too_much(keyboard)
        self._click(keyboard, "button[name=request_rest]")
        keyboard.wait("document.querySelector('.modal [name=reason] textarea')")
        keyboard.wait(
            "document.querySelector('.modal [name=reason] textarea').value === 'Repair'"
        )
        self._click(keyboard, ".modal button[name=action_send]")
        keyboard.wait("!document.querySelector('.modal')")
        # The ticket shows at once what was asked, and keeps what is typed.
        keyboard.wait("document.querySelector('button[name=action_view_requests]')")
        keyboard.wait("!document.querySelector('button[name=request_rest]')")
        keyboard.browser.take_screenshot("requested_")
        self._click(keyboard, "button[name=log_what_fits]")
        self._save(keyboard)
        self._click(keyboard, "button[name=action_view_requests]")
        keyboard.wait("document.querySelector('button[name=action_cancel]')")

    def test_the_rest_is_requested_with_a_button(self):
        self._play_on_ticket(self._request_the_rest)
        self.assertRecordValues(
            self.ticket.timesheet_ids, [{"name": "Repair", "unit_amount": 2}]
        )
        self.assertRecordValues(
            self.ticket.authorization_ids,
            [{"state": "requested", "hours": 1, "reason": "Repair"}],
        )

    def _save_what_is_refused(self, keyboard):
        self._log_too_much(keyboard)
        # The colleague's row has no bin.
        keyboard.wait("document.querySelectorAll('.o_data_row').length === 2")
        keyboard.wait(
            "document.querySelectorAll('.o_list_record_remove button').length === 1"
        )
        keyboard.press("s", modifiers=ALT)
        self._click(keyboard, ".modal footer button")
        keyboard.wait("!document.querySelector('.modal')")
        keyboard._run(FRAMES)
        keyboard.wait("!document.querySelector('.o_datetime_picker')")

    def test_a_refusal_leaves_the_row_as_it_was(self):
        """Without a calendar in the way; and what is locked cannot be removed."""
        self.company.timesheet_log_for = "own"
        entry = self._log(self.ticket, 0.5)
        self._play_on_ticket(self._save_what_is_refused)
        self.assertEqual(self.ticket.timesheet_ids, entry)

    def _archive(self, keyboard):
        self._click(keyboard, ".o_cp_action_menus button")
        keyboard.wait("document.querySelector('.o-dropdown-item .oi-archive')")
        self._click(keyboard, ".o-dropdown-item .oi-archive")
        self._click(keyboard, ".modal footer .btn-primary")
        keyboard.wait("document.querySelector('.modal .o_form_view')")
        keyboard.expect("name")
        keyboard.browser.take_screenshot("archive_")
        keyboard.type("Asked them to wait")
        keyboard.press("Enter")
        keyboard.wait("!document.querySelector('.modal, .o_service_timer_menu')")

    def test_archiving_asks_about_the_timer(self):
        self.ticket.with_user(self.agent).action_timer_start()
        self._play_on_ticket(self._archive)
        self.assertFalse(self.ticket.active)
        self.assertFalse(self.ticket.timer_ids)
        self.assertEqual(self.ticket.timesheet_ids.name, "Asked them to wait")

    def _send(self, keyboard, text):
        self._click(keyboard, ".o-mail-Chatter-sendMessage:not([disabled])")
        keyboard.wait(f"document.querySelector('{COMPOSER}')")
        keyboard._run(f"document.querySelector('{COMPOSER}').focus()")
        keyboard.type(text)
        keyboard.press("Enter", modifiers=CONTROL)
        keyboard.wait(
            "document.activeElement?.matches('.o_service_quick_log_duration')"
        )

    def _answer(self, keyboard):
        self._send(keyboard, "I look at it")
        keyboard.press("Escape")
        keyboard.wait("!document.querySelector('.o_service_quick_log_duration')")
        self._send(keyboard, "Your printer works again")
        keyboard.browser.take_screenshot("composer_")
        keyboard.press("Enter")
        keyboard.wait("document.querySelector('.o_notification')")
        self._answer_in_the_window(keyboard)

    def _answer_in_the_window(self, keyboard):
        self._click(keyboard, ".o-mail-Chatter-sendMessage:not([disabled])")
        keyboard.wait(f"document.querySelector('{COMPOSER}')")
        self._click(keyboard, "button[name=open-full-composer]")
        body = ".modal .odoo-editor-editable"
        keyboard.wait(f"document.querySelector('{body}')")
        keyboard._run(f"document.querySelector('{body}').focus()")
        keyboard.type("The new toner is in")
        self._click(keyboard, ".modal .o_mail_send:not([disabled])")
        keyboard.wait("!document.querySelector('.modal')")
        keyboard.wait(
            "document.activeElement?.matches('.o_service_quick_log_duration')"
        )
        keyboard.browser.take_screenshot("full_composer_")
        keyboard.press("Enter")
        keyboard.wait("!document.querySelector('.o_service_quick_log_duration')")

    def test_time_is_offered_after_a_message(self):
        """In the ticket and in the window of the composer alike."""
        self._play(self._answer, f"{TICKETS}/{self.ticket.id}", FORM)
        entries = self.ticket.timesheet_ids.sorted("id")
        self.assertEqual(
            entries.mapped("name"), ["Your printer works again", "The new toner is in"]
        )
        self.assertGreater(min(entries.mapped("unit_amount")), 0)

    def test_reports_of_accountants_are_not_the_agents(self):
        menus = self.env["ir.ui.menu"].with_user(self.agent).load_menus(False)
        for name in (
            "service_revenue_risk_account_menu",
            "service_goodwill_account_menu",
            "service_credit_owed_account_menu",
            "service_credit_breakage_account_menu",
            "helpdesk_time_to_invoice_menu",
        ):
            menu = self.env.ref(f"helpdesk_service_credit.{name}")
            self.assertNotIn(menu.id, menus)

    def _time_from_a_card(self, keyboard):
        self._click(keyboard, ".o_kanban_record .o_service_timer_start")
        keyboard.wait("document.querySelector('.o_kanban_record [role=timer]')")
        keyboard.browser.take_screenshot("kanban_")
        self._click(keyboard, ".o_kanban_record .o_service_timer_end")
        keyboard.wait("document.querySelector('.modal .o_form_view')")
        keyboard.expect("name")
        keyboard.browser.take_screenshot("stop_")
        keyboard.type("Call")
        keyboard.press("Enter")
        keyboard.wait(
            "!document.querySelector('.modal, .o_kanban_record [role=timer]')"
        )

    @in_long_run
    def test_the_timer_runs_from_a_card(self):
        self._play(
            self._time_from_a_card,
            f"{TICKETS}?view_type=kanban",
            "!!document.querySelector('.o_kanban_record .o_service_work_time')",
        )
        self.assertEqual(self.ticket.timesheet_ids.name, "Call")

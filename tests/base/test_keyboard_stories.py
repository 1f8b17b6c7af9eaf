# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, new_test_user, tagged

from ..support.keyboard import ALT, SHIFT, play_keys
from ..support.language import LanguageCommon
from ..support.played import in_long_run
from ..support.screens import ScreensCommon

FORM = "!!document.querySelector('.o_form_view')"
LIST = "!!document.querySelector('.o_data_row')"
PORTAL = "!!document.querySelector('body[is-ready]')"
WINDOW = "document.querySelector('.modal .o_form_view')"
ROW = "document.querySelector('.modal .o_selected_row')"
SAVED = "document.querySelector('.o_form_saved')"


@tagged("post_install", "-at_install")
class TestKeyboardStories(ScreensCommon, LanguageCommon, HttpCase):
    """What people do all day, done without a mouse.

    An ordinary run plays those that go through controls which no other story has.
    """

    browser_size = "1366x768"

    def setUp(self):
        super().setUp()
        self.boss = self._create_boss()

    def _play(self, play, path, ready, user=None):
        play_keys(self, play, path, ready, user or self.boss)

    def _log_time(self, keyboard):
        keyboard.go_to(".nav-link[name=timesheets]")
        keyboard.press("Enter")
        keyboard.go_to("[name=timesheet_ids] .o_field_x2many_list_row_add a")
        keyboard.press("Enter")
        # The row starts in its description, and Tab leads to the hours.
        keyboard.expect("name")
        keyboard.type("Toner")
        keyboard.press("Tab")
        keyboard.expect("unit_amount")
        keyboard.type("0:30")
        keyboard.press("s", modifiers=ALT)
        keyboard.wait(f"{SAVED} && !document.querySelector('.o_selected_row')")
        keyboard.go_to("button.o_service_funding_panel")
        keyboard.press("Enter")
        keyboard.wait(WINDOW)
        keyboard.press("Escape")
        keyboard.wait(f"!{WINDOW}")

    def test_log_on_a_ticket(self):
        ticket = self._create_ticket()
        path = f"/odoo/action-helpdesk_mgmt.helpdesk_ticket_action/{ticket.id}"
        self._play(self._log_time, path, FORM)
        self.assertRecordValues(
            ticket.timesheet_ids,
            [{"name": "Toner", "unit_amount": 0.5, "user_id": self.boss.id}],
        )

    def _stop_timer(self, keyboard):
        keyboard.go_to("button[name=action_timer_start]")
        keyboard.press("Enter")
        keyboard.wait("document.querySelector('.o_service_timer_menu')")
        keyboard.go_to(".o_service_timer_menu", modifiers=SHIFT)
        keyboard.press("Enter")
        keyboard.go_to(".o_service_timer_stop")
        keyboard.press("Enter")
        keyboard.wait(WINDOW)
        keyboard.expect("name")
        keyboard.type("Toner")
        keyboard.press("Enter")
        keyboard.wait(f"!{WINDOW}")

    @in_long_run
    def test_time_a_ticket(self):
        ticket = self._create_ticket()
        path = f"/odoo/action-helpdesk_mgmt.helpdesk_ticket_action/{ticket.id}"
        self._play(self._stop_timer, path, FORM)
        self.assertAlmostEqual(ticket.timesheet_ids.unit_amount, 1 / 60)
        self.assertEqual(ticket.timesheet_ids.name, "Toner")

    def _create_purchases(self, keyboard):
        keyboard.go_to("button[name=action_create_service_credit_purchases]")
        keyboard.press("Enter")
        keyboard.wait(WINDOW)
        keyboard.go_to(".modal td[name=is_included] input")
        keyboard.press("ArrowRight", "ArrowRight", "Enter")
        keyboard.expect("description")
        keyboard.type("Ten hours of help")
        keyboard.go_to(".modal button[name=action_create]")
        keyboard.press("Enter")
        keyboard.wait(f"!{WINDOW}")
        keyboard.go_to("button[name=action_view_sale_order]")

    @in_long_run
    def test_create_purchases_from_an_opportunity(self):
        self._play(self._create_purchases, f"/odoo/crm/{self.lead.id}", FORM)
        self.assertRecordValues(
            self.quotation.order_line.service_credit_purchase_ids,
            [{"state": "draft", "credits": 10, "description": "Ten hours of help"}],
        )

    def _record_purchase(self, keyboard):
        keyboard.press("c", modifiers=ALT)
        keyboard.wait(FORM)
        keyboard.go_to("[name=partner_id] input")
        keyboard.type("Azure Mills")
        keyboard.wait("document.querySelector('.o-autocomplete--dropdown-item')")
        keyboard.press("Tab")
        for name, value in (
            ("credits", "8"),
            ("value_per_credit", "90"),
            ("paid_per_credit", "70"),
        ):
            keyboard.go_to(f"[name={name}] input")
            keyboard.type(value)
        keyboard.press("s", modifiers=ALT)
        keyboard.wait(SAVED)
        keyboard.go_to("button[name=action_extend]")
        keyboard.press("Enter")
        keyboard.wait(WINDOW)
        keyboard.press("Escape")

    @in_long_run
    def test_record_a_purchase(self):
        self._play(self._record_purchase, "/odoo/service-credits", LIST)
        purchase = self.env["service.credit.purchase"].search(
            [], limit=1, order="id desc"
        )
        self.assertRecordValues(
            purchase,
            [
                {
                    "partner_id": self.customer.id,
                    "credits": 8,
                    "value_per_credit": 90,
                    "paid_per_credit": 70,
                    "state": "open",
                }
            ],
        )

    def _select_purchase(self, keyboard):
        keyboard.go_to("button[name=action_manage_service_credits]")
        keyboard.press("Enter")
        keyboard.wait(WINDOW)
        keyboard.go_to(".modal [name=is_manual] input")
        keyboard.press(" ")
        keyboard.wait("document.querySelectorAll('.modal .o_data_row').length === 2")
        keyboard.go_to(".modal td[name=purchase_id]")
        keyboard.press("Enter")
        keyboard.expect("credits")
        keyboard.type("0")
        keyboard.press("Tab")
        keyboard.wait(
            f"{ROW}?.rowIndex === 2 && {ROW}.contains(document.activeElement)"
        )
        keyboard.type("1")
        keyboard.go_to(".modal button[name=action_confirm]")
        keyboard.press("Enter")
        keyboard.wait(f"!{WINDOW}")

    @in_long_run
    def test_select_a_purchase_for_a_milestone(self):
        self.env.company.service_credit_manual_selection = True
        first, second = self._buy(5), self._buy(5, expiry="2027-12-31")
        path = f"/odoo/project.milestone/{self.milestone.id}"
        self._play(self._select_purchase, path, FORM)
        self.assertEqual(first.credits_allocated, 0)
        self.assertEqual(second.credits_allocated, 1)

    def _give_away(self, keyboard):
        keyboard.go_to(".o_searchview_input")
        keyboard.press("ArrowDown", " ")
        keyboard.wait("document.querySelector('button[name=action_goodwill_overage]')")
        keyboard.go_to("button[name=action_goodwill_overage]")
        keyboard.press("Enter")
        keyboard.wait("document.querySelector('.o_view_nocontent')")

    @in_long_run
    def test_decide_on_overage(self):
        entries = self.ticket.timesheet_ids.filtered(lambda e: e.coverage == "overage")
        self.assertTrue(entries)
        self._play(self._give_away, "/odoo/helpdesk-overage", LIST)
        self.assertEqual(set(entries.mapped("coverage")), {"non_billable"})

    def _record_answer(self, keyboard):
        keyboard.go_to("button[name=action_record_answer]")
        keyboard.press("Enter")
        keyboard.wait(WINDOW)
        keyboard.go_to(".modal [name=answer] input")
        keyboard.press("ArrowRight")
        keyboard.wait("document.querySelector('.modal [data-value=declined]:checked')")
        keyboard.go_to(".modal [name=note] textarea")
        keyboard.type("Not this year")
        keyboard.go_to(".modal button[name=action_record]")
        keyboard.press("Enter")
        keyboard.wait(f"!{WINDOW}")

    @in_long_run
    def test_record_an_answer(self):
        path = f"/odoo/service.authorization/{self.request.id}"
        self._play(self._record_answer, path, FORM)
        self.assertEqual(self.request.state, "declined")

    def _sync_now(self, keyboard):
        keyboard.go_to(".o_searchview_input")
        keyboard.press("ArrowDown")
        keyboard.go_to("button[name=action_sync_now]")
        # In a row Enter opens it, as everywhere in Odoo; a button takes the space bar.
        keyboard.press(" ")
        keyboard.wait("document.querySelector('.o_notification')")

    @in_long_run
    def test_synchronise(self):
        before = self.source.run_ids
        path = "/odoo/action-helpdesk_service_credit.service_sync_source_action"
        self._play(self._sync_now, path, LIST)
        self.assertEqual((self.source.run_ids - before).mapped("state"), ["done"])

    def _approve(self, keyboard):
        keyboard.go_to("#authorization_hours")
        keyboard.go_to(".o_web_sign_name_and_signature input")
        keyboard.wait("document.activeElement.value")
        keyboard.go_to(".o_portal_sign_submit")
        keyboard.press("Enter")
        keyboard.wait("document.querySelector('.alert-success')")

    def test_approve_as_the_customer(self):
        nora = new_test_user(
            self.env, "nora", "base.group_portal", partner_id=self.contact.id
        )
        path = f"/my/authorizations/{self.request.id}"
        self._play(self._approve, path, PORTAL, nora)
        self.assertRecordValues(
            self.request, [{"state": "approved", "signed_by": self.contact.name}]
        )
        self.assertTrue(self.request.signature)

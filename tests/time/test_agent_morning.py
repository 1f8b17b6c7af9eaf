# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from ..support.common import ServiceCreditCommon
from ..support.hand import Thumb, play_hand
from ..support.keyboard import ALT, CONTROL, SHIFT
from ..support.language import LanguageCommon
from ..support.played import in_long_run

PRINTER = "Printer on fire"
SOUND = "No sound"
TICKETS = "/odoo/action-helpdesk_mgmt.helpdesk_ticket_action"
ROWS = "document.querySelectorAll('.o_service_quick_log').length > 1"
FORM = "document.querySelector('.o_form_view .o_service_quick_log')"
CLOCK = "document.querySelector('.o_form_view .o_service_timer_clock')"
TIMER = "document.querySelector('.o_service_timer_menu')"
WINDOW = "document.querySelector('.modal .o_form_view')"
NOTE = "document.querySelector('.o_notification')"
DURATION = "document.activeElement?.matches('.o_service_quick_log_duration')"
LINE = "document.querySelector('.o_service_quick_log_form')"


class MorningCommon(ServiceCreditCommon, LanguageCommon, HttpCase):
    """What an agent does before lunch, with real clicks, keys and taps.

    How many clicks and seconds each took is printed.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._speak(cls.agent)
        cls.item = cls._sell()
        values = {"user_id": cls.agent.id}
        cls.first = cls._create_ticket(name=PRINTER, **values)
        cls.second = cls._create_ticket(name=SOUND, **values)
        done = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done")
        done.write({"fold": False, "team_ids": [Command.clear()]})
        cls.done = done

    def _play(self, play, view, **options):
        path = f"{TICKETS}?view_type={view}"
        play_hand(self, play, path, ROWS, self.agent, **options)

    def _fill_line(self, hand, description, duration="15m"):
        hand.wait(DURATION)
        hand.type(duration)
        hand.press("Tab")
        hand.type(description)
        hand.press("Enter")
        hand.wait(f"!{LINE}")

    def _assert_morning(self, *names):
        self.env.invalidate_all()
        entries = (self.first + self.second).timesheet_ids.sorted("id")
        self.assertEqual(entries.mapped("name"), list(names))
        self.assertEqual(entries.user_id, self.agent)
        self.assertEqual(entries.so_line, self.item)
        self.assertEqual(
            set(entries.mapped("date")), {fields.Date.context_today(self.first)}
        )
        self.assertTrue(self.second.closed)
        self.assertFalse((self.first + self.second).timer_ids)


@in_long_run
@tagged("post_install", "-at_install")
class TestMorningWithMouse(MorningCommon):
    browser_size = "1366x768"

    def _work(self, hand):
        with hand.measured("15 minutes from the list"):
            hand.click(".o_service_quick_log", PRINTER)
            self._fill_line(hand, "Toner")
            hand.wait(NOTE)
        with hand.measured("a timer from the list, and its ticket"):
            hand.click(".o_service_timer_start", SOUND)
            hand.wait(TIMER)
            hand.click(".o_data_cell[name=name]", SOUND)
            hand.wait(CLOCK)
        with hand.measured("30 minutes on the ticket"):
            hand.click(".o_form_view .o_service_quick_log")
            hand.wait(DURATION)
            hand.click(".o_service_quick_log_form [data-choice='30m']")
            hand.click(".o_service_quick_log_description")
            hand.type("Cable")
            hand.press("Enter")
            hand.wait(f"!{LINE}")
        with hand.measured("close it with its timer"):
            hand.click(f".o_statusbar_status button[data-value='{self.done.id}']")
            hand.wait(WINDOW)
            hand.expect("name")
            hand.type("Tested")
            hand.click(".modal footer .btn-primary")
            hand.wait(f"!{WINDOW} && !{TIMER}")
        hand.click(".o_service_day_menu")
        hand.wait("document.querySelector('.o_service_day_hours')")

    def test_morning(self):
        self._play(self._work, "list")
        self._assert_morning("Toner", "Cable", "Tested")


@tagged("post_install", "-at_install")
class TestMorningWithKeys(MorningCommon):
    """Alt shows the keys: G logs, Z starts and stops, N is the next ticket."""

    browser_size = "1366x768"

    def _hold_alt(self, hand):
        """The help of the client shows the keys while Alt is held."""
        alt = {"key": "Alt", "code": "AltLeft", "windowsVirtualKeyCode": 18}
        hand._send(type="rawKeyDown", modifiers=ALT, **alt)
        for button in (".o_service_quick_log", ".o_service_timer_start"):
            hand.wait(f"document.querySelector('{button} .o_web_hotkey_overlay')")
        hand._send(type="keyUp", **alt)

    def _work(self, hand):
        # Past the box that selects all.
        hand.press("ArrowDown", "ArrowDown")
        hand.wait("document.activeElement.closest('.o_data_row')")
        self._hold_alt(hand)
        with hand.measured("15 minutes from the list, with keys"):
            hand.press("g", modifiers=ALT)
            self._fill_line(hand, "Speaker")
        hand.wait("document.activeElement.closest('.o_data_row')")
        hand.press("z", modifiers=ALT)
        hand.wait(TIMER)
        hand.go_to(".o_data_row td, .o_data_row input")
        hand.press("Enter")
        hand.wait(CLOCK)
        with hand.measured("the next ticket, and 5 minutes on it, with keys"):
            hand.press("n", modifiers=ALT)
            hand.wait(f"{FORM} && !{CLOCK}")
            hand.press("g", modifiers=ALT)
            self._fill_line(hand, "Toner", "5m")
        hand.press("p", modifiers=ALT)
        hand.wait(CLOCK)
        with hand.measured("stop the timer, with keys"):
            hand.press("z", modifiers=ALT)
            hand.wait(WINDOW)
            hand.expect("name")
            hand.type("Tested")
            hand.press("Enter")
            hand.wait(f"!{WINDOW} && !{TIMER}")
        hand.press("z", modifiers=ALT + SHIFT)
        hand.wait("document.querySelector('.o_service_day_hours')")
        hand.press("Escape")
        hand.press("k", modifiers=CONTROL)
        hand.wait("document.querySelector('.o_command_palette')")
        hand.press("Escape")

    def test_morning(self):
        self._play(self._work, "list")
        self.second.stage_id = self.done
        self._assert_morning("Speaker", "Toner", "Tested")


@in_long_run
@tagged("post_install", "-at_install")
class TestMorningOnThePhone(MorningCommon):
    browser_size = "390x844"
    touch_enabled = True

    def _work(self, hand):
        with hand.measured("15 minutes from a card, with a thumb"):
            hand.click(".o_service_quick_log", PRINTER)
            self._fill_line(hand, "Toner")
            hand.wait(NOTE)
        hand.click(".o_service_timer_start", SOUND)
        hand.wait(TIMER)
        hand.click(".o_service_timer_menu")
        with hand.measured("stop it in the bar, with a thumb"):
            hand.click(".o_service_timer_stop")
            self._fill_window(hand, "Called back")
        hand.click(".o_service_timer_start", SOUND)
        hand.wait(TIMER)
        hand.click(".o_kanban_record .fw-bold", SOUND)
        with hand.measured("close it with its timer, with a thumb"):
            hand.click(".o_statusbar_status .dropdown-toggle")
            hand.click(".o-dropdown-item", self.done_name)
            self._fill_window(hand, "Tested")

    def _fill_window(self, hand, description):
        hand.wait(WINDOW)
        hand.click(".modal [name=name] input")
        hand.type(description)
        hand.click(".modal footer .btn-primary, .modal-footer .btn-primary")
        hand.wait(f"!{WINDOW} && !{TIMER}")

    def test_morning(self):
        self.done_name = self.done.with_context(lang=self.agent.lang).name
        self._play(self._work, "kanban", hand_class=Thumb)
        self._assert_morning("Toner", "Called back", "Tested")

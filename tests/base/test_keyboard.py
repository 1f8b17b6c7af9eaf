# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import time

from odoo.tests import tagged
from odoo.tools.misc import file_path

from ..support.keyboard import FRAMES
from ..support.language import ADDON
from ..support.played import in_long_run
from ..support.screen_walk import ScreenWalkCommon
from ..support.screens import Screen

IDLE = 8  # stops without anything new, until a walk is over
MOMENT = 30  # seconds for the focus to go from the search to the rows below
LONGEST = 150  # a calendar that opens and closes is new each time
CALENDAR = "!!document.querySelector('.o_datetime_picker')"
IS_LEFT = (
    "!!document.querySelector('.modal') && !document.activeElement.closest('.modal')"
)
# Forms of new records that no button of a window leads to.
NEW = ("service.credit.purchase", "service.credit.recognition", "service.rate")


class KeyboardScreen(Screen):
    """The screen of a desk, without a mouse."""

    def __init__(self, browser):
        super().__init__(browser)
        with open(file_path(f"{ADDON}/static/tests/screens/keys.js")) as script:
            self.keys = script.read()

    def get_missed(self):
        """Press Tab until nothing new has the focus; return what never had it."""
        self._run(self.keys)
        idle = steps = 0
        while idle < IDLE and steps < LONGEST:
            self._step()
            idle = 0 if self._run("keys.note()") else idle + 1
            steps += 1
        return self._run("keys.missed()")

    def _step(self):
        search = "keys.isAt('.o_searchview_input')"
        if self._run(search):
            self.press("ArrowDown")  # how core gets from the search to a list
            self._run(FRAMES)
            if not self._has_left(search):
                self._run("keys.leave()")
        elif self._run("keys.isAt('[contenteditable=true]')"):
            self._run("keys.leave()")
        else:
            self.press("Tab")

    def _has_left(self, search):
        """Tell whether the focus leaves the search: a busy machine needs a moment."""
        until = time.monotonic() + (MOMENT if self._run("keys.hasRows()") else 0)
        while self._run(search):
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def close(self):
        """Leave a window; a calendar that is open takes the first Escape."""
        for _calendar_or_window in range(2):
            if self._run("!!document.querySelector('.modal')"):
                self.press("Escape")
                self._run(FRAMES)
        self.wait("!document.querySelector('.modal')")


@tagged("post_install", "-at_install")
class TestKeyboard(ScreenWalkCommon):
    """Every own screen at a desk, without a mouse: Tab leads to every control, and
    Escape out of every window."""

    browser_size = "1366x768"
    screen_class = KeyboardScreen

    def _look(self, screen, name):
        self.wrong += [f"{name} misses {control}" for control in screen.get_missed()]

    def _walk(self, screen):
        self._walk_first_focus(screen)
        super()._walk(screen)

    def _walk_first_focus(self, screen):
        """Open every window: it has the focus, and no calendar lies over it."""
        for record, method in self.windows:
            screen.press_button(record, method)
            self._look_at_focus(screen, f"{record._name}.{method}")
        for name, context in self.dialogs.items():
            screen.open_action(name, **context)
            self._look_at_focus(screen, name)
        for name in NEW:
            screen.open_form(self.env[name])
            self._look_at_focus(screen, name)

    def _look_at_focus(self, screen, name):
        if screen._run(CALENDAR):
            self.wrong.append(f"{name} opens a calendar")
        if screen._run(IS_LEFT):
            self.wrong.append(f"{name} leaves the focus behind")
        screen.close()

    @in_long_run
    def test_own_screens(self):
        self._play_own_screens()

    def test_portal(self):
        self._play_portal()

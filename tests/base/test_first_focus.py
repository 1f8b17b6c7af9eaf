# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged

from ..support.screen_walk import ScreenWalkCommon

CALENDAR = "!!document.querySelector('.o_datetime_picker')"
IN_WINDOW = "!!document.activeElement.closest('.modal')"
# Forms of new records that no button leads to.
NEW = (
    "service.credit.purchase",
    "service.credit.recognition",
    "service.rate",
)


@tagged("post_install", "-at_install")
class TestFirstFocus(ScreenWalkCommon):
    """No calendar lies over a form that was just opened, and a window has the focus."""

    browser_size = "1366x768"

    def _look(self, screen, name):
        if screen._run(CALENDAR):
            self.wrong.append(f"{name} opens a calendar")
        if screen._run("!!document.querySelector('.modal')"):
            if not screen._run(IN_WINDOW):
                self.wrong.append(f"{name} leaves the focus behind")

    def _walk(self, screen):
        for record, method in self.windows:
            screen.press_button(record, method)
            self._look(screen, f"{record._name}.{method}")
            screen.close()
        for name, context in self.dialogs.items():
            screen.open_action(name, **context)
            self._look(screen, name)
            screen.close()
        for name in NEW:
            screen.open_form(self.env[name])
            self._look(screen, name)

    def test_own_windows(self):
        self._play_own_screens()

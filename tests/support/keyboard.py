# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json
import time
from unittest.mock import patch

from odoo.tests.common import ChromeBrowser

# Name and modifiers of the keys that are pressed: Windows key codes.
CODES = {
    " ": 32,
    "ArrowDown": 40,
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "ArrowUp": 38,
    "Enter": 13,
    "Escape": 27,
    "Tab": 9,
    "c": 67,
    "g": 71,
    "k": 75,
    "n": 78,
    "p": 80,
    "s": 83,
    "z": 90,
}
ALT = 1
CONTROL = 2
SHIFT = 8
FARTHEST = 100  # stops that are worth a walk
PATIENCE = 90  # seconds to wait for anything: a page may compile its assets first

# Nobody types faster than the screen is drawn: core moves the focus when it is.
FRAMES = "new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(ok)))"


class Keyboard:
    """Real keys in a real browser: where the focus goes, the browser decides."""

    def __init__(self, browser):
        self.browser = browser

    def press(self, *keys, modifiers=0):
        """Press and release keys, one after the other."""
        for key in keys:
            text = {"Enter": "\r", " ": " "}.get(key, "")
            values = {"key": key, "code": key, "windowsVirtualKeyCode": CODES[key]}
            values["modifiers"] = modifiers
            kind = "keyDown" if text else "rawKeyDown"
            self._send(type=kind, text=text, **values)
            self._send(type="keyUp", **values)

    def type(self, text):
        """Type a text into whatever has the focus."""
        for char in text:
            self._send(type="keyDown", text=char, key=char)
            self._send(type="keyUp", key=char)

    def go_to(self, selector, modifiers=0):
        """Press Tab, or Shift and Tab, until what matches has the focus.

        :raise AssertionError: when Tab never leads there
        """
        at = f"document.activeElement?.matches({json.dumps(selector)})"
        for _stop in range(FARTHEST):
            if self._run(at):
                return
            self.press("Tab", modifiers=modifiers)
            self._run(FRAMES)
        self.wait(at, 1)

    def expect(self, name):
        """Wait until the field or button of that name has the focus."""
        self.wait(
            "document.activeElement?.closest('.o_field_widget, button')"
            f"?.getAttribute('name') === '{name}'"
        )

    def wait(self, condition, patience=PATIENCE):
        """Wait until a JavaScript expression is true.

        :raise AssertionError: with what has the focus, when it never is
        """
        until = time.monotonic() + patience
        while not self._run(f"!!({condition})"):
            if time.monotonic() > until:
                focus = self._run("document.activeElement?.outerHTML.slice(0, 200)")
                self.browser.take_screenshot()
                raise AssertionError(f"never {condition}; the focus is on {focus}")
            time.sleep(0.05)

    def _run(self, code):
        answer = self.browser._websocket_request(
            "Runtime.evaluate",
            params={"expression": code, "returnByValue": True, "awaitPromise": True},
        )
        return answer["result"].get("value")

    def _send(self, **params):
        self.browser._websocket_request("Input.dispatchKeyEvent", params=params)


def play_keys(case, play, path, ready, user, **options):
    """Open a page and let ``play(keyboard)`` do what it is opened for.

    :param case: the `HttpCase`, which speaks a ``language``
    :param ready: JavaScript that is true when the page can be played on
    """

    def run(browser, _code, _timeout, error_checker=None):
        play(Keyboard(browser))

    with patch.object(ChromeBrowser, "_wait_code_ok", run):
        case.browser_js(
            path,
            "",
            ready=ready,
            login=user.login,
            cookies={"frontend_lang": case.language},
            **options,
        )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json
import time
from contextlib import contextmanager

from .keyboard import FRAMES, PATIENCE, Keyboard, play_keys

# Where the middle of what is meant is, once it stands still and nothing covers it.
POINT = """
(async (selector, text) => {
    const find = () => [...document.querySelectorAll(selector)].find((el) => {
        const row = el.closest(".o_data_row, .o_kanban_record, tr, li") || el;
        return el.getClientRects().length && row.textContent.includes(text);
    });
    const place = (el) => {
        const box = el.getBoundingClientRect();
        return {x: box.left + box.width / 2, y: box.top + box.height / 2};
    };
    const el = find();
    if (!el) {
        return null;
    }
    el.scrollIntoView({block: "center", inline: "center"});
    const before = place(el);
    await FRAMES;
    const after = place(el);
    const stands = before.x === after.x && before.y === after.y;
    const hit = document.elementFromPoint(after.x, after.y);
    return stands && el.contains(hit) ? after : null;
})
""".replace("FRAMES", FRAMES)


class Hand(Keyboard):
    """A real mouse in a real browser, beside its keyboard. It counts its clicks."""

    def __init__(self, browser):
        super().__init__(browser)
        self.clicks = 0

    def click(self, selector, text=""):
        """Click what matches, in the row or on the card that contains a text.

        :raise AssertionError: when it never comes into sight
        """
        x, y = self._find(selector, text)
        self.clicks += 1
        self._press_at(x, y)

    @contextmanager
    def measured(self, name):
        """Print how many clicks and seconds something took."""
        begin, clicks = time.monotonic(), self.clicks
        yield
        print(
            f"{name}: {self.clicks - clicks} clicks, {time.monotonic() - begin:.1f} s"
        )

    def _find(self, selector, text):
        code = f"{POINT}({json.dumps(selector)}, {json.dumps(text)})"
        until = time.monotonic() + PATIENCE
        while not (point := self._run(code)):
            if time.monotonic() > until:
                self.browser.take_screenshot()
                raise AssertionError(f"never in sight: {selector} {text}")
            time.sleep(0.05)
        return point["x"], point["y"]

    def _press_at(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.browser._websocket_request(
                "Input.dispatchMouseEvent",
                params={
                    "type": kind,
                    "x": x,
                    "y": y,
                    "button": "left",
                    "clickCount": 1,
                },
            )


class Thumb(Hand):
    """A thumb on a phone: it taps, and reaches what it can scroll to."""

    def _press_at(self, x, y):
        for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
            self.browser._websocket_request(
                "Input.dispatchTouchEvent",
                params={"type": kind, "touchPoints": points},
            )


def play_hand(case, play, path, ready, user, hand_class=Hand, **options):
    """Open a page and let ``play(hand)`` do what it is opened for; see `play_keys`."""
    play_keys(
        case,
        lambda keyboard: play(hand_class(keyboard.browser)),
        path,
        ready,
        user,
        **options,
    )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Words for the person at the terminal: steps that take long, and problems."""

import contextlib
import sys
import threading
import time

STILL_EVERY = 15  # seconds between two signs of life


class Problem(Exception):
    """Something the person can act on; shown as one sentence, exit code 1."""


def tell(text):
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text):
    """Say what is going on now, again every few seconds, and how long it took."""
    start = time.monotonic()
    done = threading.Event()

    def still():
        while not done.wait(STILL_EVERY):
            tell(f"   … {text} ({time.monotonic() - start:.0f} s)")

    tell(f"-> {text}")
    threading.Thread(target=still, daemon=True).start()
    try:
        yield
    finally:
        done.set()
    seconds = time.monotonic() - start
    if seconds >= 2:
        tell(f"   {text}: {seconds:.0f} s")

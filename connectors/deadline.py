# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""An end to waiting that the other side cannot put off."""

import socket
import threading
import time
from contextlib import contextmanager, suppress


class Deadline:
    """Hangs up on the other side when its time is over.

    A read that waits for one more byte cannot look at the clock, and a time-out of
    the socket starts again with each byte. So a timer ends the connection itself:
    during the handshake, in the headers, in a body and in a chunk alike.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.line = None
        self.passed = False
        self.until = 0.0

    def watch(self, line: socket.socket):
        """Hang up on this connection, from now on instead of an earlier one.

        What is kept is a duplicate: TLS takes the descriptor of the original away.
        """
        with self.lock:
            self._forget()
            self.line = line.dup()
            if self.passed:
                self._hang_up()

    @contextmanager
    def limit(self, seconds: float):
        """Hang up when the block takes longer; ``passed`` tells whether it did."""
        self.passed = False
        self.until = time.monotonic() + seconds
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def wait(self, seconds: float) -> bool:
        """Wait, unless the deadline would pass meanwhile.

        :return: whether it was waited
        """
        if time.monotonic() + seconds >= self.until:
            return False
        time.sleep(seconds)
        return True

    def close(self):
        with self.lock:
            self._forget()

    def _expire(self):
        with self.lock:
            self.passed = True
            self._hang_up()

    def _hang_up(self):
        if self.line is not None:
            with suppress(OSError):  # the other side was faster
                self.line.shutdown(socket.SHUT_RDWR)

    def _forget(self):
        if self.line is not None:
            self.line.close()
            self.line = None

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Odoo serving one database, from the start to the end of a `with` block."""

import contextlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

from . import databases, say
from .say import Problem

START_LIMIT = 180  # seconds for the server to answer


@contextlib.contextmanager
def serving(command, env, log, url):
    """Start Odoo, wait until it answers, and end it afterwards.

    :yield: the process
    :raise Problem: when it does not start
    """
    with open(log, "w") as words:
        # In a session of its own: Ctrl-C reaches us alone, and we end it.
        process = subprocess.Popen(
            [str(part) for part in command],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with say.step("Starting the web client"):
            wait(process, url, log)
        yield process
    finally:
        _end(process)


def wait_for_words(process, log, words, start):
    """Wait until the log has these words after that place."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        if words in log.read_text()[start:]:
            return
        time.sleep(0.3)
    raise Problem(f"Odoo never said “{words}” (see {log}).")


def wait(process, url, log):
    """Wait until the server answers.

    :raise Problem: when it ends, fails or stays silent
    """
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Problem(
                f"Odoo did not start: {databases.last_error(log)} (see {log})"
            )
        try:
            with urllib.request.urlopen(f"{url}/web/login", timeout=60):
                return
        except urllib.error.HTTPError as error:
            raise Problem(
                f"Odoo answers with an error {error.code} (see {log})"
            ) from error
        except OSError:
            time.sleep(0.3)
    raise Problem(f"Odoo did not answer in {START_LIMIT} s (see {log}).")


def _end(process):
    for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue

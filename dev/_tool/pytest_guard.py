# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Pytest plugin: a browser test that could not run has failed.

Odoo skips a browser test when the browser is missing, crashes or does not answer
in ten seconds, which a busy machine with two cores needs at times.
"""

import pytest

PATIENCE = 60  # seconds for the browser to start
# Seconds a request may wait for another one: the first compiles the client's assets,
# and those that gave up meanwhile leave a blank page behind.
TURN = 180


def pytest_sessionstart(session):
    from odoo.tests import common

    common.CHECK_BROWSER_ITERATIONS = int(PATIENCE / common.CHECK_BROWSER_SLEEP)
    common.BaseCase.test_cursor_lock_timeout = TURN


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    from odoo.tests import HttpCase

    report = yield
    is_browser_test = isinstance(getattr(item, "instance", None), HttpCase)
    if is_browser_test and report.skipped and call.when == "call":
        reason = report.longrepr[-1] if report.longrepr else ""
        report.outcome = "failed"
        report.longrepr = f"The browser test did not run. {reason}"
    return report

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Pytest plugin of the long run: notes how many cases each test class has tried, and
for how long; shows a failure when it happens, and not an hour later."""

import json
import os
from collections import Counter

CASES = Counter()
SECONDS = Counter()


def pytest_sessionstart(session):
    from odoo.tests import common

    whole = common.BaseCase.subTest

    def counted(self, *args, **kwargs):
        CASES[type(self).__name__] += 1
        return whole(self, *args, **kwargs)

    common.BaseCase.subTest = counted
    # The processes that play the tests have no terminal.
    if terminal := session.config.pluginmanager.get_plugin("terminalreporter"):
        session.config.pluginmanager.register(Failures(terminal))


class Failures:
    def __init__(self, terminal):
        self.terminal = terminal

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.terminal.write_line(f"\n{report.nodeid} ({report.when})")
            self.terminal.write_line(report.longreprtext)


def pytest_runtest_makereport(item, call):
    SECONDS[item.cls.__name__ if item.cls else item.name] += call.duration


def pytest_sessionfinish(session):
    with open(os.environ["HELPDESK_PLAYED"], "a", encoding="utf-8") as file:
        for name, cases in CASES.items():
            file.write(json.dumps(["cases", name, {"cases": cases}]) + "\n")
        for name, seconds in SECONDS.items():
            file.write(json.dumps(["time", name, {"seconds": round(seconds)}]) + "\n")

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What bench/size says of an operation, and that it asks what the web client asks."""

import importlib
import sys
from datetime import date

from dateutil.relativedelta import relativedelta

from odoo.fields import Domain
from odoo.tests import BaseCase, tagged

from ..support.common import ServiceCreditCommon
from ..support.language import ADDON
from ..support.rooms import ROOT


def load(folder, name):
    """Return a module of the project's tools."""
    sys.path.insert(0, str(ROOT / folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / folder))


def measured(small, large, kind="screen", error=""):
    sides = {
        name: {
            "seconds": None if error else seconds,
            "p95": seconds,
            "sql": seconds,
            "queries": 3,
            "error": error,
        }
        for name, seconds in (("small", small), ("large", large))
    }
    return {"name": "timesheets list", "user": "agent", "kind": kind, **sides}


@tagged("post_install", "-at_install")
class TestVerdict(BaseCase):
    def setUp(self):
        super().setUp()
        self.verdict = load("dev", "_tool.verdict")

    def _judge(self, *args, **kwargs):
        return self.verdict.judge(measured(*args, **kwargs))["verdict"]

    def test_a_verdict_follows_ratio_and_seconds(self):
        for small, large, kind, expected in (
            (0.1, 0.1, "screen", "flat"),
            (0.1, 0.19, "screen", "ok"),
            (0.01, 0.7, "screen", "ok"),
            (0.01, 0.71, "screen", "grows"),
            (0.01, 0.9, "page", "ok"),
            (0.01, 1.9, "report", "ok"),
            (0.01, 2.1, "report", "slow"),
            (0.01, 2.1, "screen", "slow"),
            (0.01, 5.0, "report", "**breaks**"),
            (1.1, 1.2, "screen", "ok"),
            (0.1, 60, "once", "once"),
        ):
            with self.subTest(small=small, large=large, kind=kind):
                self.assertEqual(self._judge(small, large, kind), expected)

    def test_what_fails_is_told_from_what_is_refused(self):
        self.assertEqual(self._judge(1, 1, error="AccessError: no"), "refused")
        self.assertEqual(self._judge(1, 1, error="ValueError: no"), "fails")

    def test_a_table_shows_every_figure(self):
        rows = [self.verdict.judge(measured(0.05, 2.0))]
        line = self.verdict.table(rows).splitlines()[-1]
        self.assertEqual(
            line,
            "| timesheets list | agent | 50 ms | 2.0 s | 40.0 | 3 → 3 "
            "| 2.0 s / 0 ms | 2.0 s | slow |",
        )


@tagged("post_install", "-at_install")
class TestScreens(ServiceCreditCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.screen = load("bench/provider", "screen")
        tickets = [cls._create_ticket(), cls._create_ticket()]
        cls.entries = cls.env["account.analytic.line"].create(
            [
                {
                    "ticket_id": ticket.id,
                    "name": "Call",
                    "unit_amount": hours,
                    "employee_id": cls.employee.id,
                    "is_billable": False,
                }
                for ticket in tickets
                for hours in (1, 2)
            ]
        )

    def _open(self, action, view=None, **options):
        mine = [("id", "in", self.entries.ids)]
        screen = self.screen.Screen(
            self.env, f"{ADDON}.{action}", view, domain=mine, **options
        )
        return screen.load()

    def test_lists_groups_and_pivots_ask_for_all_that_is_shown(self):
        action = "account_analytic_line_action_ticket"
        self.assertEqual(self._open(action, filters=[]), 4)
        self.assertEqual(self._open(action, "list", filters=[], by=["ticket_id"]), 2)
        # All, by row, by column, by both.
        cells = self._open(action, "pivot", filters=[], by=["ticket_id"])
        self.assertGreaterEqual(cells, 1 + 2 + 1 + 2)

    def test_filters_an_action_opens_with_are_applied(self):
        action = "account_analytic_line_action_overage"
        screen = self.screen.Screen(self.env, f"{ADDON}.{action}")
        plain = self.screen.Screen(self.env, f"{ADDON}.{action}", filters=[])
        waiting = Domain("coverage", "=", "overage")
        self.assertEqual(screen.domain, plain.domain & waiting)

    def test_periods_of_filters_are_those_of_the_web_client(self):
        start = date.today().replace(day=1)
        following = start + relativedelta(months=1)
        self.assertEqual(
            self.screen._period("date", "month"),
            Domain("date", ">=", start) & Domain("date", "<", following),
        )

    def test_a_form_reads_the_first_page_of_its_lists(self):
        form = self.screen.FormScreen(self.env, "helpdesk.ticket")
        ticket = self.entries[0].ticket_id
        self.assertEqual(form.fields["timesheet_ids"]["limit"], 40)
        shown = form.open(ticket.id)["timesheet_ids"]
        self.assertEqual([row["unit_amount"] for row in shown], [2, 1])

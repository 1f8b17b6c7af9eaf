# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""CONTRIBUTING.md names what exists, and the walks that are taken."""

import ast
import re
import sys
from contextlib import contextmanager
from fnmatch import fnmatch

from odoo import fields
from odoo.tests import BaseCase, tagged

from ..support.funding import FundingCommon
from ..support.rooms import ROOT
from ..support.sync import CycleCase

PAGE = ROOT / "CONTRIBUTING.md"
WALKS = "## Two walks"
PLACES = "## Where to change what"
MOST_FILES = 5
ENTRY = "time/account_analytic_line.py"


def rows(heading):
    """Return the cells of each row of the tables below a heading."""
    text = PAGE.read_text().split(heading)[1].split("\n## ")[0]
    cells = [line.split("|")[1:-1] for line in text.splitlines() if line[:2] == "| "]
    return [row for row in cells if row[1].strip(" -") and "`" in row[1]]


def stops(text):
    """Yield the file and the name of each function that a cell names, in order.

    A file without a folder is beside the one before it; `<kind>` stands for any word.
    """
    place = ""
    for word in re.findall(r"`([^`]+)`", text):
        word = re.sub(r"<\w+>", "*", word)
        if word.endswith(".py"):
            place = word if "/" in word else f"{place.rpartition('/')[0]}/{word}"
            yield place, None
        elif place and re.fullmatch(r"[\w.]+", word):
            yield place, word.rpartition(".")[2]


def find(place):
    """Return the files of a place, which begins in the addon or in `models/`."""
    place = place.strip("/")
    return [
        *ROOT.glob(place),
        *ROOT.glob(f"models/{place}"),
        *ROOT.glob(f"*/*/{place}"),
    ]


@contextmanager
def calls_noted():
    """Note every function of the addon that is called: its file, name and caller."""
    calls, before = [], sys.getprofile()

    def note(frame, event, _argument):
        code = frame.f_code
        if event == "call" and "helpdesk_service_credit/" in code.co_filename:
            caller = frame.f_back.f_code.co_filename
            calls.append((code.co_filename, code.co_name, caller))

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def names_in(path):
    """Return the names that a file defines, of functions, fields and constants."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


class WalkMixin:
    def assertWalk(self, calls, title):
        """The stops of a walk were called, in the order of its table, in few files."""
        table = rows(WALKS)
        starts = [at for at, row in enumerate(table) if row[0].strip() == "1"]
        first = starts[title]
        after = starts[title + 1] if title + 1 < len(starts) else len(table)
        taken, files = iter(calls), set()
        for row in table[first:after]:
            for place, name in stops(row[1]):
                files.add(place)
                self.assertTrue(
                    name is None
                    or any(
                        called == name and fnmatch(path, f"*/{place.strip('/')}")
                        for path, called, _caller in taken
                    ),
                    f"{place}: {name} is no stop after those before it",
                )
        self.assertLessEqual(len(files), MOST_FILES, files)


@tagged("post_install", "-at_install")
class TestContributing(BaseCase):
    def test_every_place_exists(self):
        for row in [*rows(WALKS), *rows(PLACES)]:
            for place, name in stops(row[1]):
                with self.subTest(place=place, name=name):
                    found = find(place)
                    self.assertTrue(found, "no such file")
                    known = {text for path in found for text in names_in(path)}
                    self.assertTrue(name is None or name in known, "no such name")


@tagged("post_install", "-at_install")
class TestWalkOfAnEntry(WalkMixin, FundingCommon):
    def test_the_walk_is_taken(self):
        """From `create` to its rows: each stop in order, none enters it again."""
        self._buy(2)
        item = self._sell()
        self.ticket.sale_line_id = item
        with calls_noted() as calls:
            self._work(3)
        self.assertEqual(
            self._pieces(),
            [
                ("credits", 2, 2, self.env["sale.order.line"]),
                ("sale_line", 1, 0, item),
            ],
        )
        self.assertWalk(calls, 0)
        # Core notes the cost by `write`.
        entered = [
            name
            for path, name, caller in calls
            if path.endswith(f"models/{ENTRY}")
            and name in ("create", "write")
            and "helpdesk_service_credit/models/" in caller
        ]
        self.assertEqual(entered, [])


@tagged("post_install", "-at_install")
class TestWalkOfAPage(WalkMixin, CycleCase):
    def test_the_walk_is_taken(self):
        self.source.next_sync = fields.Datetime.now()
        with calls_noted() as calls:
            self.env["service.sync.source"]._cron_sync()
        self.assertEqual(self.source.last_run_id.read_count, 7)
        self.assertWalk(calls, 1)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The pages people read lead somewhere."""

import re
import subprocess
import sys
from collections import defaultdict

from odoo.tests import BaseCase, tagged

from ..support.rooms import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:^|`)((?:dev|bench)/[a-z]+)\b([^`#\n]*)", re.MULTILINE)
LONE_OPTION = re.compile(r"`(--[a-z]+)")


def get_anchors(text):
    """Return the anchors of the headings of a page."""
    headings = re.findall(r"(?m)^#+ (.*)$", text)
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
        for heading in headings
    }


def find_dead(page):
    """Return the links of a page to files or headings that do not exist."""
    dead = []
    for link in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        name, _hash, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if (
            not target.exists()
            or anchor
            and anchor not in get_anchors(target.read_text())
        ):
            dead.append(link)
    return dead


def find_commands(page):
    """Return ``{command: options}`` of the project's commands that a page shows; the
    options that stand alone belong to any of them."""
    text, commands = page.read_text(), defaultdict(set)
    for command, rest in COMMAND.findall(text):
        commands[command].update(re.findall(r"--[a-z]+", rest))
    return commands, set(LONE_OPTION.findall(text))


def get_options(command):
    """Return the options a command knows, as its help tells them."""
    done = subprocess.run(
        [sys.executable, str(ROOT / command), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"--[a-z]+", done.stdout))


@tagged("post_install", "-at_install")
class TestPages(BaseCase):
    def test_links_lead_somewhere(self):
        for page in PAGES:
            with self.subTest(page=page.name):
                self.assertEqual(find_dead(page), [])

    def test_every_page_is_reached_from_the_readme(self):
        linked = {link.partition("#")[0] for link in LINK.findall(PAGES[0].read_text())}
        pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
        self.assertEqual(pages - linked, set())

    def test_a_dead_link_is_found(self):
        page = ROOT / "README.md"
        self.assertIn("install-it-into-your-own-odoo", get_anchors(page.read_text()))
        self.assertNotIn("nowhere", get_anchors(page.read_text()))

    def test_commands_are_there_and_know_their_options(self):
        shown, alone, known = defaultdict(set), set(), set()
        for page in PAGES:
            commands, lone = find_commands(page)
            alone |= lone
            for command, options in commands.items():
                shown[command] |= options
        self.assertIn("--long", shown["dev/test"], "the pages were read")
        for command, options in shown.items():
            with self.subTest(command=command):
                self.assertTrue((ROOT / command).exists())
                is_told = options or command == "dev/demo"  # in a table of its own
                found = get_options(command) if is_told else set()
                known |= found
                self.assertEqual(options - found, set())
        self.assertEqual(alone - known, set())

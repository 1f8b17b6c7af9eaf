# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The pages people read lead somewhere."""

import re

from odoo.tests import BaseCase, tagged

from ..support.rooms import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")


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

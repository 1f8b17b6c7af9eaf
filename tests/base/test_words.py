# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What people read is written in the words of docs/glossary.md."""

import io
import re

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

from ..support.rooms import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"
PAGES = ("README.md", "CONTRIBUTING.md", "docs/*.md")
FOLDERS = (
    "connectors",
    "controllers",
    "data",
    "models",
    "report",
    "security",
    "static/src",
    "tools",
    "views",
    "wizards",
)
# Words of comments that make people read a sentence twice.
IN_SOURCES = re.compile(r"\b(?:whoever|somebody|for who(?! in\b))\b", re.IGNORECASE)


def get_banned():
    """Return the phrases of the last column of the glossary."""
    rows = [
        line.strip("|").split("|")
        for line in GLOSSARY.read_text().splitlines()
        if line.startswith("| ")
    ]
    phrases = [phrase.strip() for row in rows for phrase in row[-1].split(",")]
    return {phrase for phrase in phrases if phrase not in ("", "---", "not")}


def find_banned(text):
    """Return the phrases in a text, in whatever case and across lines."""
    phrases = "|".join(map(re.escape, sorted(get_banned())))
    words = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    return re.findall(rf"\b(?:{phrases})\b", words, re.IGNORECASE)


@tagged("post_install", "-at_install")
class TestWords(TransactionCase):
    def test_the_glossary_is_read(self):
        """Or nothing could be found."""
        self.assertGreater(len(get_banned()), 20)
        self.assertEqual(
            find_banned("For  WHO is\n told of a lottery? <b>whoever</b>"),
            ["For WHO", "told", "whoever"],
        )

    def test_screens_and_messages(self):
        buffer = io.BytesIO()
        trans_export(False, ["helpdesk_service_credit"], buffer, "po", self.env)
        terms = {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}
        self.assertGreater(len(terms), 1000)
        found = {term: find_banned(term) for term in terms}
        self.assertEqual({term: words for term, words in found.items() if words}, {})

    def test_pages(self):
        for pattern in PAGES:
            for page in ROOT.glob(pattern):
                with self.subTest(page=page.name):
                    text = "" if page == GLOSSARY else page.read_text()
                    self.assertEqual(find_banned(text), [])

    def test_comments(self):
        sources = [
            path
            for folder in FOLDERS
            for path in (ROOT / folder).rglob("*")
            if path.suffix in (".py", ".xml", ".js", ".scss")
        ]
        self.assertGreater(len(sources), 200)
        found = {
            str(path.relative_to(ROOT)): IN_SOURCES.findall(path.read_text())
            for path in sources
        }
        self.assertEqual({path: words for path, words in found.items() if words}, {})

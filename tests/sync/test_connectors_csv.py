# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""CSV files as they are found: encodings, separators, broken lines."""

import codecs
from datetime import datetime

from odoo.tests import tagged

from ...connectors import ConnectorError
from ...connectors.csv_file import CsvConnector
from ..support.peers import http_peer
from ..support.sync import ConnectorCase

TEXT = "id;changed;name\n1;2026-01-02;Ștefan\n2;2026-01-03;Ana\n"


@tagged("post_install", "-at_install")
class TestCsv(ConnectorCase):
    def connector(self, content=b"", **settings):
        if isinstance(content, str):
            content = content.encode()
        settings = {"file": content, **settings}
        connector = CsvConnector(settings, ["id", "name"], "id", "changed")
        self.addCleanup(connector.close)
        return connector

    def rows(self, *args, **settings):
        connector = self.connector(*args, **settings)
        return [row for page in connector.fetch() for row in page.rows]

    def names(self, *args, **settings):
        return [row.values.get("name") for row in self.rows(*args, **settings)]

    def test_encodings_are_found(self):
        expected = ["Ștefan", "Ana"]
        self.assertEqual(self.names(TEXT), expected)
        self.assertEqual(self.names(codecs.BOM_UTF8 + TEXT.encode()), expected)
        self.assertEqual(self.names(TEXT.encode("utf-16")), expected)
        self.assertEqual(
            self.names(TEXT.encode("iso8859-16"), encoding="iso8859-16"), expected
        )
        western = TEXT.replace("Ștefan", "Müller").encode("cp1252")
        self.assertEqual(self.names(western), ["Müller", "Ana"])

    def test_separators_are_found(self):
        for delimiter in ",;\t|":
            with self.subTest(delimiter=delimiter):
                text = TEXT.replace(";", delimiter)
                self.assertEqual(self.names(text), ["Ștefan", "Ana"])
        self.assertEqual(self.names(TEXT, delimiter=";"), ["Ștefan", "Ana"])
        tabs = TEXT.replace(";", "\t")
        self.assertEqual(self.names(tabs, delimiter="\\t"), ["Ștefan", "Ana"])

    def test_rows_carry_the_line_they_stand_on(self):
        text = 'id,name\r\n1,"two\r\nlines"\r\n\r\n2,b\r\n'
        self.assertEqual([row.number for row in self.rows(text)], [3, 5])

    def test_one_broken_byte_is_one_bad_row(self):
        content = b"id,name\n1,good\n2,b\n3,fine\n".replace(b",b", b",b\xff")
        rows = self.rows(content, encoding="utf-8")
        self.assertEqual([bool(row.error) for row in rows], [False, True, False])
        self.assertIn("Line 3 cannot be read as utf-8", self.sentence(rows[1]))
        rows[1].values["name"].encode()  # can be stored

    def sentence(self, row):
        template, values = row.error
        return template % values

    def test_lines_of_another_width_are_bad_rows(self):
        rows = self.rows("id,name\n1,a,b\n2\n3,c\n4,d,,\n")
        self.assertIn("Line 2 has 3 columns", self.sentence(rows[0]))
        self.assertEqual(
            [(row.values["name"], row.error) for row in rows[1:]],
            [("", None), ("c", None), ("d", None)],
            "spreadsheets leave out empty cells at the end, or add some",
        )

    def test_nul_and_unclosed_quote(self):
        rows = self.rows(b'id,name\n1,a\x00b\n2,c\n3,"open\n4,lost\n')
        self.assertEqual([bool(row.error) for row in rows], [True, False, True])

    def test_giant_cell_is_one_bad_row(self):
        rows = self.rows("id,name\n1," + "x" * 200_000 + "\n2,b\n")
        self.assertTrue(rows[0].error)
        self.assertEqual(rows[-1].values["name"], "b")

    def test_formulas_stay_text(self):
        formula = '=HYPERLINK("http://x")'
        rows = self.rows(f'id,name\n1,"{formula.replace(chr(34), chr(34) * 2)}"\n')
        self.assertEqual(rows[0].values["name"], formula)

    def test_what_is_no_csv(self):
        table = {
            "is empty": {"content": b"\n"},
            "Upload a CSV file": {"content": b""},
            "no column “id”: its columns are ID, Cust, N, ?.": {
                "content": b"ID,Cust,,N,\xe3\n1,2,3,4,5\n",
                "encoding": "utf-8",
            },
            "no column “id”: its columns are a b.": {"content": b"a b\n1\n"},
            "appears twice": {"content": b"id,name,name\n1,2,3\n"},
            "cannot separate columns": {"content": TEXT, "delimiter": "ab"},
            "isn't a known text encoding": {"content": TEXT, "encoding": "zip"},
            "“klingon” isn't": {"content": TEXT, "encoding": "klingon"},
            "cannot be read as utf-16": {"content": b"abc", "encoding": "utf-16-le"},
        }
        for expected, settings in table.items():
            with self.subTest(expected=expected):
                self.assertIn(expected, self.refused(self.connector(**settings)))

    def test_position_is_the_newest_row_at_the_end(self):
        text = "id,changed\n1,2026-01-05\n2,2026-01-03\n"
        connector = self.connector(text)
        pages = list(connector.fetch())
        self.assertIsNone(pages[0].position)
        self.assertEqual(pages[-1].position.changed_at, datetime(2026, 1, 5))

    def test_fetched_file(self):
        def script(handler, request):
            handler.send(TEXT.encode(), kind="text/csv")

        with http_peer(script) as peer:
            self.assertEqual(self.names(url=peer.url), ["Ștefan", "Ana"])

    def test_broken_off_file_delivers_nothing(self):
        def script(handler, request):
            handler.send(TEXT.encode() * 100, kind="text/csv", length=10**6)

        with http_peer(script) as peer:
            pages = []
            with self.assertRaisesRegex(ConnectorError, "broke off"):
                pages.extend(self.connector(url=peer.url).fetch())
        self.assertFalse(pages)

    def test_too_large_file(self):
        with http_peer(lambda h, r: h.send(b"x" * 3 * 1024**2)) as peer:
            connector = self.connector(url=peer.url)
            connector.max_file_bytes = 2 * 1024**2
            self.assertIn("larger than 2 MB", self.refused(connector))

    def test_pages(self):
        text = "id\n" + "\n".join(map(str, range(2500))) + "\n"
        sizes = [len(page.rows) for page in self.connector(text).fetch()]
        self.assertEqual(sizes, [1000, 1000, 500, 0])

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Tables as people make them: titles, totals, workbooks, durations without a unit."""

import io
import random
import zipfile
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import tagged

from ...connectors import ValueRefused
from ...connectors.csv_file import CsvConnector
from ...connectors.durations import (
    UNITS,
    fitting_units,
    read_hours,
    read_number,
    unit_of_name,
    unit_of_values,
)
from ...connectors.styles import find_date_order, find_separator
from ...connectors.values import NO_END, parse_date, parse_deleted, parse_end
from ...connectors.xlsx_file import find_currency
from ..support.sync import ConnectorCase, workbook


@tagged("post_install", "-at_install")
class TestTables(ConnectorCase):
    def rows(self, content, fields=("id", "name"), id_field="id", **settings):
        if isinstance(content, str):
            content = content.encode()
        connector = CsvConnector({"file": content, **settings}, fields, id_field)
        self.addCleanup(connector.close)
        return [row for page in connector.fetch() for row in page.rows]

    def test_header_below_titles_and_total_at_the_end(self):
        text = "Firm\nList of May;;\n;;\nid;name;sum\n1;a;2,5\n2;b;3,5\n;Summe;6,0\n"
        rows = self.rows(text)
        self.assertEqual([row.values["id"] for row in rows], ["1", "2"])
        self.assertEqual([row.number for row in rows], [5, 6])

    def test_row_without_id_among_others_is_no_total(self):
        rows = self.rows("id,name,sum\n1,a,2\n,Total,2\n2,b,3\n,c,4\n")
        self.assertEqual([row.values["id"] for row in rows], ["1", "", "2", ""])

    def test_header_line_can_be_told(self):
        text = "id,name\nid,name\n1,a\n"
        self.assertEqual([r.values["id"] for r in self.rows(text)], ["id", "1"])
        rows = self.rows(text, header_line=2)
        self.assertEqual([r.values["id"] for r in rows], ["1"])
        connector = CsvConnector({"file": b"id\n1\n", "header_line": 9}, ["id"], "id")
        self.assertIn("no line 9", self.refused(connector))

    def test_line_that_tells_the_separator(self):
        rows = self.rows("\ufeffsep=|\nid|name\n1|a,b;c\n")
        self.assertEqual([row.values["name"] for row in rows], ["a,b;c"])

    def test_repeated_columns_matter_only_if_mapped(self):
        text = "id,name,tag,tag,tag\n1,a,x,y,z\n"
        row = self.rows(text)[0]
        self.assertEqual(
            [row.values[n] for n in ("tag", "tag (2)", "tag (3)")], list("xyz")
        )
        connector = CsvConnector({"file": text.encode()}, ["id", "tag"], "id")
        self.assertIn("“tag” appears twice", self.refused(connector))

    def test_text_that_a_spreadsheet_protects(self):
        self.assertEqual(self.rows('id,name\n"=""0012""",a\n')[0].values["id"], "0012")

    def test_workbook(self):
        content = workbook(
            ["Our packages"],
            [],
            ["id", "name", "hours", "day"],
            [7, "Žak", 1.5, date(2026, 5, 4)],
            ["00012", "b", timedelta(hours=25, minutes=30), None],
            [None, "Total", 27],
        )
        rows = self.rows(content)
        self.assertEqual(
            [list(row.values.values()) for row in rows],
            [[7, "Žak", 1.5, "2026-05-04"], ["00012", "b", "25:30:00", ""]],
        )

    def test_currency_of_a_format(self):
        table = {
            '#,##0.00\\ "€"': "€",
            "_-* #,##0.00\\ [$€-407]_-;-* #,##0.00\\ [$€-407]_-": "€",
            "[$CHF-807] #,##0.00": "CHF",
            '#,##0.00 "lei"': "lei",
            "[$$-409]#,##0.00;[RED]-[$$-409]#,##0.00": "USD",
            "[$$-1009]#,##0": "CAD",
            "[$$-80A]#,##0": "MXN",
            "[$kr-414] #,##0": "NOK",
            "[$kr.-406] #,##0": "DKK",
            "[$$-en-AU]#,##0": "AUD",
            "[$£-409]#,##0": "£",
            "[$$-xx]#,##0": "$",
            '"$"#,##0.00': "$",
            "$#,##0.00": "$",
            "[$-409]#,##0.00": "",
            '0.0 "Std"': "",
            '0.00"h";[Red]-0.00"€"': "",
            "General": "",
            "[h]:mm": "",
        }
        for style, mark in table.items():
            self.assertEqual(find_currency(style), mark, style)

    def test_broken_workbook_is_one_sentence(self):
        good = workbook(["id"], [1])
        for seed in range(30):
            chance = random.Random(seed)
            data = bytearray(good)
            for _time in range(chance.randint(1, 40)):
                data[chance.randrange(4, len(data))] = chance.randrange(256)
            connector = CsvConnector({"file": bytes(data)}, ["id"], "id")
            try:
                list(connector.fetch())
            except Exception as error:  # any other would stop the system unexplained
                self.assertEqual(type(error).__name__, "ConnectorError", seed)
            connector.close()


@tagged("post_install", "-at_install")
class TestDurations(ConnectorCase):
    def test_what_tells_its_unit(self):
        table = {
            "01:30:00": 1.5,
            "25:30:00": 25.5,
            "00:00:36": 0.01,
            "1 day, 2:00:00": 26,
            "PT1H30M": 1.5,
            "pt45m": 0.75,
            "P1DT1H30M": 25.5,
            "P0Y0M0DT1H30M0S0F": 1.5,
            "2 Std": 2,
            "1 Std. 30 Min.": 1.5,
            "1,5 heures": 1.5,
            "1,5 uur": 1.5,
            "1 ora 30 minuti": 1.5,
            "90 sec": 0.025,
            "1h 30m": 1.5,
        }
        for text, hours in table.items():
            self.assertEqual(read_hours(text), hours, text)
        for text in ("soon", "", "1:30", "5400", "P", "PT", "P1M", "1d 2h", "-0:30:00"):
            self.assertIsNone(read_hours(text), text)

    def test_units_of_bare_numbers(self):
        table = {
            ("5400", "seconds"): 1.5,
            (20, "seconds"): 20 / 3600,
            ("15.0", "minutes"): 0.25,
            ("0,0625", "days"): 1.5,
            ("0,006944444", "days"): 1 / 6,
            ("1,0625", "days"): 25.5,
            ("6,94E-03", "days"): 600 / 3600,
            ("0,17", "hours"): 0.17,
            ("1:30:00", "minutes"): 1.5,
        }
        for (value, unit), hours in table.items():
            self.assertAlmostEqual(read_hours(value, unit), hours, 3, msg=value)

    def test_unit_of_a_name(self):
        table = {
            "timeSpentSeconds": "seconds",
            "duration_minutes": "minutes",
            "Duration (h)": "hours",
            "Stunden gekauft": "hours",
            "Time (decimal)": "hours",
            "Dauer": "",
            "Time Spent": "",
            "hours or minutes": "",
        }
        for name, unit in table.items():
            self.assertEqual(unit_of_name(name), unit, name)

    def test_unit_of_all_values(self):
        table = {
            ("15.0", "30.0", "5.0"): "minutes",
            ("5400", "600", "20"): "seconds",
            ("0.0625", "0.006944444", "1.0625", "0.25"): "days",
            ("1.5", "0.25"): "hours",
            ("0.17", "20"): "hours",
            ("0.25", "0.5"): "",
            ("1", "2", "3"): "",
            ("600", "900"): "",
            ("90",): "",
            (): "",
        }
        for values, unit in table.items():
            self.assertEqual(unit_of_values(map(Decimal, values)), unit, values)
        self.assertEqual(unit_of_values([Decimal("0.5")], is_file=False), "hours")
        self.assertEqual(
            fitting_units([Decimal("0.5")]), ["hours", "days"], "both are shown"
        )

    def test_any_text_is_read_or_refused(self):
        chance = random.Random(7)
        letters = "0123456789.,:;-+ PTHMSDpthms\n\t°٣½eE%'hminstd\u0000\ud800"
        for _time in range(4000):
            text = "".join(chance.choices(letters, k=chance.randint(0, 14)))
            for unit in ("auto", *UNITS):
                try:
                    hours = read_hours(text, unit)
                except ValueRefused:
                    continue
                self.assertIsInstance(hours, (float, type(None)), repr(text))
            read_number(text)
            find_separator([text])
            find_date_order([text])


@tagged("post_install", "-at_install")
class TestStyles(ConnectorCase):
    def test_decimal_sign_of_all_numbers(self):
        self.assertEqual(find_separator(["10,000", "1.250,00", "95,00 €", "20"]), ",")
        self.assertEqual(find_separator(["10,000", "7.5"]), ".")
        self.assertEqual(find_separator(["10,000", "1,234"]), "")
        self.assertEqual(find_separator(["1,5", "1.5"]), "", "they contradict")

    def test_order_of_all_dates(self):
        self.assertEqual(find_date_order(["10/05/2026", "10/15/2026"]), "mdy")
        self.assertEqual(find_date_order(["10/05/2026", "15/10/2026"]), "dmy")
        self.assertEqual(find_date_order(["10/05/2026"]), "")
        dates = ["10/05/2026", "15.10.2026"]
        self.assertEqual(find_date_order(dates, like="10/05/2026"), "")
        self.assertEqual(find_date_order(dates, like="15.10.2026"), "dmy")
        self.assertEqual(find_date_order(["15/10/2026", "10/15/2026"]), "")

    def test_names_of_months(self):
        for text in ("05/Oct/26", "5. Oktober 2026", "5 octobre 2026", "5 oct. 2026"):
            self.assertEqual(parse_date(text), date(2026, 10, 5), text)
        self.assertEqual(parse_date("05/Oct/26 9:15 AM"), date(2026, 10, 5))
        self.assertEqual(parse_date("2 mai 2026"), date(2026, 5, 2))

    def test_end_of_a_term(self):
        for value in ("31.12.9999", "unbegrenzt", "Never", date(9999, 12, 31)):
            self.assertEqual(parse_end(value), NO_END, value)
        self.assertEqual(parse_end("99991231"), NO_END)
        for text in ("31.12.2026", "20261231", "2026-12-31 09:00:00.999999"):
            self.assertEqual(parse_end(text), date(2026, 12, 31), text)
        self.assertEqual(parse_end(1788768000), date(2026, 9, 7))

    def test_seconds_since_1970(self):
        for value in (1788768000, "1788768000", "1788768000000"):
            self.assertEqual(parse_date(value), date(2026, 9, 7), value)
        late = 1788818400  # 22:00 in Greenwich
        self.assertEqual(parse_date(late, "auto", "Europe/Berlin"), date(2026, 9, 8))
        for value in ("17887680000", "9999999999999", "12345678", "1788768000 h"):
            with self.assertRaises(ValueRefused, msg=value):
                parse_date(value)

    def test_nothing_ends(self):
        self.assertIsNone(parse_end(""))

    def test_deleted_by_a_date_or_a_word(self):
        for value in (True, "yes", "void", "Storniert", "2026-10-07T07:00:00+00:00"):
            self.assertTrue(parse_deleted(value), value)
        for value in (None, False, "", "no", "0"):
            self.assertFalse(parse_deleted(value), value)
        with self.assertRaises(ValueRefused):
            parse_deleted("maybe")


@tagged("post_install", "-at_install")
class TestHostileWorkbooks(ConnectorCase):
    def rewritten(self, name, change):
        """A workbook of which one part was changed by hand."""
        good, bad = io.BytesIO(workbook(["id", "name"], [1, "a"])), io.BytesIO()
        with (
            zipfile.ZipFile(good) as old,
            zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for entry in old.namelist():
                content = old.read(entry)
                new.writestr(entry, change(content) if entry == name else content)
        return bad.getvalue()

    def sentence(self, content):
        connector = CsvConnector({"file": content}, ["id"], "id")
        self.addCleanup(connector.close)
        return self.refused(connector)

    def test_row_beyond_all_rows(self):
        """One cell far below names more rows than anybody can wait for."""
        content = self.rewritten(
            "xl/worksheets/sheet1.xml",
            lambda text: text.replace(b'r="2"', b'r="999999999999"').replace(
                b'"A2"', b'"A999999999999"'
            ),
        )
        self.assertIn("more than 1048576 rows", self.sentence(content))

    def test_texts_that_unpack_to_more_than_memory(self):
        content = self.rewritten(
            "xl/styles.xml", lambda text: text + b" " * (65 * 1024**2)
        )
        self.assertLess(len(content), 1024**2)
        self.assertIn("is larger than", self.sentence(content))

    def test_entities_that_grow(self):
        entities = b"".join(
            b'<!ENTITY e%d "%s">' % (number, b"&e%d;" % (number - 1) * 10)
            for number in range(1, 12)
        )
        head = b'<!DOCTYPE x [<!ENTITY e0 "ha">' + entities + b"]>"

        def grow(text):
            start = text.index(b"<worksheet")
            grown = text[:start] + head + text[start:]
            return grown.replace(b"<t>a</t>", b"<t>&e11;</t>").replace(
                b"<v>1</v>", b"<v>&e11;</v>"
            )

        content = self.rewritten("xl/worksheets/sheet1.xml", grow)
        self.assertIn("cannot be read as an Excel workbook", self.sentence(content))

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Numbers, dates, ticks and durations as the real world writes them."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged

from ...connectors.errors import ValueRefused
from ...connectors.values import (
    parse_boolean,
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_text,
)
from ...tools import parse_duration


@tagged("post_install", "-at_install")
class TestValues(BaseCase):
    def test_decimals(self):
        table = {
            "12": "12",
            "12.5": "12.5",
            "12,5": "12.5",
            "1.234,56": "1234.56",
            "1,234.56": "1234.56",
            "1.234.567": "1234567",
            "1 234,5": "1234.5",
            "1\u202f234,50": "1234.5",
            "1'234.50": "1234.5",
            "0.125": "0.125",
            "0,125": "0.125",
            ".5": "0.5",
            "(12.50)": "-12.5",
            "12-": "-12",
            "−3": "-3",
            "+3": "3",
            "€ 12.50": "12.5",
            "12,50 EUR": "12.5",
            "-$5": "-5",
            "12345.678": "12345.678",
        }
        for text, expected in table.items():
            with self.subTest(text=text):
                self.assertEqual(parse_decimal(text), Decimal(expected))

    def test_native_numbers(self):
        self.assertEqual(parse_decimal(0.1), Decimal("0.1"))
        self.assertEqual(parse_decimal(7), 7)
        self.assertEqual(parse_decimal(0), 0)
        self.assertEqual(parse_decimal(Decimal("2.50")), Decimal("2.5"))
        for nothing in (None, False, "", "  "):
            self.assertIsNone(parse_decimal(nothing))

    def test_a_number_that_could_mean_two_things_is_not_guessed(self):
        for text in ("1,234", "1.234", "12.500"):
            with self.subTest(text=text), self.assertRaises(ValueRefused) as caught:
                parse_decimal(text)
            self.assertIn("two numbers", str(caught.exception))
        self.assertEqual(parse_decimal("1,234", ","), Decimal("1.234"))
        self.assertEqual(parse_decimal("1,234", "."), 1234)
        self.assertEqual(parse_decimal("1.234", ","), 1234)

    def test_what_is_no_number(self):
        bad = ["abc", "1e5", "--1", "1,23,4.5", "1.2.3,4", "12 h", "NaN", "Infinity"]
        bad += [
            "=1+1",
            "1;2",
            True,
            [],
            float("nan"),
            float("inf"),
            "9" * 40,
            "1,2.3,4",
        ]
        for value in bad:
            with self.subTest(value=value), self.assertRaises(ValueRefused):
                parse_decimal(value)

    def test_dates(self):
        day = date(2026, 1, 31)
        for text in (
            "2026-01-31",
            "20260131",
            "2026/01/31",
            "31/01/2026",
            "31.01.2026",
            "31.1.26",
            "01/31/2026",
            "31-Jan-2026",
            "Jan 31, 2026",
            "31 January 2026",
            "31 gennaio 2026",
            "31 januari 2026",
            "2026-01-31T12:00:00Z",
            "31.01.2026 14:30",
        ):
            with self.subTest(text=text):
                self.assertEqual(parse_date(text), day)
        self.assertEqual(parse_date(day), day)
        self.assertEqual(parse_date("03/04/2026", "dmy"), date(2026, 4, 3))
        self.assertEqual(parse_date("03/04/2026", "mdy"), date(2026, 3, 4))
        self.assertIsNone(parse_date(""))

    def test_dates_in_words(self):
        day = date(2026, 9, 8)
        for text in (
            "Tuesday, September 8, 2026",
            "Sept 8th, 2026",
            "Tue Sep 08 2026",
            "8. September 2026",
            "Di, 08.09.2026",
            "Di. 8.9.26",
            "8 de septiembre de 2026",
            "mar. 8 sept. 2026",
            "8 setembro 2026",
            "marţi, 8 septembrie 2026",
            "2026 Sep 8",
            "Tue, 08 Sep 2026 09:15:00 +0200",
            "9/8/2026, 9:15:00 AM GMT+2",
            "08.09.2026 um 9:15",
        ):
            with self.subTest(text=text):
                self.assertEqual(
                    parse_date(text, "mdy" if "/" in text else "auto"), day
                )
        for text, month in (("1er août 2026", 8), ("1 Mrz 26", 3), ("1 Jän. 2026", 1)):
            self.assertEqual(parse_date(text), date(2026, month, 1))
        for text in (
            "Sep 2026",
            "8 Sep",
            "31 Feb 2026",
            "03/04/2026 st",
            "8 Sep 2026 5",
        ):
            with self.subTest(text=text), self.assertRaises(ValueRefused):
                parse_date(text)

    def test_a_day_that_cannot_be_is_not_turned_into_another(self):
        for text, order in (("13/04/2026", "mdy"), ("04/13/2026", "dmy")):
            with self.subTest(text=text), self.assertRaises(ValueRefused):
                parse_date(text, order)

    def test_zones_of_a_moment(self):
        moment = datetime(2026, 9, 8, 7, 15)
        for zone in ("+02:00", "+0200", " +02", " GMT+2", " UTC+02:00"):
            self.assertEqual(parse_datetime(f"2026-09-08 09:15{zone}"), moment, zone)
        for zone in ("EST", "Friday", "5", "IST"):
            with self.subTest(zone=zone), self.assertRaises(ValueRefused):
                parse_datetime(f"2026-09-08 09:15 {zone}")

    def test_date_of_a_moment_is_the_date_there(self):
        self.assertEqual(
            parse_date("2026-01-31T23:30:00Z", zone="Europe/Bucharest"),
            date(2026, 2, 1),
        )
        self.assertEqual(
            parse_date("2026-01-31 23:30", zone="Europe/Bucharest"), date(2026, 1, 31)
        )

    def test_what_is_no_date(self):
        bad = ["03/04/2026", "2026-02-30", "31/31/2026", "yesterday", "0001-01-01"]
        bad += ["32.1.2026", "12 Foo 2026", "=TODAY()", "46053", "9999-99-99"]
        for text in bad:
            with self.subTest(text=text), self.assertRaises(ValueRefused):
                parse_date(text)

    def test_moments(self):
        moment = datetime(2026, 1, 31, 10, 0, 0, 123456)
        for text in (
            "2026-01-31T10:00:00.1234567Z",
            "2026-01-31 10:00:00.123456",
            "2026-01-31T12:00:00.123456+02:00",
            "2026-01-31 12:00:00.123456+02",
            "31.01.2026 10:00:00,123456",
            "01/31/2026 10:00:00.123456 AM",
        ):
            with self.subTest(text=text):
                self.assertEqual(parse_datetime(text), moment)
        whole = moment.replace(microsecond=0)
        self.assertEqual(parse_datetime("1769853600"), whole)
        self.assertEqual(
            parse_datetime(1769853600123), whole.replace(microsecond=123000)
        )
        zone = timezone(timedelta(hours=2))
        self.assertEqual(parse_datetime(datetime(2026, 1, 31, 12, tzinfo=zone)), whole)
        self.assertEqual(
            parse_datetime("2026-01-31 12:00", zone="Europe/Bucharest"), whole
        )
        self.assertEqual(
            parse_datetime("2026-07-31", zone="Europe/Bucharest"),
            datetime(2026, 7, 30, 21),
        )
        for text in ("2026-01-31T25:00:00Z", "soon", "13:00 PM", "2026-01-31 13:00 PM"):
            with self.subTest(text=text), self.assertRaises(ValueRefused):
                parse_datetime(text)

    def test_ticks(self):
        for value in (True, "1", "yes", "X", "TRUE", "ja", "da", "sì", "sim", 1):
            self.assertIs(parse_boolean(value), True)
        for value in (False, "0", "no", "f", "nein", "nu", "nee", "não", 0):
            self.assertIs(parse_boolean(value), False)
        self.assertIsNone(parse_boolean(""))
        with self.assertRaises(ValueRefused):
            parse_boolean("perhaps")

    def test_text(self):
        self.assertEqual(parse_text(" =cmd|' /C calc'!A0 "), "=cmd|' /C calc'!A0")
        self.assertEqual(parse_text(5), "5")
        self.assertIsNone(parse_text(False))
        for value in ({}, [1], b"x", "a\x00b"):
            if value:
                with self.subTest(value=value), self.assertRaises(ValueRefused):
                    parse_text(value)


@tagged("post_install", "-at_install")
class TestDuration(BaseCase):
    def test_durations(self):
        table = {
            "1:30": 1.5,
            ":45": 0.75,
            "1:80": 2 + 20 / 60,
            "1:120": 3,
            ":125": 2 + 5 / 60,
            "0:125": 2 + 5 / 60,
            "4:30": 4.5,
            "30:00": 30,
            "1.5": 1.5,
            "1,5": 1.5,
            ".5": 0.5,
            "24": 24,
            "90m": 1.5,
            "90 min": 1.5,
            "45 minutes": 0.75,
            "2h": 2,
            "1.5h": 1.5,
            "1h 30": 1.5,
            "1h30": 1.5,
            "1h 30m": 1.5,
            "1 H 30 Min": 1.5,
            "30h": 30,
            " 1:30 ": 1.5,
            "0": 0,
        }
        for text, hours in table.items():
            with self.subTest(text=text):
                self.assertAlmostEqual(parse_duration(text), hours)

    def test_a_bare_number_above_a_day_is_questioned(self):
        for text in ("25", "90", "24.5", 90):
            with self.subTest(text=text), self.assertRaises(UserError) as caught:
                parse_duration(text)
            self.assertIn("m if you mean minutes", str(caught.exception))
        self.assertEqual(parse_duration("90", confirmed=True), 90)

    def test_what_is_no_duration(self):
        bad = ["", " ", None, True, "abc", "1:", "1:-30", "1:2:3", "1h30h", "1.5h 30"]
        bad += [
            "-1:30",
            "-1",
            "h",
            ":",
            "1d",
            "1:30pm",
            "=1",
            "1e3",
            "--1",
            "1,5,5",
            "∞",
            "nan",
        ]
        for text in bad:
            with self.subTest(text=text), self.assertRaises(ValueError):
                parse_duration(text)

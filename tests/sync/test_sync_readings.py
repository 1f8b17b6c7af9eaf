# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Counts, terms, prices and currencies as lists write them, and what is asked."""

import base64
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo import Command
from odoo.tests import BaseCase, tagged

from ...connectors import ColumnsRefused, ConnectorError, ValueRefused
from ...connectors.durations import read_count
from ...connectors.errors import _lt
from ...connectors.styles import find_separator
from ...connectors.values import parse_term
from ..support.sync import SyncCommon


class TestCounts(BaseCase):
    def test_thousands_of_hours(self):
        for text, separator, count in (
            ("1.500 h", ",", 1500),
            ("1,500 hours", ".", 1500),
            ("1.500 Std.", ".", Decimal("1.5")),
            ("1.234,5 Stunden", "auto", Decimal("1234.5")),
            ("1 500 heures", "auto", 1500),
            ("7,5 h", "auto", Decimal("7.5")),
            ("10 h 30 min", "auto", Decimal("10.5")),
            ("1.500 h 30 min", ",", Decimal("1500.5")),
            ("90 min", "auto", Decimal("1.5")),
            ("7:30:00", "auto", Decimal("7.5")),
            ("PT1H30M", "auto", Decimal("1.5")),
            ("12", "auto", 12),
            (10.0, "auto", 10),
            ("", "auto", None),
        ):
            with self.subTest(text=text):
                self.assertEqual(read_count(text, separator), count)
        for text in ("1.500 h", "1,500 hours", "2.250 Std", "many hours"):
            with self.subTest(text=text), self.assertRaises(ValueRefused):
                read_count(text)

    def test_words_of_hours_tell_how_numbers_are_written(self):
        self.assertEqual(find_separator(["1.500 Stunden", "7,5 Stunden"]), ",")

    def test_terms(self):
        for text, months in (
            ("12 Monate", 12),
            ("1 año", 12),
            ("2 years", 24),
            ("6 mois", 6),
            ("1 lună", 1),
            ("24 mesi", 24),
            ("3 Jahre", 36),
            ("2027-12-31", None),
            ("12", None),
            (12, None),
            (None, None),
        ):
            with self.subTest(text=text):
                self.assertEqual(parse_term(text), months)


@tagged("post_install", "-at_install")
class TestReadings(SyncCommon):
    def source_of(self, text, **values):
        return self.env["service.sync.source"].create(
            {
                "name": "List",
                "no_expiry": "validity",
                "file": base64.b64encode(text.encode()),
                **values,
            }
        )

    def preview(self, source):
        return self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )

    def answer(self, preview, **answers):
        preview.write(answers)
        return preview.browse(preview.action_remember()["res_id"])

    def purchases(self, source):
        source.action_sync_now()
        self.assertFalse(source.last_error)
        return self.targets(source)

    def test_hours_with_a_thousands_mark_are_asked(self):
        source = self.source_of("Number,Customer,Hours\nP-1,ACME-1,1.500 h\n")
        preview = self.preview(source)
        self.assertEqual(preview.asked, "decimal_separator")
        self.assertIn("1.5 / ", preview.table)
        preview = self.answer(preview, decimal_separator=",")
        self.assertFalse(preview.error_count)
        self.assertEqual(self.purchases(source)["P-1"].credits, 1500)

    def test_price_of_hours_written_out_is_asked(self):
        source = self.source_of("Number,Customer,Hours,Price\nP-1,ACME-1,10 h,900\n")
        preview = self.preview(source)
        self.assertEqual(preview.asked, "price_basis")
        self.assertIn("90 per credit, 900 in all", preview.table)

    def test_defaults_are_read_as_they_are_imported(self):
        source = self.source_of("Number,Customer,Hours,Price\nP-1,ACME-1,,900\n")
        source._guess_fields()
        lines = source._get_mapping()
        if "credits" not in lines:
            source.mapping_ids = [
                Command.create({"source_field": "Hours", "target_field": "credits"})
            ]
        source._get_mapping()["credits"].default_value = "10 h"
        if "price" not in lines:
            source.mapping_ids = [
                Command.create({"source_field": "Price", "target_field": "price"})
            ]
        preview = self.preview(source)
        self.assertEqual(preview.asked, "price_basis")
        self.assertIn("90 per credit, 900 in all", preview.table)

    def test_other_price_is_asked_anew(self):
        source = self.source_of(
            "Number,Customer,Bought,Price,Cost\nP-1,ACME-1,10,90,900\n"
        )
        self.answer(self.preview(source), price_basis="each")
        self.assertEqual(source.price_basis, "each")
        source.action_guess_fields()
        self.assertEqual(source.price_basis, "each", "it is the same column")
        line = source._get_mapping()["price"]
        line.sequence = 99
        self.assertEqual(source.price_basis, "each")
        line.source_field = "Cost"
        self.assertEqual(source.price_basis, "ask")
        source.price_basis = "all"
        line.unlink()
        self.assertEqual(source.price_basis, "ask")
        create = Command.create({"source_field": "Cost", "target_field": "price"})
        source.write({"price_basis": "all", "mapping_ids": [create]})
        line = source._get_mapping()["price"]
        other = Command.update(line.id, {"source_field": "Price"})
        source.write({"price_basis": "each", "mapping_ids": [other]})
        self.assertEqual(source.price_basis, "each", "both were said at once")

    def test_preview_shows_what_an_amount_makes_of_a_credit(self):
        source = self.source_of(
            "Number,Customer,Bought,Price per Credit,Net Total\nP-1,ACME-1,10,90,1071\n"
        )
        table = self.preview(source).table
        self.assertIn("107.1 per credit", table)
        self.assertNotIn("= 90 per credit", table)

    def test_rows_that_cannot_be_read_twice(self):
        source = self.csv_source("id,customer,credits\n1,ACME-1,1\n")
        # Texts of a test are no terms to translate.
        first, second = "First.", "Second."
        refusals = [ColumnsRefused(_lt(first)), ConnectorError(_lt(second))]
        with patch.object(type(source), "_read_first", side_effect=refusals):
            self.assertIn("First.", self.preview(source).table)

    def test_term_from_the_start_on(self):
        source = self.source_of(
            "Number,Customer,Hours,Start Date,Valid until\n"
            "P-1,ACME-1,10,2026-03-01,12 Monate\n"
            "P-2,ACME-1,10,2026-03-01,2 years\n"
            "P-3,ACME-1,10,,1 año\n"
        )
        lines = {line.target_field for line in source.mapping_ids}
        self.assertFalse(lines)
        self.preview(source)
        if "date_expiry" not in source._get_mapping():
            source.mapping_ids = [
                Command.create(
                    {"source_field": "Valid until", "target_field": "date_expiry"}
                )
            ]
        preview = self.preview(source)
        self.assertEqual(preview.error_count, 1)
        self.assertIn("needs a start date", preview.table)
        found = self.purchases(source)
        self.assertEqual(found["P-1"].date_expiry, date(2027, 3, 1))
        self.assertEqual(found["P-2"].date_expiry, date(2028, 3, 1))

    def test_size_and_quantity_are_not_multiplied(self):
        text = "Number,Customer,Package Size,Quantity\nP-1,ACME-1,10,%s\n"
        self.assertIn("multiplied", self.preview(self.source_of(text % 3)).table)
        self.assertNotIn("multiplied", self.preview(self.source_of(text % 1)).table)

    def test_symbol_of_several_currencies_is_chosen_once(self):
        currencies = self.env["res.currency"].with_context(active_test=False)
        dollars = currencies.search([("name", "in", ("USD", "CAD"))])
        dollars.write({"active": True, "symbol": "$"})
        source = self.source_of(
            "Number,Customer,Hours,Price per Credit ($),Currency\n"
            "P-1,ACME-1,10,90,\nP-2,ACME-1,10,90,EUR\n"
        )
        self.env.ref("base.EUR").active = True
        preview = self.preview(source)
        self.assertEqual(preview.error_count, 1)
        self.assertIn("choose the currency on the connected system", preview.table)
        source.currency_id = dollars.filtered(lambda c: c.name == "CAD")
        found = self.purchases(source)
        self.assertEqual(found["P-1"].currency_id.name, "CAD")
        self.assertEqual(found["P-2"].currency_id.name, "EUR")

    def test_currency_of_prices_that_tell_none(self):
        self.env.ref("base.USD").active = True
        source = self.source_of(
            "Number,Customer,Hours,Price per Credit\nP-1,ACME-1,10,90\n",
            currency_id=self.env.ref("base.USD").id,
        )
        self.preview(source)
        self.assertEqual(self.purchases(source)["P-1"].currency_id.name, "USD")

    def test_preview_tells_what_is_understood_and_what_is_not_imported(self):
        source = self.source_of(
            "Number;Customer;Hours;Used;Shelf;Colour\nP-1;ACME-1;10 h;2,5 h;A;red\n"
        )
        table = self.preview(source).table
        self.assertIn("not imported: Shelf, Colour", " ".join(table.split()))
        self.assertIn(">2.5<", table)

    def test_preview_shows_times_as_a_clock(self):
        source = self.source_of(
            "Day;Person;Ticket;From;To\n16.11.2026;Ada;HT1;08:15;10:00\n",
            target="time_entry",
        )
        table = self.preview(source).table
        self.assertIn(">8:15<", table)
        self.assertIn("10:00 = 1:45", table)

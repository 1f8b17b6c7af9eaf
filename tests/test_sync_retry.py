# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows in error that are tried again after something was put right."""

from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..connectors import Row
from ..connectors.values import storable
from ..models.service_sync_retry import MAX_PAYLOAD
from .sync_common import CycleCase
from .sync_peers import http_peer, json_rows

LATER = {"value_per_credit": "terms.value", "date_start": "start"}


@tagged("post_install", "-at_install")
class TestSyncRetry(CycleCase):
    def map(self, source, **fields):
        """Map one more field of the source for each name."""
        self.env["service.sync.mapping"].create(
            [
                {"source_id": source.id, "target_field": target, "source_field": name}
                for target, name in fields.items()
            ]
        )

    def put_right(self):
        self.customer.copy({"ref": "NEW-1"})

    def test_field_that_was_mapped_meanwhile_is_imported_too(self):
        terms = {"terms": {"value": 80}, "start": "2026-02-03"}
        self.rows[0].update(customer="NEW-1", **terms)
        self.sync()
        record = self.records(self.source)["1"]
        self.assertEqual(
            record.payload_text.splitlines()[2:], ["customer: NEW-1", "credits: 10"]
        )
        self.map(self.source, **LATER)
        self.put_right()
        record.action_retry()
        lot = self.targets(self.source)["1"]
        self.assertEqual(lot.value_per_credit, 80)
        self.assertEqual(str(lot.date_start), "2026-02-03")
        self.assertFalse(record.payload)

    def test_field_that_was_mapped_meanwhile_in_a_file(self):
        source = self.csv_source("id,customer,credits,value\n1,NEW-1,10,80\n")
        self.sync(source)
        self.map(source, value_per_credit="value")
        self.put_right()
        self.records(source)["1"].action_retry()
        self.assertEqual(self.targets(source)["1"].value_per_credit, 80)

    def test_field_that_was_not_kept_asks_for_a_reset(self):
        self.rows[0].update(customer="NEW-1")
        self.sync()
        self.rows[0].update(terms={"value": 80}, start="2026-02-03")
        record = self.records(self.source)["1"]
        self.map(self.source, **LATER)
        self.put_right()
        with self.assertRaisesRegex(UserError, "row 1 .*Webshop.*“terms.value”.*Reset"):
            record.action_retry()
        self.assertEqual(record.state, "error")
        self.source.action_reset()
        self.sync()
        self.assertEqual(self.targets(self.source)["1"].value_per_credit, 80)

    def test_field_the_row_leaves_out_is_empty(self):
        self.map(self.source, **LATER)
        self.rows[0].update(customer="NEW-1")
        self.sync()
        self.put_right()
        record = self.records(self.source)["1"]
        record.action_retry()
        self.assertEqual(record.state, "imported")

    def test_giant_row_keeps_what_is_mapped(self):
        self.rows[0].update(customer="NEW-1", blob="x" * MAX_PAYLOAD)
        nested = self.rows[1]["nested"] = {}
        for _level in range(600):
            nested["nested"] = nested = {}
        self.rows[1].update(customer="NEW-1")
        self.assertEqual(self.sync(), (5, 0, 0, 2))
        records = self.records(self.source)
        for key in "12":
            self.assertEqual(
                set(records[key].payload), {"id", "changed", "customer", "credits"}
            )
        self.put_right()
        (records["1"] | records["2"]).action_retry()
        self.assertEqual(records["1"].state, "imported")

    def test_columns_that_are_not_mapped_change_nothing(self):
        rows = [self.row(1, customer="NEW-1"), self.row(2)]
        with http_peer(json_rows(rows)) as peer:
            source = self.json_source(peer, page_parameter=False)
            self.sync(source)
            self.put_right()
            self.records(source)["1"].action_retry()
            rows[0]["note"] = rows[1]["note"] = "other"
            source.action_reset()
            self.assertEqual(self.sync(source), (0, 0, 2, 0))

    def test_what_json_cannot_hold_is_kept_as_text(self):
        values = {
            "id": "1",
            "customer": "NEW-1",
            "\x00\udc80": [float("nan"), Decimal("1e999"), Decimal("-Infinity")],
        }
        source = self.csv_source()
        source._store_rows([Row(1, values)])
        record = self.records(source)["1"]
        record.flush_recordset()
        self.assertEqual(record.payload["\ufffd?"], ["nan", "1E+999", "-Infinity"])
        self.assertEqual(storable(Decimal("1.50")), 1.5)

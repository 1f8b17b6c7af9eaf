# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows in error that are tried again after something was put right."""

from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...connectors import Row
from ...connectors.values import storable
from ...models.sync.cycle import Cycle
from ...models.sync.rows import MAX_PAYLOAD
from ...models.sync.store import Store
from ..support.peers import http_peer, json_rows
from ..support.sync import CycleCase

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

    def test_row_that_could_not_be_read_is_not_imported_damaged(self):
        broken = "id,customer,credits\n1,ACME-1,5,9\n"
        source = self.csv_source(broken)
        self.sync(source)
        record = source.record_ids
        self.assertIn("4 columns", record.error)
        with self.assertRefused(UserError, says="could not be read: correct it in"):
            record.action_retry()
        self.assertFalse(self.targets(source))
        source.file = self.csv_source(broken.replace(",5,9", ",59")).file
        self.sync(source)
        self.assertEqual(self.targets(source)["1"].credits, 59)

    def test_field_that_was_not_kept_asks_for_a_reset(self):
        self.rows[0].update(customer="NEW-1")
        self.sync()
        self.rows[0].update(terms={"value": 80}, start="2026-02-03")
        record = self.records(self.source)["1"]
        self.map(self.source, **LATER)
        self.put_right()
        with self.assertRefused(
            UserError, says="row 1 .*Webshop.*“terms.value”.*Reset"
        ):
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
        Store(source).store([Row(1, values)])
        record = self.records(source)["1"]
        record.flush_recordset()
        self.assertEqual(record.payload["\ufffd?"], ["nan", "1E+999", "-Infinity"])
        self.assertEqual(storable(Decimal("1.50")), 1.5)


@tagged("post_install", "-at_install")
class TestSyncWithoutId(CycleCase):
    """Rows that had no external ID, because another field was taken for it."""

    def setUp(self):
        super().setUp()
        self.rows[:] = [self.row(n, code=f"C{n}", other="") for n in (1, 2)]
        self.key = self.source.mapping_ids[0]
        self.key.source_field = "nothing"
        self.sync()
        self.stale = self.get_rows()
        self.assertEqual(self.stale.mapped("external_id"), [False, False])
        self.key.source_field = "code"

    def get_rows(self):
        return self.env["service.sync.record"].search(
            [("source_id", "=", self.source.id)], order="id"
        )

    def test_retry_gives_each_row_its_id(self):
        self.stale.action_retry()
        self.assertEqual(self.get_rows(), self.stale)
        self.assertEqual(self.stale.mapped("external_id"), ["C1", "C2"])
        self.assertEqual(self.stale.mapped("state"), ["imported"] * 2)
        self.assertEqual(self.source.failed_count, 0)
        self.source.action_reset()
        self.assertEqual(self.sync(), (0, 0, 2, 0))

    def test_retry_in_vain_does_not_multiply_rows(self):
        self.key.source_field = "other"
        for _time in range(2):
            self.stale.action_retry()
        self.assertEqual(self.get_rows(), self.stale)
        self.source.action_reset()
        self.assertEqual(self.sync(), (0, 0, 0, 2))
        self.assertEqual(self.get_rows(), self.stale)

    def test_other_id_of_rows_in_error_is_not_mistaken_for_one_of_before(self):
        for row, code in zip(self.rows, ("2", "1"), strict=True):
            row.update(code=code, customer="NEW-1")
        self.key.source_field = "id"
        self.source.action_reset()
        self.sync()
        rows = self.get_rows()
        self.assertEqual(rows.mapped("external_id"), ["1", "2"])
        self.key.source_field = "code"
        self.customer.copy({"ref": "NEW-1"})
        rows.action_retry()
        self.assertEqual(rows.mapped("external_id"), ["2", "1"])
        self.assertEqual(self.targets(self.source)["2"].credits, 10)
        self.assertEqual(self.targets(self.source)["1"].credits, 20)

    def test_reading_the_whole_source_drops_what_it_no_longer_has(self):
        self.rows.append(self.row(3, minutes=30))
        self.assertEqual(self.sync(), (1, 0, 0, 1))
        self.assertTrue(self.stale[0].exists(), "only changes were read")
        self.source.action_reset()
        self.sync()
        self.assertFalse(self.stale.exists())
        self.assertEqual(self.get_rows().mapped("state").count("imported"), 2)
        self.assertEqual(self.source.failed_count, 1, "row 3 has no code")

    def test_whole_reading_that_was_interrupted_drops_nothing_before_its_end(self):
        self.source.action_reset()
        with patch.object(Cycle, "_get_end", lambda *args: 0):
            self.sync()
        self.assertEqual(self.source.last_run_id.state, "running")
        self.assertEqual(self.stale.exists(), self.stale)
        self.sync()
        self.assertFalse(self.stale.exists())

    def test_retry_of_a_row_that_was_read_again_since_drops_it(self):
        self.rows.append(self.row(1, code="C1", minutes=30, credits=99))
        self.sync()
        lot = self.targets(self.source)["C1"]
        action = self.stale[0].action_retry()
        self.assertFalse(self.stale[0].exists())
        self.assertEqual(lot.credits, 99, "the older version does not come back")
        self.assertEqual(action["res_model"], "service.sync.record")

    def test_rows_that_get_the_same_id_are_reported(self):
        self.stale[1].payload = {**self.stale[1].payload, "code": "C1"}
        self.stale[1].payload = {**self.stale[1].payload, "changed": ""}
        self.stale.action_retry()
        self.assertIn("(1 and 2)", self.stale[0].error)
        self.assertEqual(self.source.failed_count, 2)
        self.stale.action_retry()
        self.assertEqual(self.get_rows(), self.stale[0])

    def test_file_is_a_whole_reading_every_time(self):
        text = "id,nr,customer,credits\n1,,ACME-1,5\n2,,ACME-1,6\n"
        names = {"external_id": "nr", "partner_id": "customer", "credits": "credits"}
        source = self.csv_source(text, names)
        self.assertEqual(self.sync(source), (0, 0, 0, 2))
        source.mapping_ids[0].source_field = "id"
        self.assertEqual(self.sync(source), (2, 0, 0, 0))
        self.assertEqual((source.failed_count, source.record_count), (0, 2))

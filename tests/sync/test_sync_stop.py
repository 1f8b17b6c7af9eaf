# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Cancel, Resume, Reset, and changing what a source is."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ...models.sync.store import Store
from ..support.sync import CycleCase


@tagged("post_install", "-at_install")
class TestSyncStop(CycleCase):
    def test_cancel_stops_and_deletes_nothing(self):
        self.sync()
        lots = self.targets(self.source)
        self.source.action_cancel()
        self.assertFalse(self.source.next_sync)
        self.assertEqual(self.targets(self.source), lots)
        self.rows.append(self.row(8, minutes=30))
        self.env["service.sync.source"]._cron_sync()
        self.assertEqual(len(self.targets(self.source)), 7)
        with self.assertRefused(UserError, says="is cancelled"):
            self.source.action_sync_now()
        self.source.action_resume()
        self.env["service.sync.source"]._cron_sync()
        self.assertEqual(len(self.targets(self.source)), 8)

    def interrupt(self, action):
        """Run a cycle and press a button after each of its pages."""
        do = Store.store

        def store_and_press(store, rows, again=False):
            counts = do(store, rows, again)
            action()
            return counts

        with patch.object(Store, "store", store_and_press):
            self.sync()

    def test_cancel_stops_a_running_cycle_after_its_page(self):
        self.interrupt(self.source.action_cancel)
        self.assertEqual(len(self.targets(self.source)), 3)
        self.assertEqual(self.source.last_run_id.state, "cancelled")
        self.assertFalse(self.source.last_sync)
        self.assertEqual(self.source.state, "cancelled")
        self.assertFalse(self.source.is_running)

    def test_reset_during_a_cycle_starts_over(self):
        self.interrupt(self.source.action_reset)
        self.assertEqual(self.source.status, "grey")
        self.env["service.sync.source"]._cron_sync()
        self.assertEqual(len(self.targets(self.source)), 7)
        runs = self.source.run_ids.sorted("id")
        self.assertEqual(runs.mapped("state"), ["cancelled", "done"])

    def test_a_reset_is_noted(self):
        before = self.source.message_ids
        self.source.action_reset()
        self.assertIn("Reset", (self.source.message_ids - before).body)

    def test_kind_of_rows_cannot_change_once_there_are_some(self):
        self.source.target = "purchase"
        self.sync()
        with self.assertRefused(ValidationError, says="already imported rows"):
            self.source.target = "time_entry"

    def key_of(self, source):
        return source.mapping_ids.filtered(lambda m: m.target_field == "external_id")

    def test_external_id_cannot_change_once_rows_were_imported(self):
        lines = ["id,code,customer,credits", "1,A,ACME-1,5", "2,B,ACME-1,5"]
        source = self.csv_source("\n".join(lines))
        self.assertEqual(self.sync(source), (2, 0, 0, 0))
        key, customer, *_rest = source.mapping_ids
        key.write({"source_field": "id", "default_value": "none"})
        with self.assertRefused(ValidationError, source, says="second time"):
            key.source_field = "code"
        with self.assertRefused(ValidationError, source):
            source.mapping_ids = [Command.update(key.id, {"source_field": "code"})]
        with self.assertRefused(ValidationError, source):
            key.target_field = "description"
        with self.assertRefused(ValidationError, source):
            key.source_id = self.source
        with self.assertRefused(ValidationError, source):
            key.unlink()
        with self.assertRefused(ValidationError, source):
            customer.target_field = "external_id"
        customer.write({"source_field": "code", "target_field": "description"})
        source.unlink()
        self.assertFalse(key.exists())

    def test_external_id_is_kept_for_withdrawn_and_deleted_rows_too(self):
        source = self.csv_source("id,code,customer,credits\n1,A,ACME-1,5\n")
        self.sync(source)
        record = self.records(source)["1"]
        record.action_delete_target()
        self.assertEqual(record.state, "removed")
        with self.assertRaises(ValidationError):
            self.key_of(source).source_field = "code"
        # An update that failed does not undo the import.
        record.write({"state": "error"})
        with self.assertRaises(ValidationError):
            self.key_of(source).unlink()

    def test_external_id_can_be_put_right_as_long_as_all_is_in_error(self):
        source = self.csv_source("id,code,customer,credits\n1,A,ACME-1,many\n")
        self.assertEqual(self.sync(source), (0, 0, 0, 1))
        self.key_of(source).source_field = "code"
        self.key_of(source).unlink()
        self.assertFalse(self.key_of(source))

    def test_settings_of_reading_apply_again_after_a_reset(self):
        source = self.csv_source('id,customer,credits\n1,ACME-1,"1,500"\n')
        self.assertEqual(self.sync(source), (0, 0, 0, 1))
        source.decimal_separator = "."
        self.sync(source)
        self.assertEqual(self.targets(source)["1"].credits, 1500)
        source.decimal_separator = ","
        self.assertEqual(self.sync(source), (0, 1, 0, 0))
        self.assertEqual(self.targets(source)["1"].credits, 1.5)

    def test_missing_mapping_is_told(self):
        self.source.mapping_ids.filtered(
            lambda line: line.target_field == "credits"
        ).unlink()
        self.source.action_sync_now()
        self.assertIn("“Number of Credits”", self.source.last_error)
        self.assertFalse(self.peer.requests)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is particular to a connector is in its class: nothing else asks for its kind."""

import base64
import json
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged

from ...connectors import CONNECTORS, Connector, Page, Row
from ...models.sync.rows import RowReader
from ...models.sync.service_sync_source_guess import ROWS
from ...models.sync.styles import settle
from ...models.sync.target_time import TimeTarget
from ..support.sync import SyncCommon

MAPPING = {"external_id": "id", "partner_id": "customer", "credits": "credits"}


class Sheet(Connector):
    """Reads an uploaded file, a JSON object a line."""

    kind = "sheet"
    label = "Sheet"
    is_file = True
    setting_names = ("file",)

    def fetch(self, cursor=None):
        lines = self.settings["file"].decode().splitlines()
        yield Page([Row(n, json.loads(line)) for n, line in enumerate(lines, 1)])


class Feed(Sheet):
    """The same rows, from another program."""

    kind = "feed"
    is_file = False


@tagged("post_install", "-at_install")
class TestSyncKinds(SyncCommon):
    def _register(self, *readers):
        field = self.env["service.sync.source"]._fields["connector"]
        readers = {reader.kind: reader for reader in readers}
        labels = {kind: reader.label for kind, reader in readers.items()}
        self.startPatcher(patch.dict(CONNECTORS, readers))
        self.startPatcher(patch.dict(field._selection, labels))
        return readers.values()

    def _source(self, reader, *rows, mapping=None, **values):
        source = self.create_source(
            mapping or MAPPING, connector=reader.kind, name=reader.label, **values
        )
        self._upload(source, *rows)
        return source

    def _upload(self, source, *rows):
        text = "\n".join(
            json.dumps({"customer": "ACME-1", "credits": 5, **row}) for row in rows
        )
        source.file = base64.b64encode(text.encode())

    def test_a_second_kind_of_file(self):
        """Its columns are suggested, and read anew when fields are recognized."""
        for reader in self._register(Sheet, Feed):
            # The address is that of the connector chosen before.
            source = self._source(reader, {"id": 1}, url="https://example.com")
            self.assertEqual(source.is_file, reader.is_file)
            columns = ["customer", "credits", "id"] if reader.is_file else []
            self.assertEqual(source.get_source_columns(), columns)
            preview = self.env["service.sync.preview"].create({"source_id": source.id})
            notes = "\n".join(preview._get_notes(source.sudo(), ["credits"]))
            self.assertEqual("no column “id”" in notes, reader.is_file)
            with patch.object(type(source), "_read_first", return_value=[]) as read:
                source._guess_fields()
            read.assert_called_once_with(ROWS, is_bare=reader.is_file)

    def test_what_a_spreadsheet_does_to_ids(self):
        """Of a file they may have lost zeros or digits; others mean what they say."""
        for reader in self._register(Sheet, Feed):
            source = self._source(reader, {"id": "0012"}, {"id": "1.2E+10"})
            source.action_sync_now()
            self.assertEqual(source.last_run_id.failed_count, int(reader.is_file))
            self._upload(source, {"id": "12"})
            source.action_sync_now()
            self.assertEqual(source.last_run_id.failed_count, int(reader.is_file))
            source = self._source(reader, row_is_key=True)
            self.assertEqual(RowReader(source).is_respelled, reader.is_file)

    def test_a_spreadsheet_writes_hours_as_parts_of_a_day(self):
        for reader in self._register(Sheet, Feed):
            mapping = {"external_id": "id", "unit_amount": "spent"}
            source = self._source(reader, mapping=mapping, target="time_entry")
            day = TimeTarget(source).unit_labels["days"]
            refusal = TimeTarget(source).ask_unit(Decimal("0.0625"), "0.0625")
            self.assertEqual(day in refusal.values["reason"], reader.is_file)
            settle(source, [Row(1, {"id": 1, "spent": 0.0625})])
            unit = source._get_mapping()["unit_amount"].unit
            self.assertEqual(unit == "days", reader.is_file)

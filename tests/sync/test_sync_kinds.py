# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is particular to a connector is in its class: nothing else asks for its kind."""

import base64
import json
import re
from decimal import Decimal
from unittest.mock import patch

from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import Form, tagged

from ...connectors import CONNECTORS, Connector, Page, Row
from ...models.sync.rows import RowReader
from ...models.sync.service_sync_source import SECRETS
from ...models.sync.service_sync_source_guess import ROWS
from ...models.sync.styles import settle
from ...models.sync.target_time import TimeTarget
from ..support.rooms import ROOT
from ..support.sync import SECRET, SyncCommon

MAPPING = {"external_id": "id", "partner_id": "customer", "credits": "credits"}
# Settings that have a value from the start, or are ticked, or are lists.
NEVER_EMPTY = ("boolean", "integer", "selection", "one2many")
ASKED = re.compile(r"""connector\s*(?:[!=]==?|(?:not\s+)?in\b)\s*[("'\[]""")


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

    def test_nothing_asks_for_a_kind_by_name(self):
        asking = []
        for folder in ("models", "wizards", "report", "controllers", "views", "static"):
            for path in (ROOT / folder).rglob("*.*"):
                if path.suffix in (".py", ".xml", ".js"):
                    asking += ASKED.findall(path.read_text()) and [str(path)]
        self.assertFalse(asking)
        for text in (
            'source.connector == "csv"',
            "connector in ('odoo', 'json')",
            "connector !== 'csv'",
        ):
            self.assertTrue(ASKED.search(text), text)

    def test_the_form_shows_and_requires_what_the_class_says(self):
        """Also a setting that no connector has alone so far."""
        Source = self.env["service.sync.source"]
        names = {name for kind in CONNECTORS.values() for name in kind.setting_names}
        for name in sorted(names):
            reader = type(
                "One", (Connector,), {"kind": "one", "setting_names": (name,)}
            )
            self._register(reader)
            with self.subTest(name):
                form = Form(Source)
                # Some are shown with the choices that they belong to.
                form.connector = "json"
                form.http_method, form.paging = "post", "next"
                form.cursor_parameter = "since"
                form.connector = "one"
                self.assertFalse(form._get_modifier(name, "invisible"))
                if Source._fields[name].type in NEVER_EMPTY:
                    continue
                self.assertFalse(form._get_modifier(name, "required"))
                reader.required_names = (name,)
                form.connector = "csv"
                form.connector = "one"
                self.assertTrue(form._get_modifier(name, "required"))

    def test_what_is_required(self):
        expected = {
            "odoo": ["url", "model_name"],
            "json": ["url"],
            "csv": [],
            "postgresql": ["host", "database"],
        }
        self.assertEqual(list(CONNECTORS), list(expected), "as people choose them")
        for kind, names in expected.items():
            with self.subTest(kind):
                form = Form(self.env["service.sync.source"])
                form.connector = kind
                self.assertEqual((form.required_names or "").split(), names)
                self.assertLessEqual(set(names), set(CONNECTORS[kind].setting_names))
                for name in ("url", "model_name", "host", "database", "api_key"):
                    required = form._get_modifier(name, "required")
                    self.assertEqual(required, name in names, name)

    def test_a_copy_for_tests_has_no_secret(self):
        """`data/neutralize.sql` is plain SQL and names each of them."""
        source = self.csv_source("", **dict.fromkeys(SECRETS, SECRET))
        fields = source._fields.items()
        hidden = {name for name, field in fields if not field.exportable}
        self.assertLessEqual(SECRETS, hidden, "`exportable=False` is missing")
        self.env.flush_all()
        for query in get_neutralization_queries(["helpdesk_service_credit"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse({name for name in SECRETS if source[name]})

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the tests of connected systems share."""

import base64
import io
from datetime import datetime, timedelta

from openpyxl import Workbook

from odoo import Command
from odoo.tests import BaseCase
from odoo.tests.common import _super_send

from odoo.addons.base.tests.common import BaseCommon

from ...connectors import ConnectorError
from ...connectors.json_endpoint import JsonConnector
from .peers import http_peer, json_rows
from .refusals import Refusals

SECRET = "s3cr3t-value"


class ConnectorCase(BaseCase):
    """Lets real requests through to servers of this machine."""

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        return _super_send(s, r, **kw)

    def read_ids(self, connector, cursor=None):
        """All ids in the order of delivery."""
        pages = connector.fetch(cursor)
        return [row.values.get("id") for page in pages for row in page.rows]

    def refused(self, connector, cursor=None):
        """The sentence the connector refuses with; never with the secret in it."""
        with self.assertRaises(ConnectorError) as caught:
            self.read_ids(connector, cursor)
        sentence = str(caught.exception)
        self.assertNotIn(SECRET, sentence)
        return sentence


def rows_of(count, start=1):
    return [
        {"id": number, "changed": f"2026-03-01T10:{number // 60:02}:{number % 60:02}"}
        for number in range(start, start + count)
    ]


def workbook(*lines, formats=None):
    """The bytes of an Excel workbook with these rows of cells.

    :param formats: how numbers are shown, by the name of their cell
    """
    book = Workbook()
    for line in lines:
        book.active.append(line)
    for name, style in (formats or {}).items():
        book.active[name].number_format = style
    spool = io.BytesIO()
    book.save(spool)
    return spool.getvalue()


class JsonCase(ConnectorCase):
    def connector(self, url, **settings):
        settings = {
            "url": url,
            "header_name": "X-Secret",
            "header_secret": SECRET,
            "rows_path": "data.items",
            **settings,
        }
        connector = JsonConnector(settings, ["id"], "id", "changed")
        self.addCleanup(connector.close)
        return connector


class SyncMixin:
    """Short ways to connect a system."""

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        return _super_send(s, r, **kw)

    @classmethod
    def create_source(cls, mapping, env=None, **values):
        return (env or cls.env)["service.sync.source"].create(
            {
                "name": "Webshop",
                "no_expiry": "validity",
                "mapping_ids": [
                    Command.create({"source_field": source, "target_field": target})
                    for target, source in mapping.items()
                ],
                **values,
            }
        )

    @classmethod
    def csv_source(cls, text="", mapping=None, **values):
        mapping = mapping or {
            "external_id": "id",
            "partner_id": "customer",
            "credits": "credits",
        }
        content = base64.b64encode(text.encode()) if text else False
        return cls.create_source(mapping, connector="csv", file=content, **values)

    @classmethod
    def json_source(cls, peer, mapping=None, **values):
        mapping = mapping or {
            "external_id": "id",
            "changed_at": "changed",
            "partner_id": "customer",
            "credits": "credits",
        }
        return cls.create_source(
            mapping,
            **{
                "connector": "json",
                "url": peer.url,
                "header_name": "X-Secret",
                "header_secret": SECRET,
                "rows_path": "data.items",
                "cursor_parameter": "since",
                "page_parameter": "page",
                **values,
            },
        )

    def records(self, source):
        """``{external id: service.sync.record}``"""
        records = self.env["service.sync.record"].search(
            [("source_id", "=", source.id)]
        )
        return {record.external_id: record for record in records}

    def targets(self, source):
        """What the rows became, by external id."""
        return {
            key: self.env[record.res_model].browse(record.res_id)
            for key, record in self.records(source).items()
            if record.res_id
        }


class SyncCommon(SyncMixin, Refusals, BaseCommon):
    """A customer other systems know by reference and by e-mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Azure Mills",
                "is_company": True,
                "ref": "ACME-1",
                "email": "Office@Azure.test",
            }
        )


class CycleCase(SyncCommon):
    """A source that reads seven rows of a real endpoint, three at a time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = []
        peer = http_peer(json_rows(lambda: cls.rows, page_size=3))
        cls.peer = peer.__enter__()
        cls.addClassCleanup(peer.__exit__, None, None, None)

    def setUp(self):
        super().setUp()
        self.rows[:] = [self.row(number) for number in range(1, 8)]
        self.peer.requests.clear()
        self.source = self.json_source(self.peer)

    def row(self, number, minutes=None, **values):
        moment = datetime.now() - timedelta(minutes=60 - (minutes or number))
        return {
            "id": number,
            "changed": moment.isoformat(timespec="microseconds"),
            "customer": "ACME-1",
            "credits": number * 10,
            **values,
        }

    def sync(self, source=None):
        """Run a cycle; return (created, updated, unchanged, failed)."""
        source = source or self.source
        source.action_sync_now()
        run = source.last_run_id
        return (
            run.created_count,
            run.updated_count,
            run.unchanged_count,
            run.failed_count,
        )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the tests of connected systems share."""

import base64

from odoo import Command
from odoo.tests import BaseCase
from odoo.tests.common import _super_send

from odoo.addons.base.tests.common import BaseCommon

from ..connectors import ConnectorError

SECRET = "s3cr3t-value"


class ConnectorCase(BaseCase):
    """Lets real requests through to servers of this machine."""

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        return _super_send(s, r, **kw)

    def read(self, connector, cursor=None):
        """All ids in the order of delivery."""
        pages = connector.fetch(cursor)
        return [row.values.get("id") for page in pages for row in page.rows]

    def refused(self, connector, cursor=None):
        """The sentence the connector refuses with; never with the secret in it."""
        with self.assertRaises(ConnectorError) as caught:
            self.read(connector, cursor)
        sentence = str(caught.exception)
        self.assertNotIn(SECRET, sentence)
        return sentence


class SyncMixin:
    """Short ways to connect a system."""

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        return _super_send(s, r, **kw)

    @classmethod
    def create_source(cls, mapping, **values):
        return cls.env["service.sync.source"].create(
            {
                "name": "Webshop",
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


class SyncCommon(SyncMixin, BaseCommon):
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

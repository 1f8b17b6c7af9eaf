# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json

from odoo import models
from odoo.exceptions import UserError

from ..connectors import Row, resolve
from ..connectors.values import storable
from .service_sync_record import MISSING

MAX_PAYLOAD = 50_000  # characters


class ServiceSyncSource(models.Model):
    """Rows in error: what is kept of them, and trying them again."""

    _inherit = "service.sync.source"

    def _get_payload(self, item):
        """The row as the source sent it, kept until it could be imported.

        It is kept whole, because fields may be mapped before it is tried again; only
        of a giant row just what is mapped now.
        """
        mapped = {
            mapping.source_field: storable(
                resolve(item.row.values, mapping.source_field)
            )
            for mapping in self.mapping_ids
        }
        try:
            payload = {**storable(item.row.values), **mapped}
            fits = len(json.dumps(payload)) <= MAX_PAYLOAD
        except RecursionError:  # nested deeper than can be walked
            fits = False
        return payload if fits else mapped

    def _retry(self, records):
        """Import what was kept of rows in error by the mapping of today.

        :raise UserError: a mapped field was not kept
        """
        self.ensure_one()
        for record in records:
            self._check_kept(record)
        rows = [Row(record.line_number, record.payload) for record in records]
        self._store_rows(rows, again=True)

    def _check_kept(self, record):
        for mapping in self.mapping_ids:
            name = mapping.source_field
            if resolve(record.payload, name, MISSING) is MISSING:
                raise UserError(
                    self.env._(
                        "The row %(row)s cannot be retried, because the fields of "
                        "%(system)s changed and “%(field)s” of the row was not kept: "
                        "press Reset on the system, which reads the row again.",
                        row=record.external_id or record.line_number,
                        system=self.name,
                        field=name,
                    )
                )

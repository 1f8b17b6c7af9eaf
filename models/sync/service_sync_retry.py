# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json

from odoo import models
from odoo.exceptions import UserError

from ...connectors import Row, resolve
from ...connectors.values import storable
from .service_sync_record import ERROR, MISSING

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

        :raise UserError: a mapped field was not kept, or the row could not be read
        """
        self.ensure_one()
        for record in records:
            self._check_kept(record)
        rows = [Row(record.line_number, record.payload) for record in records]
        known = self._bind(records, self._read_rows(rows))
        self._store_rows(
            [row for record, row in zip(records, rows, strict=True) if record in known],
            again=True,
        )

    def _bind(self, records, items):
        """Let records be found by the keys their rows have today.

        The key of a row changes when the field of its external ID is put right. What
        was kept of a row that was read again since, and is known by its key, goes.

        :return: the records that stay
        """
        self._find_records(items)
        first, stale = {}, records.browse()
        for record, item in zip(records, items, strict=True):
            key = item.external_id or item.checksum
            twin = first.setdefault(key, item)
            if item.record not in (None, record):
                stale |= record
            elif twin is not item:
                # Different rows of one key are reported when they are stored.
                if twin.checksum == item.checksum:
                    stale |= record
            elif not item.record:
                record.external_id = item.external_id or False
                if not item.external_id:
                    record.checksum = item.checksum
        stale.unlink()
        return records - stale

    def _note_whole(self, run):
        run.first_pass = self.pass_number

    def _drop_unseen(self, run):
        """Forget rows without an external ID that the source no longer has.

        Nothing recognizes them, so only a reading of the whole source can tell.
        """
        if run.first_pass:
            self.env["service.sync.record"].search(
                [
                    *(("source_id", "=", self.id), ("state", "=", ERROR)),
                    *(("external_id", "=", False), ("res_id", "=", False)),
                    ("pass_number", "<", run.first_pass),
                ]
            ).unlink()

    def _check_kept(self, record):
        if record.is_unreadable:
            raise UserError(
                self.env._(
                    "The row %(row)s cannot be retried, because it could not be read: "
                    "correct it in %(system)s, and press Sync now.",
                    row=record.external_id or record.line_number,
                    system=self.name,
                )
            )
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

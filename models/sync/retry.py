# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows in error that are tried again by the mapping of today."""

from odoo.exceptions import UserError

from ...connectors import Row, resolve
from .rows import RowReader
from .service_sync_record import MISSING
from .store import Store


def retry(source, records):
    """Import what was kept of rows in error.

    :raise UserError: a mapped field was not kept, or the row could not be read
    """
    for record in records:
        _check_kept(source, record)
    rows = [Row(record.line_number, record.payload) for record in records]
    store = Store(source)
    items = RowReader(source).read(rows)
    store.find_records(items)
    known = _bind(records, items)
    store.store(
        [row for record, row in zip(records, rows, strict=True) if record in known],
        again=True,
    )


def _bind(records, items):
    """Let records be found by the keys their rows have today.

    The key of a row changes when the field of its external ID is put right. What
    was kept of a row that was read again since, and is known by its key, goes.

    :return: the records that stay
    """
    first, stale = {}, records.browse()
    for record, item in zip(records, items, strict=True):
        twin = first.setdefault(item.key, item)
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


def _check_kept(source, record):
    row = record.external_id or record.line_number
    if record.is_unreadable:
        raise UserError(
            source.env._(
                "The row %(row)s cannot be retried, because it could not be read: "
                "correct it in %(system)s, and press Sync now.",
                row=row,
                system=source.name,
            )
        )
    for mapping in source.mapping_ids:
        name = mapping.source_field
        if resolve(record.payload, name, MISSING) is MISSING:
            raise UserError(
                source.env._(
                    "The row %(row)s cannot be retried, because the fields of "
                    "%(system)s changed and “%(field)s” of the row was not kept: "
                    "press Reset on the system, which reads the row again.",
                    row=row,
                    system=source.name,
                    field=name,
                )
            )

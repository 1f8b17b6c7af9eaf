# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows in error that are tried again by the mapping of today."""

from odoo.exceptions import UserError

from ...connectors import resolve
from .rows import RowReader, row_of
from .service_sync_record import MISSING
from .store import Store


def retry(source, records):
    """Import what was kept of rows in error.

    :raise UserError: a mapped field was not kept, or the row could not be read
    """
    for record in records:
        if obstacle := _get_obstacle(source, record):
            raise UserError(obstacle)
    rows = [row_of(record) for record in records]
    store = Store(source)
    items = RowReader(source).read(rows)
    store.find_records(items)
    known = _bind(records, items)
    store.store(
        [row for record, row in zip(records, rows, strict=True) if record in known],
        again=True,
    )


def retry_chosen(source, records):
    """Import rows in error, for which something was just chosen, as far as they can be.

    Other than with the button, none is refused and none goes: rows that were kept
    without a field, or are known by another key today, wait for it.
    """
    kept = records.filtered(lambda record: not _get_obstacle(source, record))
    store = Store(source)
    rows = [row_of(record) for record in kept]
    items = store.find(rows)
    store.store(
        [
            item.row
            for record, item in zip(kept, items, strict=True)
            if item.record == record and not item.is_skipped
        ],
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


def _get_obstacle(source, record):
    """Tell why a row cannot be tried again; nothing if it can."""
    row = record.external_id or record.line_number
    if record.is_unreadable:
        return source.env._(
            "The row %(row)s cannot be retried, because it could not be read: "
            "correct it in %(system)s, and press Sync Now.",
            row=row,
            system=source.name,
        )
    for mapping in source.mapping_ids:
        name = mapping.source_field
        if resolve(record.payload, name, MISSING) is MISSING:
            return source.env._(
                "The row %(row)s cannot be retried, because the fields of "
                "%(system)s changed and “%(field)s” of the row was not kept: "
                "press Reset on the system, which reads the row again.",
                row=row,
                system=source.name,
                field=name,
            )
    return ""

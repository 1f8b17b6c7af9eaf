# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows on their way in: mapped values, key, date, checksum, and what is kept."""

import datetime
import hashlib
import json
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from psycopg2 import IntegrityError

from odoo.exceptions import UserError

from ...connectors import ConnectorError, Row, ValueRefused, resolve
from ...connectors.alike import SHORTENED, digest_alike
from ...connectors.base import MAX_CELL
from ...connectors.errors import _lt, clean, quote
from ...connectors.values import (
    is_empty,
    parse_deleted,
    parse_text,
    scalar,
    storable,
)

# With these, a checksum is what it was before units could be chosen.
PLAIN_UNITS = {"auto", "hours"}
# Where the currencies of a kept row stand: no column has such a name.
MARKS = "\n"
MAX_KEY = 500  # characters of what is looked up by an index
MAX_BITS = 4096  # of a whole number
MAX_PAYLOAD = 50_000  # characters
NATIVE = (bool, float, Decimal, datetime.date)  # a datetime is a date
WRITTEN_OUT = (datetime.timedelta, datetime.time, uuid.UUID)
# What several fields of a source make together, and what stands between them.
JOINED = {"external_id": "|", "employee_id": " ", "time_start": " ", "time_end": " "}


@dataclass(eq=False)
class Item:
    """A row on its way in.

    :param raw: values of the source by target field
    :param marks: currencies beside them, by target field
    :param likeness: what a row without an ID of its own is recognized by when it was
        saved again by a spreadsheet
    :param is_respelled: whether just the spelling of its values is new
    :param is_skipped: whether it is left out
    :param left_out: why it is, if what it says tells
    :param is_unreadable: whether what can be kept of it is not what it said
    :param record: the ``service.sync.record`` of its external id, if there is one
    :param values: values of the target model
    :param target: the record it became
    """

    row: Row
    raw: dict = field(default_factory=dict)
    marks: dict = field(default_factory=dict)
    external_id: str = ""
    likeness: str = ""
    changed_at: datetime.datetime | None = None
    deleted: bool = False
    checksum: str = ""
    is_respelled: bool = False
    is_skipped: bool = False
    left_out: str = ""
    error: str = ""
    is_unreadable: bool = False
    customer_key: str = ""
    employee_key: str = ""
    ticket_key: str = ""
    is_catch_all: bool = False
    is_billing_held: bool = False
    record: Any = None
    values: dict = field(default_factory=dict)
    target: Any = None

    @property
    def key(self) -> str:
        """What the row is known by: rows without an external id by what they say."""
        return self.external_id or self.checksum

    def refuse(self, reason):
        """Add a reason why nothing can be made of the row; each once, on its line."""
        reasons = self.error.split("\n") if self.error else []
        if reason not in reasons:
            self.error = "\n".join([*reasons, reason])


class RowReader:
    """Picks the mapped values of rows, their keys, dates and checksums.

    After it, every value of an item can be stored and looked up: whatever another
    system puts into a cell is an error of that row at most.
    """

    def __init__(self, source, is_trial=False):
        """:param is_trial: a preview, which says once for all rows that no field is
        mapped to the external ID
        """
        self.env = source.env
        self.source = source
        self.is_keyless = is_trial and not source._is_keyed()
        # Read once: a page may have a thousand rows.
        self.plan = [
            (mapping.target_field, mapping.source_field, mapping.default_value)
            for mapping in source.mapping_ids
        ]
        self.skips = [(s.source_field, s._get_test()) for s in source.skip_ids]
        self.signature = self._sign()
        keys = source._get_key_lines().mapped("source_field")
        # A single ID is looked up as it may have been written.
        self.is_respelled = source.is_file and (source.row_is_key or len(keys) > 1)
        self.keys = [] if source.row_is_key else keys

    def read(self, rows):
        return [self._read_row(row) for row in rows]

    def _read_row(self, row):
        item = Item(row)
        self._pick_values(item)
        if not item.is_unreadable:
            for pick in (self._pick_key, self._pick_date, self._pick_deleted):
                attempt(self.env, item, pick, item)
        self._skip(item)
        text = json.dumps(item.raw, sort_keys=True, default=storable)
        text += json.dumps(item.marks, sort_keys=True) if item.marks else ""
        item.checksum = hashlib.sha256(self.signature + text.encode()).hexdigest()
        if not item.external_id and not item.error and not self.is_keyless:
            item.error = self.env._(
                "Line %(line)s has no external ID, so it couldn't be recognized in the"
                " next run.",
                line=row.number,
            )
        return item

    def _skip(self, item):
        """Leave out a row that one of the settings names, and tell by which value."""
        row = item.row
        field = next((name for name, skips in self.skips if skips(row.values)), None)
        item.is_skipped = field is not None
        if item.is_skipped:
            item.left_out = self.env._(
                "Left out: %(field)s is “%(value)s”",
                field=field,
                value=quote(resolve(row.values, field) or "").strip(),
            )

    def _pick_values(self, item):
        """Fill the raw values; what nothing can be made of is an error."""
        if item.row.error:
            template, values = item.row.error
            item.refuse(explain(self.env, ValueRefused(template, **values)))
        for target_field, source_field, default in self.plan:
            try:
                value = plain(scalar(resolve(item.row.values, source_field)))
            except ValueRefused as error:
                value = quote(resolve(item.row.values, source_field))
                item.refuse(explain(self.env, _named(self.env, source_field, error)))
            if default and is_empty(value) and value is not False:
                value = default
            if target_field in item.raw:
                value = _join(item.raw[target_field], value, JOINED[target_field])
            item.raw[target_field] = value
            if source_field in item.row.marks:
                item.marks[target_field] = item.row.marks[source_field]
        item.is_unreadable = bool(item.error)

    def _pick_key(self, item):
        if self.source.row_is_key:
            key = _digest(item.row.values)
        else:
            key = parse_text(item.raw.get("external_id")) or ""
        if self.source.is_file and SHORTENED.fullmatch(key):
            raise ValueRefused(
                _lt(
                    "A spreadsheet shortened the external ID “%(id)s”: format the "
                    "column as text before you save the file."
                ),
                id=key,
            )
        if len(key) > MAX_KEY:
            raise ValueRefused(
                _lt("The external ID “%(id)s…” has more than %(count)s characters."),
                id=key,
                count=MAX_KEY,
            )
        item.external_id = key

    def get_likeness(self, item):
        """What a row is recognized by in any spelling, "" if it has one ID."""
        values = item.row.values
        if not self.is_respelled or item.is_unreadable:
            return ""
        if self.keys:
            values = {name: resolve(values, name) for name in self.keys}
        source = self.source
        return digest_alike(values, source.decimal_separator, source.date_order)

    def _pick_date(self, item):
        if "changed_at" in item.raw:
            item.changed_at = self.source._parse_moment(item.raw["changed_at"])

    def _pick_deleted(self, item):
        item.deleted = parse_deleted(item.raw.get("deleted"), self.source.date_order)

    def _sign(self):
        """What makes the same row mean something else: settings of reading."""
        source = self.source
        settings = [
            source.decimal_separator,
            source.date_order,
            source.timezone,
            *sorted(f"{target}={name}" for target, name, _default in self.plan),
        ]
        units = {line._get_unit() for line in source.mapping_ids}
        settings += sorted(units - PLAIN_UNITS)
        if source.no_expiry != "validity":
            settings.append(source.no_expiry)
        if source.price_basis != "ask":
            settings.append(source.price_basis)
        if source.currency_id:
            settings.append(source.currency_id.name)
        return json.dumps(settings).encode()


def _join(first, second, between):
    """What two fields make together; an empty one leaves its place in a key."""
    texts = ["" if is_empty(value) else str(value).strip() for value in (first, second)]
    return between.join(texts).strip() if any(texts) else None


def _digest(values):
    try:
        text = json.dumps(storable(values), sort_keys=True)
    except RecursionError:
        raise ValueRefused(
            _lt("The row is nested too deeply to be recognized again.")
        ) from None
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def plain(value):
    """A single value the database can keep.

    :raise ValueRefused: it is several, or too much, or none at all
    """
    if value is None or isinstance(value, NATIVE):
        return value
    if isinstance(value, WRITTEN_OUT):
        return str(value)
    if isinstance(value, int) and value.bit_length() <= MAX_BITS:
        return value
    if not isinstance(value, str):
        raise ValueRefused(_lt("“%(value)s” isn't a single value."), value=value)
    if len(value) > MAX_CELL:
        raise ValueRefused(
            _lt("“%(value)s…” has more than %(count)s characters."),
            value=value,
            count=MAX_CELL,
        )
    parse_text(value)
    return value


def settle_duplicates(env, items, counts):
    """Keep one item per external id of a page.

    The same row twice is once. Of two versions the newer one counts; where the
    dates do not tell, neither is imported and the row says so.
    """
    kept = {}
    for item in items:
        other = kept.setdefault(item.key, item)
        if other is item:
            continue
        counts["unchanged" if item.external_id else "failed"] += 1
        if item.checksum == other.checksum:
            continue
        dates = (item.changed_at, other.changed_at)
        if all(dates) and dates[0] != dates[1]:
            kept[item.key] = item if dates[0] > dates[1] else other
        else:
            other.error = other.error or explain_duplicate(env, item, other)
    return list(kept.values())


def payload_of(item, mappings):
    """The row as the source sent it, kept until it could be imported.

    It is kept whole, because fields may be mapped before it is tried again; only
    of a giant row just what is mapped now, and of an unreadable one a glance.
    """
    values = {
        mapping.source_field: resolve(item.row.values, mapping.source_field)
        for mapping in mappings
    }
    if item.is_unreadable:
        return {name: quote(value or "") for name, value in values.items()}
    mapped = storable(values)
    if item.row.marks:
        mapped[MARKS] = storable(item.row.marks)
    try:
        payload = {**storable(item.row.values), **mapped}
        fits = len(json.dumps(payload)) <= MAX_PAYLOAD
    except RecursionError:  # nested deeper than can be walked
        fits = False
    return payload if fits else mapped


def row_of(record):
    """The row that was kept of a record in error."""
    marks = (record.payload or {}).get(MARKS)
    is_ours = isinstance(marks, dict)
    return Row(record.line_number, record.payload, marks=marks if is_ours else {})


# === Sentences ===


def attempt(env, item, read, *args):
    """Read a part of a row; what it is refused for is one of the row's reasons.

    :return: what was read, None if it was refused
    """
    try:
        return read(*args)
    except ValueRefused as error:
        item.refuse(explain(env, error))
        return None


def explain(env, error):
    """Return the sentence that tells a user why a row was refused."""
    if isinstance(error, (ValueRefused, ConnectorError)):
        # The sentences are marked for translation where connectors raise them.
        return env._(error.template, **error.values).strip()
    if isinstance(error, IntegrityError):
        table = error.diag.table_name
        model = next((n for n, m in env.registry.items() if m._table == table), "base")
        return env[model]._sql_error_to_message(error)
    if isinstance(error, UserError):
        return clean(error.args[0])
    return env._(
        "The row could not be stored (%(kind)s): %(reason)s",
        kind=type(error).__name__,
        reason=clean(error).strip().split("\n")[0][:200],
    )


def explain_duplicate(env, item, other):
    return env._(
        "The external ID %(id)s stands for different rows of the same batch "
        "(%(first)s and %(second)s): neither was imported.",
        id=item.external_id,
        first=other.row.number,
        second=item.row.number,
    )


def _named(env, source_field, error):
    """The refusal of a value, with the field of the source before it."""
    return ValueRefused(
        "%(field)s: %(reason)s", field=source_field, reason=explain(env, error)
    )

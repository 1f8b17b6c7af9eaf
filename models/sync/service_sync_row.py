# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg2 import IntegrityError

from odoo import models
from odoo.exceptions import UserError

from ...connectors import ConnectorError, Row, ValueRefused, resolve
from ...connectors.values import (
    is_empty,
    parse_boolean,
    parse_datetime,
    parse_text,
    scalar,
    storable,
)


@dataclass(eq=False)
class Item:
    """A row on its way in.

    :param raw: values of the source by target field
    :param record: the ``service.sync.record`` of its external id, if there is one
    :param values: values of the target model
    :param target: the record it became
    """

    row: Row
    raw: dict = field(default_factory=dict)
    external_id: str = ""
    changed_at: datetime | None = None
    deleted: bool = False
    checksum: str = ""
    error: str = ""
    customer_key: str = ""
    record: Any = None
    values: dict = field(default_factory=dict)
    target: Any = None


class ServiceSyncSource(models.Model):
    """Reading rows: their mapped values, key, date and checksum."""

    _inherit = "service.sync.source"

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _read_rows(self, rows):
        """Pick the mapped values of rows, their keys, dates and checksums."""
        # Read once: a page may have a thousand rows.
        plan = [
            (mapping.target_field, mapping.source_field, mapping.default_value)
            for mapping in self.mapping_ids
        ]
        signature = self._get_signature()
        return [self._read_row(row, plan, signature) for row in rows]

    def _read_row(self, row, plan, signature):
        item = Item(row)
        for target_field, source_field, default in plan:
            value = scalar(resolve(row.values, source_field))
            if default and is_empty(value) and value is not False:
                value = default
            item.raw[target_field] = value
        text = json.dumps(item.raw, sort_keys=True, default=storable)
        item.checksum = hashlib.sha256(signature + text.encode()).hexdigest()
        try:
            if row.error:
                raise ValueRefused(row.error[0], **row.error[1])
            item.external_id = parse_text(item.raw["external_id"]) or ""
            if "changed_at" in item.raw:
                item.changed_at = self._parse_moment(item.raw["changed_at"])
            item.deleted = bool(parse_boolean(item.raw.get("deleted")))
        except ValueRefused as error:
            item.error = self._explain_refusal(error)
        if not item.external_id and not item.error:
            item.error = self.env._(
                "Line %(line)s has no external ID, so it could not be recognized the "
                "next time.",
                line=row.number,
            )
        return item

    def _get_signature(self):
        """What makes the same row mean something else: settings of reading."""
        settings = [
            *(self.decimal_separator, self.date_order, self.timezone),
            *sorted(f"{m.target_field}={m.source_field}" for m in self.mapping_ids),
        ]
        return json.dumps(settings).encode()

    def _parse_moment(self, value):
        return parse_datetime(value, self.date_order, self.timezone)

    def _get_changed_at(self, values, mapping):
        try:
            return self._parse_moment(resolve(values, mapping.source_field))
        except ValueRefused:
            return None

    def _settle_duplicates(self, items, counts):
        """Keep one item per external id of a page.

        The same row twice is once. Of two versions the newer one counts; where the
        dates do not tell, neither is imported and the row says so.
        """
        kept = {}
        for item in items:
            key = item.external_id or item.checksum
            other = kept.get(key)
            if other is None:
                kept[key] = item
                continue
            counts["unchanged" if item.external_id else "failed"] += 1
            if item.checksum == other.checksum:
                continue
            dates = (item.changed_at, other.changed_at)
            if all(dates) and dates[0] != dates[1]:
                kept[key] = item if dates[0] > dates[1] else other
            else:
                other.error = other.error or self._get_duplicate_text(item, other)
        return list(kept.values())

    def _get_duplicate_text(self, item, other):
        return self.env._(
            "The external ID %(id)s stands for different rows of the same batch "
            "(%(first)s and %(second)s): neither was imported.",
            id=item.external_id,
            first=other.row.number,
            second=item.row.number,
        )

    # ------------------------------------------------------------------
    # Sentences
    # ------------------------------------------------------------------

    def _explain(self, error):
        """Return the sentence that tells a user why a row was refused."""
        if isinstance(error, (ValueRefused, ConnectorError)):
            return self._explain_refusal(error)
        if isinstance(error, IntegrityError):
            return self._explain_constraint(error)
        if isinstance(error, UserError):
            return str(error.args[0])
        return self.env._(
            "The row could not be stored (%(kind)s): %(reason)s",
            kind=type(error).__name__,
            reason=str(error).strip().split("\n")[0][:200],
        )

    def _explain_constraint(self, error):
        table = error.diag.table_name
        name = next((n for n, m in self.env.registry.items() if m._table == table), "")
        return self.env[name or "base"]._sql_error_to_message(error)

    def _explain_refusal(self, error):
        # The sentences are marked for translation where connectors raise them.
        return self.env._(error.template, **error.values).strip()

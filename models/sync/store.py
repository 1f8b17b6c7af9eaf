# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""From rows to records: each external id once, however often it arrives."""

from collections import Counter
from contextlib import closing

from odoo import fields
from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from .respelled import Respelled
from .rows import RowReader, explain, explain_duplicate, payload_of, settle_duplicates
from .service_sync_record import ERROR, IMPORTED, REMOVED, WITHDRAWN
from .targets import TARGETS

# Errors after which a transaction is played again, whatever it was about.
REPLAYED = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)
# What is known of a row that comes again.
KNOWN = (
    "external_id",
    "likeness",
    "checksum",
    "state",
    "changed_at",
    "res_id",
    "pass_number",
    "is_billing_held",
)
RECORD_COLUMNS = (
    "source_id",
    "external_id",
    "likeness",
    "state",
    "checksum",
    "changed_at",
    "last_seen",
    "pass_number",
    "line_number",
    "res_model",
    "res_id",
    "hours",
    "ticket_key",
    "is_catch_all",
    "is_billing_held",
)


class Store:
    """Creates, updates and withdraws what rows of one source mean."""

    def __init__(self, source):
        source.ensure_one()
        self.env = source.env
        self.source = source
        self.target = TARGETS[source.target](source)
        self.reader = RowReader(source)

    def store(self, rows, again=False):
        """Do what the rows mean; keep the reason of bad ones.

        Replaying rows does nothing: an unchanged checksum is skipped.

        :param again: a user asked to try rows that failed once more
        :return: counts by the names of ``service.sync.run``
        """
        counts = Counter(read=len(rows))
        items = self.reader.read(rows)
        items = settle_duplicates(self.env, items, counts)
        self._look_up(items)
        items = self._leave_out(items)
        items, again_saved = self._find_respelled(items)
        counts["unchanged"] += len(again_saved)
        settled, todo = [], []
        for item in items:
            (settled if self._is_settled(item, again) else todo).append(item)
        counts["unchanged"] += len(settled)
        self._touch(settled)
        self._withdraw([i for i in todo if i.deleted and not i.error], counts)
        known, new = self._convert(todo)
        self._update(known, counts)
        self._create(new)
        counts["created"] += sum(not item.error for item in new)
        counts["failed"] += sum(bool(item.error) for item in todo)
        self._keep(todo)
        return counts

    def try_out(self, rows):
        """Do what `store` does with rows, to hear what is refused; undo it.

        Without the fields that are needed, the values are read as far as they go.

        :return: the items, with their errors
        """
        everything = RowReader(self.source, is_trial=True).read(rows)
        self._look_up(everything)
        items = [item for item in everything if not item.is_skipped]
        self._mark_repeated(items)
        items, _again_saved = self._find_respelled(items)
        self.target.is_trial = True
        with closing(self.env.cr.savepoint()):
            _known, new = self._convert(items)
            if not self.source._get_missing(is_trial=True):
                self._create(
                    [i for i in new if not i.record or i.record.state == ERROR]
                )
        return everything

    def find(self, rows):
        """Return the rows as items, with what is known of them; do nothing."""
        items = self.reader.read(rows)
        self._look_up(items)
        return items

    def _look_up(self, items):
        self.find_records(items)
        self._find_left_out(items)

    def _mark_repeated(self, items):
        seen = {}
        for item in items:
            other = seen.setdefault(item.external_id or id(item), item)
            if other is not item and other.checksum != item.checksum:
                item.error = item.error or explain_duplicate(self.env, item, other)

    def _find_left_out(self, items):
        for item in items:
            is_open = not item.is_skipped and not item.error and not item.deleted
            item.left_out = item.left_out or (
                self.target.why_left_out(item) if is_open else ""
            )
            item.is_skipped = bool(item.left_out)

    def _leave_out(self, items):
        """The items without those to leave out, whose errors are no errors then."""
        out = [item for item in items if item.is_skipped]
        records = self.env["service.sync.record"].union(
            *(item.record for item in out if item.record)
        )
        records.filtered(lambda r: r.state == ERROR and not r.res_id).unlink()
        return [item for item in items if not item.is_skipped]

    # === What is known already ===

    def _find_respelled(self, items):
        """Bind or refuse new rows that are known ones in another spelling.

        :return: the items that are left, and those that came beside their twin
        """
        if not self.source.is_file or all(item.record for item in items):
            return items, set()
        return Respelled(self.source, self.reader).find(items)

    def find_records(self, items):
        """Give each item the record of its key."""
        records = self.env["service.sync.record"].search_fetch(
            [
                ("source_id", "=", self.source.id),
                "|",
                ("external_id", "in", [i.external_id for i in items if i.external_id]),
                "&",
                ("external_id", "=", False),
                ("checksum", "in", [i.checksum for i in items if not i.external_id]),
            ],
            [
                *KNOWN,
            ],
        )
        by_key = {record.external_id or record.checksum: record for record in records}
        for item in items:
            item.record = by_key.get(item.key)

    def _is_settled(self, item, again):
        """Whether nothing is to be done; sets the error of a contradiction."""
        record = item.record
        if not record:
            return False
        if record.state == REMOVED:
            return True  # deleted here: neither an update nor a reset brings it back
        if record.state == ERROR:
            return False
        if record.checksum == item.checksum or item.is_respelled:
            return True
        if record.pass_number == self.source.pass_number and not again:
            return self._is_older_version(item)
        return False

    def _is_older_version(self, item):
        """Whether an older version of a row that this very cycle stored comes late."""
        seen = item.record.changed_at
        now = item.changed_at and item.changed_at.replace(microsecond=0)
        if item.error:
            return False
        if seen and now and now < seen:
            return True
        if not (seen and now) or now == seen:
            item.error = self.env._(
                "The external ID %(id)s was sent twice in one run with different "
                "values: the first row is kept.",
                id=item.external_id,
            )
        return False

    # === Doing ===

    def _convert(self, items):
        """Turn raw values into values of the target.

        :return: items whose target may exist, and items that are new
        """
        # Rows in error too, to tell all that is wrong with them.
        readable = [i for i in items if not i.deleted and not i.is_unreadable]
        self._by_halves(readable, self.target.convert)
        known, new = [], []
        for item in readable:
            if not item.error:
                (known if item.record and item.record.res_id else new).append(item)
        return known, new

    def _withdraw(self, items, counts):
        for item in items:
            item.target = self.target.browse(item.record)
            if item.target:
                item.target = self._try(item, self.target.withdraw)
            if not item.error:
                counts["withdrawn"] += 1

    def _update(self, items, counts):
        for item in items:
            item.target = self.target.browse(item.record)
            if not item.target:
                continue
            changed = self._try(item, self.target.update)
            if not item.error:
                counts["updated" if changed else "unchanged"] += 1

    def _create(self, items):
        self._by_halves(items, self._create_targets)

    def _create_targets(self, items):
        targets = self.target.create(items)
        for item, target in zip(items, targets, strict=True):
            item.target = target

    def _try(self, item, work):
        """Do something for one item alone; a refusal becomes its error."""
        try:
            with self.env.cr.savepoint():
                return work(item)
        except REPLAYED:
            raise
        except Exception as error:  # one bad row never stops the page
            item.error = explain(self.env, error)
            return None

    def _by_halves(self, items, work):
        """Do something for all at once; on a refusal by halves, to find the bad."""
        if not items:
            return
        try:
            with self.env.cr.savepoint():
                work(items)
        except REPLAYED:
            raise
        except Exception as error:  # one bad row never stops the page
            if len(items) == 1:
                items[0].refuse(explain(self.env, error))
                return
            middle = len(items) // 2
            self._by_halves(items[:middle], work)
            self._by_halves(items[middle:], work)

    # === What became of it ===

    def _touch(self, items):
        """Note in one statement that rows were seen again; see `_insert_records`."""
        if not items:
            return
        if self.reader.is_respelled:
            self._keep_likeness(items)
        records = self.env["service.sync.record"].browse(
            [item.record.id for item in items]
        )
        now = fields.Datetime.now()
        records.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE service_sync_record
                   SET last_seen = %s, pass_number = %s, write_uid = %s, write_date = %s
                 WHERE id IN %s
                """,
                now,
                self.source.pass_number,
                self.env.uid,
                now,
                records._ids,
            )
        )
        records.invalidate_recordset(
            ["last_seen", "pass_number", "write_uid", "write_date"], flush=False
        )

    def _keep_likeness(self, items):
        """Note what rows are recognized by from now on."""
        for item in items:
            if item.is_respelled:
                item.record.write(
                    {"external_id": item.external_id, "checksum": item.checksum}
                )
            if not item.record.likeness:
                item.record.likeness = self.reader.get_likeness(item)

    def _keep(self, items):
        """Write down what became of the items."""
        new = []
        for item in items:
            values = self._prepare_record(item)
            if item.record:
                item.record.write(values)
            else:
                new.append({**values, "source_id": self.source.id})
        self._insert_records([values for values in new if values["state"] != ERROR])
        self.env["service.sync.record"].create([v for v in new if v["state"] == ERROR])

    def _insert_records(self, vals_list):
        """Insert rows that went well in one statement.

        They have no defaults, computes or rules of their own, and the ORM would take
        a tenth of the time of an import for them.
        """
        if not vals_list:
            return
        user, now = self.env.uid, fields.Datetime.now()
        common = {
            "create_uid": user,
            "write_uid": user,
            "create_date": now,
            "write_date": now,
        }
        names = (*RECORD_COLUMNS, *common)
        rows = [
            tuple({**values, **common}.get(name) or None for name in names)
            for values in vals_list
        ]
        self.env.cr.execute(
            SQL(
                "INSERT INTO service_sync_record (%s) VALUES %s",
                SQL(", ").join(map(SQL.identifier, names)),
                SQL(", ").join(SQL("%s", row) for row in rows),
            )
        )
        self.source.invalidate_recordset(["record_ids", "record_count", "failed_count"])

    def _prepare_record(self, item):
        values = {
            "external_id": item.external_id or False,
            "likeness": item.likeness or self.reader.get_likeness(item) or False,
            "changed_at": item.changed_at and item.changed_at.replace(microsecond=0),
            "last_seen": fields.Datetime.now(),
            "pass_number": self.source.pass_number,
            "line_number": item.row.number,
        }
        if item.record or item.error:
            values["error"] = item.error or False
            values["customer_key"] = item.customer_key or False
            values["employee_key"] = item.employee_key or False
        if item.record or item.error or item.is_catch_all:
            values["ticket_key"] = item.ticket_key or False
            values["is_catch_all"] = item.is_catch_all
            values["is_billing_held"] = item.is_billing_held
        if item.error:
            # The checksum of what is stored stays: the row may come back as it was.
            values.update(
                state=ERROR,
                payload=payload_of(item, self.source.mapping_ids),
                is_unreadable=item.is_unreadable,
            )
            if not item.record:
                values["checksum"] = item.checksum
            return values
        values.update(checksum=item.checksum)
        if item.record:
            values["payload"] = False
        if "unit_amount" in item.values:
            values["hours"] = item.values["unit_amount"]
        values["state"] = WITHDRAWN if item.deleted else IMPORTED
        if item.target:
            values.update(res_model=item.target._name, res_id=item.target.id)
        elif item.record and item.record.res_id:
            # Its target is gone here, and what was deleted here stays deleted.
            values["res_id"] = False
            values["state"] = WITHDRAWN if item.deleted else REMOVED
        return values

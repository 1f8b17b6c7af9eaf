# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import Counter

from odoo import fields, models
from odoo.tools import SQL

from .service_sync_cycle import REPLAYED
from .service_sync_record import ERROR, IMPORTED, REMOVED, WITHDRAWN

RECORD_COLUMNS = (
    *("source_id", "external_id", "state", "checksum", "changed_at", "last_seen"),
    *("pass_number", "line_number", "res_model", "res_id", "hours"),
)


class ServiceSyncSource(models.Model):
    """From rows to records: each external id once, however often it arrives."""

    _inherit = "service.sync.source"

    def _store_rows(self, rows, again=False):
        """Create, update or withdraw what the rows mean; keep the reason of bad ones.

        Replaying rows does nothing: an unchanged checksum is skipped.

        :param again: somebody asked to try rows that failed once more
        :return: counts by the names of ``service.sync.run``
        """
        self.ensure_one()
        counts = Counter(read=len(rows))
        items = self._read_rows(rows)
        items = self._settle_duplicates(items, counts)
        self._find_records(items)
        settled, todo = [], []
        for item in items:
            (settled if self._is_settled(item, again) else todo).append(item)
        counts["unchanged"] += len(settled)
        self._touch(settled)
        adapter = self._get_adapter()
        self._withdraw(adapter, [i for i in todo if i.deleted and not i.error], counts)
        wanted = [item for item in todo if not item.deleted and not item.error]
        adapter._convert(self, wanted)
        wanted = [item for item in wanted if not item.error]
        known, new = [], []
        for item in wanted:
            (known if item.record and item.record.res_id else new).append(item)
        self._update(adapter, known, counts)
        self._create_targets(adapter, new)
        counts["created"] += sum(not item.error for item in new)
        counts["failed"] += sum(bool(item.error) for item in todo)
        self._keep(todo)
        return counts

    # ------------------------------------------------------------------
    # What is known already
    # ------------------------------------------------------------------

    def _find_records(self, items):
        records = self.env["service.sync.record"].search_fetch(
            [
                ("source_id", "=", self.id),
                "|",
                ("external_id", "in", [i.external_id for i in items if i.external_id]),
                "&",
                ("external_id", "=", False),
                ("checksum", "in", [i.checksum for i in items if not i.external_id]),
            ],
            ["external_id", "checksum", "state", "changed_at", "res_id", "pass_number"],
        )
        by_key = {record.external_id or record.checksum: record for record in records}
        for item in items:
            item.record = by_key.get(item.external_id or item.checksum)

    def _is_settled(self, item, again):
        """Whether nothing is to be done; sets the error of a contradiction."""
        record = item.record
        if not record:
            return False
        if record.state == REMOVED:
            return True  # deleted here: neither an update nor a reset brings it back
        if record.state == ERROR:
            return False
        if record.checksum == item.checksum:
            return True
        if record.pass_number == self.pass_number and not again and not item.error:
            # Another version of a row that this very cycle stored.
            seen, now = record.changed_at, item.changed_at
            if seen and now and now.replace(microsecond=0) < seen:
                return True
            if not (seen and now) or now.replace(microsecond=0) == seen:
                item.error = self.env._(
                    "The external ID %(id)s came twice in one cycle with different "
                    "values: the first row stays.",
                    id=item.external_id,
                )
        return False

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    def _get_adapter(self):
        return self.env[f"service.sync.target.{self.target}"]

    def _withdraw(self, adapter, items, counts):
        for item in items:
            item.target = adapter._browse(item.record)
            if item.target:
                item.target = self._try(item, lambda i=item: adapter._withdraw(i))
            if not item.error:
                counts["withdrawn"] += 1

    def _update(self, adapter, items, counts):
        for item in items:
            item.target = adapter._browse(item.record)
            if not item.target:
                continue
            changed = self._try(item, lambda i=item: adapter._update(i))
            if not item.error:
                counts["updated" if changed else "unchanged"] += 1

    def _try(self, item, work):
        """Do something for one item alone; a refusal becomes its error."""
        try:
            with self.env.cr.savepoint():
                return work()
        except REPLAYED:
            raise
        except Exception as error:  # one bad row never stops the page
            item.error = self._explain(error)
            return None

    def _create_targets(self, adapter, items):
        """Create all at once; on a refusal by halves, so that bad rows stand alone."""
        if not items:
            return
        try:
            with self.env.cr.savepoint():
                targets = adapter._create(self, items)
        except REPLAYED:
            raise
        except Exception as error:  # one bad row never stops the page
            if len(items) == 1:
                items[0].error = self._explain(error)
                return
            middle = len(items) // 2
            self._create_targets(adapter, items[:middle])
            self._create_targets(adapter, items[middle:])
            return
        for item, target in zip(items, targets, strict=True):
            item.target = target

    def _touch(self, items):
        """Note in one statement that rows were seen again; see `_insert_records`."""
        if not items:
            return
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
                *(now, self.pass_number, self.env.uid, now, records._ids),
            )
        )
        records.invalidate_recordset(
            ["last_seen", "pass_number", "write_uid", "write_date"], flush=False
        )

    def _keep(self, items):
        """Write down what became of the items."""
        new = []
        for item in items:
            values = self._prepare_record(item)
            if item.record:
                item.record.write(values)
            else:
                new.append({**values, "source_id": self.id})
        self._insert_records([values for values in new if not values.get("payload")])
        self.env["service.sync.record"].create([v for v in new if v.get("payload")])

    def _insert_records(self, vals_list):
        """Insert rows that went well in one statement.

        They have no defaults, computes or rules of their own, and the ORM would take
        a tenth of the time of an import for them.
        """
        if not vals_list:
            return
        user, now = self.env.uid, fields.Datetime.now()
        names = (
            *RECORD_COLUMNS,
            "create_uid",
            "write_uid",
            "create_date",
            "write_date",
        )
        rows = [
            SQL(
                "(%s)",
                SQL(", ").join(
                    [
                        *(
                            SQL("%s", values.get(name) or None)
                            for name in RECORD_COLUMNS
                        ),
                        *(SQL("%s", value) for value in (user, user, now, now)),
                    ]
                ),
            )
            for values in vals_list
        ]
        self.env.cr.execute(
            SQL(
                "INSERT INTO service_sync_record (%s) VALUES %s",
                SQL(", ").join(SQL.identifier(name) for name in names),
                SQL(", ").join(rows),
            )
        )
        self.invalidate_recordset(["record_ids", "record_count", "failed_count"])

    def _prepare_record(self, item):
        now = fields.Datetime.now()
        changed_at = item.changed_at and item.changed_at.replace(microsecond=0)
        values = {
            "external_id": item.external_id or False,
            "changed_at": changed_at or False,
            "last_seen": now,
            "pass_number": self.pass_number,
            "line_number": item.row.number,
        }
        if item.record or item.error:
            values["error"] = item.error or False
            values["customer_key"] = item.customer_key or False
        if item.error:
            # The checksum of what is stored stays: the row may come back as it was.
            values.update(state=ERROR, payload=self._get_payload(item))
            values["is_unreadable"] = bool(item.row.error)
            if not item.record:
                values["checksum"] = item.checksum
            return values
        values["checksum"] = item.checksum
        if item.record:
            values["payload"] = False
        if "unit_amount" in item.values:
            values["hours"] = item.values["unit_amount"]
        values["state"] = WITHDRAWN if item.deleted else IMPORTED
        if item.target:
            values.update(res_model=item.target._name, res_id=item.target.id)
        elif item.record and item.record.res_id:
            # What it had become is gone here: that stays so.
            values["res_id"] = False
            values["state"] = WITHDRAWN if item.deleted else REMOVED
        return values

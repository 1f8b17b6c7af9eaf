# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import closing

from odoo import models

from ...connectors import ConnectorError
from ...connectors.errors import _lt
from .service_sync_record import ERROR


class ServiceSyncSource(models.Model):
    """What is looked at before rows are imported."""

    _inherit = "service.sync.source"

    def action_preview(self):
        """Show what the first rows would become; nothing is imported."""
        self.ensure_one()
        preview = self.env["service.sync.preview"].create({"source_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview of %(system)s", system=self.name),
            "res_model": preview._name,
            "res_id": preview.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _check_ready(self):
        """Refuse to read before the fields that are needed are mapped.

        :raise ConnectorError: naming the fields
        """
        mapped = set(self._get_mapping())
        labels = dict(
            self.mapping_ids._fields["target_field"]._description_selection(self.env)
        )
        for group in self._get_adapter()._required:
            if not mapped & set(group):
                raise ConnectorError(
                    _lt("Tell which field of the source becomes “%(field)s”."),
                    field="” / “".join(str(labels[name]) for name in group),
                )

    def _preview(self, limit):
        """Read, convert and try the first rows as an import would; store nothing.

        :return: the items, and the field names the source sent
        :raise ConnectorError: the source cannot be read, or fields are not mapped
        """
        self._check_ready()
        rows = []
        with closing(self._get_connector()) as connector:
            connector.page_size = min(connector.page_size, limit)
            for page in connector.fetch():
                rows += page.rows
                if len(rows) >= limit:
                    break
        items = self._read_rows(rows[:limit])
        keys = {key: True for item in items for key in item.row.values}
        self._mark_repeated(items)
        good = [item for item in items if not item.error and not item.deleted]
        self._get_adapter()._convert(self, good)
        self._try_out([item for item in good if not item.error])
        return items, list(keys)

    def _try_out(self, items):
        """Create what is new by its own rules, to hear what they refuse; undo it."""
        self._find_records(items)
        with closing(self.env.cr.savepoint()):
            new = [
                item
                for item in items
                if not item.record
                or (item.record.state == ERROR and not item.record.res_id)
            ]
            self._create_targets(self._get_adapter(), new)

    def _mark_repeated(self, items):
        seen = {}
        for item in items:
            other = seen.setdefault(item.external_id or id(item), item)
            if other is not item and other.checksum != item.checksum:
                item.error = item.error or self._get_duplicate_text(item, other)

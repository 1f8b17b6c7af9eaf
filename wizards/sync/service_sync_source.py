# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models

from ...connectors import ConnectorError
from ...connectors.guesses import get_columns
from ...models.sync.service_sync_source_guess import ROWS


class ServiceSyncSource(models.Model):
    _inherit = "service.sync.source"

    @api.readonly
    def get_source_columns(self):
        """Return the names of a file's columns, which its fields can be read from.

        What is wrong with the file is said where it is read, not while a name is typed.
        """
        self.ensure_one()
        self.check_access("write")
        if not self.is_file:
            return []
        try:
            rows = self._read_first(ROWS, is_bare=True)
        except ConnectorError:
            return []
        return list(get_columns([row.values for row in rows if not row.error]))

    def action_guess_fields(self):
        """Map the fields by their names and values, and show what that makes."""
        self._guess_fields()
        return self.action_preview()

    def action_preview(self):
        """Show what the first rows would become; nothing is imported."""
        self.ensure_one()
        if not self.mapping_ids and self.has_access("write"):
            self._guess_fields()
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

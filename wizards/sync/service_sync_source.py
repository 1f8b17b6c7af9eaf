# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models


class ServiceSyncSource(models.Model):
    _inherit = "service.sync.source"

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

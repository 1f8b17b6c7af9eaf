# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import AccessError

from ...tools import export_shown


class ServiceCreditClosedMixin(models.AbstractModel):
    """Records that only the ledger itself makes, and that are never changed or deleted:
    not by form, RPC or import, and not as superuser either.

    No group has the right to: trying raises an `AccessError`.
    """

    _name = "service.credit.closed.mixin"
    _description = "Closed Records of the Ledger"

    def _get_closed_message(self, operation):
        """Tell what to do instead of `create`, `write` or `unlink`."""
        raise NotImplementedError

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: the ledger inserts its records itself."""
        if not vals_list:
            return self.browse()
        raise AccessError(self._get_closed_message("create"))

    def write(self, vals):
        """Refuse: a correction is a new row."""
        if not self or not vals:
            return True
        raise AccessError(self[0].sudo()._get_closed_message("write"))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        for record in self[:1].sudo():
            raise AccessError(record._get_closed_message("unlink"))

    def export_data(self, fields_to_export):
        """Export the names that the list shows, also to those who may not open the
        records."""
        return export_shown(self, fields_to_export, super().export_data)

    def _write_past_the_lock(self, vals):
        """Write fields that are not figures of the ledger; for our own code only."""
        return super().write(vals)

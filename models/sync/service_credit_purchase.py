# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models

from .service_sync_record import REMOVED


class ServiceCreditPurchase(models.Model):
    """What imported purchases remember of where they came from."""

    _inherit = "service.credit.purchase"

    @api.constrains("active", "is_draft")
    def _check_archived_empty(self):
        """An unused draft that was imported may wait in the archive."""
        drafts = self.filtered(lambda lot: not lot.active and lot.is_draft)
        imported = self.env["service.sync.record"]._of(drafts) if drafts else []
        ids = [record.res_id for record in imported]
        archived = drafts.filtered(lambda lot: lot.id in ids)
        return super(ServiceCreditPurchase, self - archived)._check_archived_empty()

    def write(self, vals):
        """An imported draft that is taken out of the archive follows its row again."""
        result = super().write(vals)
        if vals.get("active"):
            self.env["service.sync.record"]._of(self)._mark_restored()
        return result

    def unlink(self):
        """Archive imported drafts instead: deleted for good after some days.

        Deleting one that is in the archive already deletes it.
        """
        records = self.env["service.sync.record"]._of(self)
        live = records.filtered(lambda record: record.state != REMOVED)
        archived = self.browse(live.mapped("res_id"))
        if archived:
            archived.check_access("unlink")
            archived._unlink_only_unused_draft()
            archived.write({"active": False})
            live._mark_removed(keep_target=True)
        (records - live).write({"res_id": False})
        return super(ServiceCreditPurchase, self - archived).unlink()

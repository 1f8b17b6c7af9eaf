# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models

from .service_sync_record import REMOVED


class ServiceCreditPurchase(models.Model):
    """What imported purchases remember of where they came from."""

    _inherit = "service.credit.purchase"

    def _get_kept_in_archive(self):
        """An unused draft that was imported may wait in the archive."""
        drafts = self.filtered(lambda lot: not lot.active and lot.is_draft)
        ids = {record.res_id for record in self.env["service.sync.record"]._of(drafts)}
        imported = drafts.filtered(lambda lot: lot.id in ids)
        return super()._get_kept_in_archive() | imported

    def _note_unarchived(self):
        """An imported draft that is taken out of the archive follows its row again."""
        super()._note_unarchived()
        self.env["service.sync.record"]._of(self)._mark_restored()

    def _archive_instead(self):
        """Archive imported drafts: they are deleted for good after some days.

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
        return super()._archive_instead() | archived

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class AccountMove(models.Model):
    """The entry of a recognition lives and ends with it. A document made by hand is
    about the purchases that its items name."""

    _inherit = "account.move"

    service_credit_recognition_ids = fields.One2many(
        comodel_name="service.credit.recognition",
        inverse_name="move_id",
        readonly=True,
        copy=False,
        groups="account.group_account_readonly,account.group_account_manager",
    )

    @api.depends("line_ids.service_credit_purchase_id")
    def _compute_has_service_credits(self):
        super()._compute_has_service_credits()
        for move in self.filtered("line_ids.service_credit_purchase_id"):
            move.has_service_credits = True

    @api.depends("line_ids.service_credit_purchase_id")
    def _compute_service_credit_note(self):
        """Depend on the purchases that items name, see `_get_purchase_domain`."""
        return super()._compute_service_credit_note()

    def _get_purchase_domain(self):
        # sudo: the column is for accountants only
        named_sudo = self.sudo().line_ids.service_credit_purchase_id
        named = Domain("id", "in", named_sudo.ids)
        return super()._get_purchase_domain() | named

    def _post(self, soft=True):
        """Refuse the entry of a recognition that was cancelled or closed meanwhile, or
        that says something else than the recognition."""
        for recognition in self._get_recognitions():
            if recognition.state == "cancelled":
                raise UserError(
                    self.env._(
                        "%(entry)s can't be posted, because %(recognition)s was "
                        "cancelled: prepare it again.",
                        entry=recognition.move_id.display_name,
                        recognition=recognition.display_name,
                    )
                )
            # Core would move the entry to a day that is open.
            recognition._check_lock_date()
            recognition._check_entry()
        return super()._post(soft)

    def button_cancel(self):
        """Cancel the recognition with its entry: its rows can be recognized again."""
        res = super().button_cancel()
        self._get_recognitions()._release()
        return res

    def _reverse_moves(self, default_values_list=None, cancel=False):
        for recognition in self._get_recognitions()[:1]:
            raise UserError(
                self.env._(
                    "%(entry)s can't be reversed: cancel %(recognition)s instead, or "
                    "let the next recognition include the correction.",
                    entry=recognition.move_id.display_name,
                    recognition=recognition.display_name,
                )
            )
        return super()._reverse_moves(default_values_list, cancel)

    @api.ondelete(at_uninstall=False)
    def _unlink_with_recognition(self):
        self._get_recognitions()._release()

    def _get_recognitions(self):
        # sudo: those who may change the entry need not see purchases
        return self.sudo().service_credit_recognition_ids

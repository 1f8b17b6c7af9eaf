# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.tools import float_round

from .drawing import OPENING


class ServiceCreditPurchase(models.Model):
    """What was used of a purchase in another system, before it was recorded here."""

    _inherit = "service.credit.purchase"

    def _get_used_here(self):
        """Return the credits that work has drawn here, not in another system."""
        elsewhere = 0.0 if self.is_draft else self.opening_used
        used = float_round(
            self.credits_allocated - elsewhere, self._get_credit_digits()
        )
        return max(used, 0.0)

    def _get_opening_rows(self):
        """Return the rows of what was used elsewhere that stand (superuser)."""
        # sudo: a consequence of what the caller may type
        rows_sudo = self.env["service.credit.consumption"].sudo()
        rows_sudo = rows_sudo.search(
            [("purchase_id", "in", self.ids), ("consumption_type", "=", OPENING)]
        )
        left = rows_sudo._get_left()
        return rows_sudo.filtered(lambda row: left.get(row.id, (0,))[0] > 0)

    def _give_back_opening(self):
        """Give back what was used elsewhere, before it is taken at another price."""
        rows_sudo = self._get_opening_rows()
        rows_sudo._give_back_batch([(row, None) for row in rows_sudo])

    def _follow_opening(self):
        """Take what was used elsewhere off purchases that are no drafts, on the day
        they start, and give it back to drafts."""
        standing = self._get_opening_rows()
        rows_sudo = standing.browse()
        wrong = standing.filtered(
            lambda row: (
                row.purchase_id.is_draft or row.date != row.purchase_id.date_start
            )
        )
        rows_sudo._give_back_batch([(row, None) for row in wrong])
        settled = (standing - wrong).purchase_id
        rows_sudo._post(
            [
                lot._prepare_write_off(lot.opening_used, OPENING, lot.date_start)
                for lot in self.sorted("id")
                if lot.opening_used and not lot.is_draft and lot.sudo() not in settled
            ]
        )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import float_compare

from ...models.selling.billing import KEEP, REPLACE, WITHDRAW


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    withdraw_service_credits = fields.Boolean(
        default=True,
        help="Posting the credit note takes back the credits of its lines, as far as "
        "they are unused. Otherwise the customer keeps them at a lower price.",
    )
    has_service_credits = fields.Boolean(
        compute="_compute_service_credit_note",
        compute_sudo=False,
        export_string_translation=False,
    )
    service_credit_note = fields.Text(
        compute="_compute_service_credit_note",
        compute_sudo=False,
        export_string_translation=False,
    )

    @api.depends("move_ids")
    @api.depends_context("lang", "uid")
    def _compute_service_credit_note(self):
        """Tell what the purchases of the reversed invoices have left to withdraw, what
        was used and stays, and where they differ from the documents already."""
        for reversal in self:
            purchases = self.env["service.credit.purchase"]
            if purchases.has_access("read"):
                purchases = reversal.move_ids._get_service_credit_purchases()
            moves = reversal.move_ids
            reversal.has_service_credits = any(moves.mapped("has_service_credits"))
            reversal.service_credit_note = "\n".join(
                note for lot in purchases for note in self._get_purchase_notes(lot)
            )

    def _get_purchase_notes(self, purchase):
        values = {
            "purchase": purchase.name,
            "available": purchase._format_credits(purchase.credits_available),
            "credits": purchase._format_credits(purchase.credits),
        }
        note = self.env._(
            "%(purchase)s: %(available)s of %(credits)s credits are unused and can be "
            "withdrawn.",
            **values,
        )
        gone = purchase.credits - purchase.credits_available
        used = gone - purchase.credits_withdrawn
        if float_compare(used, 0.0, purchase._get_credit_digits()) > 0:
            note += " " + self.env._(
                "%(used)s were used, transferred or have expired, and stay.",
                used=purchase._format_credits(used),
            )
        if purchase.credits_withdrawn > 0:
            note += " " + self.env._(
                "%(withdrawn)s are withdrawn already.",
                withdrawn=purchase._format_credits(purchase.credits_withdrawn),
            )
        return [note, *filter(None, [purchase.billing_note])]

    def reverse_moves(self, is_modify=False):
        """A credit note that another invoice replaces withdraws no credits."""
        reversal = self.with_context(replaces_service_credits=is_modify)
        return super(AccountMoveReversal, reversal).reverse_moves(is_modify)

    def _prepare_default_reversal(self, move):
        values = super()._prepare_default_reversal(move)
        if move.is_sale_document():
            effect = WITHDRAW if self.withdraw_service_credits else KEEP
            is_replaced = self.env.context.get("replaces_service_credits")
            values["service_credit_effect"] = REPLACE if is_replaced else effect
        return values

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import float_round

from ...tools import check_moved, lock_and_touch, refuse_uncountable
from .choices import CHOSEN
from .service_credit_purchase_lock import MOST_CREDITS


class ServiceCreditShare(models.Model):
    """The most that one customer may draw from credits that another one shares."""

    _name = "service.credit.share"
    _description = "Share in Service Credits"
    _order = "purchase_id, id"
    _check_company_auto = True
    _rec_name = "partner_id"

    purchase_id = fields.Many2one(
        comodel_name="service.credit.purchase",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="purchase_id.company_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        check_company=True,
        ondelete="cascade",
    )
    credits = fields.Float(
        string="Most Credits",
        digits="Service Credits",
        required=True,
        help="The most credits this customer can draw, however many are left.",
    )
    credits_used = fields.Float(
        string="Used",
        digits="Service Credits",
        compute="_compute_credits_used",
        compute_sudo=True,
    )

    _credits_positive = models.Constraint(
        "CHECK (credits > 0 AND credits <= 1000000000)",
        "A share is more than 0 credits: take the customer off the list to share "
        "nothing.",
    )
    _one_share = models.UniqueIndex(
        "(purchase_id, partner_id)",
        "A customer has one share in a purchase.",
    )

    @api.depends("purchase_id.consumption_ids.credits", "partner_id")
    def _compute_credits_used(self):
        rows = self.env["service.credit.consumption"]._read_group(
            [
                ("purchase_id", "in", self.purchase_id._origin.ids),
                ("is_shared", "=", True),
                ("used_by_id", "in", self.partner_id._origin.ids),
            ],
            ["purchase_id", "used_by_id"],
            ["credits:sum"],
        )
        used = {(purchase.id, user.id): credits for purchase, user, credits in rows}
        for share in self:
            key = share.purchase_id._origin.id, share.partner_id._origin.id
            share.credits_used = used.get(key, 0.0)

    # ------------------------------------------------------------------
    # CRUD: the purchase is written, so that of a draw and another share at the same
    # moment one is replayed
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Share the purchase with the customers, too."""
        refuse_uncountable(self, vals_list)
        shares = super().create(vals_list)
        lock_and_touch(shares.purchase_id)
        shares._choose_customers()
        return shares

    def write(self, vals):
        """Refuse numbers that nothing can count with; share with another customer."""
        refuse_uncountable(self, [vals])
        purchases = self.purchase_id
        result = super().write(vals)
        check_moved(self, vals, ("purchase_id",))
        lock_and_touch(purchases | self.purchase_id)
        if "partner_id" in vals:
            self._choose_customers()
        return result

    def unlink(self):
        lock_and_touch(self.purchase_id)
        return super().unlink()

    @api.constrains("partner_id", "purchase_id")
    def _check_partner(self):
        """A contact's share would limit nothing: its customer draws."""
        for share in self:
            share.purchase_id._refuse_contacts(share.sudo().partner_id)

    def _choose_customers(self):
        """Put the customers on the list of those the purchase is shared with."""
        for share in self:
            purchase = share.purchase_id
            if purchase.sharing == "chosen" and (
                share.partner_id not in purchase.shared_partner_ids
            ):
                purchase.shared_partner_ids |= share.partner_id

    def _join_customers(self, sources, target):
        """Leave customers that become one what they may draw together: their limits
        are added up, what a customer without one used is not counted against the limit
        of the other, and who goes on without a limit keeps none.

        :param sources: commercial entities that become part of `target`
        :return: the shares that are left, still of a source where `target` had none
        """
        shares = self.search([("partner_id", "in", (sources | target).ids)])
        left = shares.browse()
        for purchase, own in shares.grouped("purchase_id").items():
            own = own._drop_unchosen(sources)
            if not own:
                continue
            kept = own.filtered(lambda share: share.partner_id == target)
            is_owner = purchase.commercial_partner_id in target | sources
            if is_owner or not kept and purchase._is_shared_with(target):
                own.unlink()
                continue
            kept = kept or own[0]
            credits = sum(own.mapped("credits"))
            credits += purchase._get_credits_used_by(
                (sources | target) - own.partner_id
            )
            (own - kept).unlink()
            if credits != kept.credits:
                kept.credits = min(credits, MOST_CREDITS)
            left |= kept
        return left

    def _drop_unchosen(self, sources):
        """Delete the shares, in one purchase, of sources that are not on the list of
        those it is shared with: the customer that they become part of would be put on
        it. Where a source is on the list, the share of a customer that is not limits
        nothing.

        :return: the shares that are left
        """
        purchase = self.purchase_id._with_archived()
        if purchase.sharing != CHOSEN:
            return self
        members = purchase.shared_partner_ids
        unchosen = self.filtered(lambda share: share.partner_id not in members)
        if not members & sources:
            unchosen = unchosen.filtered(lambda share: share.partner_id in sources)
        left = self - unchosen
        unchosen.unlink()
        return left

    def _get_left(self):
        """Return the credits that the customer may still draw."""
        self.ensure_one()
        digits = self.env["decimal.precision"].precision_get("Service Credits")
        return max(float_round(self.credits - self.credits_used, digits), 0.0)

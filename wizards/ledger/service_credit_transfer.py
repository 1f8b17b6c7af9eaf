# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import format_date


class ServiceCreditTransfer(models.TransientModel):
    """Give unused credits of a purchase to another customer of the group."""

    _name = "service.credit.transfer"
    _inherit = "service.number.mixin"
    _description = "Transfer Services Credits"

    purchase_id = fields.Many2one(
        comodel_name="service.credit.purchase", required=True, readonly=True
    )
    commercial_partner_id = fields.Many2one(
        related="purchase_id.commercial_partner_id",
        string="Customer",
        related_sudo=False,
    )
    group_id = fields.Many2one(
        comodel_name="res.partner", compute="_compute_group_id", compute_sudo=False
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Transfer To",
        required=True,
        domain="[('id', 'child_of', group_id), ('id', '!=', commercial_partner_id), "
        "'|', ('is_company', '=', True), ('parent_id', '=', False)]",
        help="A company of the customer's group.",
    )
    credits = fields.Float(
        digits="Service Credits",
        compute="_compute_credits",
        compute_sudo=False,
        precompute=True,
        store=True,
        readonly=False,
        required=True,
    )
    reason = fields.Char(required=True)
    preview = fields.Text(compute="_compute_preview", compute_sudo=False)

    @api.depends("purchase_id")
    def _compute_group_id(self):
        for wizard in self:
            owner = wizard.commercial_partner_id
            wizard.group_id = owner and owner._get_group_top().sudo(False)

    @api.depends("purchase_id")
    def _compute_credits(self):
        for wizard in self:
            purchase = wizard.purchase_id
            wizard.credits = purchase._get_usable_credits() if purchase else 0.0

    @api.depends("purchase_id", "partner_id", "credits")
    @api.depends_context("lang")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = wizard._may_know() and wizard._get_preview()

    def _may_know(self):
        """Tell whether there is a transfer that the user may make."""
        self.ensure_one()
        return bool(
            self.purchase_id
            and self.partner_id
            and self.purchase_id.has_access("write")
            and self.partner_id.has_access("read")
        )

    def _get_preview(self):
        """Tell what the transfer does, or what is in its way."""
        # sudo: of the purchase that the user may edit, and of the chosen customer
        lot_sudo = self.purchase_id.sudo()
        customer_sudo = self.partner_id.sudo().commercial_partner_id
        refusal = lot_sudo._get_transfer_refusal(customer_sudo, self.credits, "-")
        if refusal:
            return refusal
        given_sudo = lot_sudo._get_given_row(customer_sudo)
        values = {
            "credits": lot_sudo._format_credits(self.credits),
            "customer": customer_sudo.display_name,
            "owner": lot_sudo.commercial_partner_id.display_name,
            "left": lot_sudo._format_credits(lot_sudo.credits_available - self.credits),
            "expiry": format_date(self.env, lot_sudo.date_expiry),
        }
        if given_sudo:
            return self.env._(
                "%(credits)s credits go back to %(purchase)s of %(customer)s, and "
                "%(left)s stay with %(owner)s.",
                purchase=given_sudo.purchase_id.name,
                **values,
            )
        return self.env._(
            "%(customer)s gets %(credits)s credits at the same price, to use until "
            "%(expiry)s, and %(left)s stay with %(owner)s.",
            **values,
        )

    def action_transfer(self):
        """Transfer the credits, and open the purchase that received them.

        :raise UserError: when it is not possible, with the reason
        """
        self.ensure_one()
        target_sudo = self.purchase_id._transfer(
            self.partner_id, self.credits, self.reason
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": target_sudo._name,
            "res_id": target_sudo.id,
            "view_mode": "form",
        }

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class ServiceCreditExtend(models.TransientModel):
    """Move the expiry date of a purchase and say why."""

    _name = "service.credit.extend"
    _description = "Extend Services Credits"

    purchase_id = fields.Many2one(
        comodel_name="service.credit.purchase", required=True, readonly=True
    )
    date_expiry = fields.Date(
        string="New Expiry Date",
        compute="_compute_date_expiry",
        compute_sudo=False,
        precompute=True,
        store=True,
        readonly=False,
        required=True,
    )
    reason = fields.Text(required=True)

    @api.depends("purchase_id")
    def _compute_date_expiry(self):
        for wizard in self:
            wizard.date_expiry = wizard.purchase_id.date_expiry

    def action_extend(self):
        """Move the date under the rules of the purchase; the reason goes to its
        chatter.

        :raise UserError: unless the new date is later
        """
        for wizard in self:
            purchase = wizard.purchase_id
            if wizard.date_expiry <= purchase.date_expiry:
                raise UserError(
                    self.env._(
                        "The purchase %(purchase)s expires on %(expiry)s: choose a "
                        "later date to extend it.",
                        purchase=purchase.name,
                        expiry=format_date(self.env, purchase.date_expiry),
                    )
                )
            purchase.write({"date_expiry": wizard.date_expiry})
            purchase.message_post(body=wizard.reason)
        return {"type": "ir.actions.act_window_close"}

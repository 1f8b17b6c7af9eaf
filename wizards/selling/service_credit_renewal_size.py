# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models


class ServiceCreditRenewalSize(models.TransientModel):
    """One size of a renewal: what it would have meant in the last twelve months."""

    _name = "service.credit.renewal.size"
    _description = "Size of a Renewal of Service Credits"

    renewal_id = fields.Many2one(
        comodel_name="service.credit.renewal", required=True, ondelete="cascade"
    )
    name = fields.Char(string="Size", required=True, readonly=True)
    units = fields.Float(string="Quantity", digits="Product Unit", readonly=True)
    currency_id = fields.Many2one(related="renewal_id.currency_id", related_sudo=False)
    credits = fields.Float(digits="Service Credits", compute="_compute_figures")
    price = fields.Monetary(
        compute="_compute_figures", help="Untaxed, as the quotation will say."
    )
    credits_lapsed = fields.Float(
        string="Lapsed Credits",
        digits="Service Credits",
        compute="_compute_figures",
        help="Credits that would have been left at the end of the year.",
    )
    cost_lapsed = fields.Monetary(string="Lapsed Amount", compute="_compute_figures")
    credits_overage = fields.Float(
        string="Missing Credits",
        digits="Service Credits",
        compute="_compute_figures",
        help="Credits that would have been missing.",
    )
    cost_overage = fields.Monetary(
        string="Overage Amount",
        compute="_compute_figures",
        help="The missing credits at the price of this size.",
    )

    @api.depends("units", "renewal_id.product_id")
    def _compute_figures(self):
        for size in self:
            window = size.renewal_id
            need = window.credits_used + window.credits_overage
            credits = size.units * window.product_id.service_credits
            size.price = window._get_renewal().get_price(size.units)
            per_credit = size.price / credits if credits else 0.0
            size.credits = credits
            size.credits_lapsed = max(credits - need, 0.0)
            size.credits_overage = max(need - credits, 0.0)
            size.cost_lapsed = size.credits_lapsed * per_credit
            size.cost_overage = size.credits_overage * per_credit

    def action_create_order(self):
        """Create the draft quotation of this size, and open it; nothing is sent.

        :raise AccessError: without the right to create quotations
        """
        self.ensure_one()
        return self.renewal_id._create_order(self.units)

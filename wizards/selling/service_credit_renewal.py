# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, api, fields, models
from odoo.exceptions import AccessError

from ...models.selling.renewal import Renewal, is_for_sale

OWNER_FIELDS = {"partner_id", "company_id", "currency_id"}


class ServiceCreditRenewal(models.TransientModel):
    """Quote a customer's next service credits, sized from what was really used.

    Nothing is sent: what it makes is a draft quotation. Nothing is computed as
    superuser but the use, which is shown to those who may know it.
    """

    _name = "service.credit.renewal"
    _description = "Renew Service Credits"

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", required=True, readonly=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        compute="_compute_product_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('service_credits', '>', 0), ('sale_ok', '=', True)]",
    )
    credits_used = fields.Float(
        string="Used in Twelve Months",
        digits="Service Credits",
        compute="_compute_use",
        help="Credits that paid for work of the last twelve months: those with the "
        "limits of the product, or all when the customer has none like them.",
    )
    credits_overage = fields.Float(
        string="Overage in Twelve Months",
        digits="Service Credits",
        compute="_compute_use",
        help="Credits that the overage of the last twelve months would have taken.",
    )
    size_ids = fields.One2many(
        comodel_name="service.credit.renewal.size",
        inverse_name="renewal_id",
        string="Sizes",
        compute="_compute_size_ids",
        compute_sudo=False,
        store=True,
    )
    order_id = fields.Many2one(
        comodel_name="sale.order", readonly=True, ondelete="set null"
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("partner_id", "company_id", "currency_id")
    def _compute_product_id(self):
        """Propose the product that the customer buys most of."""
        for window in self:
            if not window.product_id and window._may_know():
                window.product_id = window._get_renewal().find_product()

    @api.depends("partner_id", "company_id", "currency_id", "product_id")
    @api.depends_context("uid")
    def _compute_use(self):
        for window in self:
            window.credits_used, window.credits_overage = (
                window._get_renewal().get_use() if window._may_know() else (0.0, 0.0)
            )

    @api.depends("product_id", "credits_used", "credits_overage")
    def _compute_size_ids(self):
        for window in self:
            sizes = window._get_sizes() if is_for_sale(window.product_id) else ()
            window.size_ids = [Command.clear()] + [
                Command.create({"name": name, "units": units}) for name, units in sizes
            ]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse customers whose use the user may not know, whatever the way in."""
        windows = super().create(vals_list)
        for window in windows:
            window.partner_id._check_may_renew_service_credits(window.company_id)
        return windows

    def write(self, vals):
        """Refuse to turn a window to another customer."""
        if not self.env.su and not OWNER_FIELDS.isdisjoint(vals):
            raise AccessError(
                self.env._(
                    "The customer of a renewal can't be changed. Start from the other "
                    "customer instead."
                )
            )
        return super().write(vals)

    def _may_know(self):
        """Tell whether there is a customer whose use the user may know."""
        self.ensure_one()
        return bool(
            self.partner_id
            and self.company_id
            and self.currency_id
            and self.partner_id._may_renew_service_credits(self.company_id)
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def _open(self, partner, company, currency, product=None):
        """Return the action that opens the window for a customer."""
        window = self.create(
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "currency_id": currency.id,
                **({"product_id": product.id} if is_for_sale(product) else {}),
            }
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_renewal_action"
        )
        action["res_id"] = window.id
        return action

    def _create_order(self, units):
        """Create the draft quotation, once, and open it."""
        self.ensure_one()
        if not self.order_id:
            self.order_id = self._get_renewal().create_order(units)
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "view_mode": "form",
            "views": [(False, "form")],
            "res_id": self.order_id.id,
        }

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _get_renewal(self):
        self.ensure_one()
        return Renewal(
            self.partner_id._origin,
            self.company_id._origin,
            self.currency_id._origin,
            self.product_id._origin,
        )

    def _get_sizes(self):
        """Return the three sizes as ``(name, units)``: below, at, and above the use."""
        renewal = self._get_renewal()
        need = self.credits_used + self.credits_overage
        fitting = renewal.get_fitting(need)
        return [
            (self._get_size_name((units > fitting) - (units < fitting)), units)
            for units in renewal.get_sizes(need)
        ]

    def _get_size_name(self, place):
        """Name a size that is below (-1), at (0) or above (1) what fits: the use, or
        for an allotment, which gives the same every period, how long it lasts."""
        if self.product_id.service_credit_period == "once":
            names = {
                -1: self.env._("Smaller"),
                0: self.env._("Same as last year"),
                1: self.env._("Larger"),
            }
        else:
            names = {
                -1: self.env._("Shorter"),
                0: self.env._("As long as before"),
                1: self.env._("Longer"),
            }
        return names[place]

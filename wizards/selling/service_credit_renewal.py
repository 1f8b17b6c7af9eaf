# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import math

from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

MONTHS = 12


class ServiceCreditRenewal(models.TransientModel):
    """Quote a customer's next service credits, sized from what was really used.

    Nothing is sent: what it makes is a draft quotation (design 3.10).
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
        store=True,
        readonly=False,
        precompute=True,
        domain="[('service_credits', '>', 0), ('sale_ok', '=', True)]",
    )
    credits_used = fields.Float(
        string="Used in Twelve Months",
        digits="Service Credits",
        compute="_compute_use",
        help="Credits that paid for work of the last twelve months.",
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
        """Propose the product the customer bought last, if it still is for sale."""
        for renewal in self:
            if not renewal.product_id:
                renewal.product_id = renewal._get_last_product()

    @api.depends("partner_id", "company_id", "currency_id")
    def _compute_use(self):
        burn = self.env["service.credit.burn"]
        since = fields.Date.context_today(self) - relativedelta(months=MONTHS)
        for renewal in self:
            renewal.credits_used, renewal.credits_overage = burn._get_use(
                renewal.partner_id, renewal.company_id, renewal.currency_id, since
            )

    @api.depends("product_id", "credits_used", "credits_overage")
    def _compute_size_ids(self):
        for renewal in self:
            commands = [Command.clear()]
            if renewal.product_id.service_credits > 0:
                commands += [
                    Command.create({"name": name, "units": units})
                    for name, units in renewal._get_sizes()
                ]
            renewal.size_ids = commands

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def _open(self, partner, company, currency, product=None):
        """Return the action that opens the window for a customer."""
        renewal = self.create(
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "currency_id": currency.id,
                **({"product_id": product.id} if self._is_for_sale(product) else {}),
            }
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_renewal_action"
        )
        action["res_id"] = renewal.id
        return action

    def _create_order(self, units):
        """Create the draft quotation, once, and open it."""
        self.ensure_one()
        if not self.order_id:
            self.order_id = self.env["sale.order"].create(self._prepare_order(units))
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "view_mode": "form",
            "views": [(False, "form")],
            "res_id": self.order_id.id,
        }

    def _prepare_order(self, units):
        if not self._is_for_sale(self.product_id):
            raise UserError(
                self.env._(
                    "No quotation can be made for %(customer)s: choose a product that "
                    "has service credits and is for sale.",
                    customer=self.partner_id.display_name,
                )
            )
        pricelist = self._get_pricelist()
        if not pricelist and self.company_id.currency_id != self.currency_id:
            raise UserError(
                self.env._(
                    "No quotation in %(currency)s can be made for %(customer)s: create "
                    "a pricelist in that currency.",
                    currency=self.currency_id.name,
                    customer=self.partner_id.display_name,
                )
            )
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "pricelist_id": pricelist.id,
            "origin": self.env._("Renewal of service credits"),
            "order_line": [
                Command.create(
                    {"product_id": self.product_id.id, "product_uom_qty": units}
                )
            ],
        }

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _get_pricelist(self):
        """Return a pricelist in the currency of the credits, the customer's own first.

        None where the company's currency needs none: credits of another currency
        would not join those that are renewed.
        """
        self.ensure_one()
        own = self.partner_id.with_company(self.company_id).property_product_pricelist
        if own.currency_id == self.currency_id:
            return own
        return own.search(
            [
                ("currency_id", "=", self.currency_id.id),
                ("company_id", "in", (False, self.company_id.id)),
            ],
            limit=1,
        )

    @api.model
    def _is_for_sale(self, product):
        return bool(
            product
            and product.active
            and product.sale_ok
            and product.service_credits > 0
        )

    def _get_last_product(self):
        purchases_sudo = self._search_purchases_sudo(
            Domain("product_id.service_credits", ">", 0)
        )
        found = purchases_sudo.product_id.filtered(self._is_for_sale)[:1]
        return found.sudo(False)

    def _search_purchases_sudo(self, domain=Domain.TRUE):
        # sudo: who may quote for a customer may know what the customer used; the
        # caller could read the customer or one of the purchases.
        purchase_sudo = self.env["service.credit.purchase"].sudo()
        return purchase_sudo.with_context(active_test=False).search(
            domain & self._domain_owner(), order="date_start desc, id desc"
        )

    def _domain_owner(self):
        return (
            Domain(
                "commercial_partner_id", "=", self.partner_id.commercial_partner_id.id
            )
            & Domain("company_id", "=", self.company_id.id)
            & Domain("currency_id", "=", self.currency_id.id)
        )

    def _get_sizes(self):
        """Return the three sizes as ``(name, units)``: below, at, and above the use."""
        need = self.credits_used + self.credits_overage
        per_unit = self.product_id.service_credits
        # Rounded first: 30.000000000000004 credits are three tens, not four.
        fitting = max(math.ceil(round(need / per_unit, 6)), 1)
        step = max(round(fitting / 4), 1)
        small = max(fitting - step, 1)
        middle = max(fitting, small + 1)
        return [
            (self.env._("Lean"), small),
            (self.env._("As used"), middle),
            (self.env._("Roomy"), middle + step),
        ]

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.fields import Domain
from odoo.tools import float_round, format_date, mute_logger

from ...tools import add_months, format_number
from ..ledger.service_credit_purchase import MAY_SEE_PURCHASES

# A change of one of these changes how many credits the item stands for, or their price.
TERM_FIELDS = frozenset(
    (
        "product_id",
        "product_uom_id",
        "product_uom_qty",
        "price_unit",
        "discount",
        "tax_ids",
    )
)


class SaleOrderLine(models.Model):
    """Service credits of a sales order item, and the purchase made from it."""

    _inherit = "sale.order.line"

    service_credits = fields.Float(
        digits="Service Credits",
        compute="_compute_service_credits",
        compute_sudo=True,
        help="Credits the customer gets for the ordered quantity. An item that has its "
        "purchase keeps the credits per unit of that day.",
    )
    service_credit_purchase_ids = fields.One2many(
        comodel_name="service.credit.purchase",
        inverse_name="sale_line_id",
        string="Service Credit Purchases",
        context={"active_test": False},
        copy=False,
        groups=MAY_SEE_PURCHASES,
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends(
        "product_id.service_credits",
        "product_uom_qty",
        "product_uom_id",
        "display_type",
        "is_downpayment",
        "service_credit_purchase_ids.service_credits_per_unit",
        "service_credit_purchase_ids.is_withdrawn",
    )
    def _compute_service_credits(self):
        for line in self:
            per_unit = line._get_service_credits_per_unit()
            units = line._get_product_units() if per_unit else 0.0
            line.service_credits = max(units * per_unit, 0.0)

    def _get_service_credits_per_unit(self):
        """Return the credits of one unit: of the purchase, else of the product."""
        if self.display_type or self.is_downpayment:
            return 0.0
        product = self.product_id
        lot_sudo = self._get_live_purchases().filtered(
            lambda lot: lot.product_id == product
        )
        return lot_sudo[:1].service_credits_per_unit or product.service_credits

    def _get_product_units(self):
        """Return the ordered quantity in the unit of measure of the product."""
        return self.product_uom_id._compute_quantity(
            self.product_uom_qty,
            self.product_id.uom_id,
            round=False,
            raise_if_failure=False,
        )

    def _get_units_for_credits(self, credits):
        """Return how many units of the item so many credits need, rounded up."""
        per_unit = self.service_credits / (self.product_uom_qty or 1.0)
        per_unit = per_unit or self._get_service_credits_per_unit()
        return self.product_uom_id.round(credits / per_unit, rounding_method="UP")

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Items added to a confirmed order get the purchase their product asks for."""
        lines = super().create(vals_list)
        lines._create_purchases_of_confirmed()
        return lines

    def write(self, vals):
        """Let the purchase of an item follow its quantity, product and price."""
        if TERM_FIELDS.isdisjoint(vals):
            return super().write(vals)
        before = {
            line.id: line._get_service_credit_terms()
            for line in self._get_live_purchases().sale_line_id
        }
        result = super().write(vals)
        for purchase in self.browse(before)._get_live_purchases().sorted("id"):
            line = purchase.sale_line_id
            purchase._follow_sale(line, before[line.id])
        if "product_uom_qty" in vals:
            self._create_purchases_of_confirmed()
        return result

    def unlink(self):
        """Take the drafts of deleted items along."""
        self._get_live_purchases()._withdraw()
        return super().unlink()

    # ------------------------------------------------------------------
    # Creating purchases
    # ------------------------------------------------------------------

    @api.model
    def _domain_service_credits(self):
        """Return the items that a purchase can be created from (design 6).

        The search of purchases passes by the record rules: an item whose purchase the
        user cannot see has one all the same.
        """
        live = Domain("is_withdrawn", "=", False)
        return (
            Domain("display_type", "=", False)
            & Domain("is_downpayment", "=", False)
            & Domain("state", "!=", "cancel")
            & Domain("product_uom_qty", ">", 0)
            & Domain("product_id.service_credits", ">", 0)
            & Domain("service_credit_purchase_ids", "not any!", live)
        )

    @api.model
    def _domain_ticket_item(self):
        """Leave out what was sold as credits: the credits pay for time, and its hours
        must not pay for as much once more."""
        sold_as_credits = Domain("product_id.service_credits", ">", 0)
        return super()._domain_ticket_item() & ~sold_as_credits

    def _get_live_purchases(self):
        """Return the purchases of these items that were not withdrawn (superuser)."""
        # sudo: the order decides about its purchases, whoever changes the order
        purchases_sudo = self.sudo().service_credit_purchase_ids
        return purchases_sudo.filtered(lambda lot: not lot.is_withdrawn)

    def _create_purchases_of_confirmed(self):
        """Create what the products of confirmed orders ask for, once."""
        wanted = self.sudo().filtered(
            lambda line: (
                line.state == "sale"
                and line.product_id.service_credit_creation in ("draft", "open")
                and line.service_credits > 0
                and not line._get_live_purchases()
            )
        )
        return wanted._create_service_credit_purchases(
            [line._prepare_service_credit_purchase() for line in wanted]
        )

    def _create_service_credit_purchases(self, vals_list):
        """Create the purchases of these items in one go.

        The orders are written, so that of this and a cancellation at the same moment
        one is replayed. Whoever creates the purchase of an item that just got one is
        replayed too, and then sees it. The caller checks who may ask for it.

        :param vals_list: values of purchases, each with its ``sale_line_id``
        :return: the purchases (superuser)
        """
        # sudo: salespeople and confirming customers have no right on purchases
        purchase_sudo = self.env["service.credit.purchase"].sudo()
        if not vals_list:
            return purchase_sudo
        self.order_id._touch_for_purchases()
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                return purchase_sudo.create(vals_list)
        except UniqueViolation as error:
            raise ConcurrencyError("purchase created meanwhile") from error

    def _prepare_service_credit_purchase(self, **terms):
        """Return the values of the purchase of this item.

        A purchase of an order that is not confirmed is a draft, whatever is asked.

        :param terms: what the purchase says where it was amended by a person, and
            ``is_draft``; default what :meth:`_get_service_credit_terms` proposes
        """
        self.ensure_one()
        order = self.order_id
        wants_draft = self._wants_draft_purchase()
        terms = terms or {
            **self._get_service_credit_terms(),
            "is_draft": wants_draft,
        }
        is_confirmed = order.state == "sale"
        return {
            **terms,
            "is_draft": terms["is_draft"] or not is_confirmed,
            "open_on_confirmation": not is_confirmed and not wants_draft,
            "partner_id": order.partner_id.id,
            "company_id": order.company_id.id,
            "currency_id": order.currency_id.id,
            "product_id": self.product_id.id,
            "sale_line_id": self.id,
            "opportunity_id": order.opportunity_id.id,
            "sale_credits": self.service_credits,
            "service_credits_per_unit": self.product_id.service_credits,
        }

    def _get_service_credit_terms(self):
        """Return what a purchase of this item would say: credits, untaxed value before
        discount and untaxed amount paid per credit, start, expiry, description."""
        self.ensure_one()
        credits = float_round(
            self.service_credits,
            self.env["decimal.precision"].precision_get("Service Credits"),
        )
        start = fields.Date.context_today(self)
        value = self._get_untaxed_before_discount() / credits if credits else 0.0
        paid = self.price_subtotal / credits if credits else 0.0
        return {
            "credits": credits,
            "value_per_credit": max(value, 0.0),
            "paid_per_credit": max(paid, 0.0),
            "date_start": start,
            "date_expiry": self._get_service_credit_expiry(start),
            "description": self.name,
        }

    def _wants_draft_purchase(self):
        creation = self.product_id.service_credit_creation
        if creation == "manual":
            # sudo: settings of the company are not secret
            return self.company_id.sudo().service_credit_draft_by_default
        return creation == "draft"

    def _get_service_credit_expiry(self, start):
        months = self.product_id.service_credit_validity or 12
        return add_months(start, months)

    def _get_untaxed_before_discount(self):
        """Return the untaxed subtotal the item would have without its discount."""
        if not self.discount:
            return self.price_subtotal
        tax_model = self.env["account.tax"]
        base_line = self._prepare_base_line_for_taxes_computation(discount=0.0)
        tax_model._add_tax_details_in_base_line(base_line, self.company_id)
        tax_model._round_base_lines_tax_details([base_line], self.company_id)
        return base_line["tax_details"]["total_excluded_currency"]

    def _get_service_credit_label(self):
        """Return what the customer reads below the item: credits and validity."""
        self.ensure_one()
        lot_sudo = self._get_live_purchases().filtered(lambda lot: not lot.is_draft)[:1]
        if lot_sudo:
            return self.env._(
                "%(credits)s service credits, valid from %(start)s to %(expiry)s",
                credits=format_number(self.env, lot_sudo.sale_credits),
                start=format_date(self.env, lot_sudo.date_start),
                expiry=format_date(self.env, lot_sudo.date_expiry),
            )
        return self.env._(
            "%(credits)s service credits, valid for %(months)s months",
            credits=format_number(self.env, self.service_credits),
            months=self.product_id.service_credit_validity or 12,
        )

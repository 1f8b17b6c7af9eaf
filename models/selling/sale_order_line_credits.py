# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2.errors import UniqueViolation

from odoo import api, models
from odoo.exceptions import ConcurrencyError
from odoo.fields import Domain
from odoo.tools import float_compare, float_round, format_date, mute_logger

from ...tools import add_months, format_number, lock_and_touch
from .billing import share_discounts


class SaleOrderLine(models.Model):
    """The service credits an item stands for, and the purchase made from it."""

    _inherit = "sale.order.line"

    # ------------------------------------------------------------------
    # Credits of the item
    # ------------------------------------------------------------------

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

    def _get_units_beyond(self, credits):
        """Return the units of the item that stand for so many of its credits."""
        return self.product_uom_id.round(
            self.product_uom_qty * credits / self.service_credits
        )

    def _get_split_refusal(self, units):
        """Return why so many units can't become an item of their own, else None.

        What is invoiced stays with the item, and would be invoiced once more.
        """
        self.ensure_one()
        uom, product = self.product_uom_id, self.product_id
        kept = self.product_uom_qty - units
        if uom.compare(self.qty_invoiced, kept) > 0:
            return self.env._(
                "%(item)s can't be split, because its purchase stands for %(kept)s "
                "%(unit)s and %(invoiced)s are invoiced. Credit the rest first.",
                item=self.display_name,
                kept=format_number(self.env, uom.round(kept)),
                unit=uom.name,
                invoiced=format_number(self.env, self.qty_invoiced),
            )
        lot_sudo = self._get_live_purchases()[:1]
        sold = lot_sudo.service_credits_per_unit or product.service_credits
        digits = lot_sudo._get_credit_digits()
        if float_compare(sold, product.service_credits, digits) != 0:
            return self.env._(
                "%(item)s can't be split, because one unit of %(product)s has %(now)s "
                "service credits instead of the %(sold)s that were sold. Reduce the "
                "item and add a new one instead.",
                item=self.display_name,
                product=product.display_name,
                now=format_number(self.env, product.service_credits),
                sold=format_number(self.env, sold),
            )
        return None

    def _split_units(self, units):
        """Move so many units to an item of their own right below, at the same price.

        :return: the new item
        """
        self.ensure_one()
        kept = self.product_uom_id.round(self.product_uom_qty - units)
        price = {"price_unit": self.price_unit, "discount": self.discount}
        moved = {"product_uom_qty": units, **price}
        stays = {"product_uom_qty": kept, **price}
        if self.qty_delivered_method == "manual" and self.qty_delivered > kept:
            moved["qty_delivered"] = self.qty_delivered - kept
            stays["qty_delivered"] = kept
        self.write(stays)
        self._make_room_below()
        vals = self.copy_data(
            {
                "order_id": self.order_id.id,
                "linked_line_id": self.linked_line_id.id,
                **moved,
            }
        )[0]
        # Core leaves out the distribution of the order's project: a copied order may
        # have another one.
        return self.create(
            {**vals, "analytic_distribution": self.analytic_distribution}
        )

    def _make_room_below(self):
        """Let a new item of the same sequence come right below, in the same section."""
        below = self.order_id.order_line.filtered(
            lambda line: (line.sequence, line.id) > (self.sequence, self.id)
        )
        if self.sequence in below.mapped("sequence"):
            for line in below:
                line.sequence += 1

    # ------------------------------------------------------------------
    # Creating purchases
    # ------------------------------------------------------------------

    @api.model
    def _domain_service_credits(self):
        """Return the items that a purchase can be created from.

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
            & Domain("product_id.service_credit_period", "=", "once")
            & Domain("service_credit_purchase_ids", "not any!", live)
        )

    @api.model
    def _domain_ticket_item(self):
        """Leave out what was sold as credits: the credits pay for time, and its hours
        must not pay for as much once more."""
        sold_as_credits = Domain("product_id.service_credits", ">", 0)
        return super()._domain_ticket_item() & ~sold_as_credits

    def _may_pay_time(self):
        """The same of an item that a work has in another way."""
        return super()._may_pay_time() and not self.product_id.service_credits > 0

    def _get_live_purchases(self):
        """Return the purchases of these items that were not withdrawn (superuser)."""
        # sudo: the order decides about its purchases, not who changes it
        purchases_sudo = self.sudo().service_credit_purchase_ids
        return purchases_sudo.filtered(lambda lot: not lot.is_withdrawn)

    def _get_purchased_terms(self):
        """Return what the purchases of these items should say now, by item id."""
        return {
            line.id: {
                **line._get_service_credit_terms(),
                "periods": line._count_periods(),
            }
            for line in (
                self._get_live_purchases().sale_line_id
                | self._get_running_plans().sale_line_id
            )
        }

    def _follow_with_purchases(self, before):
        """Bring purchases in line with what changed on their items.

        :param before: what :meth:`_get_purchased_terms` returned before the change
        :raise UserError: when an item would hold fewer credits than are used
        """
        lines = self.browse(before)
        for plan in lines._get_running_plans().sorted("id"):
            plan._follow_sale(before[plan.sale_line_id.id])
        packs = lines._get_live_purchases().filtered(lambda lot: not lot.plan_id)
        for purchase in packs.sorted("id"):
            line = purchase.sale_line_id
            purchase._follow_sale(line, before[line.id])
        billed = (
            self.browse(before)
            ._get_live_purchases()
            .filtered("sale_line_id.invoice_lines")
        )
        billed._follow_documents()

    def _hand_over_purchases(self):
        """Let the purchases follow the customer, company, currency and opportunity of
        their orders.

        :raise UserError: a purchase that can be used stays with its customer
        """
        for order_sudo, lots_sudo in (
            self._get_live_purchases().grouped("sale_order_id").items()
        ):
            lots_sudo._follow_owner(order_sudo)
        for plan_sudo in self._get_running_plans():
            order_sudo = plan_sudo.sale_order_id
            if plan_sudo.partner_id != order_sudo.partner_id:
                plan_sudo.partner_id = order_sudo.partner_id

    def _create_purchases_of_confirmed(self):
        """Create what the products of confirmed orders ask for, once."""
        wanted = self.sudo().filtered(
            lambda line: (
                line.state == "sale"
                and not line._is_allotment()
                and line.product_id.service_credit_creation in ("draft", "open")
                and line.service_credits > 0
                # Periods of a product that was replaced stay where they were used.
                and not line._get_live_purchases().filtered(
                    lambda lot, line=line: (
                        not lot.plan_id or lot.product_id == line.product_id
                    )
                )
            )
        )
        return wanted._create_service_credit_purchases(
            [line._prepare_service_credit_purchase() for line in wanted]
        )

    def _create_service_credit_purchases(self, vals_list):
        """Create the purchases of these items in one go.

        The orders are written, so that of this and a cancellation at the same moment
        one is replayed. A user who creates the purchase of an item that just got one is
        replayed too, and then sees it. The caller checks who may ask for it.

        :param vals_list: values of purchases, each with its ``sale_line_id``
        :return: the purchases (superuser)
        """
        # sudo: salespeople and confirming customers have no right on purchases
        purchase_sudo = self.env["service.credit.purchase"].sudo()
        if not vals_list:
            return purchase_sudo
        lock_and_touch(self.order_id)
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                created_sudo = purchase_sudo.create(vals_list)
        except UniqueViolation as error:
            raise ConcurrencyError("purchase created meanwhile") from error
        # Some of their items may be invoiced already.
        created_sudo.filtered("sale_line_id.invoice_lines")._follow_documents()
        return created_sudo

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
            **order._prepare_purchase_owner(),
            "is_draft": terms["is_draft"] or not is_confirmed,
            "open_on_confirmation": not is_confirmed and not wants_draft,
            "product_id": self.product_id.id,
            "sale_line_id": self.id,
            "sale_credits": self.service_credits,
            "service_credits_per_unit": self.product_id.service_credits,
            "release": self.product_id.service_credit_release,
        }

    def _get_service_credit_terms(self):
        """Return what a purchase of this item would say: credits, untaxed value before
        discount and untaxed amount paid per credit, start, expiry, description."""
        self.ensure_one()
        credits = float_round(
            self.service_credits,
            self.env["decimal.precision"].precision_get("Service Credits"),
        )
        start = self.company_id._get_today()
        value = self._get_untaxed_before_discount() / credits if credits else 0.0
        paid = self._get_untaxed_after_discounts() / credits if credits else 0.0
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

    def _get_untaxed_after_discounts(self):
        """Return the untaxed subtotal less its share of the discounts on the order."""
        lines = self.order_id.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )
        discounts = lines.filtered("is_order_discount")
        if not discounts:
            return self.price_subtotal
        amounts = {line: line.price_subtotal for line in lines}
        return share_discounts(amounts, discounts, self.currency_id)[self]

    def _get_service_credit_label(self):
        """Return what the customer reads below the item: credits, validity, limits."""
        self.ensure_one()
        if self._is_allotment():
            label = self._get_allotment_label()
        else:
            label = self._get_service_credit_validity_label()
        lot_sudo = self._get_live_purchases()[:1]
        if lot_sudo:
            limits = lot_sudo._get_limits_text()
        else:
            limits = self.product_id.product_tmpl_id._get_service_credit_limits()
        if not limits:
            return label
        return self.env._("%(label)s, only for %(limits)s", label=label, limits=limits)

    def _get_service_credit_validity_label(self):
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

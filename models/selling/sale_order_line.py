# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..ledger.choices import MAY_SEE_PURCHASES

# A change of one of these changes what the purchase of the item says.
TERM_FIELDS = frozenset(
    (
        "product_id",
        "product_uom_id",
        "product_uom_qty",
        "price_unit",
        "discount",
        "tax_ids",
        "name",
        "order_id",
    )
)


class SaleOrderLine(models.Model):
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

    service_credit_plan_ids = fields.One2many(
        comodel_name="service.credit.plan",
        inverse_name="sale_line_id",
        string="Allotments",
        context={"active_test": False},
        copy=False,
        groups=MAY_SEE_PURCHASES,
    )
    qty_delivered_method = fields.Selection(
        selection_add=[("service_credit_period", "Periods of Service Credits")],
        ondelete={"service_credit_period": "set manual"},
    )
    is_order_discount = fields.Boolean(
        compute="_compute_is_order_discount",
        help="A discount on the whole order, by hand, coupon or promotion.",
        export_string_translation=False,
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

    @api.depends("price_subtotal", "product_uom_qty", "is_downpayment")
    def _compute_is_order_discount(self):
        for line in self:
            line.is_order_discount = (
                line.price_subtotal < 0 < line.product_uom_qty
                and not line.is_downpayment
            )

    @api.depends("product_id")
    def _compute_qty_delivered_method(self):
        """Each period of an allotment is delivered when it starts."""
        by_period = self.filtered(lambda line: line._is_allotment())
        by_period.qty_delivered_method = "service_credit_period"
        return super(SaleOrderLine, self - by_period)._compute_qty_delivered_method()

    @api.depends(
        "analytic_line_ids.hours_billed",
        "analytic_line_ids.approval_state",
        "reached_milestones_ids.service_credits",
        "reached_milestones_ids.service_credit_allocation_ids.credits",
    )
    def _compute_qty_delivered(self):
        """Depend on what is billed, which may differ from what was worked, and on
        milestones that credits pay.

        See `_get_delivered_quantity_by_analytic` and `_prepare_qty_delivered`.
        """
        return super()._compute_qty_delivered()

    @api.depends("analytic_line_ids.hours_billed", "analytic_line_ids.approval_state")
    def _compute_remaining_hours(self):
        """Leave no hours to others that time waiting for approval holds."""
        result = super()._compute_remaining_hours()
        if self.env["helpdesk.ticket.team"]._is_approval_used():
            for line, hours in self._get_pending_hours().items():
                if line.remaining_hours_available:
                    line.remaining_hours -= hours
        return result

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Items added to a confirmed order get the purchase their product asks for;
        drafts of the other items follow a discount on the whole order."""
        discounted = self.env["sale.order"].browse(
            {
                vals["order_id"]
                for vals in vals_list
                if vals.get("order_id") and (vals.get("price_unit") or 0) < 0
            }
        )
        before = discounted.order_line._get_purchased_terms()
        lines = super().create(vals_list)
        lines._create_purchases_of_confirmed()
        lines._start_plans()
        lines._follow_with_purchases(before)
        return lines

    def write(self, vals):
        """Let the purchase of an item follow its quantity, product, price and order."""
        before, units = {}, {}
        if "product_uom_qty" in vals:
            units = self._get_allotted_units()
        if not TERM_FIELDS.isdisjoint(vals):
            before = self._with_discounted()._get_purchased_terms()
        result = super().write(vals)
        if "order_id" in vals:
            self._hand_over_purchases()
        self._follow_with_purchases(before)
        if "product_uom_qty" in vals:
            self._create_purchases_of_confirmed()
            self._start_plans(units)
        return result

    def unlink(self):
        """Take along what was never answered or used."""
        self._release()
        rest = self._with_discounted() - self
        before = rest._get_purchased_terms()
        result = super().unlink()
        rest._follow_with_purchases(before)
        return result

    def _with_discounted(self):
        """Return these items with all those that one of them is a discount on."""
        discounts = self.filtered("is_order_discount")
        return self | discounts.order_id.order_line

    def _release(self):
        """Undo what items that are deleted left elsewhere: drafts, open requests.

        Also called for deleted orders, whose items the database deletes by itself.

        :raise UserError: when the customer answered a request for hours, when credits
            are used, or when time was billed to one of the items
        """
        self._get_live_purchases()._withdraw()
        self._get_sold_plans()._end_with_sale()
        # sudo: what the order takes along does not depend on who may read it; the
        # guards of the requests hold for superusers as well
        lines_sudo = self.sudo()
        lines_sudo.authorization_ids.unlink()
        entry_sudo = lines_sudo.env["account.analytic.line"].search(
            [("so_line", "in", self.ids), ("coverage", "!=", False)], limit=1
        )
        if entry_sudo:
            raise UserError(
                self.env._(
                    "%(item)s can't be deleted, because time on %(work)s is billed to "
                    "it. Move or delete that time first.",
                    item=entry_sudo.so_line.display_name,
                    work=entry_sudo._get_work()._get_work_name(),
                )
            )

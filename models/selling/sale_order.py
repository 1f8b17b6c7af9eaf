# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import float_compare

from ...tools import format_number
from ..ledger.service_credit_purchase import MAY_SEE_PURCHASES

# A change of one of these changes whose the purchases are.
OWNER_FIELDS = frozenset(
    ("partner_id", "company_id", "pricelist_id", "currency_id", "opportunity_id")
)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    has_service_credits = fields.Boolean(
        compute="_compute_has_service_credits", export_string_translation=False
    )
    has_service_credits_to_buy = fields.Boolean(
        compute="_compute_has_service_credits_to_buy",
        compute_sudo=True,
        export_string_translation=False,
    )
    service_credit_purchase_count = fields.Integer(
        compute="_compute_service_credit_purchase_count",
        groups=MAY_SEE_PURCHASES,
        export_string_translation=False,
    )
    service_credits_missing = fields.Char(
        compute="_compute_service_credits_missing",
        compute_sudo=True,
        help="Items that were raised after their credits could be used.",
        export_string_translation=False,
    )

    service_credit_note = fields.Text(
        compute="_compute_service_credit_note",
        compute_sudo=True,
        groups=MAY_SEE_PURCHASES,
        help="Where the purchases of the items and the order or its invoices differ.",
        export_string_translation=False,
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("order_line.service_credits")
    def _compute_has_service_credits(self):
        for order in self:
            order.has_service_credits = any(order.order_line.mapped("service_credits"))

    @api.depends("order_line.service_credits", "state")
    def _compute_has_service_credits_to_buy(self):
        line_model = self.env["sale.order.line"]
        groups = line_model._read_group(
            Domain("order_id", "in", self._origin.ids)
            & line_model._domain_service_credits(),
            ["order_id"],
        )
        orders = self.browse().concat(*(order for (order,) in groups))
        for order in self:
            order.has_service_credits_to_buy = order._origin in orders

    @api.depends("order_line.service_credit_purchase_ids")
    def _compute_service_credit_purchase_count(self):
        counts = dict(
            self.env["service.credit.purchase"]
            .with_context(active_test=False)
            ._read_group(
                [("sale_order_id", "in", self.ids)], ["sale_order_id"], ["__count"]
            )
        )
        for order in self:
            order.service_credit_purchase_count = counts.get(order._origin, 0)

    @api.depends("order_line.service_credits", "state")
    @api.depends_context("lang")
    def _compute_service_credits_missing(self):
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        for order in self:
            missing = []
            for line in order.order_line if order.state == "sale" else ():
                lots = line._get_live_purchases()
                lot = lots.filtered(lambda lot: not lot.is_draft)[:1]
                more = line.service_credits - lot.sale_credits
                if lot and float_compare(more, 0.0, digits) > 0:
                    number = format_number(self.env, more)
                    missing.append(f"{line.product_id.display_name} ({number})")
            order.service_credits_missing = ", ".join(missing)

    @api.depends(
        "state",
        "order_line.price_subtotal",
        "order_line.service_credit_purchase_ids.paid_total",
    )
    @api.depends_context("lang")
    def _compute_service_credit_note(self):
        for order in self:
            confirmed = order if order.state == "sale" else self.browse()
            lots_sudo = confirmed.order_line._get_live_purchases()
            notes = filter(None, lots_sudo.mapped("billing_note"))
            order.service_credit_note = "\n".join(notes)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        """Let the purchases follow the state and the owner of their order.

        :raise UserError: when the order is undone while its credits are used
        """
        if "state" in vals:
            self._undo_sale(vals["state"])
        if OWNER_FIELDS.isdisjoint(vals):
            return super().write(vals)
        # Another customer or company may have other taxes, and so other amounts.
        before = self.order_line._get_purchased_terms()
        result = super().write(vals)
        self.order_line._hand_over_purchases()
        self.order_line._follow_with_purchases(before)
        return result

    def unlink(self):
        """Take along what was never answered or used."""
        self.order_line._release()
        return super().unlink()

    # ------------------------------------------------------------------
    # Following the order
    # ------------------------------------------------------------------

    def _undo_sale(self, state):
        """Withdraw the credits of orders that are cancelled or no longer confirmed.

        Not only when the button cancels: whoever writes the state undoes the sale.
        """
        lots_sudo = self.order_line._get_live_purchases()
        if state == "cancel":
            lots_sudo._withdraw()
        elif state != "sale":
            used = lots_sudo.filtered(lambda lot: not lot.is_draft or lot.has_rows)
            used._withdraw()

    def _action_confirm(self):
        """Open the drafts that waited for this, and create the purchases that products
        ask for."""
        result = super()._action_confirm()
        lines = self.order_line
        lines._get_live_purchases()._open_ordered()
        lines._create_purchases_of_confirmed()
        return result

    def _prepare_purchase_owner(self):
        """Return what every purchase of the order takes over from it."""
        self.ensure_one()
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "opportunity_id": self.opportunity_id.id,
        }

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_service_credit_purchases(self):
        """Open the purchases made from these orders."""
        domain = [("sale_order_id", "in", self.ids)]
        purchases = self.env["service.credit.purchase"].with_context(active_test=False)
        return purchases._get_purchase_action(domain, purchases.search(domain, limit=2))

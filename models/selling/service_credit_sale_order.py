# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, float_compare

from ...tools import format_number
from ..ledger.service_credit_purchase import MAY_SEE_PURCHASES

# What the purchases of an order take over from it.
OWNER_FIELDS = frozenset(("partner_id", "pricelist_id", "currency_id"))


class SaleOrder(models.Model):
    """Service credits of a sales order: creating, confirming, cancelling."""

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
                lot = line._get_live_purchases()[:1]
                more = line.service_credits - lot.sale_credits
                if lot and float_compare(more, 0.0, digits) > 0:
                    number = format_number(self.env, more)
                    missing.append(f"{line.product_id.display_name} ({number})")
            order.service_credits_missing = ", ".join(missing)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        """Let the purchases follow the state, the customer and the opportunity.

        :raise UserError: when the order is undone while its credits are used
        """
        if "state" in vals:
            self._undo_sale(vals["state"])
        result = super().write(vals)
        if not OWNER_FIELDS.isdisjoint(vals):
            self._hand_over_drafts()
        if "opportunity_id" in vals:
            lots_sudo = self.order_line._get_live_purchases()
            lots_sudo.write({"opportunity_id": vals["opportunity_id"]})
        return result

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

    def _hand_over_drafts(self):
        for order in self:
            drafts_sudo = order.order_line._get_live_purchases().filtered("is_draft")
            drafts_sudo.filtered(lambda lot: not lot.has_rows).write(
                {
                    "partner_id": order.partner_id.id,
                    "currency_id": order.currency_id.id,
                }
            )

    def unlink(self):
        """Take the drafts of deleted quotations along."""
        self.order_line._get_live_purchases()._withdraw()
        return super().unlink()

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_create_service_credit_purchases(self):
        """Open the window that creates the purchases of these orders (design 6).

        :raise AccessError: without the right to edit the orders
        """
        self.check_access("write")
        return self.env["service.credit.purchase.create"]._open({"order_ids": self.ids})

    def action_view_service_credit_purchases(self):
        """Open the purchases made from these orders."""
        domain = [("sale_order_id", "in", self.ids)]
        purchases = self.env["service.credit.purchase"].with_context(active_test=False)
        return purchases._get_purchase_action(domain, purchases.search(domain, limit=2))

    def _action_confirm(self):
        """Open the drafts that waited for this, and create what products ask for."""
        result = super()._action_confirm()
        lines = self.order_line
        lines._get_live_purchases()._open_ordered()
        lines._create_purchases_of_confirmed()
        return result

    def _touch_for_purchases(self):
        """Write the orders, so that whoever changes their state meanwhile replays."""
        if self.ids:
            self.env.cr.execute(
                SQL(
                    """
                    WITH locked AS (
                        SELECT id FROM sale_order
                        WHERE id IN %s ORDER BY id FOR NO KEY UPDATE
                    )
                    UPDATE sale_order SET write_date = sale_order.write_date
                    FROM locked WHERE sale_order.id = locked.id
                    """,
                    tuple(self.ids),
                )
            )

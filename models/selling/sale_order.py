# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import float_compare

from ...tools import format_number, lock_and_touch, refuse_typed, untyped_defaults
from ..ledger.choices import MAY_SEE_PURCHASES

# A change of one of these changes whose the purchases are.
OWNER_FIELDS = frozenset(
    ("partner_id", "company_id", "pricelist_id", "currency_id", "opportunity_id")
)
# What a customer writes who signs, pays or rejects.
ANSWER_FIELDS = frozenset(("state", "signature"))


class SaleOrder(models.Model):
    _inherit = "sale.order"

    _guarded_fields = frozenset(("service_ordered_by_id",))

    service_ordered_by_id = fields.Many2one(
        "res.partner",
        string="Ordered By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The contact who ordered this with Buy More. Contacts marked as Buys "
        "Services, if there are any, are the only ones who may sign, pay or reject it.",
    )
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
    service_credit_plan_count = fields.Integer(
        compute="_compute_service_credit_plan_count",
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

    @api.depends("order_line.service_credit_plan_ids")
    def _compute_service_credit_plan_count(self):
        plans = self.env["service.credit.plan"].with_context(active_test=False)
        groups = plans._read_group(
            [("sale_order_id", "in", self.ids)], ["sale_order_id"], ["__count"]
        )
        counts = dict(groups)
        for order in self:
            order.service_credit_plan_count = counts.get(order._origin, 0)

    @api.depends("order_line.service_credits", "state")
    @api.depends_context("lang")
    def _compute_service_credits_missing(self):
        for order in self:
            order.service_credits_missing = ", ".join(
                f"{line.product_id.display_name} ({format_number(self.env, credits)})"
                for line, credits in order._get_credits_without_purchase().items()
            )

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

    @api.model
    def default_get(self, fields):
        """Take no default from the context of who ordered in the portal."""
        return untyped_defaults(self, fields, super().default_get)

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to name a contact who ordered nothing.

        :raise AccessError: for the field, unless the portal writes it
        """
        refuse_typed(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Let the purchases follow the state and the owner of their order.

        :raise UserError: when the order is undone while its credits are used, or
            answered in the portal by a contact who may not buy
        """
        refuse_typed(self, [vals])
        if not ANSWER_FIELDS.isdisjoint(vals):
            self._check_answer()
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

        Not only when the button cancels: writing the state undoes the sale.
        """
        if state != "sale":
            self.order_line._get_sold_plans()._end_with_sale()
        lots_sudo = self.order_line._get_live_purchases()
        lots_sudo = lots_sudo.filtered(lambda lot: not lot.plan_id)
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
        lines._start_plans()
        return result

    def _create_invoices(self, *args, **kwargs):
        """Invoice periods that have started, also when the scheduled action is late."""
        # sudo: the order decides about its plans, not who invoices it
        self.order_line.sudo().service_credit_plan_ids._catch_up()
        return super()._create_invoices(*args, **kwargs)

    def _lock_for_purchases(self):
        """Write the orders: of this and a cancellation at the same moment, one is
        replayed."""
        lock_and_touch(self)

    def _prepare_purchase_owner(self):
        """Return what every purchase of the order takes over from it."""
        self.ensure_one()
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "opportunity_id": self.opportunity_id.id,
        }

    def _get_credits_without_purchase(self):
        """Return ``{item: credits}`` that were added after its purchase was opened."""
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        added = {}
        lines = self.order_line.filtered(lambda line: not line._is_allotment())
        for line in lines if self.state == "sale" else ():
            lots = line._get_live_purchases()
            lot = lots.filtered(lambda lot: not lot.is_draft)[:1]
            more = line.service_credits - lot.sale_credits
            if lot and float_compare(more, 0.0, digits) > 0:
                added[line] = more
        return added

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_split_service_credits(self):
        """Move credits that an open purchase can't take to an item of their own.

        The item keeps the quantity of its purchase; price and discount stay.

        :raise UserError: when none of the items can be split, saying why
        """
        self.ensure_one()
        self.check_access("write")
        refusals, is_split = [], False
        for line, credits in self._get_credits_without_purchase().items():
            units = line._get_units_beyond(credits)
            if refusal := line._get_split_refusal(units):
                refusals.append(refusal)
            else:
                line._split_units(units)
                is_split = True
        if refusals and not is_split:
            raise UserError("\n".join(refusals))

    def action_view_service_credit_purchases(self):
        """Open the purchases made from these orders."""
        domain = [("sale_order_id", "in", self.ids)]
        purchases = self.env["service.credit.purchase"].with_context(active_test=False)
        return purchases._get_purchase_action(domain, purchases.search(domain, limit=2))

    def action_view_service_credit_plans(self):
        """Open the allotments of these orders."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_plan_action"
        )
        action["domain"] = [("sale_order_id", "in", self.ids)]
        action["context"] = {"create": False, "active_test": False}
        return action

    # ------------------------------------------------------------------
    # Portal
    # ------------------------------------------------------------------

    def _has_to_be_signed(self):
        """Offer nothing to sign to contacts who may not buy."""
        return super()._has_to_be_signed() and self._may_be_answered()

    def _has_to_be_paid(self):
        """Offer nothing to pay to contacts who may not buy."""
        return super()._has_to_be_paid() and self._may_be_answered()

    def _may_be_answered(self):
        """Tell whether the user may sign, pay or reject what was ordered in the portal.

        A link is no proof of who holds it: every colleague can copy it from the page.
        So contacts who may buy log in, once any of them is marked.
        """
        self.ensure_one()
        user = self._get_answering_user()
        if not (self.service_ordered_by_id and user.share):
            return True
        buyers_sudo = self.partner_id._get_service_buyers_sudo()
        return not buyers_sudo or user.partner_id.sudo() in buyers_sudo.filtered(
            "active"
        )

    def _get_answering_user(self):
        """Return who is logged in: the pages of the portal work as superuser."""
        return request.env.user if request else self.env.user

    def _check_answer(self):
        """Refuse the answer of a contact who may not buy; what was paid is bought.

        :raise UserError: saying who may answer
        """
        open_orders = self.filtered(lambda order: order.state in ("draft", "sent"))
        for order in open_orders:
            if not (order._may_be_answered() or order._is_paid()):
                raise UserError(order._get_answer_note())

    def _is_paid(self):
        """Tell whether the money that confirms the order has come."""
        # sudo: payments are for accountants
        order_sudo = self.sudo()
        return bool(
            order_sudo.transaction_ids and order_sudo._is_confirmation_amount_reached()
        )

    def _get_answer_note(self):
        """Return who may answer the quotation; only colleagues read names."""
        self.ensure_one()
        contact = self._get_answering_user().partner_id
        customer_sudo = self.partner_id.sudo().commercial_partner_id
        if contact.commercial_partner_id.id == customer_sudo.id:
            return contact._get_buyers_text()
        return self.env._(
            "Log in as a contact who orders services for %(customer)s to answer "
            "%(order)s.",
            customer=customer_sudo.name,
            order=self.name,
        )

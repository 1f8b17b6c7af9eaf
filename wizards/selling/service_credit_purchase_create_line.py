# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount

from ...tools import format_number, is_countable

TERMS = ("credits", "value_per_credit", "paid_per_credit", "description")
AMENDABLE = (*TERMS, "date_start", "date_expiry", "is_draft")


class ServiceCreditPurchaseCreateLine(models.TransientModel):
    """One sales order item in the window: what its purchase will say.

    The line tells no more of an item than the user may read of it.
    """

    _name = "service.credit.purchase.create.line"
    _inherit = "service.number.mixin"
    _description = "Service Credit Purchase to Create"

    wizard_id = fields.Many2one(
        comodel_name="service.credit.purchase.create",
        required=True,
        ondelete="cascade",
    )
    sale_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Sales Order Item",
        required=True,
        ondelete="cascade",
    )
    order_id = fields.Many2one(related="sale_line_id.order_id", related_sudo=False)
    product_id = fields.Many2one(related="sale_line_id.product_id", related_sudo=False)
    currency_id = fields.Many2one(
        related="sale_line_id.currency_id", related_sudo=False
    )
    is_order_confirmed = fields.Boolean(compute="_compute_is_order_confirmed")
    paid_follows_value = fields.Boolean(
        related="sale_line_id.company_id.service_credit_paid_follows_value",
        related_sudo=False,
    )
    is_included = fields.Boolean(string="Create", default=True)
    description = fields.Text(
        compute="_compute_terms",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    credits = fields.Float(
        digits="Service Credits",
        compute="_compute_terms",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    value_per_credit = fields.Float(
        string="Value per Credit",
        min_display_digits="Product Price",
        compute="_compute_terms",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="Untaxed price before discount, per credit.",
    )
    paid_per_credit = fields.Float(
        string="Amount Paid per Credit",
        min_display_digits="Product Price",
        compute="_compute_terms",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="Untaxed price after discount, per credit.",
    )
    date_start = fields.Date(
        string="Start Date",
        required=True,
        default=lambda self: self.env.company._get_today(),
    )
    date_expiry = fields.Date(
        string="Expiry Date",
        compute="_compute_date_expiry",
        compute_sudo=False,
        required=True,
        store=True,
        readonly=False,
        precompute=True,
    )
    is_draft = fields.Boolean(
        string="Draft",
        compute="_compute_is_draft",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="A draft can be edited freely, and its credits cannot be used. Purchases "
        "of a quotation are drafts until it is confirmed.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.sale_line_id.check_access("read")
        return lines

    def write(self, vals):
        result = super().write(vals)
        if "sale_line_id" in vals:
            self.sale_line_id.check_access("read")
        return result

    def _get_readable_item(self):
        """Return the item if the user may read it.

        Figures that are computed as superuser leave the item in the cache, where
        nobody asks for the right to read it again.
        """
        return self.sale_line_id._filtered_access("read")

    @api.depends("sale_line_id.order_id.state")
    def _compute_is_order_confirmed(self):
        for line in self:
            line.is_order_confirmed = line._get_readable_item().state == "sale"

    @api.depends("sale_line_id")
    def _compute_terms(self):
        for line in self:
            item = line._get_readable_item()
            terms = item._get_service_credit_terms() if item else {}
            for name in TERMS:
                line[name] = terms.get(name, False)

    @api.depends("sale_line_id", "date_start")
    def _compute_date_expiry(self):
        for line in self:
            start, item = line.date_start, line._get_readable_item()
            line.date_expiry = start and item._get_service_credit_expiry(start)

    @api.depends("sale_line_id.order_id.state")
    def _compute_is_draft(self):
        for line in self:
            item = line._get_readable_item()
            line.is_draft = item.state != "sale" or item._wants_draft_purchase()

    def _get_summary(self, currency):
        """Return what these lines come to, in one sentence."""
        value = sum(line.credits * line.value_per_credit for line in self)
        paid = sum(line.credits * line.paid_per_credit for line in self)
        if not all(map(is_countable, (value, paid))):
            return ""  # refused when it is created
        return self.env._(
            "To be created: %(credits)s credits, value %(value)s, paid %(paid)s",
            credits=format_number(self.env, sum(self.mapped("credits"))),
            value=format_amount(self.env, value, currency),
            paid=format_amount(self.env, paid, currency),
        )

    def _check_eligible(self):
        """Raise unless every item still is one of those that the window offers."""
        items = self.sale_line_id
        allowed = items.search(
            Domain("id", "in", items.ids) & items._domain_service_credits()
        )
        for item in items - allowed:
            raise UserError(
                self.env._(
                    "No purchase can be created from %(item)s: its order must not be "
                    "cancelled, and its product and quantity must stand for service "
                    "credits.",
                    item=item.display_name,
                )
            )

    def _prepare_purchase(self):
        """Return the values of the purchase: what was typed, and the rest from the
        sales order item."""
        self.ensure_one()
        return self.sale_line_id._prepare_service_credit_purchase(
            **{name: self[name] for name in AMENDABLE}
        )

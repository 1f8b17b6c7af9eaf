# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ...tools import add_months


class ServiceCreditPurchase(models.Model):
    """A lot of service credits one customer bought at one time: one price, one start,
    one expiry.

    What is left of it is never written: it is computed from the rows of the ledger
    and guarded by checks of the database.
    """

    _name = "service.credit.purchase"
    _description = "Services Credits Customer Purchase"
    _inherit = ["portal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    def _default_is_draft(self):
        return self.env.company.sudo().service_credit_draft_by_default

    active = fields.Boolean(default=True, copy=False)
    name = fields.Char(
        string="Number", readonly=True, copy=False, default="", index="trigram"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
        ondelete="restrict",
    )
    commercial_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Commercial Entity",
        compute="_compute_commercial_partner_id",
        store=True,
        precompute=True,
        index=True,
        ondelete="restrict",
        help="Owns the credits. Whoever changes employer leaves them behind.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
        ondelete="restrict",
    )
    date_start = fields.Date(
        string="Start Date",
        required=True,
        default=fields.Date.context_today,
        tracking=True,
        help="The first work date the credits may pay.",
    )
    date_expiry = fields.Date(
        string="Expiry Date",
        compute="_compute_date_expiry",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
        help="The last work date the credits may pay.",
    )
    credits = fields.Float(
        string="Number of Services Credits",
        digits="Service Credits",
        required=True,
        tracking=True,
    )
    value_per_credit = fields.Float(
        string="Value per Credit",
        min_display_digits="Product Price",
        tracking=True,
        aggregator=None,
    )
    paid_per_credit = fields.Float(
        string="Amount Paid per Credit",
        min_display_digits="Product Price",
        compute="_compute_paid_per_credit",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        aggregator=None,
        help="May be below, at or above the value; 0 for free credits.",
    )
    description = fields.Text()
    is_draft = fields.Boolean(
        string="Draft",
        default=lambda self: self._default_is_draft(),
        copy=False,
        tracking=True,
        help="A draft can be edited freely, and its credits cannot be used.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product", check_company=True, ondelete="restrict"
    )
    sale_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Sales Order Item",
        copy=False,
        index="btree_not_null",
        check_company=True,
    )
    sale_order_id = fields.Many2one(
        related="sale_line_id.order_id", store=True, index="btree_not_null"
    )
    opportunity_id = fields.Many2one(
        comodel_name="crm.lead",
        # What salespeople call it is not for customers to read.
        groups="base.group_user",
        copy=False,
        index="btree_not_null",
        check_company=True,
    )

    consumption_ids = fields.One2many(
        comodel_name="service.credit.consumption",
        inverse_name="purchase_id",
        string="Ledger Rows",
        readonly=True,
        copy=False,
    )
    value_total = fields.Monetary(
        string="Total Value", compute="_compute_totals", store=True, precompute=True
    )
    paid_total = fields.Monetary(
        string="Total Paid", compute="_compute_totals", store=True, precompute=True
    )
    paid_follows_value = fields.Boolean(
        related="company_id.service_credit_paid_follows_value"
    )
    is_past_expiry = fields.Boolean(
        compute="_compute_is_past_expiry", search="_search_is_past_expiry"
    )

    _credits_positive = models.Constraint(
        "CHECK (credits > 0)", "A purchase needs a number of credits above 0."
    )
    _prices_not_negative = models.Constraint(
        "CHECK (value_per_credit >= 0 AND paid_per_credit >= 0)",
        "Value and amount paid per credit cannot be negative.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_start <= date_expiry)",
        "A purchase cannot expire before it starts.",
    )
    _expiry_possible = models.Constraint(
        "CHECK (date_expiry <= DATE '9998-12-31')",
        "A purchase cannot expire after the year 9998: choose an earlier date.",
    )
    _sale_line_once = models.UniqueIndex(
        "(sale_line_id) WHERE sale_line_id IS NOT NULL",
        "This sales order item already has its purchase of service credits.",
    )
    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    # Not on the contact's commercial entity: who changes employer leaves the credits.
    @api.depends("partner_id")
    def _compute_commercial_partner_id(self):
        for purchase in self:
            purchase.commercial_partner_id = purchase.partner_id.commercial_partner_id

    @api.depends("partner_id", "company_id")
    def _compute_currency_id(self):
        """Take the customer's; a choice stays until there is another customer."""
        for purchase in self:
            company = purchase.company_id
            partner = purchase.partner_id.with_company(company)
            pricelist = partner.property_product_pricelist
            purchase.currency_id = pricelist.currency_id or company.currency_id

    @api.depends("date_start")
    def _compute_date_expiry(self):
        """One year later; the term of a saved purchase stays, unless impossible."""
        for purchase in self:
            start, expiry = purchase.date_start, purchase.date_expiry
            is_kept = purchase._origin and expiry and start and start <= expiry
            if start and not is_kept:
                purchase.date_expiry = add_months(start, 12)

    @api.depends("value_per_credit", "company_id")
    def _compute_paid_per_credit(self):
        for purchase in self:
            if purchase.company_id.sudo().service_credit_paid_follows_value:
                purchase.paid_per_credit = purchase.value_per_credit
            else:
                purchase.paid_per_credit = purchase.paid_per_credit or 0.0

    @api.depends("credits", "value_per_credit", "paid_per_credit", "currency_id")
    def _compute_totals(self):
        for purchase in self:
            currency = purchase.currency_id or self.env.company.currency_id
            credits = purchase.credits
            purchase.value_total = currency.round(credits * purchase.value_per_credit)
            purchase.paid_total = currency.round(credits * purchase.paid_per_credit)

    @api.depends("date_expiry", "state")
    @api.depends_context("tz")
    def _compute_is_past_expiry(self):
        today = fields.Date.context_today(self)
        for purchase in self:
            expiry = purchase.date_expiry
            purchase.is_past_expiry = bool(expiry and expiry < today)

    def _search_is_past_expiry(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("date_expiry", "<" if True in value else ">=", "today")]

    def _compute_access_url(self):
        super()._compute_access_url()
        for purchase in self:
            purchase.access_url = f"/my/service-credits/{purchase.id}"

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_consumption(self):
        """Open the ledger rows of the purchase."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_consumption_action"
        )
        action["domain"] = [("purchase_id", "=", self.id)]
        return action

    def action_view_sale_order(self):
        """Open the order the credits were sold with."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.sale_order_id.id,
            "view_mode": "form",
        }

    def action_preview_as_customer(self):
        """Open the portal page of the purchase, as the user who looks at it."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.access_url}

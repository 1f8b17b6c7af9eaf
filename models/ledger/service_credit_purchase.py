# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ...tools import check_moved, refuse_typed, refuse_unreadable, untyped_defaults
from .choices import RELEASES, ROW_DATES, SHARING, STATES

AMOUNT_FIELDS = ("credits", "opening_used", "value_per_credit", "paid_per_credit")
# Up to this, an amount of money is exact to the last digit of its currency.
MOST_MONEY = 1_000_000_000_000
SHARING_FIELDS = ("sharing", "shared_partner_ids", "partner_id")

# They follow from the purchase and its ledger: nobody writes them, not even superuser.
DERIVED_FIELDS = (
    "commercial_partner_id",
    "state",
    "credits_allocated",
    "credits_expired",
    "credits_withdrawn",
    "credits_transferred",
    "credits_available",
    "value_total",
    "paid_total",
    "value_available",
    "paid_available",
    "value_expired",
    "paid_expired",
    *ROW_DATES,
    "credits_waiting",
    "credits_unpaid",
    "value_waiting",
    "paid_waiting",
    "is_withdrawn",
    "is_limited",
)

# What figures of one kind have in common.
OF_BALANCE = {"compute": "_compute_balance", "store": True, "precompute": True}
OF_WAITING = {"compute": "_compute_waiting", "store": True, "precompute": True}
OF_BILLING = {"compute": "_compute_billed_totals", "store": True, "precompute": True}


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
    _guarded_fields = (
        *DERIVED_FIELDS,
        "name",
        "access_token",
        "sale_credits",
        "invoiced_total",
        "credited_total",
        "credits_refunded",
        "paid_follows_invoice",
        "sale_paid_per_credit",
        "sale_order_id",
        "service_credits_per_unit",
        "origin_id",
        "date_received",
        "plan_id",
        "plan_start",
        "date_rollover",
        "rollover_credits",
    )

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
        help="The company that owns the credits. Contacts who change employer leave "
        "them behind.",
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
        default=lambda self: self.env.company._get_today(),
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
    # For the form alone: which start the expiry date follows from. Another expiry date
    # was chosen, and stays when the start is changed afterwards.
    expiry_counts_from = fields.Date(store=False, export_string_translation=False)
    credits = fields.Float(
        string="Number of Services Credits",
        digits="Service Credits",
        required=True,
        tracking=True,
    )
    opening_used = fields.Float(
        string="Used Elsewhere",
        digits="Service Credits",
        copy=False,
        tracking=True,
        help="Credits that were used in another system before the purchase was "
        "recorded here. They are deducted when the purchase leaves draft, and aren't "
        "revenue in these books.",
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
        default=lambda self: self.env.company.sudo().service_credit_draft_by_default,
        copy=False,
        tracking=True,
        help="A draft can be edited freely, and its credits cannot be used.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product", check_company=True, ondelete="restrict"
    )
    sharing = fields.Selection(
        selection=SHARING,
        string="Used By",
        required=True,
        default="customer",
        tracking=True,
        groups="base.group_user",
        help="Who else draws from the credits, after credits of their own. They stay "
        "the customer's, and are owed to the customer.",
    )
    shared_partner_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="service_credit_purchase_shared_partner_rel",
        string="Shared With",
        check_company=True,
        tracking=True,
        groups="base.group_user",
        help="Customers who draw from the credits, when they are shared with chosen "
        "ones.",
    )
    share_ids = fields.One2many(
        comodel_name="service.credit.share",
        inverse_name="purchase_id",
        string="Shares",
        copy=True,
        groups="helpdesk_service_credit.group_service_credit_user",
        help="The most that a customer draws from the shared credits; without a share, "
        "all that is left.",
    )
    priority = fields.Integer(
        default=50,
        required=True,
        tracking=True,
        aggregator=None,
        groups="base.group_user",
        help="From 0 to 100. Of the purchases that can pay, those with the lowest "
        "number are used first; of equals, the one that expires soonest.",
    )
    # Restricted: a purchase for one kind of work must not become one for all of it.
    service_type_ids = fields.Many2many(
        comodel_name="service.type",
        string="Only for Service Types",
        ondelete="restrict",
        tracking=True,
        groups="base.group_user",
        help="The credits pay for time of these types only; empty, for any work.",
    )
    team_ids = fields.Many2many(
        comodel_name="helpdesk.ticket.team",
        string="Only for Helpdesk Teams",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        groups="base.group_user",
        help="The credits pay for tickets of these teams only; empty, for any work.",
    )
    project_ids = fields.Many2many(
        comodel_name="project.project",
        string="Only for Projects",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        groups="base.group_user",
        help="The credits pay for tickets, tasks and milestones of these projects "
        "only; empty, for any work.",
    )
    is_limited = fields.Boolean(
        string="Limited",
        compute="_compute_is_limited",
        store=True,
        precompute=True,
        groups="base.group_user",
        help="The credits pay for some work only.",
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
    plan_id = fields.Many2one(
        comodel_name="service.credit.plan",
        string="Allotment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",
    )
    # Of its period, also when the start of the purchase is moved.
    plan_start = fields.Date(readonly=True, copy=False, export_string_translation=False)
    date_rollover = fields.Date(
        string="End of Period",
        readonly=True,
        copy=False,
        help="What is left after this day rolls over, and the rest lapses.",
    )
    rollover_credits = fields.Float(
        string="Most Credits to Roll Over",
        digits="Service Credits",
        readonly=True,
        copy=False,
        aggregator=None,
    )
    rollover_note = fields.Char(
        string="Roll Over", compute="_compute_rollover_note", compute_sudo=True
    )
    open_on_confirmation = fields.Boolean(
        string="Open When Ordered",
        copy=False,
        help="Confirming the sales order makes this draft usable. Untick it to check "
        "the purchase first.",
    )
    service_credits_per_unit = fields.Float(
        digits="Service Credits",
        copy=False,
        readonly=True,
        help="Credits of one unit of the product when it was sold.",
        export_string_translation=False,
    )
    sale_credits = fields.Float(
        digits="Service Credits",
        copy=False,
        readonly=True,
        help="Credits the sales order item stood for when this purchase was last "
        "brought in line with it.",
        export_string_translation=False,
    )
    release = fields.Selection(
        selection=RELEASES,
        string="Usable When",
        required=True,
        default="order",
        copy=False,
        tracking=True,
        help="When credits of a sales order can be used: as soon as it is confirmed, "
        "once they are invoiced, or as far as the invoices are paid.",
    )
    is_withdrawn = fields.Boolean(
        string="Withdrawn",
        copy=False,
        readonly=True,
        tracking=True,
        help="The sale was undone. Its item may get another purchase.",
    )
    invoiced_total = fields.Monetary(
        string="Invoiced",
        **OF_BILLING,
        help="Untaxed amount of the posted invoices of the sales order item, less its "
        "share of the discounts on the whole invoice.",
    )
    credited_total = fields.Monetary(
        string="Credited",
        **OF_BILLING,
        help="Untaxed amount of the posted credit notes of the sales order item.",
    )
    credits_refunded = fields.Float(
        string="Withdrawn by Credit Notes",
        digits="Service Credits",
        copy=False,
        readonly=True,
    )
    paid_follows_invoice = fields.Boolean(
        copy=False,
        readonly=True,
        help="The amount paid per credit is that of the invoices.",
        export_string_translation=False,
    )
    sale_paid_per_credit = fields.Float(
        min_display_digits="Product Price",
        copy=False,
        readonly=True,
        aggregator=None,
        help="Amount paid per credit before there was an invoice.",
        export_string_translation=False,
    )
    billing_note = fields.Text(
        string="To Note", compute="_compute_billing_note", compute_sudo=True
    )
    is_order_confirmed = fields.Boolean(
        compute="_compute_is_order_confirmed", compute_sudo=True
    )
    sale_invoice_count = fields.Integer(
        compute="_compute_sale_invoice_count",
        groups="account.group_account_invoice,account.group_account_readonly",
        export_string_translation=False,
    )
    is_in_books = fields.Boolean(
        compute="_compute_is_in_books",
        groups="account.group_account_readonly,account.group_account_manager",
        export_string_translation=False,
    )
    opportunity_id = fields.Many2one(
        comodel_name="crm.lead",
        # What salespeople call it is not for customers to read.
        groups="base.group_user",
        copy=False,
        index="btree_not_null",
        check_company=True,
    )
    origin_id = fields.Many2one(
        comodel_name="service.credit.purchase",
        string="Transferred From",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The purchase that the credits were sold with, to another customer.",
    )
    date_received = fields.Date(string="Transferred On", copy=False, readonly=True)
    consumption_ids = fields.One2many(
        comodel_name="service.credit.consumption",
        inverse_name="purchase_id",
        string="Ledger Rows",
        readonly=True,
        copy=False,
    )
    service_credit_item_ids = fields.One2many(
        comodel_name="account.move.line",
        inverse_name="service_credit_purchase_id",
        groups="account.group_account_readonly,account.group_account_manager",
        export_string_translation=False,
    )
    credits_allocated = fields.Float(
        string="Allocated", digits="Service Credits", **OF_BALANCE
    )
    credits_expired = fields.Float(
        string="Expired", digits="Service Credits", **OF_BALANCE
    )
    credits_withdrawn = fields.Float(
        string="Withdrawn Credits",
        digits="Service Credits",
        **OF_BALANCE,
        help="Credits that were taken back, because their sale was undone or reduced.",
    )
    credits_transferred = fields.Float(
        string="Transferred",
        digits="Service Credits",
        **OF_BALANCE,
        help="Credits that another customer of the group has received.",
    )
    credits_available = fields.Float(
        string="Available",
        digits="Service Credits",
        **OF_BALANCE,
        help="Credits that are neither allocated nor expired, withdrawn or "
        "transferred.",
    )
    value_available = fields.Monetary(**OF_BALANCE)
    paid_available = fields.Monetary(string="Paid for Available", **OF_BALANCE)
    value_expired = fields.Monetary(**OF_BALANCE)
    paid_expired = fields.Monetary(string="Paid for Expired", **OF_BALANCE)
    # See `ROW_DATES`.
    rows_since = fields.Date(**OF_BALANCE, export_string_translation=False)
    used_until = fields.Date(**OF_BALANCE, export_string_translation=False)
    expired_since = fields.Date(**OF_BALANCE, export_string_translation=False)
    credits_waiting = fields.Float(
        string="Waiting",
        digits="Service Credits",
        **OF_WAITING,
        help="Available credits that can be used once they are invoiced or paid.",
    )
    value_waiting = fields.Monetary(**OF_WAITING)
    paid_waiting = fields.Monetary(string="Paid for Waiting", **OF_WAITING)
    credits_unpaid = fields.Float(
        string="Used Unpaid",
        digits="Service Credits",
        **OF_WAITING,
        help="Credits that were used, and whose invoice or payment was taken back.",
    )
    waiting_note = fields.Char(
        string="Waits For", compute="_compute_waiting_note", compute_sudo=True
    )
    state = fields.Selection(
        selection=STATES,
        compute="_compute_state",
        store=True,
        precompute=True,
        help="Waiting as long as none of the available credits is released by an "
        "invoice or payment. Open as long as credits can be used, even past the expiry "
        "date: they are expired once they have been written off.",
    )
    has_rows = fields.Boolean(compute="_compute_has_rows")
    is_in_group = fields.Boolean(
        compute="_compute_is_in_group", export_string_translation=False
    )
    is_expirable = fields.Boolean(compute="_compute_is_expirable")
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
    _opening_within_credits = models.Constraint(
        "CHECK (opening_used >= 0 AND opening_used <= credits)",
        "No more credits can have been used elsewhere than the purchase has.",
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
    _priority_possible = models.Constraint(
        "CHECK (priority BETWEEN 0 AND 100)",
        "The priority of a purchase is a number from 0 to 100.",
    )
    _balance_adds_up = models.Constraint(
        # IS TRUE: a check that cannot be decided, for want of a figure, would pass.
        "CHECK ((credits = credits_available + credits_allocated + credits_expired "
        "+ credits_withdrawn + credits_transferred AND credits_available >= 0 "
        "AND credits_allocated >= 0 AND credits_expired >= 0 "
        "AND credits_withdrawn >= 0 AND credits_transferred >= 0) IS TRUE)",
        "A purchase cannot give more service credits than it has.",
    )
    _sale_line_once = models.UniqueIndex(
        "(sale_line_id) WHERE sale_line_id IS NOT NULL AND is_withdrawn IS NOT TRUE "
        "AND plan_id IS NULL",
        "This sales order item already has its purchase of service credits.",
    )
    _period_once = models.UniqueIndex(
        "(plan_id, plan_start) WHERE plan_id IS NOT NULL AND is_withdrawn IS NOT TRUE",
        "This period of the allotment already has its purchase of service credits.",
    )
    _to_roll_over = models.Index(
        "(date_rollover, id) WHERE date_rollover IS NOT NULL "
        "AND state IN ('open', 'waiting')"
    )
    # The order of drawing: the ledger reads the first few entries only.
    _drawing_order = models.Index(
        "(commercial_partner_id, company_id, priority, date_expiry, date_start, id) "
        "WHERE state = 'open'"
    )
    # The same for what others share, few among many.
    _shared_drawing_order = models.Index(
        "(company_id, priority, date_expiry, date_start, id) "
        "WHERE state = 'open' AND sharing <> 'customer'"
    )
    _to_expire = models.Index("(date_expiry, id) WHERE state IN ('open', 'waiting')")

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        """Take no default from the context for what nobody types."""
        self._check_amounts(
            {
                name: self.env.context[f"default_{name}"]
                for name in AMOUNT_FIELDS
                if f"default_{name}" in self.env.context
            }
        )
        return untyped_defaults(self, fields, super().default_get)

    @api.model_create_multi
    def create(self, vals_list):
        """Record purchases; the company's settings apply whatever the way in."""
        purchases = super().create([self._prepare_new(dict(v)) for v in vals_list])
        purchases._note_origin()
        # Not the given values: a product and the context share credits, too.
        purchases._forget_own_sharing()
        # What the database refuses draws no number.
        purchases.flush_recordset()
        purchases._number()
        purchases.filtered("opening_used")._follow_opening()
        return purchases

    def write(self, vals):
        """Refuse what the draft lock forbids.

        :raise UserError: naming the purchase, the fields, and what is possible
        """
        # First of all: who may not write learns nothing about the lock.
        self.check_access("write")
        self._check_amounts(vals)
        refuse_unreadable(self, [vals])
        for purchase in self:
            changed = purchase._get_changed_fields(vals)
            purchase._refuse_typed([dict.fromkeys(changed)], (*DERIVED_FIELDS, "name"))
            purchase._check_lock(changed, vals)
        result = True
        opening = self.filtered("opening_used")
        if vals.get("is_draft") and opening:
            # First of all: fewer credits than were used elsewhere may be left.
            super(ServiceCreditPurchase, opening).write({"is_draft": True})
            opening._follow_opening()
        for part, part_vals in self._apply_paid_follows_value(vals):
            result &= super(ServiceCreditPurchase, part).write(part_vals)
        check_moved(self, vals)
        if vals.get("active"):
            self._note_unarchived()
        if not vals.keys().isdisjoint(SHARING_FIELDS):
            self._forget_sharing()
        if set(AMOUNT_FIELDS) & vals.keys():
            # The check of the database compares the credits with the balance: both
            # have to reach it in one statement.
            self.flush_recordset()
        if {"is_draft", "date_start"} & vals.keys():
            (opening | self.filtered("opening_used"))._follow_opening()
        return result

    def unlink(self):
        self._forget_own_sharing()
        return super(ServiceCreditPurchase, self - self._archive_instead()).unlink()

    def _write_past_the_lock(self, vals):
        """Write what the addon itself decides, below all that people are refused."""
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused_draft(self):
        for purchase in self:
            if not purchase.is_draft or purchase.has_rows:
                purchase._refuse_deletion()

    def _refuse_typed(self, vals_list, names=DERIVED_FIELDS):
        """Refuse values that people do not type, and some that nobody does."""
        refuse_typed(self, vals_list)
        refuse_typed(self, vals_list, names, even_superuser=True)

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("sale_line_id", "partner_id")
    def _check_sale_line_customer(self):
        """A purchase hangs on an item that its own customer bought."""
        for purchase in self:
            # sudo: those who record purchases need not see the order
            item_sudo = purchase.sudo().sale_line_id
            customer_sudo = item_sudo.order_id.partner_id.commercial_partner_id
            if item_sudo and customer_sudo != purchase.commercial_partner_id:
                purchase._refuse_foreign_item(item_sudo)

    @api.constrains("shared_partner_ids")
    def _check_shared_partners(self):
        """Credits are a customer's, and so is sharing in them: no contact's."""
        for purchase in self:
            purchase._refuse_contacts(purchase.sudo().shared_partner_ids)

    @api.constrains("credits", "value_per_credit", "paid_per_credit")
    def _check_money(self):
        for purchase in self:
            if max(purchase.value_total, purchase.paid_total) > MOST_MONEY:
                purchase._refuse_worth(MOST_MONEY)

    @api.constrains("is_draft", "sale_line_id")
    def _check_order_confirmed(self):
        for purchase in self:
            # sudo: those who edit purchases need not see the order.
            order = purchase.sudo().sale_line_id.order_id
            if order and not purchase.is_draft and order.state != "sale":
                purchase._refuse_unconfirmed(order)

    @api.constrains("active", "is_draft")
    def _check_archived_empty(self):
        for purchase in self - self._get_kept_in_archive():
            if not purchase.active and purchase.credits_available > 0:
                purchase._refuse_archiving()

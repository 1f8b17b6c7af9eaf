# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools import (
    check_moved,
    refuse_typed,
    refuse_uncountable,
    refuse_unreadable,
    untyped_defaults,
)

DRAFT = "draft"
RUNNING = "running"
ENDED = "ended"

# How many months a period has.
MONTHS = {"month": 1, "quarter": 3, "year": 12}
PERIODS = [("month", "Month"), ("quarter", "Quarter"), ("year", "Year")]
ROLLOVERS = [
    ("none", "Nothing"),
    ("all", "Everything"),
    ("limit", "Up to a limit"),
]
PRORATIONS = [
    ("full", "Full period"),
    ("prorate", "Share of the period"),
]

# What follows from periods that exist cannot change under them.
FROZEN_FIELDS = (
    "company_id",
    "currency_id",
    "product_id",
    "period",
    "date_start",
    "proration",
)
# A change of one of these may change which periods are still to come.
PERIOD_FIELDS = frozenset(("periods", "date_end"))
# A change of one of these is for periods that have no purchase yet.
TERM_FIELDS = frozenset(
    (
        "partner_id",
        "credits",
        "value_per_credit",
        "paid_per_credit",
        "periods",
        "rollover",
        "rollover_credits",
        "rollover_periods",
        "description",
    )
)
MOST_PERIODS = 1200


class ServiceCreditPlan(models.Model):
    """So many service credits per month, quarter or year.

    A plan only creates ordinary purchases, one per period, ahead of time and exactly
    once: drawing, expiry, statements and books know nothing of plans.
    """

    _name = "service.credit.plan"
    _description = "Service Credit Allotment"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _guarded_fields = (
        "name",
        "commercial_partner_id",
        "state",
        "date_end",
        "periods_created",
        "next_start",
        "next_date",
        "sale_line_id",
        "sale_order_id",
        "is_sale_undone",
        "purchase_ids",
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
        ondelete="restrict",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        check_company=True,
        ondelete="restrict",
        help="Its priority, sharing and limits are those of the periods.",
    )
    sale_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Sales Order Item",
        copy=False,
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    sale_order_id = fields.Many2one(
        related="sale_line_id.order_id", store=True, index="btree_not_null"
    )
    # The order was cancelled: confirmed again, it starts another one.
    is_sale_undone = fields.Boolean(
        copy=False, readonly=True, export_string_translation=False
    )
    credits = fields.Float(
        string="Credits per Period",
        digits="Service Credits",
        required=True,
        tracking=True,
        aggregator=None,
        help="A change is for periods that do not exist yet.",
    )
    value_per_credit = fields.Float(
        string="Value per Credit",
        min_display_digits="Product Price",
        tracking=True,
        aggregator=None,
        help="A change is for periods that do not exist yet.",
    )
    paid_per_credit = fields.Float(
        string="Amount Paid per Credit",
        min_display_digits="Product Price",
        tracking=True,
        aggregator=None,
        help="A change is for periods that do not exist yet; 0 for free credits.",
    )
    period = fields.Selection(
        selection=PERIODS, required=True, default="month", tracking=True
    )
    date_start = fields.Date(
        string="Start Date",
        required=True,
        default=lambda self: self.env.company._get_today(),
        tracking=True,
        help="Periods are counted from this day.",
    )
    periods = fields.Integer(
        string="Number of Periods",
        tracking=True,
        aggregator=None,
        help="0 for an allotment that goes on until it is ended.",
    )
    date_end = fields.Date(
        string="End Date",
        readonly=True,
        copy=False,
        tracking=True,
        help="No period starts after this day.",
    )
    rollover = fields.Selection(
        selection=ROLLOVERS,
        string="Rolls Over",
        required=True,
        default="none",
        tracking=True,
        help="What is left of a period and can be used in the next one. The rest "
        "lapses with the period.",
    )
    rollover_credits = fields.Float(
        string="Most Credits to Roll Over",
        digits="Service Credits",
        tracking=True,
        aggregator=None,
    )
    rollover_periods = fields.Integer(
        string="Periods to Roll Over",
        default=1,
        tracking=True,
        aggregator=None,
        help="For how many further periods the credits can be used.",
    )
    proration = fields.Selection(
        selection=PRORATIONS,
        string="First Period",
        required=True,
        default="full",
        help="A full period starts on any day. With the share of the period, the first "
        "one ends with the calendar month, quarter or year, like all others.",
    )
    state = fields.Selection(
        selection=[(DRAFT, "Draft"), (RUNNING, "Running"), (ENDED, "Ended")],
        required=True,
        readonly=True,
        default=DRAFT,
        copy=False,
        index=True,
        tracking=True,
    )
    description = fields.Text()
    purchase_ids = fields.One2many(
        comodel_name="service.credit.purchase",
        inverse_name="plan_id",
        string="Periods",
        readonly=True,
        copy=False,
        context={"active_test": False},
    )
    periods_created = fields.Integer(
        readonly=True, copy=False, aggregator=None, export_string_translation=False
    )
    next_start = fields.Date(
        string="Next Period",
        readonly=True,
        copy=False,
        help="The first period without a purchase; it gets one on the day before.",
    )
    # The day on which the scheduled action has something to do.
    next_date = fields.Date(readonly=True, copy=False, export_string_translation=False)
    summary = fields.Char(
        string="Terms", compute="_compute_summary", export_string_translation=False
    )
    period_note = fields.Text(
        string="This Period", compute="_compute_period_note", compute_sudo=True
    )

    _credits_positive = models.Constraint(
        "CHECK (credits > 0)", "An allotment needs a number of credits above 0."
    )
    _prices_not_negative = models.Constraint(
        "CHECK (value_per_credit >= 0 AND paid_per_credit >= 0)",
        "Value and amount paid per credit cannot be negative.",
    )
    _periods_possible = models.Constraint(
        f"CHECK (periods BETWEEN 0 AND {MOST_PERIODS})",
        "An allotment has 1 to 1200 periods, or 0 to go on until it is ended.",
    )
    _rollover_possible = models.Constraint(
        "CHECK (rollover_credits >= 0 AND rollover_periods BETWEEN 1 AND 120)",
        "Credits roll over for 1 to 120 periods, and their limit can't be negative.",
    )
    _due = models.Index("(next_date, id) WHERE next_date IS NOT NULL")
    _planned = models.Index(
        "(commercial_partner_id, next_start) WHERE state = 'running'"
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("partner_id")
    def _compute_commercial_partner_id(self):
        for plan in self:
            plan.commercial_partner_id = plan.partner_id.commercial_partner_id

    @api.depends("partner_id", "company_id")
    def _compute_currency_id(self):
        """Take the customer's; a choice stays until there is another customer, and what
        was started keeps its own."""
        for plan in self:
            if plan.state != DRAFT:
                plan.currency_id = plan.currency_id
                continue
            partner = plan.partner_id.with_company(plan.company_id)
            pricelist = partner.property_product_pricelist
            plan.currency_id = pricelist.currency_id or plan.company_id.currency_id

    @api.depends(
        "credits",
        "period",
        "periods",
        "rollover",
        "rollover_credits",
        "rollover_periods",
    )
    @api.depends_context("lang")
    def _compute_summary(self):
        for plan in self:
            plan.summary = plan._get_summary()

    @api.depends("purchase_ids.credits_available", "state")
    @api.depends_context("lang")
    def _compute_period_note(self):
        for plan in self:
            today = plan.company_id._get_today()
            plan.period_note = "\n".join(
                lot._get_period_text(today) for lot in plan._get_current(today)
            )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        """Take no default from the context for what nobody types."""
        return untyped_defaults(self, fields, super().default_get)

    @api.model_create_multi
    def create(self, vals_list):
        """Number new allotments; whatever the way in, they start as drafts."""
        typed = [{k: v for k, v in vals.items() if v} for vals in vals_list]
        refuse_typed(self, typed)
        refuse_uncountable(self, vals_list)
        refuse_unreadable(self, vals_list)
        plans = super().create(vals_list)
        plans.flush_recordset()
        # sudo: those who may create an allotment may take its number
        sequence_sudo = self.env["ir.sequence"].sudo()
        for plan in plans.filtered(lambda plan: not plan.name):
            company_sudo = sequence_sudo.with_company(plan.company_id)
            plan._write_guarded({"name": company_sudo.next_by_code(self._name) or ""})
        return plans

    def write(self, vals):
        """Refuse what would change periods that exist.

        :raise UserError: naming the allotment, the fields, and what is possible
        """
        self.check_access("write")
        refuse_typed(self, [vals])
        refuse_uncountable(self, [vals])
        refuse_unreadable(self, [vals])
        for plan in self:
            plan._check_lock(vals)
        if not TERM_FIELDS.isdisjoint(vals):
            # What had to exist by now gets the terms that it would have.
            self._create_periods()
        result = super().write(vals)
        check_moved(self, vals)
        if not PERIOD_FIELDS.isdisjoint(vals):
            self.filtered(lambda plan: plan.state == RUNNING)._follow_periods()
        return result

    def _write_guarded(self, vals):
        """Write what the addon itself decides, below all that people are refused."""
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        for plan in self:
            if plan.state != DRAFT:
                raise UserError(
                    self.env._(
                        "%(plan)s can't be deleted, because it was started: end it "
                        "instead.",
                        plan=plan.name,
                    )
                )

    def _check_lock(self, vals):
        """Raise where a value changes what periods that exist were made by."""
        self.ensure_one()
        if self.state == DRAFT:
            return
        if self.state == RUNNING and not vals.get("active", True):
            raise UserError(
                self.env._(
                    "You can't archive %(plan)s, because it is running: end it first.",
                    plan=self.name,
                )
            )
        if "partner_id" in vals:
            self._check_same_entity(vals["partner_id"])
        names = [name for name in FROZEN_FIELDS if name in vals]
        changed = self._get_changed(vals, names)
        if self.state == ENDED:
            changed |= self._get_changed(vals, PERIOD_FIELDS & vals.keys())
        if changed:
            labels = self.fields_get(sorted(changed), ["string"]).values()
            raise UserError(
                self.env._(
                    "You can't change the %(fields)s of %(plan)s, because it was "
                    "started: end it and create a new one.",
                    fields=", ".join(sorted(label["string"] for label in labels)),
                    plan=self.name,
                )
            )

    def _get_changed(self, vals, names):
        """Return the names whose value in ``vals`` differs from the record's."""
        return {
            name
            for name in names
            if self._fields[name].convert_to_cache(vals[name], self)
            != self._fields[name].convert_to_cache(self[name], self)
        }

    def _check_same_entity(self, partner_id):
        # sudo: the refusal names nobody the user may not see
        partner_sudo = self.env["res.partner"].sudo().browse(partner_id).exists()
        if partner_sudo.commercial_partner_id != self.commercial_partner_id:
            raise UserError(
                self.env._(
                    "%(plan)s can't move to another customer than %(customer)s: end "
                    "it and create a new one.",
                    plan=self.name,
                    customer=self.commercial_partner_id.display_name,
                )
            )

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("rollover", "rollover_credits")
    def _check_rollover(self):
        for plan in self:
            if plan.rollover == "limit" and plan.rollover_credits <= 0:
                raise ValidationError(
                    self.env._(
                        "%(plan)s needs the most credits that roll over: enter a "
                        "number above 0, or let nothing roll over.",
                        plan=plan.name or self.env._("The new allotment"),
                    )
                )

    @api.constrains("credits", "value_per_credit", "paid_per_credit")
    def _check_credits(self):
        purchases = self.env["service.credit.purchase"]
        for plan in self:
            purchases._check_amounts(
                {
                    "credits": plan.credits,
                    "value_per_credit": plan.value_per_credit,
                    "paid_per_credit": plan.paid_per_credit,
                }
            )

    @api.constrains("periods")
    def _check_periods(self):
        for plan in self:
            if plan.periods and plan.periods < plan.periods_created:
                begun = plan._get_begun_count()
                if plan.periods < begun:
                    raise ValidationError(
                        self.env._(
                            "%(plan)s can't have %(periods)s periods, because "
                            "%(begun)s have begun or are used: keep that many.",
                            plan=plan.name,
                            periods=plan.periods,
                            begun=begun,
                        )
                    )

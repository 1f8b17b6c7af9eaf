# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from operator import itemgetter

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...tools import refuse_typed, turns, untyped_defaults
from ...tools.approval import FROZEN
from ..funding import apply
from . import costs
from .account_analytic_line_change import FUNDING_FIELDS, PEOPLE_FIELDS
from .account_analytic_line_clock import TIMES

# Who may see what hours cost: not those who only log or read time.
PRICE_GROUPS = (
    "sales_team.group_sale_salesman,account.group_account_readonly,"
    "account.group_account_invoice,"
    "helpdesk_service_credit.group_service_credit_user"
)
# Who may see what an hour costs the company: agents read the time of colleagues.
COST_GROUPS = (
    "hr_timesheet.group_hr_timesheet_approver,analytic.group_analytic_accounting,"
    "account.group_account_readonly,account.group_account_invoice,"
    "project.group_project_manager"
)
# What decides whether an item may pay.
ALIKE = itemgetter("so_line", "ticket_id", "task_id", "company_id", "partner_id")


class AccountAnalyticLine(models.Model):
    """Time on tickets: what an entry stores, what guards it, and the way it takes when
    it is created or written.

    The files beside this one have what is computed, what follows from a change, the
    rules and their words, approval, period and overage.
    """

    _inherit = "account.analytic.line"

    # Nobody types these: they follow from the hours, the payer or a decision.
    _guarded_fields = frozenset(
        (
            "billing_factor",
            "hours_billed",
            "rate_facts",
            "was_invoiced",
            "timesheet_invoice_id",
            "timesheet_invoice_type",
            "overage_decision",
            "overage_decided_by_id",
            "overage_decided_on",
            "overage_line_id",
            "goodwill_value",
            "approval_state",
            "approval_note",
            "approval_user_id",
            "approval_date",
            "approval_activity_id",
            "period_date",
            "is_late",
            "service_log_key",
        )
    )

    # Customers read entries in the portal: the group keeps this from them there too.
    internal_note = fields.Text(
        groups="base.group_user",
        help="Never shown to the customer, who sees the description.",
    )
    service_log_key = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        export_string_translation=False,
        help="The window of Log Service that logged the entry: it logs once.",
    )

    # The people
    amount = fields.Monetary(groups=COST_GROUPS)
    is_entrusted = fields.Boolean(
        compute="_compute_is_entrusted",
        search="_search_is_entrusted",
        export_string_translation=False,
        help="The user may write the entry although it is another person's.",
    )
    is_on_own_ticket = fields.Boolean(
        compute="_compute_is_on_own_ticket",
        search="_search_is_on_own_ticket",
        export_string_translation=False,
        help="The ticket is the user's, or unassigned in a team of the user.",
    )
    employee_domain = fields.Binary(
        compute="_compute_employee_domain", export_string_translation=False
    )

    # The time of day
    time_start = fields.Float(
        string="Start Time",
        aggregator=None,
        help="When the work began, in the time zone of the company. Start and hours "
        "give the end.",
    )
    time_stop = fields.Float(
        string="End Time",
        aggregator=None,
        help="When the work ended, in the time zone of the company; the next day, "
        "where it is earlier than the start. Start and end give the hours.",
    )
    overlap_note = fields.Char(
        string="Overlap",
        compute="_compute_overlap_note",
        # The second group does not imply the first, and reads the same lists.
        groups="base.group_user,analytic.group_analytic_accounting",
        help="Other time of the same person at the same time of day.",
    )

    # What is billed
    # Not readonly: a part of an entry is given its hours and rate, and not asked again.
    hours_billed = fields.Float(
        compute="_compute_hours_billed",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="Hours the customer pays: the time worked times its rate, at least the "
        "team's minimum, rounded up as the team does.",
    )
    billing_factor = fields.Float(
        string="Factor",
        compute="_compute_hours_billed",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        aggregator=None,
        help="Hours billed for one hour worked, before minimum and rounding.",
    )
    rate_facts = fields.Json(
        compute="_compute_hours_billed",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        export_string_translation=False,
    )
    rate_note = fields.Char(
        string="Rate",
        compute="_compute_rate_note",
        help="How the rates make the hours billed out of those worked.",
    )
    was_invoiced = fields.Boolean(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="The entry has been on an invoice. After a partial credit note, only the "
        "latest work, up to what was credited, can be invoiced again.",
    )
    is_to_invoice = fields.Boolean(
        compute="_compute_is_to_invoice",
        compute_sudo=True,
        search="_search_is_to_invoice",
        export_string_translation=False,
        help="Billed on timesheets, approved where the team requires it, and not "
        "invoiced yet.",
    )
    timesheet_invoice_type = fields.Selection(
        selection_add=[("service_credits", "Paid by Service Credits")],
        ondelete={"service_credits": "set non_billable"},
    )

    # Overage
    overage_value = fields.Monetary(
        string="Value",
        compute="_compute_overage_value",
        compute_sudo=True,
        groups=PRICE_GROUPS,
        help="What the hours would cost on the ticket's sales order item, else in the "
        "customer's latest service credits: untaxed, in the company's currency.",
    )
    overage_decision = fields.Selection(
        selection=[
            ("covered", "Covered"),
            ("to_bill", "On a Quotation"),
            ("billed", "Billed"),
            ("goodwill", "Goodwill"),
        ],
        readonly=True,
        copy=False,
        help="What was decided about the time that was not covered.",
    )
    overage_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Billed on",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
        help="The item that bills the overage, once its order is confirmed.",
    )
    overage_decided_by_id = fields.Many2one(
        comodel_name="res.users", readonly=True, copy=False
    )
    overage_decided_on = fields.Datetime(readonly=True, copy=False)
    goodwill_value = fields.Monetary(
        string="Goodwill",
        compute="_compute_goodwill_value",
        compute_sudo=True,
        store=True,
        copy=False,
        groups=PRICE_GROUPS,
        help="What the goodwill would have cost when it was decided.",
    )

    # Approval
    approval_state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
        ],
        string="Approval",
        compute="_compute_approval_state",
        compute_sudo=True,
        store=True,
        precompute=True,
        copy=False,
        index="btree_not_null",
        help="Time of teams that require approval is billed once it is approved. Until"
        " then it reserves the credits and hours that pay for it.",
    )
    approval_note = fields.Char(string="Rejection Reason", readonly=True, copy=False)
    approval_user_id = fields.Many2one(
        comodel_name="res.users", string="Decided by", readonly=True, copy=False
    )
    approval_date = fields.Datetime(string="Decided on", readonly=True, copy=False)
    # The to-do of the author, from the rejection until it is dealt with.
    approval_activity_id = fields.Many2one(
        comodel_name="mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )
    may_approve = fields.Boolean(
        compute="_compute_may_approve",
        search="_search_may_approve",
        export_string_translation=False,
        help="The user decides about the entry: it is another person's, on a ticket "
        "of a team whose time the user approves.",
    )

    # Period
    period_date = fields.Date(
        string="Accounting Date",
        compute="_compute_period_date",
        compute_sudo=True,
        store=True,
        precompute=True,
        copy=False,
        help="The date that decides in which period the time is invoiced and "
        "accounted: the work date, or for late time the day it was logged.",
    )
    is_late = fields.Boolean(
        string="Late",
        compute="_compute_period_date",
        compute_sudo=True,
        store=True,
        precompute=True,
        copy=False,
        help="Logged after the period of its work date was closed.",
    )

    _times_of_day = models.Constraint(
        "CHECK (COALESCE(time_start, 0) >= 0 AND COALESCE(time_start, 0) < 24"
        " AND COALESCE(time_stop, 0) >= 0 AND COALESCE(time_stop, 0) <= 24)",
        "A time of day is from 0:00 to 24:00.",
    )
    _service_log_key_unique = models.UniqueIndex(
        "(service_log_key) WHERE service_log_key IS NOT NULL",
        "This service was logged already.",
    )
    # What answers for thousands of entries without reading them one by one: those of
    # one ticket or item lie all over a table that grows by the day.
    # The hours of a ticket, and its entries in the order of the form.
    _time_of_ticket = models.Index(
        "(ticket_id, date, id) INCLUDE (unit_amount, project_id) "
        "WHERE ticket_id IS NOT NULL"
    )
    # What is delivered on an item, by tickets and tasks alike.
    _delivered_on_item = models.Index(
        "(so_line, product_uom_id) INCLUDE (hours_billed, approval_state, project_id) "
        "WHERE so_line IS NOT NULL"
    )
    # What the credits of a ticket or task come to, for rounding.
    _credits_of_ticket = models.Index(
        "(ticket_id) INCLUDE (hours_billed, credits_per_hour, credits) "
        "WHERE coverage = 'credits'"
    )
    _credits_of_task = models.Index(
        "(task_id) INCLUDE (hours_billed, credits_per_hour, credits) "
        "WHERE coverage = 'credits' AND ticket_id IS NULL"
    )
    # What waits to be invoiced, by order.
    _to_invoice = models.Index(
        "(order_id, date) WHERE timesheet_invoice_type = 'billable_time' "
        "AND timesheet_invoice_id IS NULL"
    )
    # The invoices of a ticket.
    _invoiced_on_ticket = models.Index(
        "(ticket_id) WHERE timesheet_invoice_id IS NOT NULL"
    )
    # What another item pays than the ticket's.
    _movable_on_ticket = models.Index(
        "(ticket_id, so_line) WHERE is_billable IS TRUE "
        "AND coverage IN ('sale_line', 'non_billable')"
    )
    # What was decided about overage, and what a customer was given.
    _decided_of_customer = models.Index(
        "(partner_id, date) WHERE overage_decision IS NOT NULL"
    )
    # What waits for approval on an item.
    _pending_on_item = models.Index(
        "(so_line) WHERE approval_state IN ('draft', 'submitted')"
    )

    @api.constrains("unit_amount", "ticket_id")
    def _check_ticket_hours(self):
        self._check_hours()

    @api.constrains("company_id", "employee_id", "project_id", "ticket_id")
    def _check_ticket_parts(self):
        self._check_whole()

    @api.constrains("product_uom_id", "ticket_id")
    def _check_ticket_unit(self):
        self._check_unit()

    @api.model
    def default_get(self, fields):
        return untyped_defaults(self, fields, super().default_get)

    def copy_data(self, default=None):
        """Let people copy entries whose cost they may not see: it is computed anew."""
        amount = self._fields["amount"]
        if self._has_field_access(amount, "read"):
            return super().copy_data(default)
        vals_list = super().copy_data({**(default or {}), "amount": 0.0})
        for vals in vals_list:
            vals.pop("amount")
        return vals_list

    @api.model_create_multi
    def create(self, vals_list):
        refuse_typed(self, vals_list)
        return turns.begin(
            self.env, lambda: self._create_entries(list(map(dict, vals_list)))
        )

    @api.model
    def _create_entries(self, vals_list, policy=None):
        """Create entries and decide who pays for those of tickets.

        :param policy: what happens to hours that nobody covers, instead of the
            team's policy
        """
        self._take_turns(vals_list)
        times = self._get_default_times()
        vals_list = [self._read_times(vals, times) for vals in vals_list]
        vals_list, chosen = self._complete_values(vals_list)
        vals_list = [self._complete_times(vals) for vals in vals_list]
        named = [vals for vals in vals_list if vals.get("ticket_id")]
        # Before the record rules, which would not say who may log for whom.
        self._check_people({(v["company_id"], v.get("employee_id")) for v in named})
        lines = self._create_below(vals_list)
        if funded := lines.filtered(lambda line: line._asks_payers()):
            apply.fund(funded, lines._get_choices(chosen), policy)
            funded._check_items()
        # What core chose the items of.
        (lines - funded).so_line._check_authorized_hours()
        return lines

    @api.model
    def _create_below(self, vals_list):
        """Create as below these rules; the costs of a batch of tickets together."""
        collecting = costs.collect(self, vals_list)
        lines = super(AccountAnalyticLine, collecting).create(vals_list)
        return costs.write(collecting, lines.with_env(self.env))

    def write(self, vals):
        if costs.takes(self, vals):
            return True
        refuse_typed(self, [vals])
        if len(self) > 1 and not TIMES.isdisjoint(vals):
            return all(line.write(vals) for line in self)
        vals = self._complete_written_times(self._read_duration(dict(vals)))
        if vals.get("timesheet_invoice_id"):
            vals["was_invoiced"] = True
        if not self.env.su:
            self._check_typed(vals)
        moved = self.browse()
        if "task_id" in vals:
            moved = self.filtered(
                lambda e: not e.ticket_id and e.task_id.id != vals["task_id"]
            )
        if FUNDING_FIELDS.isdisjoint(vals):
            result = self._write_below(vals)
            self._follow_correction(vals)
        else:
            result = self._write_funded(vals)
        self.env.add_to_compute(self._fields["approval_state"], moved)
        if not PEOPLE_FIELDS.isdisjoint(vals):
            entries = self.filtered("ticket_id")
            self._check_people(
                {(entry.company_id.id, entry.employee_id.id) for entry in entries}
            )
        if "unit_amount" in vals or "date" in vals:
            self._follow_hours()
        if not FUNDING_FIELDS.isdisjoint(vals):
            self.so_line._check_authorized_hours()
        return result

    def _write_below(self, vals):
        """Write as below these rules: what core and the rooms above do."""
        return super().write(vals)

    def unlink(self):
        funded = self.filtered(lambda line: line._is_funded())
        funded._check_deletable()
        funded._end_rejection()
        apply.release(funded)
        # sudo: the quotation follows the time, for every user
        quoted_sudo = funded.sudo().overage_line_id
        result = super().unlink()
        quoted_sudo._follow_overage()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        # sudo: the rule holds for entries the user may not read
        for line in self.sudo().filtered(lambda line: line.approval_state in FROZEN):
            raise UserError(line._get_frozen_text())

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        # sudo: the rule holds for entries the user may not read
        for line in self.sudo().filtered(lambda line: line._is_closed()):
            raise UserError(line._get_closed_text())

    # ------------------------------------------------------------------
    # Completing what comes in
    # ------------------------------------------------------------------

    @api.model
    def _complete_values(self, vals_list):
        """Complete the values of new entries from their tickets.

        With these a line that names only a ticket is a whole timesheet, whichever way
        it comes in. Values of other lines are returned as they are. The item of an
        entry is taken out: the funding sets it, when it is known to fit.

        :param list vals_list: values for `account.analytic.line.create`
        :return: the completed values, and for each the item a person chose, also an
            empty one; None when nothing was chosen
        :raise AccessError: when the user may not read a ticket
        :raise UserError: when time cannot be logged on a ticket, or by the employee
        """
        works = self._get_named_works(vals_list)
        if not any(works):
            return vals_list, []
        values = {work: work._get_time_values() for work in set(works) if work}
        completed, chosen, own = [], [], {}
        for vals, work in zip(vals_list, works, strict=True):
            choice = None
            if work:
                vals = {**vals, **values[work]}
                choice = self._pop_choice(vals)
            if "ticket_id" in vals and vals["ticket_id"]:
                self._complete_employee(vals, own)
            elif work:
                # Core would fill in the task's item before it is known to fit.
                vals["so_line"] = False
            completed.append(vals)
            chosen.append(choice)
        return completed, chosen

    # ------------------------------------------------------------------
    # Whose time it may be, and on which item
    # ------------------------------------------------------------------

    @api.model
    def _check_people(self, people):
        """Refuse time of people for whom the user may not log.

        :param set people: of pairs: id of the ticket's company, id of the employee
        :raise AccessError: naming the person, and who may
        """
        employees = self.env["hr.employee"]
        if employees._logs_for_everyone():
            return
        for company_id in {company_id for company_id, _employee_id in people}:
            company = self.env["res.company"].browse(company_id)
            ids = {employee_id for where, employee_id in people if where == company_id}
            if refused_sudo := employees._get_refused_for_time(company, ids):
                raise AccessError(
                    self._get_people_text(refused_sudo[0], company.sudo())
                )

    def _check_items(self):
        """Refuse items that the works of the entries could not carry themselves.

        :raise ValidationError: naming the item and what may be done
        """
        billed = self.filtered("so_line")
        for alike in billed.grouped(ALIKE).values():
            # sudo: who logs time need not read the order
            if obstacle := alike[0].sudo()._get_item_obstacle():
                raise ValidationError(obstacle)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.sql import column_exists, create_column

from ...tools import refuse_typed, untyped_defaults
from ...tools.approval import FROZEN
from ..funding import apply

# A change of one of these may change who pays for the entry.
FUNDING_FIELDS = frozenset(
    ("ticket_id", "date", "is_billable", "so_line", "unit_amount", "service_type_id")
)
# A change of one of these may put more hours on a capped item.
CAPPED_FIELDS = FUNDING_FIELDS | {"task_id", "project_id"}
# A change of one of these may make the time another person's.
PEOPLE_FIELDS = frozenset(("employee_id", "user_id", "ticket_id"))
# Who may see what hours cost: not whoever only logs or reads time.
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


class AccountAnalyticLine(models.Model):
    """Time on tickets: what an entry stores, and what guards it.

    The methods stand in the files beside this one: values, rules, funding, approval,
    period and overage.
    """

    _inherit = "account.analytic.line"

    # Nobody types these: they follow from the hours, the payer or a decision.
    _guarded_fields = frozenset(
        (
            "hours_billed",
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
    employee_domain = fields.Binary(
        compute="_compute_employee_domain", export_string_translation=False
    )

    # What is billed
    # Not readonly: the hours of a part of an entry are given, and not rounded again.
    hours_billed = fields.Float(
        compute="_compute_hours_billed",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="Hours the customer pays: the time worked, raised to the team's minimum "
        "and rounded up to its step.",
    )
    was_invoiced = fields.Boolean(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="An invoice billed the entry at some time. Where it was partly credited, "
        "core re-opens all of its entries.",
    )
    is_to_invoice = fields.Boolean(
        compute="_compute_is_to_invoice",
        compute_sudo=True,
        search="_search_is_to_invoice",
        export_string_translation=False,
        help="Billed on timesheets, approved where that is asked, and on no invoice.",
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
        help="What was decided about the time that nobody covered.",
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
        help="What time that was given away would have cost, as of the decision.",
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
        help="Time of teams that approve it is billed once it is approved. Until then "
        "it holds the credits and hours that pay for it.",
    )
    approval_note = fields.Char(string="Reason of Rejection", readonly=True, copy=False)
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
    # What the credits of a ticket come to, for rounding.
    _credits_of_ticket = models.Index(
        "(ticket_id) INCLUDE (hours_billed, credits_per_hour, credits) "
        "WHERE coverage = 'credits'"
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

    def _auto_init(self):
        """Fill the new columns in SQL: a database may hold millions of lines."""
        cr, table = self.env.cr, self._table
        if not column_exists(cr, table, "service_type_id"):
            create_column(cr, table, "service_type_id", "int4")
        if not column_exists(cr, table, "is_billable"):
            create_column(cr, table, "is_billable", "bool")
            create_column(cr, table, "hours_billed", "float8")
            cr.execute(
                "UPDATE account_analytic_line "
                "SET is_billable = TRUE, hours_billed = unit_amount"
            )
        if not column_exists(cr, table, "period_date"):
            create_column(cr, table, "approval_state", "varchar")
            create_column(cr, table, "is_late", "bool")
            create_column(cr, table, "period_date", "date")
            cr.execute("UPDATE account_analytic_line SET period_date = date")
        if not column_exists(cr, table, "goodwill_value"):
            create_column(cr, table, "goodwill_value", "numeric")
        return super()._auto_init()

    @api.constrains("unit_amount", "ticket_id")
    def _check_ticket_hours(self):
        self.filtered("ticket_id")._check_hours()

    @api.constrains("company_id", "employee_id", "project_id", "ticket_id")
    def _check_ticket_parts(self):
        self.filtered("ticket_id")._check_whole()

    @api.constrains("product_uom_id", "ticket_id")
    def _check_ticket_unit(self):
        """Keep time on tickets in hours: caps, credits and invoices count hours."""
        # Without asking whether the record is there, as `ref` does.
        hour_id = self.env["ir.model.data"]._xmlid_to_res_id("uom.product_uom_hour")
        for entry in self.filtered("ticket_id"):
            if entry.product_uom_id.id not in (hour_id, False):
                raise ValidationError(
                    self.env._(
                        "Time on ticket %(ticket)s is in hours. Log the hours on the "
                        "ticket instead of an entry in %(unit)s.",
                        ticket=entry.ticket_id.display_name,
                        unit=entry.product_uom_id.name,
                    )
                )

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

    def onchange(self, values, field_names, fields_spec):
        """Show nothing of a ticket that the user may not read."""
        for value in (
            values.get("ticket_id"),
            self.env.context.get("default_ticket_id"),
        ):
            # The form of a ticket sends the ticket itself.
            ticket_id = value.get("id") if isinstance(value, dict) else value
            # Whatever else a program sends is no ticket; True is a number for Python.
            if ticket_id and isinstance(ticket_id, int) and ticket_id is not True:
                self.env["helpdesk.ticket"].browse(ticket_id).check_access("read")
        return super().onchange(values, field_names, fields_spec)

    @api.model_create_multi
    def create(self, vals_list):
        refuse_typed(self, vals_list)
        return self._create_entries(vals_list)

    @api.model
    def _create_entries(self, vals_list, policy=None):
        """Create entries and decide who pays for those of tickets.

        :param policy: what happens to hours that nobody covers, instead of the
            team's policy
        """
        vals_list, chosen = self._complete_values(vals_list)
        self._check_people(
            # Before the record rules, which would not say who may log for whom.
            {
                (vals["company_id"], vals.get("employee_id"))
                for vals in vals_list
                if vals.get("ticket_id")
            }
        )
        lines = super().create(vals_list)
        if lines.ticket_id:
            apply.fund(lines.filtered("ticket_id"), lines._get_choices(chosen), policy)
            lines._check_items()
        lines.so_line._check_authorized_hours()
        return lines

    def write(self, vals):
        refuse_typed(self, [vals])
        vals = self._read_duration(dict(vals))
        if vals.get("timesheet_invoice_id"):
            vals["was_invoiced"] = True
        if not self.env.su:
            self._check_typed(vals)
        if FUNDING_FIELDS.isdisjoint(vals):
            result = super().write(vals)
            self._follow_correction(vals)
        else:
            result = self._write_funded(vals)
        if not PEOPLE_FIELDS.isdisjoint(vals):
            entries = self.filtered("ticket_id")
            self._check_people(
                {(entry.company_id.id, entry.employee_id.id) for entry in entries}
            )
        if not CAPPED_FIELDS.isdisjoint(vals):
            self.so_line._check_authorized_hours()
        return result

    def _write_funded(self, vals):
        """Write what may change who pays, and let the funding follow."""
        funded = self if vals.get("ticket_id") else self.filtered("ticket_id")
        others = self - funded
        result = super(AccountAnalyticLine, others).write(dict(vals))
        others._clear_unticked()
        if funded:
            if "so_line" in vals:
                # The funding sets the item, past the check of core.
                funded._check_can_write(vals)
            before = apply.snapshot(funded)
            own_vals, choice = self._complete_written_values(vals)
            result = super(AccountAnalyticLine, funded).write(own_vals)
            for chosen, entries in funded._split_by_choice(vals, choice):
                entries._follow_write(before, chosen)
        return result

    def unlink(self):
        on_tickets = self.filtered("ticket_id")
        on_tickets._check_deletable()
        on_tickets._end_rejection()
        apply.release(on_tickets)
        # sudo: the quotation follows the time, whoever deletes it
        quoted_sudo = on_tickets.sudo().overage_line_id
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

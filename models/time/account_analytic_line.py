# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.sql import column_exists, create_column

# A change of one of these may change who pays for the entry.
FUNDING_FIELDS = frozenset(
    ("ticket_id", "date", "is_billable", "so_line", "unit_amount", "service_type_id")
)
# A change of one of these may put more hours on a capped item.
CAPPED_FIELDS = FUNDING_FIELDS | {"task_id", "project_id"}


class AccountAnalyticLine(models.Model):
    _name = "account.analytic.line"
    _inherit = [
        "account.analytic.line",
        "service.log.mixin",
        "service.entry.mixin",
        "service.people.mixin",
        "service.overage.mixin",
        "service.approval.mixin",
        "service.period.mixin",
        "service.entry.index.mixin",
    ]

    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('allow_timesheet', '=', True), ('company_id', '=?', company_id)]",
    )
    ticket_team_id = fields.Many2one(related="ticket_id.team_id", string="Team")
    is_billable = fields.Boolean(
        compute="_compute_is_billable",
        store=True,
        readonly=False,
        precompute=True,
        help="Unticked, nobody pays for the entry. New entries take it from the "
        "product of what they would be billed to.",
    )
    timesheet_invoice_type = fields.Selection(
        selection_add=[("service_credits", "Paid by Service Credits")]
    )
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

    overage_value = fields.Monetary(
        string="Value",
        compute="_compute_overage_value",
        compute_sudo=True,
        help="What the hours would cost on the ticket's sales order item, else in the "
        "customer's latest service credits.",
    )

    is_to_invoice = fields.Boolean(
        compute="_compute_is_to_invoice",
        compute_sudo=True,
        search="_search_is_to_invoice",
        export_string_translation=False,
        help="Billed on timesheets, approved where that is asked, and on no invoice.",
    )

    _service_log_key_unique = models.UniqueIndex(
        "(service_log_key) WHERE service_log_key IS NOT NULL",
        "This service was logged already.",
    )

    def _auto_init(self):
        """Fill the new columns in SQL: a database may hold millions of lines."""
        cr = self.env.cr
        if not column_exists(cr, self._table, "service_type_id"):
            create_column(cr, self._table, "service_type_id", "int4")
        if not column_exists(cr, self._table, "is_billable"):
            create_column(cr, self._table, "is_billable", "bool")
            create_column(cr, self._table, "hours_billed", "float8")
            cr.execute(
                "UPDATE account_analytic_line "
                "SET is_billable = TRUE, hours_billed = unit_amount"
            )
        if not column_exists(cr, self._table, "period_date"):
            create_column(cr, self._table, "approval_state", "varchar")
            create_column(cr, self._table, "is_late", "bool")
            create_column(cr, self._table, "period_date", "date")
            cr.execute("UPDATE account_analytic_line SET period_date = date")
        return super()._auto_init()

    @api.depends("ticket_id")
    def _compute_is_billable(self):
        """Start as the product says; the tick of a saved entry stays."""
        for line in self:
            if line._origin.id:
                line.is_billable = line.is_billable
                continue
            # sudo: who logs time need not read orders, teams or products
            ticket_sudo = line.ticket_id.sudo()
            product_sudo = (
                ticket_sudo.sale_line_id.product_id
                or ticket_sudo.team_id.default_service_type_id.product_id
            )
            line.is_billable = not product_sudo or product_sudo.time_billable

    @api.depends("unit_amount", "ticket_id", "is_billable")
    def _compute_hours_billed(self):
        """Round what was worked; later changes of the team's settings do not count."""
        for line in self:
            team = line.ticket_id.team_id if line.is_billable else None
            line.hours_billed = (
                team._get_billed_hours(line.unit_amount) if team else line.unit_amount
            )

    @api.depends("timesheet_invoice_type", "timesheet_invoice_id.state")
    def _compute_is_to_invoice(self):
        waiting = self.filtered_domain(self._domain_to_invoice())
        waiting.is_to_invoice = True
        (self - waiting).is_to_invoice = False

    @api.model
    def _search_is_to_invoice(self, operator, value):
        """Also for who may not read invoices: they learn that there is none."""
        if operator != "in" or True not in value:
            return NotImplemented
        return self._domain_to_invoice()

    @api.model
    def _domain_to_invoice(self):
        return (
            Domain("timesheet_invoice_type", "=", "billable_time")
            & self._domain_counts()
            & self._domain_not_billed()
        )

    @api.depends("ticket_id.commercial_partner_id")
    def _compute_commercial_partner(self):
        of_tickets = self.filtered("ticket_id")
        super(AccountAnalyticLine, self - of_tickets)._compute_commercial_partner()
        for line in of_tickets:
            line.commercial_partner_id = line.ticket_id.commercial_partner_id

    @api.depends("ticket_id")
    def _compute_partner_id(self):
        """Keep the customer the ticket had when the entry was logged (design 3.4)."""
        of_tickets = self.filtered("ticket_id")
        super(AccountAnalyticLine, self - of_tickets)._compute_partner_id()
        for line in of_tickets.filtered(lambda line: not line._is_funding_decided()):
            line.partner_id = line.ticket_id.partner_id

    @api.depends("ticket_id")
    def _compute_project_id(self):
        super()._compute_project_id()
        for line in self:
            if line.ticket_id and not line._is_funding_decided():
                line.project_id = line.ticket_id.project_id

    @api.depends("coverage")
    def _compute_timesheet_invoice_type(self):
        by_credits = self.filtered(lambda line: line.coverage == "credits")
        by_credits.timesheet_invoice_type = "service_credits"
        rest = super(AccountAnalyticLine, self - by_credits)
        return rest._compute_timesheet_invoice_type()

    @api.depends("ticket_id", "is_billable")
    def _compute_so_line(self):
        """Leave entries of tickets to the funding, which decides once (design 3.4).

        Core would move prepaid time that was consumed, even after it was invoiced. An
        entry that is being typed shows the item it would take.
        """
        funded = self.filtered(
            lambda line: line.ticket_id and (line.id or line._is_funding_decided())
        )
        return super(AccountAnalyticLine, self - funded)._compute_so_line()

    @api.depends("ticket_id.message_partner_ids")
    def _compute_message_partner_ids(self):
        super()._compute_message_partner_ids()
        for line in self.filtered("ticket_id"):
            line.message_partner_ids |= line.ticket_id.message_partner_ids

    def _search_message_partner_ids(self, operator, value):
        """Followers of a ticket see its time, as followers of a task do."""
        followed = self.env["mail.followers"]._search(
            [("partner_id", operator, value), ("res_model", "=", "helpdesk.ticket")]
        )
        return super()._search_message_partner_ids(operator, value) | Domain(
            "ticket_id", "in", followed.subselect("res_id")
        )

    @api.depends("ticket_id")
    def _compute_display_name(self):
        of_tickets = self.filtered("ticket_id")
        super(AccountAnalyticLine, self - of_tickets)._compute_display_name()
        for line in of_tickets:
            # sudo: a name may be shown where the ticket itself may not be opened
            line.display_name = (
                f"{line.project_id.sudo().display_name} - "
                f"{line.ticket_id.sudo().display_name}"
            )

    @api.constrains("unit_amount", "ticket_id")
    def _check_ticket_hours(self):
        self.env["service.time"]._check_hours(self.filtered("ticket_id"))

    @api.constrains("company_id", "employee_id", "project_id", "ticket_id")
    def _check_ticket_parts(self):
        self.env["service.time"]._check_whole(self.filtered("ticket_id"))

    @api.model_create_multi
    def create(self, vals_list):
        self._check_derived_fields(vals_list)
        vals_list, chosen = self.env["service.time"]._complete_values(vals_list)
        lines = super().create(vals_list)
        self.env["service.time"]._fund_new(lines, chosen)
        lines.so_line._enforce_authorized_hours()
        return lines

    def write(self, vals):
        self._check_derived_fields([vals])
        time = self.env["service.time"]
        # Only the funding itself may write `coverage`: then it knows what it does.
        if "coverage" in vals or FUNDING_FIELDS.isdisjoint(vals):
            result = super().write(vals)
            time._follow_correction(self, vals)
            return result
        funded = self if vals.get("ticket_id") else self.filtered("ticket_id")
        result = super(AccountAnalyticLine, self - funded).write(vals)
        time._clear_unticked(self - funded)
        if funded:
            if "so_line" in vals:
                # The funding sets the item, past the check of core.
                funded._check_can_write(vals)
            before = self.env["service.funding"]._snapshot(funded)
            own_vals, chosen = time._complete_written_values(vals)
            result = super(AccountAnalyticLine, funded).write(own_vals)
            for choice, lines in time._split_by_choice(funded, vals, chosen):
                time._follow_write(lines, before, choice)
        if not CAPPED_FIELDS.isdisjoint(vals):
            self.so_line._enforce_authorized_hours()
        return result

    def unlink(self):
        self.env["service.funding"]._release(self.filtered("ticket_id"))
        return super().unlink()

    def _is_funding_decided(self):
        """Tell whether who pays was decided and nothing that decides it is edited."""
        self.ensure_one()
        origin = self._origin
        return bool(
            self.ticket_id
            and origin.coverage
            and (
                origin == self
                or (
                    origin.ticket_id == self.ticket_id._origin
                    and origin.is_billable == self.is_billable
                )
            )
        )

    def _get_ticket_item(self):
        """Return the item that takes the entry's time where credits do not."""
        self.ensure_one()
        item = self.project_id.allow_billable and self._timesheet_determine_sale_line()
        return item or self.env["sale.order.line"]

    def _timesheet_determine_sale_line(self):
        """Bill the ticket's item; an entry that is not billable has none."""
        self.ensure_one()
        if not self.is_billable:
            return False
        # The tick of `sale_timesheet_line_exclude`, where that addon is installed.
        excluded = "exclude_from_sale_order"
        if self.ticket_id and not (excluded in self._fields and self.sudo()[excluded]):
            return self.ticket_id._get_entry_sale_line(
                self.employee_id or self.env.user.employee_id
            )
        return super()._timesheet_determine_sale_line()

    def _move_to_item(self, item):
        """Book the entries on `item`: the explicit move of design 3.4."""
        return self.write({"so_line": item.id, "is_so_line_edited": False})

    @api.model
    def _domain_not_billed(self):
        """Return the entries that no invoice holds; `_is_not_billed` for one entry."""
        return Domain("timesheet_invoice_id", "=", False) | Domain(
            "timesheet_invoice_id",
            # whoever looks: that an entry is billed is no secret of its invoice
            "any!",
            Domain("state", "=", "cancel")
            & Domain("payment_state", "!=", "invoicing_legacy"),
        )

    @api.model
    def _domain_of_customer(self, customer):
        """Return the entries on tickets that were logged for a customer.

        A ticket may have had another customer when time was logged on it: that time is
        not for the eyes of the present one. Time logged before a ticket had a customer
        is for the one it has.

        :param customer: commercial entity
        """
        return Domain("partner_id.commercial_partner_id", "=", customer.id) | (
            Domain("partner_id", "=", False)
            & Domain("ticket_id.commercial_partner_id", "=", customer.id)
        )

    def _timesheet_get_portal_domain(self):
        """Show customers the time of their tickets when the team says so."""
        domain = Domain(super()._timesheet_get_portal_domain())
        if self.env.user.has_group("hr_timesheet.group_hr_timesheet_user"):
            return domain
        customer = self.env.user.partner_id.commercial_partner_id
        return (domain & Domain("ticket_id", "=", False)) | (
            Domain("ticket_id", "!=", False)
            & self._domain_of_customer(customer)
            & Domain("ticket_id.team_id.show_timesheet_portal", "=", True)
            & Domain("approval_state", "!=", "rejected")
        )

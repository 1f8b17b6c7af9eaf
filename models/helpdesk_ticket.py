# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.misc import unquote


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    def _domain_sale_line_id(self):
        return str(
            self.env["sale.order.line"]._domain_ticket_item()
            & Domain(
                [
                    (
                        "order_partner_id.commercial_partner_id",
                        "=",
                        unquote("commercial_partner_id"),
                    ),
                    ("company_id", "=", unquote("company_id")),
                ]
            )
        )

    project_id = fields.Many2one(
        compute="_compute_project_id", store=True, readonly=False, index=True
    )
    allow_timesheet = fields.Boolean(
        related="team_id.allow_timesheet", string="Time can be Logged"
    )
    allow_billable = fields.Boolean(
        compute="_compute_allow_billable",
        compute_sudo=True,
        help="The time of this ticket can be billed: its team bills time and its "
        "project is billable.",
    )
    timesheet_ids = fields.One2many(
        comodel_name="account.analytic.line",
        inverse_name="ticket_id",
        string="Timesheets",
        domain=[("project_id", "!=", False)],
    )
    timesheet_count = fields.Integer(
        compute="_compute_timesheet_count", compute_sudo=True
    )
    total_hours = fields.Float(
        string="Hours Spent",
        compute="_compute_total_hours",
        store=True,
        help="Hours worked on this ticket, all entries together.",
    )
    sale_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Sales Order Item",
        compute="_compute_sale_line_id",
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
        index="btree_not_null",
        domain=_domain_sale_line_id,
        help="What new time on this ticket is billed to. Filled with the customer's "
        "prepaid item that still has hours. Time already logged stays on the item it "
        "was logged on.",
    )
    sale_order_id = fields.Many2one(
        related="sale_line_id.order_id",
        string="Sales Order",
        store=True,
        index="btree_not_null",
    )
    remaining_hours_available = fields.Boolean(
        related="sale_line_id.remaining_hours_available"
    )
    remaining_hours_so = fields.Float(
        string="Remaining Hours on SO",
        compute="_compute_remaining_hours_so",
        search="_search_remaining_hours_so",
        compute_sudo=True,
        help="Hours left on the sales order item; below zero when more was logged "
        "than sold.",
    )
    invoice_count = fields.Integer(compute="_compute_invoice_count", compute_sudo=True)
    movable_timesheet_count = fields.Integer(
        compute="_compute_movable_timesheet_count",
        compute_sudo=True,
        help="Unbilled entries of this ticket that another item pays, or none.",
    )

    @api.depends("team_id.allow_timesheet", "company_id")
    def _compute_project_id(self):
        """Take the team's project; replace the project of the team the ticket left.

        A compute, so that tickets from mail, RPC, import and the portal have it too.
        """
        parent = super()
        if hasattr(parent, "_compute_project_id"):
            parent._compute_project_id()
        tickets = self.filtered(lambda ticket: ticket.team_id.allow_timesheet)
        for company, group in tickets.grouped("company_id").items():
            # sudo: the project may be closed to whoever writes the ticket
            teams_sudo = self.env["helpdesk.ticket.team"].sudo().with_company(company)
            defaults = teams_sudo.search(
                [("allow_timesheet", "=", True)]
            ).default_project_id
            for ticket in group:
                default = ticket.team_id.sudo().with_company(company).default_project_id
                if not ticket.project_id or ticket.project_id in defaults - default:
                    ticket.project_id = default.sudo(False)

    @api.depends("team_id.allow_billable", "project_id.allow_billable")
    def _compute_allow_billable(self):
        for ticket in self:
            ticket.allow_billable = ticket.team_id.allow_billable and (
                not ticket.project_id or ticket.project_id.allow_billable
            )

    def _compute_timesheet_count(self):
        counts = dict(
            self.env["account.analytic.line"]._read_group(
                [("ticket_id", "in", self.ids), ("project_id", "!=", False)],
                ["ticket_id"],
                ["__count"],
            )
        )
        for ticket in self:
            ticket.timesheet_count = counts.get(ticket._origin, 0)

    @api.depends("timesheet_ids.unit_amount")
    def _compute_total_hours(self):
        unsaved = self.filtered(lambda ticket: not ticket.id)
        totals = dict(
            self.env["account.analytic.line"]._read_group(
                [("ticket_id", "in", self.ids), ("project_id", "!=", False)],
                ["ticket_id"],
                ["unit_amount:sum"],
            )
        )
        for ticket in self - unsaved:
            ticket.total_hours = totals.get(ticket, 0.0)
        for ticket in unsaved:
            ticket.total_hours = sum(ticket.timesheet_ids.mapped("unit_amount"))

    @api.depends("commercial_partner_id", "company_id", "team_id.allow_billable")
    def _compute_sale_line_id(self):
        """Fill the prepaid item of the customer (seed: "Track and bill time").

        A choice made by hand stays for as long as it is one of the customer's items.
        """
        tickets = self.filtered("allow_billable")
        stale = self.filtered(
            lambda ticket: ticket.sale_line_id and not ticket._is_own_sale_line()
        )
        stale.sale_line_id = False
        empty = tickets.filtered(lambda ticket: not ticket.sale_line_id)
        items = self.env["sale.order.line"]._get_prepaid_items(
            empty.commercial_partner_id, empty.company_id
        )
        for ticket in empty:
            candidates = items.get((ticket.commercial_partner_id, ticket.company_id))
            if candidates:
                last = ticket.team_id.sale_line_preference == "latest"
                ticket.sale_line_id = candidates[-1 if last else 0]

    @api.depends("sale_line_id", "timesheet_ids.unit_amount", "timesheet_ids.so_line")
    def _compute_remaining_hours_so(self):
        for ticket in self:
            item = ticket.sale_line_id
            remaining = item.remaining_hours if item.remaining_hours_available else 0.0
            if remaining is not None and item and not ticket.id:
                remaining -= ticket._get_unsaved_hours()
            ticket.remaining_hours_so = remaining

    @api.model
    def _search_remaining_hours_so(self, operator, value):
        return Domain("sale_line_id.remaining_hours", operator, value)

    @api.depends("timesheet_ids.timesheet_invoice_id", "sale_line_id.invoice_lines")
    def _compute_invoice_count(self):
        for ticket in self:
            ticket.invoice_count = len(ticket._get_invoices())

    @api.depends("sale_line_id", "timesheet_ids.so_line")
    def _compute_movable_timesheet_count(self):
        for ticket in self:
            ticket.movable_timesheet_count = (
                self.env["account.analytic.line"].search_count(
                    ticket._get_movable_timesheet_domain()
                )
                if ticket._origin and ticket.sale_line_id
                else 0
            )

    @api.constrains("sale_line_id", "partner_id", "company_id")
    def _check_sale_line_id(self):
        # sudo: the rule compares with items that the agent may not read
        for ticket in self.sudo().filtered("sale_line_id"):
            item = ticket.sale_line_id
            if not ticket._is_own_sale_line():
                raise ValidationError(
                    self.env._(
                        "Item %(item)s belongs to %(item_customer)s (%(item_company)s) "
                        "and ticket %(ticket)s to %(customer)s (%(company)s): choose "
                        "an item of the ticket's own customer and company.",
                        item=item.display_name,
                        item_customer=item.order_partner_id.display_name,
                        item_company=item.company_id.name,
                        ticket=ticket.display_name,
                        customer=ticket.commercial_partner_id.display_name
                        or self.env._("no customer"),
                        company=ticket.company_id.name,
                    )
                )
            if not item.filtered_domain(item._domain_open_service()):
                raise ValidationError(
                    self.env._(
                        "Item %(item)s cannot take the time of ticket %(ticket)s: only "
                        "a service of a confirmed order that is not a re-invoiced "
                        "expense can.",
                        item=item.display_name,
                        ticket=ticket.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_time(self):
        for ticket in self:
            if ticket.timesheet_count:
                raise UserError(
                    self.env._(
                        "Ticket %(ticket)s has %(count)s time entries, so it cannot "
                        "be deleted: archive it, or move its time to another ticket "
                        "first.",
                        ticket=ticket.display_name,
                        count=ticket.timesheet_count,
                    )
                )

    def action_view_sale_order(self):
        """Open the sales order of the ticket's item."""
        self.ensure_one()
        return self.sale_order_id._get_records_action(name=self.env._("Sales Order"))

    def action_view_invoices(self):
        """Open the invoices that bill this ticket's time or its prepaid item."""
        self.ensure_one()
        return self._get_invoices().sudo(False)._get_records_action(
            name=self.env._("Invoices")
        )

    def action_view_timesheets(self):
        """Open the time entries of the ticket."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.account_analytic_line_action_ticket"
        )
        return action | {
            "name": self.env._("Time of %(ticket)s", ticket=self.display_name),
            "domain": [("ticket_id", "=", self.id), ("project_id", "!=", False)],
            "context": {"default_ticket_id": self.id, "is_timesheet": 1},
        }

    def action_move_timesheets(self):
        """Move the ticket's unbilled entries to its current sales order item.

        The explicit counterpart of design rule 3.4: nothing moves by itself.
        """
        for ticket in self:
            ticket.check_access("write")
            if not ticket.sale_line_id:
                raise UserError(
                    self.env._(
                        "Ticket %(ticket)s has no sales order item to move its time "
                        "to: choose one first.",
                        ticket=ticket.display_name,
                    )
                )
            # sudo: the whole ticket moves, colleagues' entries included
            entries_sudo = self.env["account.analytic.line"].sudo()
            entries_sudo = entries_sudo.search(ticket._get_movable_timesheet_domain())
            entries_sudo._move_to_item(ticket.sale_line_id)
            ticket._message_log(
                body=self.env._(
                    "%(count)s unbilled time entries (%(hours)s h) were moved to "
                    "%(item)s.",
                    count=len(entries_sudo),
                    hours=round(sum(entries_sudo.mapped("unit_amount")), 2),
                    item=ticket.sale_line_id.sudo().display_name,
                )
            )
        return True

    def _is_own_sale_line(self):
        """Tell whether the item belongs to the ticket's customer and company."""
        self.ensure_one()
        item_sudo = self.sudo().sale_line_id
        return (
            item_sudo.order_partner_id.commercial_partner_id
            == self.partner_id.commercial_partner_id
            and item_sudo.company_id == self.company_id
        )

    def _get_unsaved_hours(self):
        """Return the hours that the entries being edited add to the ticket's item."""
        self.ensure_one()
        item = self.sale_line_id._origin
        added = 0.0
        for entry in self.timesheet_ids:
            origin = entry._origin
            if entry.so_line._origin == item:
                added += entry.hours_billed
            if origin.so_line == item:
                added -= origin.hours_billed
        return added

    def _get_invoices(self):
        """Return the invoices of the ticket's entries and of its item, as superuser."""
        self.ensure_one()
        entries = self.env["account.analytic.line"].sudo()
        [(invoices,)] = entries._read_group(
            [("ticket_id", "in", self._origin.ids)],
            aggregates=["timesheet_invoice_id:recordset"],
        )
        return invoices | self.sudo().sale_line_id.invoice_lines.move_id

    def _get_movable_timesheet_domain(self):
        """Return the entries that `action_move_timesheets` would move."""
        self.ensure_one()
        return (
            Domain("ticket_id", "=", self._origin.id)
            & Domain("is_billable", "=", True)
            & Domain("so_line", "!=", self.sale_line_id._origin.id)
            & self.env["account.analytic.line"]._domain_not_billed()
        )

    def _get_entry_sale_line(self, employee):
        """Return the item that a new entry of `employee` on this ticket is billed to.

        The employee rates of the project apply as core applies them to tasks.
        """
        self.ensure_one()
        item = self.sale_line_id
        if not (item and self.allow_billable):
            return item.browse()
        # sudo: rates are read by whoever may log time on the ticket
        project_sudo = self.project_id.sudo()
        if project_sudo.pricing_type == "employee_rate":
            rates = project_sudo.sale_line_employee_ids.filtered(
                lambda rate: rate.employee_id == employee
                and rate.sale_line_id.order_partner_id.commercial_partner_id
                == self.commercial_partner_id
            )
            item = rates[:1].sale_line_id.sudo(False) or item
        return item

    def _absorb_timesheets(self, tickets):
        """Take over the unbilled entries of `tickets` that are merged into this one."""
        self.ensure_one()
        # sudo: a merge moves the whole ticket, colleagues' entries included
        entries_sudo = self.env["account.analytic.line"].sudo()
        entries_sudo.search(
            Domain("ticket_id", "in", (tickets - self).ids)
            & entries_sudo._domain_not_billed()
        ).write({"ticket_id": self.id})

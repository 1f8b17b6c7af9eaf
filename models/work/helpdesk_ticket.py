# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.misc import unquote

# A change of one of these may bring a team to a company where it has no project yet.
TEAM_FIELDS = frozenset(("team_id", "company_id"))
# Everybody who follows a ticket may read it, people in copy of other companies too.
# These are for employees: a page in the portal shows customers what is theirs.
INTERNAL_FIELDS = frozenset(
    (
        "authorization_ids",
        "authorized_hours_left",
        "limit_hours",
        "remaining_hours_available",
        "remaining_hours_so",
        "sale_line_id",
        "sale_order_id",
        "service_credits_available",
        "service_credits_used",
        "timesheet_ids",
        "total_hours",
    )
)


class HelpdeskTicket(models.Model):
    _inherit = [
        "helpdesk.ticket",
        "service.time.mixin",
        "service.ticket.item.mixin",
        "service.credit.ticket.mixin",
        "service.authorization.ticket.mixin",
        "service.timer.mixin",
        "service.thousands.mixin",
        "service.approval.ticket.mixin",
        "service.figures.mixin",
    ]
    _name = "helpdesk.ticket"
    _derived_figures = frozenset(("total_hours", "service_credits_used"))

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
    require_approval = fields.Boolean(related="team_id.require_approval")
    timesheet_lock_date = fields.Date(related="company_id.timesheet_lock_date")
    allow_billable = fields.Boolean(
        compute="_compute_allow_billable",
        compute_sudo=True,
        help="The time of this ticket can be billed: its team bills time and its "
        "project is billable.",
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
        domain=lambda self: self._domain_sale_line_id(),
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

    @api.model
    def _has_field_access(self, field, operation):
        """Keep time and balance of a ticket from its followers in the portal."""
        return super()._has_field_access(field, operation) and (
            self.env.su
            or field.name not in INTERNAL_FIELDS
            or self.env.user._is_internal()
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

    @api.depends("commercial_partner_id", "company_id", "team_id")
    def _compute_sale_line_id(self):
        """Fill the prepaid item of the customer.

        A choice made by hand, also of none, stays for as long as the customer does.
        """
        tickets = self.filtered("allow_billable")
        stale = self.filtered(
            lambda ticket: ticket.sale_line_id and not ticket._is_own_sale_line()
        )
        stale.sale_line_id = False
        empty = tickets.filtered(
            lambda ticket: not ticket.sale_line_id and not ticket._is_left_empty()
        )
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

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets._prepare_projects()
        return tickets

    def write(self, vals):
        result = super().write(vals)
        if not TEAM_FIELDS.isdisjoint(vals):
            self._prepare_projects()
        return result

    def action_view_sale_order(self):
        """Open the sales order of the ticket's item."""
        self.ensure_one()
        return self.sale_order_id._get_records_action(name=self.env._("Sales Order"))

    def _prepare_projects(self):
        """Give a team of all companies a project in each company that uses it."""
        lacking = self.filtered(lambda t: t.allow_timesheet and not t.project_id)
        for (team, company), _tickets in lacking.grouped(
            lambda ticket: (ticket.team_id, ticket.company_id)
        ).items():
            team.with_company(company)._prepare_timesheet_project()

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
        edited, removed = self._get_edited_entries()
        added = 0.0
        for entry in edited:
            if entry.so_line._origin == item:
                added += entry.hours_billed
        for entry in edited._origin | removed:
            if entry.so_line == item:
                added -= entry.hours_billed
        return added

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
                lambda rate: (
                    rate.employee_id == employee
                    and rate.sale_line_id.order_partner_id.commercial_partner_id
                    == self.commercial_partner_id
                )
            )
            item = rates[:1].sale_line_id.sudo(False) or item
        return item

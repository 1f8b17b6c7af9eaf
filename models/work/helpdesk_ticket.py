# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.misc import unquote

from ...tools import refuse_no_records, refuse_typed, untyped_defaults

# A change of one of these may bring a team to a company where it has no project yet.
TEAM_FIELDS = frozenset(("team_id", "company_id"))
CUSTOMER_FIELDS = frozenset(("partner_id", "company_id"))
# Everybody who follows a ticket may read it, people in copy of other companies too.
# These are for employees: a page in the portal shows customers what is theirs.
INTERNAL_FIELDS = frozenset(
    (
        "authorization_ids",
        "authorized_hours_left",
        "funding_draft",
        "invoice_count",
        "limit_hours",
        "movable_timesheet_count",
        "remaining_hours_available",
        "remaining_hours_so",
        "requested_hours",
        "sale_line_id",
        "sale_order_id",
        "service_credit_allocation_ids",
        "service_credit_next_expiry",
        "service_credit_period_note",
        "service_credits_available",
        "service_credits_used",
        "suggested_sale_line_id",
        "timesheet_count",
        "timesheet_ids",
        "total_hours",
    )
)


class HelpdeskTicket(models.Model):
    _name = "helpdesk.ticket"
    _inherit = ["helpdesk.ticket", "service.work"]
    _guarded_fields = frozenset(
        ("sale_order_id", "is_sale_line_chosen", "is_sale_line_cleared")
    )

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
    # A person chose the item, so that it does not move on when it is used up.
    is_sale_line_chosen = fields.Boolean(
        copy=False, readonly=True, export_string_translation=False
    )
    # A user emptied the item, so that it is not filled again.
    is_sale_line_cleared = fields.Boolean(
        copy=False, readonly=True, export_string_translation=False
    )
    suggested_sale_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Suggested Item",
        compute="_compute_suggested_sale_line_id",
        compute_sudo=True,
        help="The customer's only item billed by time, where nothing prepaid pays.",
    )
    sale_order_id = fields.Many2one(
        related="sale_line_id.order_id",
        string="Sales Order",
        store=True,
        index="btree_not_null",
    )
    limit_hours = fields.Boolean(
        compute="_compute_authorized_hours_left",
        compute_sudo=True,
        help="The hours of the ticket's sales order item are limited.",
    )
    authorized_hours_left = fields.Float(
        compute="_compute_authorized_hours_left",
        compute_sudo=True,
        help="Hours that can still be billed on the ticket's sales order item.",
    )
    use_service_credits = fields.Boolean(
        compute="_compute_use_service_credits",
        store=True,
        readonly=False,
        help="Time on this ticket draws the customer's service credits first.",
    )
    service_credit_allocation_ids = fields.One2many(
        comodel_name="service.credit.allocation",
        inverse_name="ticket_id",
        string="Service Credit Allocations",
    )
    timesheet_ids = fields.One2many(
        comodel_name="account.analytic.line",
        inverse_name="ticket_id",
        string="Timesheets",
        domain=[("project_id", "!=", False)],
    )

    # The tickets of a customer are searched, counted and merged by it.
    _of_contact = models.Index("(partner_id) WHERE partner_id IS NOT NULL")
    _of_customer = models.Index(
        "(commercial_partner_id) WHERE commercial_partner_id IS NOT NULL"
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
            # sudo: the project may be closed to the user who writes the ticket
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
        for ticket, item in empty._get_first_prepaid_items().items():
            ticket.sale_line_id = item

    @api.depends(
        "sale_line_id",
        "is_sale_line_cleared",
        "allow_billable",
        "commercial_partner_id",
        "company_id",
        "closed",
        "use_service_credits",
    )
    def _compute_suggested_sale_line_id(self):
        """Suggest only: time is billed by the hour once a person says so."""
        self.suggested_sale_line_id = False
        lacking = self.filtered(
            lambda ticket: (
                ticket.commercial_partner_id
                and ticket.allow_billable
                and not (ticket.closed or ticket.sale_line_id)
                and not ticket.is_sale_line_cleared
            )
        )
        if not lacking:
            return
        prepaid = lacking._get_first_prepaid_items()
        found = self.env["sale.order.line"]._get_only_time_based_items(
            lacking.commercial_partner_id, lacking.company_id
        )
        for ticket in lacking.filtered(lambda ticket: ticket not in prepaid):
            item = found.get((ticket.commercial_partner_id, ticket.company_id))
            by_credits = ticket.use_service_credits and ticket.service_credits_available
            if item and not by_credits:
                ticket.suggested_sale_line_id = item

    @api.depends("authorization_ids.hours", "authorization_ids.state")
    def _compute_requested_hours(self):
        return super()._compute_requested_hours()

    def _get_draft_hours(self):
        """Return the hours that the form adds to the ticket's item, unsaved."""
        self.ensure_one()
        hours = (self.funding_draft or {}).get("hours") or {}
        item_id = self.sale_line_id._origin.id
        # The keys of JSON are texts.
        return hours.get(item_id, hours.get(str(item_id), 0.0))

    @api.depends(
        "funding_draft",
        "sale_line_id.limit_hours",
        "sale_line_id.authorized_hours_left",
    )
    def _compute_authorized_hours_left(self):
        for ticket in self:
            item = ticket.sale_line_id
            ticket.limit_hours = item.limit_hours
            draft = ticket._get_draft_hours() if item.limit_hours else 0.0
            ticket.authorized_hours_left = item.authorized_hours_left - draft

    @api.depends("team_id")
    def _compute_use_service_credits(self):
        for ticket in self:
            ticket.use_service_credits = ticket.team_id.use_service_credits

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

    @api.model
    def default_get(self, fields):
        return untyped_defaults(self, fields, super().default_get)

    @api.model_create_multi
    def create(self, vals_list):
        refuse_typed(self, vals_list)
        refuse_no_records(self, vals_list)
        tickets = super().create(vals_list)
        tickets._prepare_projects()
        chosen, emptied = tickets.browse(), tickets.browse()
        for ticket, vals in zip(tickets, vals_list, strict=True):
            if vals.get("sale_line_id"):
                chosen += ticket
            elif "sale_line_id" in vals:
                emptied += ticket
        chosen._note_chosen()
        emptied._note_left_empty()
        return tickets

    def write(self, vals):
        refuse_typed(self, [vals])
        is_chosen = "sale_line_id" in vals
        is_moved = not CUSTOMER_FIELDS.isdisjoint(vals)
        if is_moved:
            self._forget_left_empty(vals)
        elif is_chosen:
            is_empty = not vals["sale_line_id"]
            vals = {
                **vals,
                "is_sale_line_chosen": not is_empty,
                "is_sale_line_cleared": is_empty,
            }
        before = {ticket: ticket.sale_line_id for ticket in self} if is_moved else {}
        result = super().write(vals)
        if is_moved:
            # The item of another customer was filled.
            refilled = self.filtered(
                lambda ticket: ticket.sale_line_id != before[ticket]
            )
            refilled._keep_chosen(False)
        if is_moved and is_chosen:
            (self if vals["sale_line_id"] else self.browse())._note_chosen()
            self._note_left_empty()
        if not TEAM_FIELDS.isdisjoint(vals):
            self._prepare_projects()
        return result

    def _prepare_projects(self):
        """Give a team of all companies a project in each company that uses it."""
        lacking = self.filtered(lambda t: t.allow_timesheet and not t.project_id)
        for (team, company), _tickets in lacking.grouped(
            lambda ticket: (ticket.team_id, ticket.company_id)
        ).items():
            team.with_company(company)._prepare_timesheet_project()

    # ------------------------------------------------------------------
    # What a claim asks of its work, a ticket or a task
    # ------------------------------------------------------------------

    def _get_terms(self):
        """Return the team, whose terms say how the ticket's time is paid."""
        # sudo: who logs time need not read the team
        return self.sudo().team_id

    def _get_payer(self):
        """Return the contact that pays."""
        return self.partner_id

    def _is_item_chosen(self):
        """Tell whether a person chose the item, which then does not move on."""
        return self.sudo().is_sale_line_chosen

    def _takes_prepaid_hours(self):
        """Tell whether hours bought in advance may pay for time on the ticket."""
        ticket_sudo = self.sudo()
        return ticket_sudo.allow_billable and not ticket_sudo.is_sale_line_cleared

    def _get_paid_milestone(self, customer):
        """Return the milestone that credits pay for already: tickets have none."""
        return self.env["project.milestone"]

    def _get_work_name(self):
        """Return what names the ticket in a sentence."""
        # sudo: a name may be shown where the ticket itself may not be opened
        return self.env._("ticket %(ticket)s", ticket=self.sudo().display_name)

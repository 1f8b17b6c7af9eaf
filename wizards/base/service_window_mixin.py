# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models


class ServiceWindowMixin(models.AbstractModel):
    """A window about the service for a customer, on a ticket or on a new one.

    Nothing is computed as superuser: a window tells no more of what is chosen in it
    than the user may read.
    """

    _name = "service.window.mixin"
    _inherit = "service.number.mixin"
    _description = "Window about a Service"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", related_sudo=False
    )
    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        domain="[('commercial_partner_id', '=?', commercial_partner_id), "
        "('allow_timesheet', '=', True)]",
        help="Leave it empty for a new ticket.",
    )
    task_id = fields.Many2one(
        comodel_name="project.task",
        domain="[('partner_id.commercial_partner_id', '=?', commercial_partner_id), "
        "('asks_payers', '=', True)]",
        help="A task instead of a ticket, of a project whose time is paid by service "
        "credits or prepaid hours.",
    )
    team_id = fields.Many2one(
        comodel_name="helpdesk.ticket.team",
        compute="_compute_team_id",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
        domain=[("allow_timesheet", "=", True)],
        help="The team of the new ticket.",
    )
    service_type_id = fields.Many2one(
        comodel_name="service.type",
        compute="_compute_service_type_id",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
    )
    company_id = fields.Many2one(
        comodel_name="res.company", compute="_compute_company_id"
    )
    date = fields.Date(
        compute="_compute_date",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    employee_id = fields.Many2one(
        comodel_name="hr.employee",
        compute="_compute_employee_id",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
        domain="[('company_id', '=', company_id)]",
    )
    employee_domain = fields.Binary(
        compute="_compute_employee_domain", export_string_translation=False
    )
    time_start = fields.Float(
        string="Start Time",
        help="When the work began, in the time zone of the company; midnight is 24. "
        "Rates for certain hours ask for it.",
    )

    @api.depends("ticket_id", "task_id")
    def _compute_partner_id(self):
        for window in self:
            payer = window._get_work()._get_payer()
            window.partner_id = payer or window.partner_id

    @api.depends("ticket_id")
    def _compute_team_id(self):
        first = self._get_first_team()
        for window in self:
            window.team_id = window.ticket_id.team_id or window.team_id or first

    @api.model
    def _get_first_team(self):
        """Return the team of a new ticket that nobody chose a team for."""
        own = self.env.user.helpdesk_team_ids
        teams = self.env["helpdesk.ticket.team"].search(
            [("allow_timesheet", "=", True)]
        )
        return (own & teams or teams)[:1]

    @api.depends("team_id")
    def _compute_service_type_id(self):
        for window in self:
            window.service_type_id = (
                window.service_type_id or window.team_id.default_service_type_id
            )

    @api.depends("ticket_id", "task_id", "team_id")
    def _compute_company_id(self):
        for window in self:
            place = window._get_work() or window.team_id
            window.company_id = place.company_id or self.env.company

    @api.depends("company_id")
    def _compute_date(self):
        """Start with today, where the company of the work is."""
        for window in self:
            window.date = window.date or window.company_id._get_today()

    @api.depends("ticket_id", "task_id", "team_id")
    def _compute_employee_id(self):
        """Start with the user; people work in the company of the work."""
        for window in self:
            company = window.company_id
            # sudo: who is whose employee does not depend on who looks
            is_there = window.employee_id.sudo().company_id == company
            own = self.env.user.with_company(company).employee_id
            window.employee_id = window.employee_id if is_there else own

    @api.depends("company_id")
    def _compute_employee_domain(self):
        """Offer whom the server accepts."""
        for window in self:
            window.employee_domain = list(
                self.env["hr.employee"]._get_domain_for_time(window.company_id)
            )

    def _prepare_time_values(self):
        """Return the start of the work, where it is known."""
        return {"time_start": self.time_start} if self.time_start else {}

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        customer = self.partner_id.commercial_partner_id
        if self.ticket_id.commercial_partner_id != customer:
            self.ticket_id = False
        if self.task_id.commercial_partner_id != customer:
            self.task_id = False

    @api.onchange("ticket_id")
    def _onchange_ticket_id(self):
        if self.ticket_id:
            self.task_id = False

    @api.onchange("task_id")
    def _onchange_task_id(self):
        if self.task_id:
            self.ticket_id = False

    def _get_work(self):
        """Return what the service was for; nothing where a new ticket is asked for."""
        self.ensure_one()
        return self.ticket_id or self.task_id

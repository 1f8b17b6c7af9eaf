# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import refuse_typed, untyped_defaults


class ServiceLog(models.TransientModel):
    """Log a delivered service, on a ticket or on a new one."""

    _name = "service.log"
    _inherit = "service.window.mixin"
    _description = "Log Service"
    # What was logged; the window tells its result to those who may read the entry.
    _guarded_fields = frozenset(("state", "entry_id", "authorization_id"))

    partner_id = fields.Many2one(required=True)
    only_project_tickets = fields.Boolean(
        related="team_id.only_project_tickets", related_sudo=False
    )
    project_id = fields.Many2one(
        comodel_name="project.project",
        domain="[('allow_timesheets', '=', True), "
        "('company_id', 'in', (company_id, False))]",
    )
    sale_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Sales Order Item",
        compute="_compute_sale_line_id",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
        help="What pays where service credits do not.",
    )
    service_type_id = fields.Many2one(required=True)
    increment = fields.Float(related="service_type_id.increment", related_sudo=False)
    title = fields.Char(
        required=True, help="Summary of the service. The customer sees it."
    )
    description = fields.Text(
        string="Internal Note",
        help="What was done, one item a line. The customer never sees it.",
    )
    hours = fields.Float(
        string="Hours Spent",
        compute="_compute_hours",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    over_limit = fields.Selection(
        selection=[
            ("fit", "Log what fits"),
            ("overage", "Log the rest as overage"),
            ("request", "Ask the customer for more"),
        ],
        help="What happens to the hours that are not covered.",
    )
    is_over_limit = fields.Boolean(compute="_compute_preview")
    over_limit_ways = fields.Char(
        compute="_compute_preview",
        export_string_translation=False,
        help="What can be done about the hours that are not covered.",
    )
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    # One window logs once, however often it is sent.
    key = fields.Char(
        default=lambda self: uuid.uuid4().hex,
        required=True,
        export_string_translation=False,
    )
    state = fields.Selection(
        selection=[("draft", "To Log"), ("done", "Logged")],
        default="draft",
        readonly=True,
    )
    entry_id = fields.Many2one(comodel_name="account.analytic.line", readonly=True)
    authorization_id = fields.Many2one(
        comodel_name="service.authorization", readonly=True
    )

    @api.depends("ticket_id", "task_id", "partner_id", "team_id")
    def _compute_sale_line_id(self):
        for log in self:
            log.sale_line_id = log._get_sale_line()

    @api.depends("team_id")
    def _compute_service_type_id(self):
        super()._compute_service_type_id()
        first = self.env["service.type"].search([], limit=1)
        for log in self:
            log.service_type_id = log.service_type_id or first

    @api.depends("service_type_id")
    def _compute_hours(self):
        for log in self:
            log.hours = log.hours or log.service_type_id.increment

    @api.depends(
        "partner_id",
        "ticket_id",
        "task_id",
        "team_id",
        "project_id",
        "sale_line_id",
        "service_type_id",
        "hours",
        "date",
        "time_start",
        "employee_id",
        "over_limit",
    )
    def _compute_preview(self):
        """Tell who pays, by the code that posts, and write nothing."""
        for log in self:
            log.is_over_limit = log.over_limit_ways = False
            place = log.team_id or log.task_id
            if not (log.partner_id and place and log.service_type_id):
                log.preview = False
                continue
            values = {"plan": False, "error": False, "options": log._get_options()}
            try:
                log._check_values()
                if not log._get_work():
                    # A work that one may read tells it anyway.
                    log.partner_id._check_service_credit_balance_access()
                values["plan"] = plan = log._plan()
                log.is_over_limit = plan["is_over"]
                log.over_limit_ways = ",".join(log._get_ways(plan))
            except UserError as error:
                values["error"] = str(error)
            log.preview = self.env["ir.qweb"]._render(
                "helpdesk_service_credit.service_log_preview", {"log": log, **values}
            )

    @api.model
    def default_get(self, fields):
        return untyped_defaults(self, fields, super().default_get)

    @api.model_create_multi
    def create(self, vals_list):
        refuse_typed(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        refuse_typed(self, [vals])
        return super().write(vals)

    def action_log_hours(self):
        """Log the service as the user; see `service.log.post`.

        :raise AccessError: for those who aren't service operators
        :raise UserError: in one sentence, for what is not possible and what would be
        """
        self.ensure_one()
        self._check_operator()
        if self.state != "done":
            # Written first: of two presses at once, the second is replayed after this.
            self._note_logged(state="done")
            self._log()
        return self._get_work()._get_result_action(self._get_result_text("%s"))

    def action_log_and_close(self):
        """Log the service, and close its ticket: nothing is left to do."""
        action = self.action_log_hours()
        self._close_ticket()
        return action

    def _note_logged(self, **values):
        # sudo: what was logged follows from it, and is nobody's to type
        self.sudo().write(values)

    def _get_sale_line(self):
        """Return what pays beside credits: the work's item, else the customer's.

        A new ticket takes its customer's prepaid item with hours left; without one, the
        latest item that has authorized hours left, or the only time-based one.
        """
        self.ensure_one()
        if work := self._get_work():
            return work.sale_line_id
        if not self.partner_id:
            return self.env["sale.order.line"]
        item = self._get_new_ticket().sale_line_id
        if item or not self.team_id.sudo().allow_billable:
            return item
        lines = self.env["sale.order.line"]
        customer = self.partner_id.commercial_partner_id
        # sudo: which item pays must not depend on who logs the service
        candidates_sudo = lines.sudo().search(
            lines._domain_ticket_item()
            & Domain("limit_hours", "=", True)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("order_partner_id.commercial_partner_id", "=", customer.id),
            order="id desc",
        )
        if not candidates_sudo:
            found = lines._get_only_time_based_items(customer, self.company_id)
            return found.get((customer, self.company_id), lines)
        open_sudo = candidates_sudo.filtered(
            lambda line: line.authorized_hours_left > 0
        )
        return (open_sudo or candidates_sudo)[:1].sudo(False)

    def _get_new_ticket(self):
        """Return the ticket that would be created, as a record that is not saved."""
        return self.env["helpdesk.ticket"].new(
            {
                "name": self.title or "/",
                "partner_id": self.partner_id.id,
                "team_id": self.team_id.id,
                "company_id": self.company_id.id,
                **self._prepare_project(),
            }
        )

    def _prepare_project(self):
        """Return the project of a new ticket, where its team asks for one."""
        is_asked = self.only_project_tickets and self.project_id
        return {"project_id": self.project_id.id} if is_asked else {}

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import refuse_typed, untyped_defaults


class ProjectTask(models.Model):
    """Work that service credits and prepaid hours pay, as they pay tickets."""

    _inherit = "project.task"
    _guarded_fields = frozenset(("service_credits_used",))

    limit_hours = fields.Boolean(related="sale_line_id.limit_hours")
    authorized_hours_left = fields.Float(
        related="sale_line_id.authorized_hours_left", string="Authorized Hours Left"
    )
    asks_payers = fields.Boolean(
        compute="_compute_asks_payers",
        compute_sudo=True,
        search="_search_asks_payers",
        export_string_translation=False,
        help="The project's terms decide who pays for new time on the task.",
    )
    use_service_credits = fields.Boolean(
        compute="_compute_asks_payers",
        compute_sudo=True,
        help="New time on this task draws the customer's service credits first.",
    )
    commercial_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer Company",
        compute="_compute_commercial_partner_id",
        compute_sudo=True,
        export_string_translation=False,
    )
    service_credit_allocation_ids = fields.One2many(
        comodel_name="service.credit.allocation",
        inverse_name="task_id",
        string="Service Credit Allocations",
    )
    service_credits_used = fields.Float(
        digits="Service Credits",
        compute="_compute_service_credits_used",
        # The number is shown to whoever sees the task; the ledger is not.
        compute_sudo=True,
        help="Credits that the time of this task has drawn.",
    )
    service_credits_available = fields.Float(
        digits="Service Credits",
        compute="_compute_service_credits_available",
        compute_sudo=True,
        # The customer's balance is for those who log time, as on tickets.
        groups="hr_timesheet.group_hr_timesheet_user",
        help="Credits of the customer that could pay for work done today.",
    )
    service_credit_next_expiry = fields.Date(
        string="Next Expiry",
        compute="_compute_service_credits_available",
        compute_sudo=True,
        # The customer's balance is for those who log time, as on tickets.
        groups="hr_timesheet.group_hr_timesheet_user",
        help="When the first of these credits expire.",
    )
    funding_draft = fields.Json(
        compute="_compute_funding_draft",
        compute_sudo=True,
        export_string_translation=False,
        help="What the entries that are being edited would use; empty once saved.",
    )

    @api.depends(
        "project_id.allow_billable",
        "project_id.use_service_credits",
        "project_id.prepaid_limit",
        "project_id.over_limit_policy",
    )
    def _compute_asks_payers(self):
        for task in self:
            project = task.project_id
            task.asks_payers = project._asks_payers()
            task.use_service_credits = task.asks_payers and project.use_service_credits

    @api.model
    def _search_asks_payers(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        asks = self.env["project.project"]._domain_asks_payers()
        # whoever looks: the terms of a project are no secret to who logs time
        return Domain("project_id", "any!", asks)

    @api.depends("partner_id", "project_id.partner_id")
    def _compute_commercial_partner_id(self):
        for task in self:
            task.commercial_partner_id = task._get_payer().commercial_partner_id

    @api.depends("service_credit_allocation_ids.credits")
    def _compute_service_credits_used(self):
        for task in self:
            allocations = task.service_credit_allocation_ids
            task.service_credits_used = sum(allocations.mapped("credits"))

    @api.depends(
        "commercial_partner_id", "company_id", "funding_draft", "timesheet_ids.credits"
    )
    def _compute_service_credits_available(self):
        self.service_credits_available = 0.0
        self.service_credit_next_expiry = False
        for company, tasks in (
            self.filtered("use_service_credits")
            .grouped(lambda task: task.company_id or self.env.company)
            .items()
        ):
            customers = tasks.commercial_partner_id._origin
            balances = customers._get_service_credit_balances(company=company)
            for task in tasks:
                # A credit is a unit of work, whatever currency it was bought in.
                lines = balances.get(task.commercial_partner_id._origin.id) or []
                days = [line["next_expiry"] for line in lines if line["next_expiry"]]
                task.service_credits_available = sum(
                    line["credits_available"] for line in lines
                ) - (task.funding_draft or {}).get("credits", 0.0)
                task.service_credit_next_expiry = min(days, default=False)

    @api.depends(
        "asks_payers",
        "sale_line_id",
        "timesheet_ids.date",
        "timesheet_ids.is_billable",
        "timesheet_ids.service_type_id",
        "timesheet_ids.so_line",
        "timesheet_ids.unit_amount",
    )
    def _compute_funding_draft(self):
        for task in self:
            is_edited = not task.id and task.asks_payers
            task.funding_draft = is_edited and task._get_funding_draft()

    def _get_funding_draft(self):
        """Return what the edited entries would use; hook of whoever funds them.

        :return: False, or a dict: `hours` by id of the item, `credits`, and `refused`
        """
        return False

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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_credits(self):
        # sudo: the ledger refers to the task, whoever deletes it
        allocation_sudo = self.env["service.credit.allocation"].sudo()
        used = allocation_sudo.search([("task_id", "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "The task %(task)s cannot be deleted, because the ledger of "
                    "service credits refers to it: archive it instead.",
                    task=used.task_id.display_name,
                )
            )

    def action_request_authorization(self):
        """Open the window that asks the customer for more hours, or what was asked."""
        self.ensure_one()
        self.check_access("read")
        return self.env["service.authorization"]._get_request_action(
            self.sale_line_id, task_id=self.id
        )

    def action_log_service(self):
        """Open the window that logs a service on the task."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_log_action"
        )
        return action | {"context": {"default_task_id": self.id}}

    # ------------------------------------------------------------------
    # What a claim asks of its work, a ticket or a task
    # ------------------------------------------------------------------

    def _get_terms(self):
        """Return the project, whose terms say how the task's time is paid."""
        # sudo: who logs time need not read the project
        return self.sudo().project_id

    def _get_payer(self):
        """Return the contact that pays: of the task, else of its project, as core."""
        # sudo: a project may be closed to whoever works on its task
        project_sudo = self.sudo().project_id
        return self.partner_id or project_sudo.partner_id.with_env(self.env)

    def _is_item_chosen(self):
        """The item of a task is a choice: core moves it on in its own ways."""
        return True

    def _takes_prepaid_hours(self):
        """Tell whether hours bought in advance may pay for time on the task."""
        return self.sudo().allow_billable

    def _get_paid_milestone(self, customer):
        """Return the task's milestone where credits of the customer pay for all of it
        already.

        :param customer: contact the time is logged for
        """
        # sudo: who logs time need not read the project's milestones
        milestone_sudo = self.sudo().milestone_id
        return milestone_sudo.filtered(
            lambda milestone: milestone._is_paid_by(customer.commercial_partner_id)
        )

    def _get_work_name(self):
        """Return what names the task in a sentence."""
        # sudo: a name may be shown where the task itself may not be opened
        return self.env._("task %(task)s", task=self.sudo().display_name)

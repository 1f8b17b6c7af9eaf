# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain

from ...tools import refuse_typed, untyped_defaults

LOGS_TIME = "hr_timesheet.group_hr_timesheet_user"
READS_LEDGER = (
    "helpdesk_service_credit.group_service_credit_user,"
    "sales_team.group_sale_salesman,"
    "account.group_account_invoice,"
    "account.group_account_readonly"
)


class ProjectTask(models.Model):
    """Work that service credits and prepaid hours pay, as they pay tickets."""

    _name = "project.task"
    _inherit = ["project.task", "service.work"]
    _guarded_fields = frozenset(("is_sale_line_cleared",))

    # A user emptied the item: then nothing bought in advance pays in its place.
    is_sale_line_cleared = fields.Boolean(
        copy=False, readonly=True, export_string_translation=False
    )
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
        groups=READS_LEDGER,
    )
    # The customer's balance is for those who log time, as on tickets.
    service_credits_available = fields.Float(groups=LOGS_TIME)
    service_credit_next_expiry = fields.Date(groups=LOGS_TIME)
    service_credit_period_note = fields.Text(groups=LOGS_TIME)
    requested_hours = fields.Float(groups="project.group_project_user")

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
        # the terms of a project are no secret to those who log time
        return Domain("project_id", "any!", asks)

    @api.depends("partner_id", "project_id.partner_id")
    def _compute_commercial_partner_id(self):
        for task in self:
            task.commercial_partner_id = task._get_payer().commercial_partner_id

    @api.depends("use_service_credits")
    def _compute_service_credits_available(self):
        using = self.filtered("use_service_credits")
        (self - using).service_credits_available = 0.0
        (self - using).service_credit_next_expiry = False
        return super(ProjectTask, using)._compute_service_credits_available()

    @api.depends("asks_payers")
    def _compute_funding_draft(self):
        asking = self.filtered("asks_payers")
        (self - asking).funding_draft = False
        return super(ProjectTask, asking)._compute_funding_draft()

    @api.model
    def default_get(self, fields):
        return untyped_defaults(self, fields, super().default_get)

    @api.model_create_multi
    def create(self, vals_list):
        refuse_typed(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        refuse_typed(self, [vals])
        emptied = self.browse()
        if "sale_line_id" in vals and not vals["sale_line_id"]:
            # Core takes away the item of another customer.
            emptied = self.filtered(
                lambda task: (
                    task._has_own_item() and not task._gets_other_customer(vals)
                )
            )
        result = super().write(vals)
        # sudo: the mark follows from what a person chose; it is not typed
        emptied.sudo().is_sale_line_cleared = True
        if vals.get("sale_line_id") or "partner_id" in vals:
            kept_sudo = (self - emptied).sudo().filtered("is_sale_line_cleared")
            kept_sudo.is_sale_line_cleared = False
        return result

    def _gets_other_customer(self, vals):
        if "partner_id" not in vals:
            return False
        # sudo: who works on the task need not read the project's customer
        task_sudo = self.sudo()
        partner_sudo = task_sudo.partner_id.browse(vals["partner_id"] or ())
        payer_sudo = partner_sudo or task_sudo.project_id.partner_id
        return payer_sudo.commercial_partner_id != task_sudo.commercial_partner_id

    def _has_own_item(self):
        # sudo: who works on the task need not read the order
        owner_sudo = self.sudo().sale_line_id.order_partner_id.commercial_partner_id
        return owner_sudo and owner_sudo == self.sudo().commercial_partner_id

    # ------------------------------------------------------------------
    # What a claim asks of its work, a ticket or a task
    # ------------------------------------------------------------------

    def _get_terms(self):
        """Return the project, whose terms say how the task's time is paid."""
        # sudo: who logs time need not read the project
        return self.sudo().project_id

    def _get_payer(self):
        """Return the contact that pays: of the task, else of its project, as core."""
        # sudo: a project may be closed to those who work on its task
        project_sudo = self.sudo().project_id
        return self.partner_id or project_sudo.partner_id.with_env(self.env)

    def _is_item_chosen(self):
        """The item of a task is a choice: core moves it on in its own ways."""
        return True

    def _takes_prepaid_hours(self):
        """Tell whether hours bought in advance may pay for time on the task."""
        task_sudo = self.sudo()
        is_empty = task_sudo.is_sale_line_cleared and not task_sudo.sale_line_id
        return task_sudo.allow_billable and not is_empty

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

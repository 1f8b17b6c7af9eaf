# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class ServiceCreditManageProject(models.TransientModel):
    """Allocate service credits to several milestones of a project in one go."""

    _name = "service.credit.manage.project"
    _description = "Allocate Service Credits to Milestones"

    project_id = fields.Many2one(
        comodel_name="project.project", required=True, readonly=True
    )
    allow_partial = fields.Boolean(
        string="Allocate where possible",
        help="Otherwise all of them are allocated or none.",
    )
    line_ids = fields.One2many(
        comodel_name="service.credit.manage.project.line",
        inverse_name="wizard_id",
        compute="_compute_line_ids",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    is_blocked = fields.Boolean(compute="_compute_is_blocked")
    can_allocate_some = fields.Boolean(compute="_compute_is_blocked")

    @api.depends("project_id")
    def _compute_line_ids(self):
        for wizard in self:
            project = wizard.project_id._origin._filtered_access("read")
            milestones = project._get_milestones_to_allocate()
            wizard.line_ids = [Command.clear()] + [
                Command.create({"milestone_id": milestone.id})
                for milestone in milestones
            ]

    @api.depends("allow_partial", "line_ids.fits", "line_ids.is_included")
    def _compute_is_blocked(self):
        for wizard in self:
            included = wizard.line_ids.filtered("is_included")
            fitting = included.filtered("fits")
            wizard.is_blocked = not fitting or (
                fitting != included and not wizard.allow_partial
            )
            wizard.can_allocate_some = wizard.is_blocked and bool(fitting)

    def action_allocate(self):
        """Allocate to the ticked milestones; in strict mode all or nothing."""
        self.ensure_one()
        milestones = self.line_ids.filtered("is_included").milestone_id
        if not milestones:
            raise UserError(
                self.env._(
                    "Tick at least one milestone of %(project)s.",
                    project=self.project_id.name,
                )
            )
        result = self.project_id.action_allocate_service_credits(
            milestones.ids, strict=not self.allow_partial
        )
        return self._get_result_notification(result)

    def action_allocate_some(self):
        """Allocate to those of the ticked milestones that can be paid."""
        self.allow_partial = True
        return self.action_allocate()

    def _get_result_notification(self, result):
        refused = result["refused"]
        message = self.env._(
            "Milestones that received their service credits: %(count)s.",
            count=len(result["allocated"]),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if refused else "success",
                "message": "\n".join([message, *refused.values()]),
                "sticky": bool(refused),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class ServiceCreditManageProjectLine(models.TransientModel):
    """One milestone, and what would pay for it."""

    _name = "service.credit.manage.project.line"
    _description = "Allocate Service Credits to Milestones: Milestone"

    wizard_id = fields.Many2one(
        comodel_name="service.credit.manage.project", required=True, ondelete="cascade"
    )
    milestone_id = fields.Many2one(
        comodel_name="project.milestone", required=True, readonly=True
    )
    deadline = fields.Date(related="milestone_id.deadline", related_sudo=False)
    service_credits = fields.Float(
        string="Service Credits",
        related="milestone_id.service_credits",
        related_sudo=False,
    )
    credits_missing = fields.Float(
        string="Missing",
        digits="Service Credits",
        compute="_compute_credits_missing",
        help="What the milestone costs, less what it has received.",
    )
    is_included = fields.Boolean(string="Allocate", default=True)
    fits = fields.Boolean(compute="_compute_preview")
    # Text: a reason takes more than one line.
    preview = fields.Text(string="Paid By", compute="_compute_preview")

    @api.depends("milestone_id")
    def _compute_credits_missing(self):
        for line in self:
            milestone = line.milestone_id._filtered_access("read")
            cost, paid = milestone.service_credits, milestone.service_credits_allocated
            line.credits_missing = cost - paid

    @api.depends("is_included", "wizard_id.line_ids.is_included")
    def _compute_preview(self):
        self.fits = False
        self.preview = False
        for wizard in self.wizard_id:
            included = wizard.line_ids.filtered("is_included")
            results = self._get_results(wizard.project_id, included.milestone_id)
            for line in included & self:
                line.fits, line.preview = results[line.milestone_id]

    @api.model
    def _get_results(self, project, milestones):
        """Return ``{milestone: (fits, sentence)}``, written by the plan that posts."""
        plans, refused = project._plan_milestones(
            project._get_milestones_to_allocate(milestones.ids)
        )
        results = {milestone: (False, reason) for milestone, reason in refused.items()}
        for plan in plans:
            if not plan.missing:
                parts = (
                    self.env._(
                        "%(credits)s from %(purchase)s",
                        credits=plan.request.work._format_credits(part.credits),
                        purchase=part.purchase.name,
                    )
                    for part in plan.slices
                )
                results[plan.request.work] = (True, ", ".join(parts))
        return results

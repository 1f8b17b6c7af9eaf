# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import float_compare

from ...models.ledger.drawing import get_shortage_message, plan_draws
from ...tools import is_countable

# Nobody picks by hand among more purchases than that.
SELECTION_LIMIT = 200


class ServiceCreditManage(models.TransientModel):
    """Manage Service Credits: allocate to a milestone, or adjust what it has.

    The lines show what will be drawn from where. They are written by the plan that is
    posted afterwards; opening the window writes nothing to the ledger.
    """

    _name = "service.credit.manage"
    _inherit = "service.number.mixin"
    _description = "Manage Service Credits"

    milestone_id = fields.Many2one(
        comodel_name="project.milestone", required=True, readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", compute="_compute_situation"
    )
    credits_needed = fields.Float(
        string="Cost of the Milestone",
        digits="Service Credits",
        compute="_compute_situation",
    )
    credits_allocated = fields.Float(
        string="Allocated Now",
        digits="Service Credits",
        compute="_compute_situation",
    )
    is_adjustment = fields.Boolean(compute="_compute_situation")
    can_select = fields.Boolean(compute="_compute_situation")
    total = fields.Float(
        string="New Total",
        digits="Service Credits",
        compute="_compute_total",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    difference = fields.Float(digits="Service Credits", compute="_compute_difference")
    is_manual = fields.Boolean(string="Select purchases by hand")
    line_ids = fields.One2many(
        comodel_name="service.credit.manage.line",
        inverse_name="wizard_id",
        compute="_compute_line_ids",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    obstacle = fields.Char(compute="_compute_obstacle")

    @api.depends("milestone_id")
    def _compute_situation(self):
        for wizard in self:
            milestone = wizard._get_milestone()
            wizard.credits_needed = milestone.service_credits
            wizard.credits_allocated = milestone.service_credits_allocated
            company_sudo = milestone._get_service_credit_company().sudo()
            partner_sudo = milestone.project_id.sudo().partner_id
            wizard.partner_id = partner_sudo.commercial_partner_id.sudo(False)
            wizard.is_adjustment = milestone.service_credits_allocated > 0
            wizard.can_select = company_sudo.service_credit_manual_selection

    def _get_milestone(self):
        """Return the milestone for those who may read it and its project: what the
        window computes as superuser is for no one else."""
        milestone = self.milestone_id._origin._filtered_access("read")
        return (
            milestone
            if milestone.project_id._filtered_access("read")
            else milestone[:0]
        )

    @api.depends("milestone_id")
    def _compute_total(self):
        for wizard in self:
            wizard.total = wizard._get_milestone().service_credits

    @api.depends("total", "milestone_id")
    def _compute_difference(self):
        for wizard in self:
            wizard.difference = wizard.total - wizard.credits_allocated

    @api.depends("total", "is_manual", "milestone_id")
    def _compute_line_ids(self):
        for wizard in self:
            lines = wizard._get_planned_lines()
            if wizard.is_manual and wizard.difference > 0:
                lines = wizard._get_selectable_lines(lines)
            wizard.line_ids = [Command.clear()] + [
                Command.create({"purchase_id": purchase.id, "credits": credits})
                for purchase, credits in lines.items()
            ]

    @api.depends("total", "is_manual", "line_ids.credits", "milestone_id")
    def _compute_obstacle(self):
        for wizard in self:
            wizard.obstacle = wizard._get_obstacle()

    def action_confirm(self):
        """Post what the window shows."""
        self.ensure_one()
        selection = None
        if self.is_manual and self.difference > 0:
            selection = [
                [line.purchase_id.id, line.credits]
                for line in self.line_ids
                if line.credits
            ]
        if self.is_adjustment:
            self.milestone_id.action_adjust_service_credits(self.total, selection)
        else:
            self.milestone_id.action_allocate_service_credits(selection)
        return {"type": "ir.actions.act_window_close"}

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def _get_planned_lines(self):
        """Return ``{purchase: credits}``: positive is drawn, negative given back."""
        self.ensure_one()
        milestone = self._get_milestone()
        if not milestone.project_id.partner_id or not self._is_possible():
            return {}
        if self._is_more():
            plan = self._get_plan()
            return {part.purchase: part.credits for part in plan.slices}
        rows = milestone._get_service_credit_rows()
        given_back = {}
        for vals in rows._prepare_give_back(-self.difference, rows._get_left()):
            purchase = vals["purchase"]
            given_back[purchase] = given_back.get(purchase, 0.0) + vals["credits"]
        return given_back

    def _get_plan(self):
        request = self.milestone_id._prepare_draw_request(self.difference)
        request.strict = False
        return plan_draws(self.env, [request])[0]

    def _get_selectable_lines(self, planned):
        """Return every purchase that may be chosen, with what would be drawn."""
        request = self.milestone_id._prepare_draw_request(self.difference)
        found = self.env["service.credit.purchase"]._search_selectable(
            request, SELECTION_LIMIT
        )
        return {purchase: planned.get(purchase, 0.0) for purchase in found}

    def _get_obstacle(self):
        """Tell in one sentence why it cannot be confirmed; False when it can."""
        self.ensure_one()
        milestone = self._get_milestone()
        if not milestone:
            return self.env._("You can't see this milestone.")
        if not self.is_adjustment:
            obstacle = milestone._get_allocation_obstacle()
            if obstacle:
                return obstacle
        try:
            milestone._get_adjustment(self.total)
        except UserError as error:
            return str(error)
        if not self._is_more():
            return False
        if self.is_manual:
            return self._get_selection_obstacle()
        plan = self._get_plan()
        if not plan.missing:
            return False
        return get_shortage_message(self.env, plan)

    def _get_selection_obstacle(self):
        if any(line.credits < 0 for line in self.line_ids):
            return self.env._("Enter 0 or more credits on each line.")
        chosen = sum(self.line_ids.mapped("credits"))
        milestone = self.milestone_id
        if milestone._format_credits(chosen) == milestone._format_credits(
            self.difference
        ):
            return False
        return self.env._(
            "The chosen purchases give %(chosen)s credits, but exactly %(wanted)s are "
            "needed.",
            chosen=milestone._format_credits(chosen),
            wanted=milestone._format_credits(self.difference),
        )

    def _is_possible(self):
        """Tell whether the total typed is a number that can be allocated."""
        return is_countable(self.total) and self.total >= 0

    def _is_more(self):
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        return float_compare(self.difference, 0.0, digits) > 0


class ServiceCreditManageLine(models.TransientModel):
    """What one purchase gives, or gets back."""

    _name = "service.credit.manage.line"
    _inherit = "service.number.mixin"
    _description = "Manage Service Credits: Purchase"

    wizard_id = fields.Many2one(
        comodel_name="service.credit.manage", required=True, ondelete="cascade"
    )
    purchase_id = fields.Many2one(
        comodel_name="service.credit.purchase", required=True, readonly=True
    )
    date_start = fields.Date(related="purchase_id.date_start", related_sudo=False)
    date_expiry = fields.Date(related="purchase_id.date_expiry", related_sudo=False)
    credits_available = fields.Float(
        string="Available",
        digits="Service Credits",
        compute="_compute_credits_available",
    )
    credits = fields.Float(
        string="Will Be Drawn",
        digits="Service Credits",
        help="Negative when it is given back to the purchase.",
    )
    credits_left = fields.Float(
        string="Left Afterwards",
        digits="Service Credits",
        compute="_compute_credits_left",
    )

    @api.depends("purchase_id")
    def _compute_credits_available(self):
        """Of a period that is over, what rolled over."""
        for line in self:
            lot = line.purchase_id
            today = (lot.company_id or self.env.company)._get_today()
            line.credits_available = lot._get_usable_on(today).get(lot, 0.0)

    @api.depends("credits", "credits_available")
    def _compute_credits_left(self):
        for line in self:
            line.credits_left = line.credits_available - line.credits

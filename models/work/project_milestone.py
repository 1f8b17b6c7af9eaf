# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import float_compare, float_round

from ...tools import is_countable, refuse_uncountable
from ..ledger.drawing import DrawRequest, draw_credits


class ProjectMilestone(models.Model):
    _inherit = "project.milestone"

    service_credits = fields.Float(
        digits="Service Credits",
        tracking=True,
        help="How many service credits the milestone costs; 0 if it is not paid with "
        "credits.",
    )
    service_credits_allocated = fields.Float(
        digits="Service Credits",
        compute="_compute_service_credits_allocated",
        # The number is shown to all who see the milestone; the ledger is not.
        compute_sudo=True,
        help="How many service credits the milestone has received.",
    )
    service_credit_allocation_ids = fields.One2many(
        comodel_name="service.credit.allocation",
        inverse_name="milestone_id",
        groups="helpdesk_service_credit.group_service_credit_user",
        readonly=True,
        copy=False,
    )

    _service_credits_not_negative = models.Constraint(
        "CHECK (service_credits BETWEEN 0 AND 1000000000)",
        "A milestone costs 0 to 1,000,000,000 service credits.",
    )

    @api.depends("service_credit_allocation_ids.credits")
    def _compute_service_credits_allocated(self):
        sums = dict(
            self.env["service.credit.allocation"]._read_group(
                [("milestone_id", "in", self.ids)], ["milestone_id"], ["credits:sum"]
            )
        )
        for milestone in self:
            milestone.service_credits_allocated = sums.get(milestone._origin, 0.0)

    @api.constrains("is_reached", "service_credits")
    def _check_allocated_before_reached(self):
        for milestone in self:
            allocated = milestone.service_credits_allocated
            if milestone.is_reached and milestone._is_short(allocated):
                raise ValidationError(
                    self.env._(
                        "The milestone %(milestone)s cannot be reached before its "
                        "%(wanted)s service credits are allocated; %(allocated)s are "
                        "so far.",
                        milestone=milestone.name,
                        wanted=milestone._format_credits(milestone.service_credits),
                        allocated=milestone._format_credits(allocated),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        refuse_uncountable(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        refuse_uncountable(self, [vals])
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_credits(self):
        used = self._get_with_credits()
        if used:
            raise UserError(
                self.env._(
                    "The milestone %(milestone)s cannot be deleted, because the ledger "
                    "of service credits refers to it: adjust it to 0 instead.",
                    milestone=used[0].name,
                )
            )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_manage_service_credits(self):
        """Open the window that allocates, or adjusts what is allocated."""
        self.ensure_one()
        self._check_may_manage_service_credits()
        if customer := self.project_id.sudo().partner_id.commercial_partner_id:
            # The window shows purchases, and keeps what is typed beside each.
            self.env["service.credit.purchase"]._create_due_for(
                customer, self._get_service_credit_company()
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_manage_action"
        )
        action["context"] = {"default_milestone_id": self.id}
        return action

    def action_allocate_service_credits(self, selection=None):
        """Allocate to each milestone the service credits it costs, all or nothing.

        :param selection: purchases chosen by hand for a single milestone, as
            ``[[purchase_id, credits], …]``; by default the order of expiry decides
        :raise AccessError: unless the user is a Service Credits user
        :raise UserError: when a milestone costs nothing, has an allocation already, has
            no customer, or when there are not enough credits
        """
        self._check_may_manage_service_credits()
        if selection is not None:
            self.ensure_one()
        requests = [
            milestone._prepare_allocation_request(selection) for milestone in self
        ]
        draw_credits(self.env, requests)
        return True

    def action_adjust_service_credits(self, total, selection=None):
        """Bring the allocation of each milestone to a new total.

        More is drawn like an allocation; less is given back in reverse order of
        drawing, to the purchases it came from, even past their expiry.

        :param total: the new number of credits (not the difference), at least 0
        :param selection: purchases chosen by hand for what is added
        :raise AccessError: unless the user is a Service Credits user
        :raise UserError: when the total is impossible or there are not enough credits
        """
        self._check_may_manage_service_credits()
        if selection is not None:
            self.ensure_one()
        requests = []
        claims = []
        for milestone in self:
            delta = milestone._get_adjustment(total)
            if delta > 0:
                requests.append(milestone._prepare_raise_request(delta, selection))
            elif delta < 0:
                claims.append((milestone._get_service_credit_rows(), -delta))
        self.env["service.credit.consumption"]._give_back_batch(claims)
        draw_credits(self.env, requests)
        return True

    # ------------------------------------------------------------------
    # Requests to the ledger
    # ------------------------------------------------------------------

    def _check_may_manage_service_credits(self):
        group = "helpdesk_service_credit.group_service_credit_user"
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(
                self.env._("Only users of service credits can allocate or adjust them.")
            )
        self.check_access("read")

    def _prepare_allocation_request(self, selection=None):
        self.ensure_one()
        obstacle = self._get_allocation_obstacle()
        if obstacle:
            raise UserError(obstacle)
        return self._prepare_draw_request(self.service_credits, selection)

    def _prepare_missing_request(self):
        """Ask for what the milestone costs, less what it has received."""
        if not self._is_partly_paid():
            return self._prepare_allocation_request()
        return self._prepare_raise_request(self._get_adjustment(self.service_credits))

    def _prepare_raise_request(self, delta, selection=None):
        request = self._prepare_draw_request(delta, selection)
        request.consumption_type = "adjustment"
        return request

    def _prepare_draw_request(self, credits, selection=None):
        if not self.project_id.partner_id:
            raise UserError(self._get_no_customer_message())
        company = self._get_service_credit_company()
        return DrawRequest(
            work=self,
            partner=self.project_id.sudo().partner_id,
            company=company,
            date=company._get_today(),
            credits=credits,
            strict=True,
            selection=selection,
        )

    def _get_allocation_obstacle(self):
        """Tell in one sentence why nothing can be allocated; False when it can."""
        self.ensure_one()
        if self.service_credits <= 0:
            return self.env._(
                "The milestone %(milestone)s costs no service credits: enter how many "
                "it costs first.",
                milestone=self.name,
            )
        allocated = self.service_credits_allocated
        if allocated > 0:
            return self.env._(
                "The milestone %(milestone)s already has %(allocated)s service credits "
                "allocated: adjust them to a new total instead.",
                milestone=self.name,
                allocated=self._format_credits(allocated),
            )
        if not self.project_id.partner_id:
            return self._get_no_customer_message()
        return False

    def _get_missing_obstacle(self):
        """Tell why nothing can be added; it may have received a part of its credits."""
        if not self._is_partly_paid():
            return self._get_allocation_obstacle()
        return not self.project_id.partner_id and self._get_no_customer_message()

    def _get_no_customer_message(self):
        return self.env._(
            "The milestone %(milestone)s has no customer whose service credits could "
            "pay: set the customer of the project %(project)s first.",
            milestone=self.name,
            project=self.project_id.name,
        )

    def _get_adjustment(self, total):
        """Return the difference between the new total and what is allocated."""
        self.ensure_one()
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        number = float(total) if is_countable(total) else -1.0
        new = float_round(number, digits)
        is_possible = new >= 0 and abs(new - number) <= 1e-9
        if not is_possible:
            raise UserError(
                self.env._(
                    "%(total)s is not a possible total for the milestone "
                    "%(milestone)s: enter 0 or more with at most %(digits)s decimals.",
                    total=total,
                    milestone=self.name,
                    digits=digits,
                )
            )
        if self.is_reached and self._is_short(new):
            raise UserError(
                self.env._(
                    "The milestone %(milestone)s is reached and needs its %(wanted)s "
                    "service credits: reopen it before lowering the allocation.",
                    milestone=self.name,
                    wanted=self._format_credits(self.service_credits),
                )
            )
        return float_round(new - self.service_credits_allocated, digits)

    @api.model
    def _domain_paid_by_credits(self):
        """Milestones that cost credits, or received some all the same."""
        # sudo: who pays for a milestone does not depend on who looks
        allocations = self.env["service.credit.allocation"].sudo()
        paid = allocations._search([("credits", ">", 0), ("milestone_id", "!=", False)])
        return Domain("service_credits", ">", 0) | Domain(
            "id", "in", paid.subselect("milestone_id")
        )

    def _get_with_credits(self):
        """Return those that the ledger refers to, for every user."""
        allocations_sudo = self.env["service.credit.allocation"].sudo()
        found = allocations_sudo.search([("milestone_id", "in", self.ids)])
        return found.milestone_id

    def _get_service_credit_rows(self):
        rows_sudo = self.env["service.credit.consumption"].sudo()
        return rows_sudo.search([("allocation_id.milestone_id", "in", self.ids)])

    def _get_service_credit_company(self):
        """The project's company; the current one for a project shared by all."""
        return self.project_id.company_id or self.env.company

    def _is_short(self, allocated):
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        return float_compare(allocated, self.service_credits, digits) < 0

    def _is_partly_paid(self):
        allocated = self.service_credits_allocated
        return allocated > 0 and self._is_short(allocated)

    def _is_paid_by(self, customer):
        """Tell whether credits of a commercial entity pay for all that the milestone
        costs (superuser)."""
        allocations = self.service_credit_allocation_ids.filtered(
            lambda allocation: allocation.commercial_partner_id == customer
        )
        paid = sum(allocations.mapped("credits"))
        return paid > 0 and not self._is_short(paid)

    def _format_credits(self, credits):
        return self.env["service.credit.purchase"]._format_credits(credits)

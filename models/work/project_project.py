# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools import format_number
from ..ledger.drawing import draw_credits, get_shortage_message, plan_draws

# Who sees what is left of a customer's credits: as on tasks, those who log time.
CREDIT_READERS = (
    "helpdesk_service_credit.group_service_credit_user",
    "hr_timesheet.group_hr_timesheet_user",
)


class ProjectProject(models.Model):
    _name = "project.project"
    _inherit = ["project.project", "service.work.terms"]

    approver_ids = fields.Many2many(relation="project_project_approver_rel")

    def _asks_payers(self):
        """Leave projects to core until one of the terms says otherwise."""
        return bool(self) and bool(
            self.allow_billable
            and (
                self.use_service_credits
                or self.prepaid_limit != "open"
                or self.over_limit_policy != "refuse"
            )
        )

    @api.model
    def _domain_asks_payers(self):
        """Return the projects whose terms decide; `_asks_payers` for one of them."""
        return Domain("allow_billable", "=", True) & (
            Domain("use_service_credits", "=", True)
            | Domain("prepaid_limit", "!=", "open")
            | Domain("over_limit_policy", "!=", "refuse")
        )

    def _compute_partner_id(self):
        """Keep the customer whose credits pay milestones where no time is billed."""
        kept = self.filtered(
            lambda project: (
                project.allow_milestones
                and not project.allow_billable
                and not project._has_foreign_customer()
            )
        )
        for project in kept:
            project.partner_id = project.partner_id
        super(ProjectProject, self - kept)._compute_partner_id()

    def _has_foreign_customer(self):
        company = self.partner_id.company_id
        return bool(company and self.company_id and company != self.company_id)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_credits(self):
        for milestone in self.milestone_ids._get_with_credits()[:1]:
            raise UserError(
                self.env._(
                    "The project %(project)s cannot be deleted, because the ledger of "
                    "service credits refers to its milestone %(milestone)s: archive "
                    "the project instead.",
                    project=milestone.project_id.display_name,
                    milestone=milestone.name,
                )
            )

    def _check_project_group_with_field(self, field_name, group_name):
        """Keep milestones switched on: core turns them off with the last project that
        uses them, and credits are spent on them."""
        if field_name == "allow_milestones" and self.env.user.has_group(group_name):
            return None
        return super()._check_project_group_with_field(field_name, group_name)

    def action_open_service_credit_milestones(self):
        """Open the window that allocates credits to several milestones."""
        self.ensure_one()
        self.milestone_ids._check_may_manage_service_credits()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_manage_project_action"
        )
        action["context"] = {"default_project_id": self.id}
        return action

    def action_allocate_service_credits(self, milestone_ids=None, strict=True):
        """Allocate to several milestones of these projects in one go.

        Earlier milestones are served first, by sequence, deadline and id.

        Those that have received a part of what they cost get the rest.

        :param milestone_ids: ids of milestones; by default all that cost more credits
            than they have and are not reached
        :param strict: all or nothing; otherwise those that work
        :return: ``{"allocated": [ids], "refused": {id: reason}}``
        :raise AccessError: unless the user is a Service Credits user
        :raise UserError: in strict mode, when one milestone cannot be paid
        """
        self.env["project.milestone"]._check_may_manage_service_credits()
        milestones = self._get_milestones_to_allocate(milestone_ids)
        milestones.check_access("read")
        if strict:
            draw_credits(
                self.env, [one._prepare_missing_request() for one in milestones]
            )
            return {"allocated": milestones.ids, "refused": {}}
        plans, refused = self._plan_milestones(milestones)
        fitting = [plan for plan in plans if not plan.missing]
        self.env["service.credit.consumption"]._post_draws(fitting)
        return {
            "allocated": [plan.request.work.id for plan in fitting],
            "refused": {milestone.id: why for milestone, why in refused.items()},
        }

    def _get_milestones_to_allocate(self, milestone_ids=None):
        if milestone_ids is None:
            found = self.env["project.milestone"].search(
                [
                    ("project_id", "in", self.ids),
                    ("service_credits", ">", 0),
                    ("is_reached", "=", False),
                ]
            )
            found = found.filtered(lambda m: m._is_short(m.service_credits_allocated))
        else:
            chosen = self._read_ids(milestone_ids)
            found = self.milestone_ids.filtered(lambda m: m.id in chosen)
            if any(milestone_id not in found.ids for milestone_id in chosen):
                raise UserError(
                    self.env._(
                        "Only milestones of %(projects)s can be allocated together.",
                        projects=", ".join(self.mapped("name")),
                    )
                )
        return found.sorted(
            lambda m: (
                m.sequence,
                m.deadline or fields.Date.to_date("9999-12-31"),
                m.id,
            )
        )

    def _read_ids(self, ids):
        """Return the ids that a program sent.

        :raise UserError: when it sent something else
        """
        if isinstance(ids, (list, tuple)) and all(isinstance(one, int) for one in ids):
            return list(ids)
        raise UserError(
            self.env._("“%(ids)s” isn't a list of milestones.", ids=str(ids)[:40])
        )

    def _plan_milestones(self, milestones):
        """Plan each milestone and write nothing.

        :return: the plans, and ``{milestone: reason}`` of those that cannot be paid
        """
        refused = {}
        requests = []
        for milestone in milestones:
            obstacle = milestone._get_missing_obstacle()
            if obstacle:
                refused[milestone] = obstacle
            else:
                requests.append(milestone._prepare_missing_request())
        plans = plan_draws(self.env, requests)
        for plan in plans:
            if plan.missing:
                refused[plan.request.work] = get_shortage_message(self.env, plan)
        return plans, refused

    # ------------------------------------------------------------------
    # What is left of the customer's credits, in the panel and the updates
    # ------------------------------------------------------------------

    def _get_stat_buttons(self):
        buttons = super()._get_stat_buttons()
        customer = self.partner_id.commercial_partner_id
        group = "helpdesk_service_credit.group_service_credit_user"
        if self.use_service_credits and customer and self.env.user.has_group(group):
            buttons.append(
                {
                    "icon": "ticket",
                    "text": self.env._("Service Credits Left"),
                    "number": format_number(self.env, self._get_credits_left(), 2),
                    "action_type": "object",
                    "action": "action_view_service_credit_purchases",
                    "show": True,
                    "sequence": 8,
                }
            )
        return buttons

    def action_view_service_credit_purchases(self):
        """Open the purchases of the project's customer.

        :raise UserError: when the project has no customer
        """
        self.ensure_one()
        self.check_access("read")
        if not self.partner_id:
            raise UserError(
                self.env._(
                    "Project %(project)s has no customer whose service credits could "
                    "be shown: choose one first.",
                    project=self.display_name,
                )
            )
        return self.partner_id.action_view_service_credit_purchases()

    def _get_credits_left(self):
        """Return the credits that could pay for work of the customer today."""
        return sum(line["credits_available"] for line in self._get_balance_sudo())

    def _get_balance_sudo(self):
        self.ensure_one()
        customer = self.partner_id.commercial_partner_id
        company = self.company_id or self.env.company
        # sudo: the number is for those who may see credits; the contact may be private
        balances = customer.sudo()._get_service_credit_balances(company=company)
        return balances[customer.id]

    def _get_credits_left_text(self):
        """Return what is left of the customer's credits as a sentence.

        :return: False where the project uses none, and for users who do not see them
            on its tasks either
        """
        self.ensure_one()
        # sudo: the contact may be private
        customer_sudo = self.partner_id.sudo().commercial_partner_id
        if not (self.use_service_credits and customer_sudo):
            return False
        if not any(self.env.user.has_group(group) for group in CREDIT_READERS):
            return False
        balance = self._get_balance_sudo()
        values = {
            "customer": customer_sudo.name,
            "credits": format_number(
                self.env, sum(line["credits_available"] for line in balance), 2
            ),
        }
        days = [line["next_expiry"] for line in balance if line["next_expiry"]]
        if not days:
            return self.env._(
                "%(customer)s has %(credits)s service credits left.", **values
            )
        return self.env._(
            "%(customer)s has %(credits)s service credits left; the next ones expire "
            "on %(date)s.",
            date=format_date(self.env, min(days)),
            **values,
        )

    # ------------------------------------------------------------------
    # Profitability: time paid by credits is a section of its own
    # ------------------------------------------------------------------

    def _get_profitability_labels(self):
        return {
            **super()._get_profitability_labels(),
            "service_credits": self.env._("Timesheets (Paid by Service Credits)"),
        }

    def _get_profitability_sequence_per_invoice_type(self):
        return {
            **super()._get_profitability_sequence_per_invoice_type(),
            "service_credits": 5,
        }

    def _get_domain_from_section_id(self, section_id):
        """No sales order item of the project earns what credits paid."""
        if section_id == "service_credits":
            return Domain.FALSE
        return super()._get_domain_from_section_id(section_id)

    def action_profitability_items(self, section_name, domain=None, res_id=False):
        """Open the entries behind the section, as core does for its own sections."""
        if section_name == "service_credits":
            section_name = "non_billable"
        return super().action_profitability_items(section_name, domain, res_id)

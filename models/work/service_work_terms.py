# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

# A change of one of these changes who sees what of the approval.
APPROVAL_FIELDS = frozenset(("require_approval", "approver_ids", "user_id"))


class ServiceWorkTerms(models.AbstractModel):
    """How the time of a team's tickets, or of a project's tasks, is paid."""

    _name = "service.work.terms"
    _description = "Terms of Work"

    use_service_credits = fields.Boolean(
        help="Time draws the customer's service credits first, before the sales order "
        "item.",
    )
    sale_line_preference = fields.Selection(
        selection=[
            ("latest", "Most recent item first"),
            ("oldest", "Oldest item first"),
        ],
        string="Prepaid Item",
        default="latest",
        required=True,
        help="Which prepaid sales order item of the customer with hours left comes "
        "first.",
    )
    prepaid_limit = fields.Selection(
        selection=[
            ("open", "Continue below zero"),
            ("chain", "Next prepaid item, then below zero"),
            ("closed", "Next prepaid item, then as over the limit"),
        ],
        string="Prepaid Hours Used Up",
        default="open",
        required=True,
        help="What happens to time when the hours of a prepaid sales order item are "
        "used up. The next prepaid items of the customer take what is left, in "
        "the order of Prepaid Item. Then the last of them goes below zero, or the"
        " hours are over the limit.",
    )
    over_limit_policy = fields.Selection(
        selection=[
            ("refuse", "Refuse it"),
            ("overage", "Log it as overage"),
            ("non_billable", "Log it as not billable"),
        ],
        string="Time over the Limit",
        default="refuse",
        required=True,
        help="What happens to time that neither the customer's credits nor their "
        "authorized hours cover. Overage waits for a manager's decision.",
    )
    require_approval = fields.Boolean(
        string="Approve Time",
        help="New time is billed only once an approver has approved it. Earlier time "
        "counts as approved. If you switch this off, time that is waiting still "
        "needs an approver.",
    )
    approver_ids = fields.Many2many(
        comodel_name="res.users",
        string="Approvers",
        domain="[('share', '=', False)]",
        help="They approve the time, like those who lead the team or the project and "
        "managers. People can't approve their own time.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if any(APPROVAL_FIELDS & vals.keys() for vals in vals_list):
            records._follow_approval()
        return records

    def write(self, vals):
        if APPROVAL_FIELDS.isdisjoint(vals):
            return super().write(vals)
        before = self._get_time_approvers()
        result = super().write(vals)
        self._follow_approval(before != self._get_time_approvers())
        return result

    def _get_time_approvers(self):
        # sudo: who administers teams and projects need not administer users
        terms_sudo = self.sudo()
        return terms_sudo.user_id | terms_sudo.approver_ids

    def _follow_approval(self, is_other=True):
        """Show the approval to those it concerns; hook of who approves.

        :param bool is_other: other people approve now
        """

    def _asks_payers(self):
        """Tell whether this addon decides who pays for time under these terms."""
        return bool(self)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

# Time that waits: it holds what pays for it, and nothing of it is billed yet.
PENDING = ("draft", "submitted")
# Time that nobody edits: somebody approves, or approved, what it says.
FROZEN = ("submitted", "approved")
DECIDED_FIELDS = frozenset(
    (
        "approval_state",
        "approval_note",
        "approval_user_id",
        "approval_date",
        "approval_activity_id",
    )
)


class ServiceApprovalMixin(models.AbstractModel):
    """The approval of a time entry, where the ticket's team asks for one.

    Entries from before, and of teams that ask for none, have no state and count like
    approved ones.
    """

    _name = "service.approval.mixin"
    _description = "Approval of a Time Entry"

    approval_state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
        ],
        string="Approval",
        compute="_compute_approval_state",
        compute_sudo=True,
        store=True,
        precompute=True,
        copy=False,
        index="btree_not_null",
        help="Time of teams that approve it is billed once it is approved. Until then "
        "it holds the credits and hours that pay for it.",
    )
    approval_note = fields.Char(string="Reason of Rejection", readonly=True, copy=False)
    approval_user_id = fields.Many2one(
        comodel_name="res.users", string="Decided by", readonly=True, copy=False
    )
    approval_date = fields.Datetime(string="Decided on", readonly=True, copy=False)
    # The to-do of the author, from the rejection until it is dealt with.
    approval_activity_id = fields.Many2one(
        comodel_name="mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )
    may_approve = fields.Boolean(
        compute="_compute_may_approve",
        search="_search_may_approve",
        export_string_translation=False,
        help="The user decides about the entry: it is another person's, on a ticket "
        "of a team whose time the user approves.",
    )

    @api.depends("ticket_id")
    def _compute_approval_state(self):
        """Start as a draft where the team asks; what was decided or asked stays."""
        for line in self:
            state = line.approval_state if line._origin.id else False
            if state in (False, "draft"):
                asks = line.ticket_id.team_id.require_approval
                state = "draft" if asks else False
            line.approval_state = state

    @api.depends_context("uid")
    def _compute_may_approve(self):
        mine = self.filtered_domain(self._get_domain_to_approve())
        mine.may_approve = True
        (self - mine).may_approve = False

    @api.model
    def _search_may_approve(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return self._get_domain_to_approve()

    @api.model
    def _get_domain_to_approve(self):
        """Return the entries of others on the tickets of the user's teams."""
        teams = self.env["helpdesk.ticket.team"]._get_approved_teams()
        # Whether the approver may open the ticket itself does not matter.
        return Domain("user_id", "!=", self.env.uid) & Domain(
            "ticket_id", "any!", Domain("team_id", "in", teams.ids)
        )

    @api.model
    def _domain_counts(self):
        """Return the entries that are delivered and may be invoiced."""
        return Domain("approval_state", "in", [False, "approved"])

    # As with the funding: who may write these fields is asked where values come in.
    @api.model_create_multi
    def create(self, vals_list):
        self._check_decided_fields(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_decided_fields([vals])
        return super().write(vals)

    def unlink(self):
        self._end_rejection()
        return super().unlink()

    @api.model
    def _check_decided_fields(self, vals_list):
        """Refuse states that are typed: they follow from the actions."""
        if self.env.su or not any(DECIDED_FIELDS & vals.keys() for vals in vals_list):
            return
        raise AccessError(
            self.env._(
                "The approval of a time entry is not typed: submit the entry, and let "
                "an approver approve or reject it."
            )
        )

    # ------------------------------------------------------------------
    # Actions: each is all or nothing
    # ------------------------------------------------------------------

    def action_submit(self):
        """Ask for the approval of the entries; rejected ones ask anew who pays.

        :raise UserError: naming the first entry that is not a draft or rejected
        :raise ValidationError: when what paid for a rejected entry is gone
        """
        self.check_access("write")
        self._check_can_write({})
        self._check_approval(("draft", "rejected"), self.env._("submitted"))
        self._fund_rejected()
        return self._decide("submitted")

    def action_withdraw(self):
        """Take the entries back to edit them, before anybody decided.

        :raise UserError: naming the first entry that does not wait for approval
        """
        self.check_access("write")
        self._check_can_write({})
        self._check_approval(("submitted",), self.env._("withdrawn"))
        return self._decide("draft")

    def action_approve(self):
        """Approve the entries: from now on they are delivered and can be invoiced.

        Drafts too, where the team asks for no approval any more: nobody submits them.

        :raise AccessError: for own time, and for who is no approver of the team
        :raise UserError: naming the first entry that does not wait for approval
        """
        self._check_approver()
        # sudo: an approver may not be allowed to read the team's record
        asked = self.filtered(lambda line: line.sudo().ticket_team_id.require_approval)
        asked._check_approval(("submitted",), self.env._("approved"))
        (self - asked)._check_approval(PENDING, self.env._("approved"))
        self._decide("approved")
        return self._land_in_open_period()

    def action_reject(self, note):
        """Reject the entries, give back what paid for them, and tell their authors.

        :param str note: why; the authors read it
        :raise AccessError: for own time, and for who is no approver of the team
        :raise UserError: without a reason, or naming the first entry that does not
            wait for approval
        """
        self._check_approver()
        self._check_approval(("submitted",), self.env._("rejected"))
        note = self._check_note(note)
        self._decide("rejected", note)
        self._free_rejected(note)
        self._tell_authors(note)
        return True

    def action_ask_reason(self):
        """Open the window that asks why the entries are rejected."""
        self._check_approver()
        self._check_approval(("submitted",), self.env._("rejected"))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reject Time"),
            "res_model": "service.approval.reject",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_line_ids": self.ids},
        }

    def action_reset_approval(self):
        """Make the entries drafts that their authors can edit again.

        :raise AccessError: for own time, and for who is no approver of the team
        :raise UserError: naming the first entry without a decision, with an invoice,
            or in a closed period
        """
        self._check_approver()
        states = ("submitted", "approved", "rejected")
        self._check_approval(states, self.env._("reset"))
        self._check_resettable()
        self._fund_rejected()
        return self._decide("draft")

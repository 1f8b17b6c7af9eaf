# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...tools import format_hours
from ...tools.approval import PENDING
from ..funding import apply, change
from ..funding.payers import NON_BILLABLE


class AccountAnalyticLine(models.Model):
    """The approval of a time entry, where the ticket's team asks for one.

    Entries from before, and of teams that ask for none, have no state and count like
    approved ones.
    """

    _inherit = "account.analytic.line"

    # Not on the task, which is not precomputed: `write` asks for another task.
    @api.depends("ticket_id")
    def _compute_approval_state(self):
        """Start as a draft where the terms ask; what was decided or asked stays."""
        for line in self:
            state = line.approval_state if line._origin.id else False
            if state in (False, "draft"):
                asks = line._get_terms().require_approval
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
        """Return the entries of others on the tickets of the user's teams, and on the
        user's projects."""
        teams = self.env["helpdesk.ticket.team"]._get_approved_teams()
        projects = self.env["project.project"]._get_approved_projects()
        # Whether the approver may open the ticket itself does not matter.
        on_tickets = Domain("ticket_team_id", "in", teams.ids)
        on_tasks = (
            Domain("ticket_id", "=", False)
            & Domain("approval_state", "!=", False)
            & Domain("project_id", "in", projects.ids)
        )
        return Domain("user_id", "!=", self.env.uid) & (on_tickets | on_tasks)

    @api.model
    def _domain_counts(self):
        """Return the entries that are delivered and may be invoiced."""
        return Domain("approval_state", "in", [False, "approved"])

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

        :raise AccessError: for own time, and for those who aren't approvers of the team
        :raise UserError: naming the first entry that does not wait for approval
        """
        self._check_approver()
        # sudo: an approver may not be allowed to read the team's record
        asked = self.filtered(lambda line: line._get_terms().require_approval)
        asked._check_approval(("submitted",), self.env._("approved"))
        (self - asked)._check_approval(PENDING, self.env._("approved"))
        self._decide("approved")
        return self._land_in_open_period()

    def action_reject(self, note):
        """Reject the entries, give back what paid for them, and tell their authors.

        :param str note: why; the authors read it
        :raise AccessError: for own time, and for those who aren't approvers of the team
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

        :raise AccessError: for own time, and for those who aren't approvers of the team
        :raise UserError: naming the first entry without a decision, with an invoice,
            or in a closed period
        """
        self._check_approver()
        states = ("submitted", "approved", "rejected")
        self._check_approval(states, self.env._("reset"))
        self._check_resettable()
        self._fund_rejected()
        return self._decide("draft")

    # ------------------------------------------------------------------
    # Rules and consequences
    # ------------------------------------------------------------------

    def _check_approver(self):
        """Refuse deciders who are none, and decisions about one's own time."""
        self.check_access("read")
        if self.env.su:
            return
        approved = {
            *self.env["helpdesk.ticket.team"]._get_approved_teams(),
            *self.env["project.project"]._get_approved_projects(),
        }
        # sudo: names of people and tickets are shown to say what is meant
        for line in self.sudo():
            if self.env.user in line.user_id | line.employee_id.user_id:
                raise AccessError(
                    self.env._(
                        "%(entry)s is your own: another approver of %(terms)s decides "
                        "about it.",
                        entry=line._get_entry_name(),
                        terms=line._get_terms_name(),
                    )
                )
            if line._get_terms() not in approved:
                raise AccessError(
                    self.env._(
                        "You can't approve %(entry)s: only the leader or an approver "
                        "of %(terms)s, or a manager, can.",
                        entry=line._get_entry_name(),
                        terms=line._get_terms_name(),
                    )
                )

    def _get_terms_name(self):
        """Return what names the team or the project in a sentence."""
        self.ensure_one()
        name = self._get_terms().display_name
        if self.ticket_id:
            return self.env._("team %(team)s", team=name or self.env._("no team"))
        return self.env._("project %(project)s", project=name)

    def _check_approval(self, states, done):
        """Refuse entries in other states than `states`.

        :param str done: what was asked, as in "cannot be approved"
        """
        labels = dict(self._fields["approval_state"]._description_selection(self.env))
        # sudo: names of people and tickets are shown to say what is meant
        for line in self.sudo():
            if line.approval_state not in states:
                raise UserError(
                    self.env._(
                        "%(entry)s can't be %(done)s: its approval must be "
                        "“%(states)s”, and is “%(state)s”.",
                        entry=line._get_entry_name(),
                        done=done,
                        state=labels.get(line.approval_state, self.env._("not needed")),
                        states=", ".join(labels[state] for state in states),
                    )
                )

    @api.model
    def _check_note(self, note):
        note = " ".join((note or "").split())
        if not note:
            raise UserError(
                self.env._(
                    "Say why the time is rejected: its author needs to know what to "
                    "correct."
                )
            )
        return note

    def _check_resettable(self):
        # sudo: whether an invoice bills it does not depend on who may read invoices
        for line in self.sudo().filtered(lambda line: not line._is_not_billed()):
            raise UserError(
                self.env._(
                    "%(entry)s is billed by %(invoice)s and cannot be reset: cancel "
                    "or credit the invoice first.",
                    entry=line._get_entry_name(),
                    invoice=line.timesheet_invoice_id.display_name,
                )
            )
        approved = self.filtered(lambda line: line.approval_state == "approved")
        for line in approved.sudo().filtered(lambda line: line._is_closed()):
            raise UserError(line._get_closed_text())

    def _decide(self, state, note=False):
        """Note the state; who and when, where another user decided."""
        by_approver = state in ("approved", "rejected")
        # sudo: approvers need not be allowed to edit the time of others
        self.sudo()._write_own(
            {
                "approval_state": state,
                "approval_note": note,
                "approval_user_id": self.env.uid if by_approver else False,
                "approval_date": fields.Datetime.now() if by_approver else False,
            }
        )
        if state not in ("draft", "rejected"):
            self._end_rejection()
        return True

    def _free_rejected(self, note):
        """Give back the credits and hours of rejected entries: no one pays for them."""
        # sudo: a consequence of the decision, whose right was checked
        lines_sudo = self.sudo()
        apply.release(lines_sudo)
        values = {
            "coverage": NON_BILLABLE,
            "coverage_facts": {"rejected_by": self.env.user.name, "note": note},
            "so_line": False,
            "is_so_line_edited": False,
        }
        apply.write_funding(dict.fromkeys(lines_sudo, values))

    def _fund_rejected(self):
        """Ask again who pays for rejected entries.

        :raise ValidationError: when nobody does, and the team refuses such time
        """
        # sudo: a consequence of the action, whose right was checked
        rejected_sudo = self.sudo().filtered(lambda r: r.approval_state == "rejected")
        asking_sudo = rejected_sudo.filtered(lambda line: line._asks_payers())
        if asking_sudo:
            change.fund_again(asking_sudo)
        if left_sudo := rejected_sudo - asking_sudo:
            change.leave(left_sudo)

    def _tell_authors(self, note):
        """Leave a to-do on the tickets for the authors of rejected entries."""
        # sudo: the approver need not be able to write the tickets
        for (work, user), lines in (
            self.sudo().grouped(lambda line: (line._get_place(), line.user_id)).items()
        ):
            if not user.active:
                continue
            work = work.with_context(lang=user.lang, mail_activity_quick_update=True)
            text = work.env._(
                "%(user)s rejected your %(hours)s h on %(work)s: “%(note)s” Correct "
                "the time and submit it again.",
                user=self.env.user.name,
                hours=format_hours(sum(lines.mapped("unit_amount"))),
                work=lines[0].with_env(work.env)._get_place_name(),
                note=note,
            )
            lines.approval_activity_id = work.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=work.env._("Time rejected"),
                note=Markup("<p>%s</p>") % text,
            )

    def _end_rejection(self):
        """Remove the to-dos about these entries that are about no others."""
        # sudo: the to-dos were made by the server, for the authors
        told_sudo = self.sudo().filtered("approval_activity_id")
        activities_sudo = told_sudo.approval_activity_id
        if not activities_sudo:
            return
        told_sudo.approval_activity_id = False
        others_sudo = told_sudo.search(
            [("approval_activity_id", "in", activities_sudo.ids)]
        )
        activities_sudo -= others_sudo.approval_activity_id
        # What the author marked as done stays in the history of the ticket.
        activities_sudo.filtered("active").unlink()

    def _get_rejected(self):
        # sudo: what happens to an entry does not depend on who corrects it
        return self.sudo().filtered(lambda line: line.approval_state == "rejected")

    def _reopen(self):
        """Make drafts of rejected entries that were corrected."""
        for asks, lines in self.grouped(
            lambda line: line._get_terms().require_approval
        ).items():
            lines._decide("draft" if asks else False)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ...tools import format_number
from ..funding.service_funding_claim import NON_BILLABLE
from .service_approval_mixin import FROZEN


class ServiceApprovalMixin(models.AbstractModel):
    """Who decides about which entries, and what a decision does to the funding."""

    _inherit = "service.approval.mixin"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        for line in self.sudo().filtered(lambda line: line.approval_state in FROZEN):
            raise UserError(line._get_frozen_text())

    def _check_not_frozen(self):
        """Refuse changes of what somebody approves or approved.

        :raise UserError: naming the entry and how it can be edited
        """
        # sudo: the rule holds for entries the user may not read
        for line in self.sudo():
            if line.approval_state in FROZEN:
                raise UserError(line._get_frozen_text())

    def _get_frozen_text(self):
        if self.approval_state == "submitted":
            return self.env._(
                "%(entry)s waits for approval and cannot change: withdraw it first.",
                entry=self._get_approval_name(),
            )
        return self.env._(
            "%(entry)s is approved and cannot change: ask an approver of team "
            "%(team)s to reset it to draft first.",
            entry=self._get_approval_name(),
            team=self.ticket_id.team_id.display_name or self.env._("no team"),
        )

    def _get_approval_name(self):
        """Return what names an entry in a sentence: whose, when, where."""
        self.ensure_one()
        return self.env._(
            "The time of %(employee)s of %(date)s on ticket %(ticket)s",
            employee=self.employee_id.name,
            date=format_date(self.env, self.date),
            ticket=self.ticket_id.display_name,
        )

    def _check_approver(self):
        """Refuse deciders who are none, and decisions about one's own time."""
        self.check_access("read")
        if self.env.su:
            return
        teams = self.env["helpdesk.ticket.team"]._get_approved_teams()
        # sudo: names of people and tickets are shown to say what is meant
        for line in self.sudo():
            if self.env.user in line.user_id | line.employee_id.user_id:
                raise AccessError(
                    self.env._(
                        "%(entry)s is your own: another approver of team %(team)s "
                        "decides about it.",
                        entry=line._get_approval_name(),
                        team=line.ticket_id.team_id.display_name,
                    )
                )
            if line.ticket_id.team_id not in teams:
                raise AccessError(
                    self.env._(
                        "%(entry)s is approved by the leader or an approver of team "
                        "%(team)s, or by a helpdesk manager, and you are none of them.",
                        entry=line._get_approval_name(),
                        team=line.ticket_id.team_id.display_name
                        or self.env._("no team"),
                    )
                )

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
                        "%(entry)s cannot be %(done)s: its approval is “%(state)s”, "
                        "and that takes “%(states)s”.",
                        entry=line._get_approval_name(),
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
                    entry=line._get_approval_name(),
                    invoice=line.timesheet_invoice_id.display_name,
                )
            )
        approved = self.filtered(lambda line: line.approval_state == "approved")
        self.env["service.time"]._check_period(approved)

    def _decide(self, state, note=False):
        """Note the state; who and when, where somebody else decided."""
        by_approver = state in ("approved", "rejected")
        # sudo: approvers need not be allowed to edit the time of others
        self.sudo().write(
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
        """Give back the credits and hours of rejected entries: nobody pays them."""
        # sudo: a consequence of the decision, whose right was checked
        lines_sudo = self.sudo()
        self.env["service.funding"]._release(lines_sudo)
        values = {
            "coverage": NON_BILLABLE,
            "coverage_note": self.env._(
                "Rejected by %(user)s: %(note)s", user=self.env.user.name, note=note
            ),
            "so_line": False,
            "is_so_line_edited": False,
        }
        lines_sudo._note_funding(dict.fromkeys(lines_sudo, values))

    def _fund_rejected(self):
        """Ask again who pays for rejected entries.

        :raise ValidationError: when nobody does, and the team refuses such time
        """
        # sudo: a consequence of the action, whose right was checked
        rejected_sudo = self.sudo().filtered(lambda r: r.approval_state == "rejected")
        if rejected_sudo:
            self.env["service.funding"]._fund_again(rejected_sudo, None)

    def _tell_authors(self, note):
        """Leave a to-do on the tickets for the authors of rejected entries."""
        # sudo: the approver need not be able to write the tickets
        for (ticket, user), lines in (
            self.sudo().grouped(lambda line: (line.ticket_id, line.user_id)).items()
        ):
            if not user.active:
                continue
            ticket = ticket.with_context(
                lang=user.lang, mail_activity_quick_update=True
            )
            text = ticket.env._(
                "%(user)s rejected %(hours)s h of yours on ticket %(ticket)s: "
                "“%(note)s” Correct the time and submit it again.",
                user=self.env.user.name,
                hours=format_number(self.env, sum(lines.mapped("unit_amount")), 2),
                ticket=ticket.display_name,
                note=note,
            )
            lines.approval_activity_id = ticket.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=ticket.env._("Time rejected"),
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

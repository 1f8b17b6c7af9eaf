# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_date

# What an entry says about the work, and who pays for it.
FACTS = frozenset(
    (
        "company_id",
        "date",
        "employee_id",
        "is_billable",
        "project_id",
        "service_type_id",
        "so_line",
        "task_id",
        "ticket_id",
        "unit_amount",
        "user_id",
    )
)
# What is corrected on a rejected entry without asking again who pays.
CORRECTIONS = frozenset(("name", "employee_id", "user_id"))
# Values that only the addon itself writes: then it knows what it does.
OWN_FIELDS = frozenset(("coverage", "approval_state"))


class ServiceTime(models.AbstractModel):
    """What is locked: time that an approver decides about, and closed periods."""

    _inherit = "service.time"

    @api.model
    def _check_locked(self, entries, values):
        """Lock invoiced, approved and closed time, for whoever writes it.

        :raise UserError: naming the entry and the way out
        """
        result = super()._check_locked(entries, values)
        if OWN_FIELDS.isdisjoint(values):
            if not (FACTS | {"name"}).isdisjoint(values):
                entries._check_not_frozen()
            if not FACTS.isdisjoint(values):
                self._check_period(entries)
        return result

    @api.model
    def _check_period(self, entries):
        """Refuse to change what a closed period counts.

        :raise UserError: naming the entry, the lock date and the ways out
        """
        # sudo: the rule holds for entries the user may not read
        for entry in entries.sudo():
            if not entry._is_closed():
                continue
            raise UserError(
                self.env._(
                    "The time of %(employee)s of %(date)s on %(work)s cannot change: "
                    "%(company)s closed its time until %(lock)s. Log what is missing "
                    "as new time, which counts in the open period, or ask whoever "
                    "closed it to reopen the period.",
                    employee=entry.employee_id.name or entry.user_id.name,
                    date=format_date(self.env, entry.date),
                    work=(
                        entry.ticket_id or entry.task_id or entry.project_id
                    ).display_name,
                    company=entry.company_id.name,
                    lock=format_date(self.env, entry.company_id.timesheet_lock_date),
                )
            )

    @api.model
    def _follow_write(self, entries, before, choice):
        """Make drafts of rejected entries that were corrected; they ask anew."""
        rejected = self._get_rejected(entries)
        if rejected:
            rejected._note_funding(dict.fromkeys(rejected, {"coverage": False}))
            self._reopen(rejected)
        # Moved to a team that asks for no approval, it is not submitted again.
        entries.filtered(lambda entry: not entry.approval_state)._end_rejection()
        return super()._follow_write(entries, before, choice)

    @api.model
    def _follow_correction(self, entries, vals):
        """The same for what is corrected without a change of who pays."""
        if CORRECTIONS.isdisjoint(vals) or not OWN_FIELDS.isdisjoint(vals):
            return
        rejected = self._get_rejected(entries)
        rejected._fund_rejected()
        self._reopen(rejected)

    @api.model
    def _get_rejected(self, entries):
        # sudo: what happens to an entry does not depend on who corrects it
        return entries.sudo().filtered(lambda e: e.approval_state == "rejected")

    @api.model
    def _reopen(self, rejected):
        for asks, lines in rejected.grouped(
            lambda line: line.ticket_id.team_id.require_approval
        ).items():
            lines._decide("draft" if asks else False)

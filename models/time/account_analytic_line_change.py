# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models

from ...tools import check_moved
from ..funding import apply, change
from ..funding.payers import HOUR_DIGITS

# A change of one of these may change who pays for the entry.
FUNDING_FIELDS = frozenset(
    (
        "ticket_id",
        "task_id",
        "project_id",
        "company_id",
        "date",
        "employee_id",
        "is_billable",
        "so_line",
        "unit_amount",
        "service_type_id",
        "time_start",
        "time_stop",
    )
)
# A change of one of these may make the time another person's.
PEOPLE_FIELDS = frozenset(("employee_id", "user_id", "ticket_id"))
# A form that changes one of these shows another item.
SHOWS_ITEM = frozenset(
    ("ticket_id", "task_id", "is_billable", "employee_id", "project_id")
)
# What is corrected on a rejected entry without asking again who pays.
CORRECTIONS = frozenset(("name", "employee_id", "user_id"))


class AccountAnalyticLine(models.Model):
    """A change of entries: what is written along, and what follows from it."""

    _inherit = "account.analytic.line"

    # ------------------------------------------------------------------
    # Writing what may change who pays
    # ------------------------------------------------------------------

    def _write_funded(self, vals):
        """Write what may change who pays, and let the funding follow."""
        on_tickets = self if vals.get("ticket_id") else self.filtered("ticket_id")
        # sudo: who logs time need not read the project
        task_sudo = self.env["project.task"].sudo().browse(vals.get("task_id"))
        on_tasks = (self - on_tickets).filtered(
            lambda line: task_sudo.asks_payers or line._is_funded()
        )
        others = self - on_tickets - on_tasks
        before = change.snapshot(others)
        others._write_below(dict(vals))
        others._weigh_moved(vals)
        change.keep_hours(others.sudo(), before)
        others._clear_unticked()
        others._get_rejected()._leave_to_core()
        leaves_ticket = "ticket_id" in vals and not vals["ticket_id"]
        on_tickets._write_on_works(
            vals,
            self._complete_values_on_task
            if leaves_ticket and task_sudo
            else self._complete_written_values,
        )
        on_tasks._write_on_works(vals, self._complete_values_on_task)
        return True

    def _write_on_works(self, vals, complete):
        """Write entries of one kind of work, and let the funding follow.

        :param complete: returns the values completed, and the item a person chose
        """
        if not self:
            return
        if "so_line" in vals:
            # The funding sets the item, past the check of core.
            self._check_can_write(vals)
        before = change.snapshot(self)
        own_vals, choice = complete(vals)
        self._write_below(own_vals)
        check_moved(self, vals, ("task_id",))
        self._weigh_moved(vals)
        left = self.filtered(
            lambda line: (
                not line._asks_payers()
                and (
                    line._get_work() != before[line].work
                    or line.approval_state == "rejected"
                )
            )
        )
        left._leave_to_core()
        for chosen, entries in (self - left)._split_by_choice(vals, choice):
            entries._follow_write(before, chosen)

    # ------------------------------------------------------------------
    # What is written along
    # ------------------------------------------------------------------

    @api.model
    def _complete_written_values(self, vals):
        """Complete the values written on entries of tickets.

        When they move to another ticket, project, company and customer follow, and who
        pays is decided anew.

        :return: the values, and the item a person chose as in :meth:`_complete_values`
        :raise AccessError: when the user may not read the ticket
        :raise UserError: when time cannot be logged on the ticket
        """
        vals = dict(vals)
        if vals.get("ticket_id"):
            ticket = self.env["helpdesk.ticket"].browse(vals["ticket_id"])
            ticket.check_access("read")
            moved = ticket._get_time_values()
            # The unit stays: time in another one than hours is refused.
            moved.pop("product_uom_id")
            vals = {"is_so_line_edited": False, "task_id": False, **vals, **moved}
        return self._pop_written_item(vals)

    @api.model
    def _complete_values_on_task(self, vals):
        """Complete the values written on entries of tasks, which may move to another
        one: the customer follows, and who pays is decided anew."""
        vals = dict(vals)
        if vals.get("task_id"):
            # sudo: as in core, who logs time need not read the task
            task_sudo = self.env["project.task"].sudo().browse(vals["task_id"])
            moved = {"partner_id": task_sudo._get_payer().id}
            moved["project_id"] = task_sudo.project_id.id
            vals = {"is_so_line_edited": False, **vals, **moved}
        return self._pop_written_item(vals)

    @api.model
    def _pop_written_item(self, vals):
        """Take the item out of written values: the funding sets it."""
        if vals.get("is_billable") is False:
            vals["is_so_line_edited"] = False
        if "so_line" not in vals:
            return vals, None
        return vals, self._browse_item(vals.pop("so_line"))

    def _split_by_choice(self, vals, choice):
        """Tell for which of the written entries a person chose the item.

        A form sends along the item that it showed after another change, which is no
        choice: credits still come first.

        :return: list of pairs: the choice, or None, and the entries it holds for
        """
        is_chosen = vals.get("is_so_line_edited") or SHOWS_ITEM.isdisjoint(vals)
        if choice is None or is_chosen:
            return [(choice, self)]
        sent = self.filtered(lambda entry: entry.sudo()._get_work_item() == choice)
        return [(None, sent), (choice, self - sent)]

    # ------------------------------------------------------------------
    # What follows
    # ------------------------------------------------------------------

    def _follow_write(self, before, choice):
        """Make approval and funding follow a change of entries of tickets."""
        rejected = self._get_rejected()
        if rejected:
            # Corrected, they are drafts again and ask anew who pays.
            apply.write_funding(dict.fromkeys(rejected, {"coverage": False}))
            rejected._reopen()
        # Moved to a team that asks for no approval, it is not submitted again.
        self.filtered(lambda entry: not entry.approval_state)._end_rejection()
        change.follow(self, before, choice)
        self._get_rebooked(before, choice)._check_items()

    def _get_rebooked(self, before, choice):
        """Return the entries that put something on an item that it did not have.

        Hours that shrink are corrected on whatever item they are.
        """
        if choice is not None:
            return self
        now = change.snapshot(self)
        return self.filtered(
            lambda entry: (
                not now[entry].is_alike(before[entry])
                or round(now[entry].hours - before[entry].hours, HOUR_DIGITS) > 0
            )
        )

    def _follow_correction(self, vals):
        """The same for what is corrected without a change of who pays."""
        if not CORRECTIONS.isdisjoint(vals):
            rejected = self._get_rejected()
            rejected._fund_rejected()
            rejected._reopen()

    def _clear_unticked(self):
        """Let nobody pay for lines of tasks either when they are not billable."""
        unticked = self.filtered(lambda line: line.so_line and not line.is_billable)
        if unticked:
            unticked.so_line = False

    def _leave_to_core(self):
        """Let core say again what bills the entries, whose task asks nobody here."""
        if self:
            rejected = self._get_rejected()
            # sudo: what pays is a consequence of the entry
            change.leave(self.sudo())
            rejected._reopen()

    def _move_to_ticket(self, ticket):
        """Move entries as they are, submitted and approved ones too (superuser).

        For merged tickets, which are no correction of the time: it stays as it was
        weighed, and only who pays is asked again.
        """
        before = change.snapshot(self)
        vals, _choice = self._complete_written_values({"ticket_id": ticket.id})
        project = {key: vals[key] for key in ("project_id", "company_id")}
        accounts = self._timesheet_preprocess_get_accounts(project)
        self._write_own({**accounts, **vals})
        change.restore_weight(before)
        self._follow_write(before, None)

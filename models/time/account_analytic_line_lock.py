# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.exceptions import AccessError

from .service_approval_mixin import FROZEN

APPROVER = "hr_timesheet.group_hr_timesheet_approver"


class AccountAnalyticLine(models.Model):
    """Which entries nobody changes, and which only some people do."""

    _inherit = "account.analytic.line"

    was_invoiced = fields.Boolean(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="An invoice billed the entry at some time. Where it was partly credited, "
        "core re-opens all of its entries.",
    )

    def write(self, vals):
        if vals.get("timesheet_invoice_id"):
            vals = {**vals, "was_invoiced": True}
        return super().write(vals)

    def unlink(self):
        on_tickets = self.filtered("ticket_id")
        if not self.env.su:
            on_tickets._check_may_change()
        self.env["service.time"]._check_not_billed(on_tickets)
        return super().unlink()

    def _is_readonly(self):
        return (
            super()._is_readonly() or self.approval_state in FROZEN or self._is_closed()
        )

    def _check_can_write(self, values):
        """Let people change their own time, and on tickets whose the company says.

        :raise AccessError: for other people's time, and for links with invoices by who
            writes none
        :raise UserError: for time that is billed, approved or in a closed period
        """
        time = self.env["service.time"]
        time._check_locked(self, values)
        on_tickets = self.filtered("ticket_id")
        if self.env.su:
            time._check_change_not_billed(on_tickets, values)
            return super()._check_can_write(values)
        if "timesheet_invoice_id" in values:
            self._check_may_invoice()
        on_tickets._check_may_change()
        time._check_change_not_billed(on_tickets, values)
        # sudo: core asks the invoice for its state, which agents may not read
        super(AccountAnalyticLine, on_tickets.sudo())._check_can_write(values)
        return super(AccountAnalyticLine, self - on_tickets)._check_can_write(values)

    def _check_may_change(self):
        """Refuse to change the time of people for whom the user does not log."""
        if self.env.user.has_group(APPROVER):
            return
        # sudo: names of people and tickets are shown to say what is meant
        for line in self.sudo():
            if line.user_id == self.env.user or line.sudo(False).is_entrusted:
                continue
            raise AccessError(
                self.env._(
                    "%(entry)s is another person's: they can change it, or a timesheet "
                    "approver can.",
                    entry=line._get_approval_name(),
                )
            )

    def _check_may_invoice(self):
        if not self.env["account.move"].has_access("write"):
            raise AccessError(
                self.env._(
                    "The invoice of a time entry follows from what is invoiced: leave "
                    "it out, or ask an accountant."
                )
            )

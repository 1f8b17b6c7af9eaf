# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models


class ServiceApprovalTicketMixin(models.AbstractModel):
    """What of a ticket's time its user did not submit for approval yet."""

    _name = "service.approval.ticket.mixin"
    _description = "Approval of a Ticket's Time"

    unsubmitted_hours = fields.Float(
        compute="_compute_unsubmitted_hours",
        compute_sudo=True,
        export_string_translation=False,
        help="Hours of the user on the ticket that are drafts.",
    )

    @api.depends("timesheet_ids.approval_state", "timesheet_ids.unit_amount")
    @api.depends_context("uid")
    def _compute_unsubmitted_hours(self):
        asking = self._origin.filtered("require_approval")
        hours = {}
        if asking:
            hours = dict(
                self.env["account.analytic.line"]._read_group(
                    asking._get_unsubmitted_domain(),
                    ["ticket_id"],
                    ["unit_amount:sum"],
                )
            )
        for ticket in self:
            ticket.unsubmitted_hours = hours.get(ticket._origin, 0.0)

    def action_submit_time(self):
        """Submit the user's own time on the tickets for approval."""
        self.check_access("read")
        lines = self.env["account.analytic.line"]
        lines.search(self._get_unsubmitted_domain()).action_submit()
        return True

    def _get_unsubmitted_domain(self):
        return [
            ("ticket_id", "in", self.ids),
            ("user_id", "=", self.env.uid),
            ("approval_state", "=", "draft"),
        ]

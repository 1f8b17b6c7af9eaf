# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import is_countable


class ServiceFundingPanel(models.TransientModel):
    """Who would pay for an entry, before there is one: on a ticket, or on
    a customer for a ticket still to come.

    Written by the code that posts; the window itself changes nothing.
    """

    _name = "service.funding.panel"
    _inherit = "service.window.mixin"
    _description = "Who Pays"

    hours = fields.Float(string="Hours Spent", default=1.0, required=True)
    balance = fields.Char(
        related="partner_id.service_credit_balance",
        # What may be seen depends on who looks.
        related_sudo=False,
        string="Service Credits Available",
    )
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.model
    def _get_first_team(self):
        """Prefer a team that draws credits: they are what the window is asked about."""
        own = self.env.user.helpdesk_team_ids
        teams = self.env["helpdesk.ticket.team"].search(
            [("allow_timesheet", "=", True)]
        )
        return teams.sorted(
            lambda team: (not team.use_service_credits, team not in own, team.id)
        )[:1]

    @api.depends(
        "partner_id",
        "ticket_id",
        "task_id",
        "team_id",
        "service_type_id",
        "employee_id",
        "hours",
        "date",
        "time_start",
    )
    def _compute_preview(self):
        for panel in self:
            panel.preview = False
            is_told = is_countable(panel.hours) and panel.hours > 0
            place = panel.team_id or panel.task_id
            if not place or not panel.date or not is_told:
                continue
            values = {"plan": False, "error": False}
            try:
                values["plan"] = panel._get_plan()
            except UserError as error:
                values["error"] = str(error)
            panel.preview = self.env["ir.qweb"]._render(
                "helpdesk_service_credit.service_funding_panel_preview", values
            )

    def _get_plan(self):
        """Return the preview of the entry that the window describes.

        :raise AccessError: when the user may neither read the ticket nor, for a new
            one, see the credits of the customer
        """
        self.ensure_one()
        ticket = self.ticket_id
        if self.task_id and not ticket:
            return self._preview_on(self.task_id)
        if not ticket:
            self.partner_id._check_service_credit_balance_access()
            ticket = ticket.new(
                {
                    "name": "/",
                    "partner_id": self.partner_id.id,
                    "team_id": self.team_id.id,
                    "company_id": self.company_id.id,
                }
            )
        return self._preview_on(ticket)

    def _preview_on(self, work):
        if work.id:
            work.check_access("read")
        entries = self.env["account.analytic.line"]
        if self.employee_id:
            # sudo: the window asks about a person whom the user need not read
            entries._check_employee(work, self.employee_id.sudo(), self.company_id)
            entries._check_people({(self.company_id.id, self.employee_id.id)})
        values = {
            "employee_id": self.employee_id.id,
            "service_type_id": self.service_type_id.id,
            "unit_amount": self.hours,
            "date": self.date,
            **self._prepare_time_values(),
        }
        return entries._preview_entry(values, work, with_balance=True)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

# Who may see what hours were sold for; what is left of it tells what they cost, too.
REVENUE_GROUPS = (
    "sales_team.group_sale_salesman,account.group_account_readonly,"
    "account.group_account_invoice,project.group_project_manager"
)
MARGIN_GROUPS = (
    "account.group_account_readonly,account.group_account_invoice,"
    "project.group_project_manager"
)


class TimesheetsAnalysisReport(models.Model):
    _inherit = "timesheets.analysis.report"

    # Agents see hours, not prices.
    timesheet_revenues = fields.Monetary(groups=REVENUE_GROUPS)
    margin = fields.Monetary(groups=MARGIN_GROUPS)
    ticket_id = fields.Many2one("helpdesk.ticket", readonly=True)
    ticket_team_id = fields.Many2one(
        related="ticket_id.team_id", string="Helpdesk Team"
    )
    timesheet_invoice_type = fields.Selection(
        selection_add=[("service_credits", "Paid by Service Credits")]
    )
    hours_billed = fields.Float(readonly=True)
    coverage = fields.Selection(
        selection=lambda self: (
            self.env["account.analytic.line"]
            ._fields["coverage"]
            ._description_selection(self.env)
        ),
        string="Paid by",
        readonly=True,
    )
    approval_state = fields.Selection(
        selection=lambda self: (
            self.env["account.analytic.line"]
            ._fields["approval_state"]
            ._description_selection(self.env)
        ),
        string="Approval",
        readonly=True,
    )
    period_date = fields.Date(string="Counts on", readonly=True)

    @api.model
    def _select(self):
        return (
            super()._select()
            + """,
            A.ticket_id AS ticket_id,
            A.hours_billed AS hours_billed,
            A.coverage AS coverage,
            A.approval_state AS approval_state,
            A.period_date AS period_date
        """
        )

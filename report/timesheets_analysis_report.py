# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ..tools import export_shown

# Who may see what hours were sold for; what is left of it tells what they cost, too.
REVENUE_GROUPS = (
    "sales_team.group_sale_salesman,account.group_account_readonly,"
    "account.group_account_invoice,project.group_project_manager"
)
MARGIN_GROUPS = (
    "account.group_account_readonly,account.group_account_invoice,"
    "project.group_project_manager"
)

# The rate of a currency on the day of the entry, as core looks it up.
RATE = """
    COALESCE((
        SELECT rate FROM res_currency_rate
        WHERE currency_id = {currency}
          AND (company_id = {company} OR company_id IS NULL)
        ORDER BY company_id, (name <= A.date) DESC,
                 CASE WHEN name <= A.date THEN A.date - name ELSE name - A.date END
        LIMIT 1
    ), 1)
"""
ROOT = "SPLIT_PART(COMPANY.parent_path, '/', 1)::int"
# The value of the credits of an entry, in the currency of its company.
CREDITS = f"""
    LEFT JOIN res_company COMPANY ON COMPANY.id = A.company_id
    LEFT JOIN LATERAL (
        SELECT SUM(paid_by.value * CASE
                   WHEN paid_by.currency_id = A.currency_id THEN 1
                   ELSE {RATE.format(currency="A.currency_id", company=ROOT)}
                        / {RATE.format(currency="paid_by.currency_id", company=ROOT)}
               END) AS value
        FROM service_credit_consumption paid_by
        WHERE paid_by.timesheet_id = A.id
    ) CREDIT ON TRUE
"""


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
        """Count what credits paid as revenue, by its value."""
        return (
            super()
            ._select()
            .replace(
                "END AS timesheet_revenues",
                "END + COALESCE(CREDIT.value, 0) AS timesheet_revenues",
            )
            + """,
            A.ticket_id AS ticket_id,
            A.hours_billed AS hours_billed,
            A.coverage AS coverage,
            A.approval_state AS approval_state,
            A.period_date AS period_date
        """
        )

    @api.model
    def _from(self):
        return f"{super()._from()} {CREDITS}"

    def export_data(self, fields_to_export):
        """Export the names that the list shows, also to those who may not open the
        records."""
        return export_shown(self, fields_to_export, super().export_data)

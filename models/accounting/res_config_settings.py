# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The accounts of service credits in Settings → Invoicing."""

    _inherit = "res.config.settings"

    service_credit_journal_id = fields.Many2one(
        related="company_id.service_credit_journal_id", readonly=False
    )
    service_credit_liability_account_id = fields.Many2one(
        related="company_id.service_credit_liability_account_id", readonly=False
    )
    service_credit_breakage_account_id = fields.Many2one(
        related="company_id.service_credit_breakage_account_id", readonly=False
    )

    def action_suggest_service_credit_accounts(self):
        """Fill what is empty with what the chart of accounts suggests, and say what it
        doesn't."""
        self.check_access("write")
        company = self.company_id
        company.write(company._suggest_service_credit_accounts())
        missing = company._get_missing_service_credit_accounts()
        if not missing:
            return {"type": "ir.actions.client", "tag": "reload"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "title": ", ".join(missing),
                "message": self.env._(
                    "Choose a journal and the accounts of service credits of "
                    "%(company)s in the settings of Invoicing first.",
                    company=company.name,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

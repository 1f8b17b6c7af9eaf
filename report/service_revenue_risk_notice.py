# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

DAYS_BETWEEN = 7


class ServiceRevenueRiskNotice(models.Model):
    """Which findings of revenue at risk were notified, and when."""

    _name = "service.revenue.risk.notice"
    _description = "Notice of Revenue at Risk"
    _order = "id"
    _rec_name = "risk_key"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, index=True, ondelete="cascade"
    )
    risk_key = fields.Char(required=True, string="Finding")
    date = fields.Date(required=True, string="Notified on")

    _once = models.UniqueIndex("(company_id, risk_key)")

    @api.model
    def _cron_tell(self):
        """Tell each company's responsible what is new, at most once a week."""
        for company in self.env["res.company"].sudo().search(Domain.TRUE):
            self._tell(company)

    @api.model
    def _tell(self, company):
        """Tell of what is new since the last time; what is settled is forgotten, and
        is told again should it come back."""
        risks = self.env["service.revenue.risk"].search(
            [("company_id", "=", company.id)]
        )
        by_key = {str(risk.id): risk for risk in risks}
        told = self.search([("company_id", "=", company.id)])
        today = company._get_today()
        last = max(told.mapped("date"), default=None)
        told.filtered(lambda notice: notice.risk_key not in by_key).unlink()
        known = set(told.exists().mapped("risk_key"))
        new = risks.browse(
            [risk.id for key, risk in by_key.items() if key not in known]
        )
        user = company._get_service_credit_responsible()
        if (
            not new
            or not user
            or (last and last > today - timedelta(days=DAYS_BETWEEN))
        ):
            return
        self.create(
            [
                {"company_id": company.id, "risk_key": str(risk.id), "date": today}
                for risk in new
            ]
        )
        new.with_context(lang=user.lang)._note_new(company, user)

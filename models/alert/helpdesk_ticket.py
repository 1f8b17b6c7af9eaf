# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import format_date

from ...tools import format_number


class HelpdeskTicket(models.Model):
    """What the agent may offer a customer whose credits are about to expire."""

    _inherit = "helpdesk.ticket"

    service_credit_plan = fields.Char(
        compute="_compute_service_credit_plan",
        export_string_translation=False,
    )

    @api.depends(
        "use_service_credits", "service_credits_available", "service_credit_next_expiry"
    )
    @api.depends_context("lang")
    def _compute_service_credit_plan(self):
        self.service_credit_plan = False
        for company, tickets in self.grouped("company_id").items():
            last = (company or self.env.company)._get_service_plan_day()
            for ticket in tickets:
                day = ticket.service_credit_next_expiry
                if ticket.use_service_credits and day and last and day <= last:
                    ticket.service_credit_plan = ticket._get_service_credit_plan()

    def _get_service_credit_plan(self):
        """Return what is left, until when, and what to suggest."""
        self.ensure_one()
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        company = self.company_id or self.env.company
        values = {
            "credits": format_number(self.env, self.service_credits_available, digits),
            "date": format_date(self.env, self.service_credit_next_expiry),
            "services": company._get_service_suggestions(),
        }
        if not values["services"]:
            return self.env._(
                "Of %(credits)s service credits left, some expire on %(date)s.",
                **values,
            )
        return self.env._(
            "Of %(credits)s service credits left, some expire on %(date)s. Suggest: "
            "%(services)s.",
            **values,
        )

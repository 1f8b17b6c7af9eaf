# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ResPartner(models.Model):
    """Whether a customer hears of the alerts on its service credits."""

    _inherit = "res.partner"

    service_credit_alert_mail = fields.Selection(
        selection=[("always", "Always"), ("never", "Never")],
        string="Service Credit Alerts",
        help="Queue an e-mail to this customer when service credits run low or are "
        "about to expire. Empty: as the company decides.",
    )

    def _gets_service_credit_alerts(self, company):
        """Tell whether this customer gets alerts by e-mail."""
        self.ensure_one()
        choice = self.commercial_partner_id.service_credit_alert_mail
        if choice:
            return choice == "always"
        return company.service_credit_alert_customer

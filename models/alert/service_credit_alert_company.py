# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

SEPARATORS = re.compile(r"[,;\s]+")
NUMBER = re.compile(r"\d{1,9}(\.\d{1,6})?")


class ResCompany(models.Model):
    """When customers' service credits are worth an alert, and who hears of it."""

    _inherit = "res.company"

    service_credit_alert_percents = fields.Char(
        string="Percent Left",
        default="20, 10",
        help="Alert when so many percent are left of what a customer had after the "
        "latest purchase. Several levels are separated by commas; empty for none.",
    )
    service_credit_alert_credits = fields.Char(
        string="Credits Left",
        help="Alert when so many credits are left. Several levels are separated by "
        "commas; empty for none.",
    )
    service_credit_alert_days = fields.Char(
        string="Days before Expiry",
        default="60, 30, 14",
        help="Alert so many days before credits that are left expire. Several levels "
        "are separated by commas; empty for none.",
    )
    service_credit_alert_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible for Alerts",
        domain=[("share", "=", False)],
        help="Gets the activity when neither the latest order nor the customer has a "
        "salesperson.",
    )
    service_credit_alert_customer = fields.Boolean(
        string="Tell Customers",
        help="Queue an e-mail to the customer too. Each customer may differ.",
    )
    service_credit_alert_quotation = fields.Boolean(
        string="Prepare Quotations",
        help="Make a draft quotation, sized from the use of the last twelve months, "
        "when credits run low. Nothing is sent.",
    )

    @api.constrains(
        "service_credit_alert_percents",
        "service_credit_alert_credits",
        "service_credit_alert_days",
    )
    def _check_service_credit_alert_levels(self):
        for company in self:
            company._get_service_credit_alert_levels()

    def _get_service_credit_alert_levels(self):
        """Return the levels as numbers: ``{"percent": [20, 10], "credits": [],
        "expiry": [60, 30, 14]}``, highest first.

        :raise ValidationError: for what is no list of such numbers
        """
        self.ensure_one()
        return {
            kind: self._parse_alert_levels(name, highest, digits)
            for kind, name, highest, digits in (
                ("percent", "service_credit_alert_percents", 99.99, 2),
                ("credits", "service_credit_alert_credits", 999999999, 2),
                ("expiry", "service_credit_alert_days", 3660, 0),
            )
        }

    def _parse_alert_levels(self, name, highest, digits):
        levels = set()
        for text in filter(None, SEPARATORS.split(self[name] or "")):
            level = float(text) if NUMBER.fullmatch(text) else -1
            if not 0 <= level <= highest or round(level, digits) != level:
                raise ValidationError(
                    self.env._(
                        "“%(text)s” is not possible as %(field)s of the alerts of "
                        "%(company)s: enter numbers from 0 to %(highest)s with at most "
                        "%(digits)s decimals, separated by commas, for example 20, 10.",
                        text=text,
                        field=self.fields_get([name])[name]["string"],
                        company=self.name,
                        highest=highest,
                        digits=digits,
                    )
                )
            levels.add(level)
        return sorted(levels, reverse=True)

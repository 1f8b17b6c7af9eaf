# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools import add_days, report_failure
from .books import find_differences

# A comma between two digits may be meant as a decimal comma: refused, not guessed.
SEPARATORS = re.compile(r"[;\s]+|,(?!\d)")
NUMBER = re.compile(r"\d{1,9}(\.(?P<decimals>\d{1,6}))?")


class ResCompany(models.Model):
    """When customers' service credits are worth an alert, and who hears of it."""

    _inherit = "res.company"

    service_credit_alert_percents = fields.Char(
        string="Percent Left",
        default="20, 10",
        help="Alert when this percentage is left of what a customer had after the "
        "latest purchase. Separate several levels with a comma and a space; leave"
        " empty for no alerts.",
    )
    service_credit_alert_credits = fields.Char(
        string="Credits Left",
        help="Alert when this many credits are left. Separate several levels with "
        "commas; leave empty for no alerts.",
    )
    service_credit_alert_days = fields.Char(
        string="Days before Expiry",
        default="60, 30, 14",
        help="Alert this many days before unused credits expire. Separate several "
        "levels with commas; leave empty for no alerts.",
    )
    service_credit_alert_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible for Alerts",
        domain=[("share", "=", False)],
        help="Gets the activity when neither the latest order nor the customer has a "
        "salesperson.",
    )
    service_credit_alert_customer = fields.Boolean(
        string="Notify Customers",
        help="Queue an e-mail to the customer too. Each customer may differ.",
    )
    service_credit_alert_quotation = fields.Boolean(
        string="Prepare Quotations",
        help="Make a draft quotation, sized from the use of the last twelve months, "
        "when credits run low. Nothing is sent.",
    )

    service_suggestion_ids = fields.Many2many(
        comodel_name="service.type",
        relation="res_company_service_suggestion_rel",
        string="Suggested Services",
        help="What customers are offered when their service credits are about to "
        "expire, in the e-mail about it and on their tickets.",
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

    def _get_service_plan_day(self):
        """Return the last day whose expiry is near enough to plan for; None where no
        alert is wanted."""
        self.ensure_one()
        # sudo: agents may not read the settings of a company
        company_sudo = self.sudo()
        try:
            days = company_sudo._get_service_credit_alert_levels()["expiry"]
        except ValidationError:
            return None
        return add_days(company_sudo._get_today(), int(days[0])) if days else None

    def _get_service_suggestions(self):
        """Return the names of what the team suggests, joined."""
        self.ensure_one()
        # sudo: agents and customers may not read the settings of a company
        suggested_sudo = self.sudo().service_suggestion_ids.filtered("active")
        return ", ".join(suggested_sudo.mapped("name"))

    def _get_service_credit_responsible(self):
        """Who is responsible for alerts hears of other troubles too."""
        user = self.service_credit_alert_user_id
        return user or super()._get_service_credit_responsible()

    @api.model
    def _cron_check_books(self):
        """Tell the responsible of each company about the first figure that does not
        add up. Nothing is put right: a person has to understand it first."""
        for company in self._get_all_companies():
            for difference in find_differences(self.env, company)[:1]:
                report_failure(
                    company.partner_id,
                    company._get_service_credit_responsible(),
                    self.env._("Service credits do not add up"),
                    company._explain_difference(difference),
                )

    def _explain_difference(self, difference):
        record = self.env[difference.model].browse(difference.record_id)
        label = record.fields_get([difference.field], ["string"])[difference.field]
        return self.env._(
            "%(record)s (%(kind)s, ID %(id)s): %(figure)s is %(stored)s, but should be "
            "%(expected)s. Open Reconcile Service Credits to see every difference.",
            record=record.display_name,
            kind=self.env["ir.model"]._get(record._name).name,
            id=record.id,
            figure=label["string"],
            stored=difference.stored,
            expected=difference.expected,
        )

    def _parse_alert_levels(self, name, highest, digits):
        levels = set()
        for text in filter(None, SEPARATORS.split(self[name] or "")):
            number = NUMBER.fullmatch(text)
            level = float(text) if number else -1
            decimals = len(number["decimals"] or "") if number else 0
            if not 0 <= level <= highest or decimals > digits:
                raise ValidationError(
                    self.env._(
                        "“%(text)s” isn't possible as %(field)s of the alerts of "
                        "%(company)s. Enter numbers from 0 to %(highest)s with at most "
                        "%(digits)s decimals after a point, and a comma and a space "
                        "between two of them, like 20, 10.",
                        text=text,
                        field=self.fields_get([name])[name]["string"],
                        company=self.name,
                        highest=highest,
                        digits=digits,
                    )
                )
            levels.add(level)
        return sorted(levels, reverse=True)

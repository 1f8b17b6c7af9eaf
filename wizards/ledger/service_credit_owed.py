# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ...report.service_credit_balance import DATE_FROM, DATE_TO


class ServiceCreditOwed(models.TransientModel):
    """Choose the date or the period of the balances to show."""

    _name = "service.credit.owed"
    _description = "Service Credits Owed"

    date_from = fields.Date(
        string="From",
        help="Leave it empty for everything until the date.",
    )
    date_to = fields.Date(
        string="On",
        required=True,
        default=lambda self: self.env.company._get_today(),
    )

    @api.constrains("date_from", "date_to")
    def _check_order_of_dates(self):
        for window in self:
            if window.date_from and window.date_from > window.date_to:
                raise ValidationError(
                    self.env._(
                        "A period that starts on %(start)s can't end on %(end)s: "
                        "choose an earlier start or a later end.",
                        start=format_date(self.env, window.date_from),
                        end=format_date(self.env, window.date_to),
                    )
                )

    def action_open_balance(self):
        """Open the balances of all purchases on the date or for the period."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_balance_action"
        )
        end = format_date(self.env, self.date_to)
        if self.date_from:
            start = format_date(self.env, self.date_from)
            title = self.env._(
                "Service Credits from %(start)s to %(end)s", start=start, end=end
            )
        else:
            title = self.env._("Service Credits Owed on %(date)s", date=end)
        action["name"] = action["display_name"] = title
        action["context"] = {
            DATE_FROM: fields.Date.to_string(self.date_from) or False,
            DATE_TO: fields.Date.to_string(self.date_to),
            **self._get_groups(),
        }
        return action

    def action_open_books(self):
        """Open what the liability account says of every purchase on the date."""
        self.ensure_one()
        action = self.env["service.credit.books"]._prepare_action(self.date_to)
        action["context"] = {DATE_TO: fields.Date.to_string(self.date_to)}
        return action

    def _get_groups(self):
        """Never add up what cannot be added up: each company and currency apart."""
        groups = ["group_currency", "group_customer"]
        if len(self.env.companies) > 1:
            groups.insert(0, "group_company")
        return {
            f"search_default_{name}": position
            for position, name in enumerate(groups, start=1)
        }

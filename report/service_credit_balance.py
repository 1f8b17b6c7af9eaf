# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.ledger.balances import query_balances

DATE_FROM = "service_credit_date_from"
DATE_TO = "service_credit_date_to"
CONTEXT = (DATE_FROM, DATE_TO)


def _credits(string, **options):
    return fields.Float(
        string=string,
        digits="Service Credits",
        readonly=True,
        depends_context=CONTEXT,
        **options,
    )


def _money(string, **options):
    return fields.Monetary(
        string=string, readonly=True, depends_context=CONTEXT, **options
    )


class ServiceCreditBalance(models.Model):
    """What every purchase was good for on a date, and what happened to it in a period.

    The dates come with the context, as ISO texts: ``service_credit_date_to`` (default
    today) and ``service_credit_date_from`` (default the beginning of time). In credits,
    value and amount paid alike: opening + bought - used - used elsewhere - expired -
    withdrawn - transferred is the closing balance, which is what
    ``service.credit.purchase._get_balance`` tells.
    """

    _name = "service.credit.balance"
    _inherit = "service.credit.sold.mixin"
    _description = "Services Credits Balance"
    _auto = False
    _order = "date_expiry, purchase_id"
    _rec_name = "purchase_id"
    _depends = {
        "service.credit.movement": ["date"],
        "service.credit.purchase": ["name"],
    }

    purchase_id = fields.Many2one(comodel_name="service.credit.purchase", readonly=True)
    commercial_partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    date_start = fields.Date(string="Start Date", readonly=True)
    date_expiry = fields.Date(string="Expiry Date", readonly=True)

    credits_opening = _credits("Opening")
    credits_bought = _credits("Bought")
    credits_used = _credits("Used")
    credits_elsewhere = _credits(
        "Used Elsewhere",
        help="Credits that were used before the purchase was recorded here.",
    )
    credits_expired = _credits("Expired")
    credits_withdrawn = _credits("Withdrawn")
    credits_transferred = _credits(
        "Transferred",
        help="Credits given to another customer of the group; negative when received.",
    )
    credits_closing = _credits(
        "Available", help="Credits that could be used on the date."
    )
    value_opening = _money("Opening Value")
    value_bought = _money("Bought Value")
    value_used = _money("Used Value")
    value_elsewhere = _money("Used Elsewhere Value")
    value_expired = _money("Expired Value")
    value_withdrawn = _money("Withdrawn Value")
    value_transferred = _money("Transferred Value")
    value_closing = _money("Available Value")
    paid_opening = _money("Opening Paid")
    paid_bought = _money("Bought Paid")
    paid_used = _money("Used Paid")
    paid_elsewhere = _money("Used Elsewhere Paid")
    paid_expired = _money("Expired Paid")
    paid_withdrawn = _money("Withdrawn Paid")
    paid_transferred = _money("Transferred Paid")
    paid_closing = _money("Available Paid")
    credits_later = _credits(
        "Starting Later",
        help="Credits that were bought by the date and start after it.",
    )
    value_later = _money("Starting Later Value")
    paid_later = _money("Starting Later Paid")

    @api.model
    def _get_period(self):
        """Return the first and the last day of the period of the context.

        :raise UserError: for a text that is no date
        """
        try:
            first, last = map(fields.Date.to_date, map(self.env.context.get, CONTEXT))
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._(
                    "Choose the dates of the balance again: they are written like "
                    "2026-12-31."
                )
            ) from error
        return first, last or self.env.company._get_today()

    @property
    def _table_query(self):
        start, end = self._get_period()
        return query_balances(
            self.env["service.credit.movement"]._table_sql,
            self.env["res.company"]._query_days(),
            end,
            start,
        )

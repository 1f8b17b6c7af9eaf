# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_round, format_date

from ...tools import LAST_DAY, format_number

# More is a slip of the keyboard.
MOST_CREDITS = 1_000_000_000
# Results: nobody writes them, whatever the way in.
DERIVED_FIELDS = (
    "name",
    "commercial_partner_id",
    "state",
    "credits_allocated",
    "credits_expired",
    "credits_available",
    "value_total",
    "paid_total",
    "value_available",
    "paid_available",
)


class ServiceCreditPurchase(models.Model):
    """Values that no purchase can have, whatever the way in."""

    _inherit = "service.credit.purchase"

    @api.model
    def _refuse_derived(self, derived):
        if derived:
            raise UserError(
                self.env._(
                    "The %(fields)s of a purchase cannot be typed in, because they "
                    "follow from the purchase and its ledger.",
                    fields=self._get_field_labels(derived),
                )
            )

    @api.model
    def _check_amounts(self, vals):
        """Refuse impossible numbers, before the database does it less clearly."""
        digits = self._get_credit_digits()
        if "credits" in vals:
            credits = float(vals["credits"] or 0.0)
            if not 0 < credits <= MOST_CREDITS:
                raise ValidationError(
                    self.env._(
                        "%(credits)s is not a possible number of credits for a "
                        "purchase: enter a number above 0, up to %(most)s.",
                        credits=credits,
                        most=format_number(self.env, MOST_CREDITS),
                    )
                )
            # Big numbers are stored less exactly.
            tolerance = max(1e-9, credits * 1e-14)
            if abs(float_round(credits, digits) - credits) > tolerance:
                raise ValidationError(
                    self.env._(
                        "%(credits)s is not a possible number of credits: at most "
                        "%(digits)s decimals can be counted.",
                        credits=credits,
                        digits=digits,
                    )
                )
        for name in ("value_per_credit", "paid_per_credit"):
            price = float(vals.get(name) or 0.0)
            if not 0 <= price < float("inf"):
                raise ValidationError(
                    self.env._(
                        "%(price)s is not possible as %(field)s: enter 0 for free "
                        "credits, or more.",
                        price=price,
                        field=self._get_field_labels([name]),
                    )
                )

    @api.model
    def _check_order_of_dates(self, vals, name):
        start = vals.get("date_start", self.date_start)
        expiry = vals.get("date_expiry", self.date_expiry)
        start, expiry = (fields.Date.to_date(day) for day in (start, expiry))
        if expiry and expiry > LAST_DAY:
            raise ValidationError(
                self.env._(
                    "The purchase %(purchase)s cannot expire on %(expiry)s: choose "
                    "%(last)s or an earlier day.",
                    purchase=name,
                    expiry=format_date(self.env, expiry),
                    last=format_date(self.env, LAST_DAY),
                )
            )
        if start and expiry and start > expiry:
            raise ValidationError(
                self.env._(
                    "The purchase %(purchase)s cannot expire on %(expiry)s, before it "
                    "starts on %(start)s: choose that day or a later one.",
                    purchase=name,
                    expiry=format_date(self.env, expiry),
                    start=format_date(self.env, start),
                )
            )

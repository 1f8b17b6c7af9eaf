# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date as Date
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import float_compare, float_round, format_date

from .service_credit_purchase_balance import OPEN

DRAWING_ORDER = "date_expiry, date_start, id"
DRAWING_FIELDS = [
    "name",
    "company_id",
    "currency_id",
    "commercial_partner_id",
    "date_start",
    "date_expiry",
    "is_draft",
    "state",
    "credits",
    "credits_allocated",
    "credits_expired",
    "credits_available",
    "value_per_credit",
    "paid_per_credit",
    "value_total",
    "paid_total",
    "value_available",
    "paid_available",
]


class ServiceCreditPurchase(models.Model):
    """Which purchases may pay on a work date, in which order, and what is left."""

    _inherit = "service.credit.purchase"

    # ------------------------------------------------------------------
    # Eligibility
    # ------------------------------------------------------------------

    @api.model
    def _get_eligible(self, partner, company, currency, date, needed=None):
        """Return the purchases that may pay, in drawing order: soonest expiry, then
        earliest start, then id.

        :param partner: the customer or one of its contacts
        :param date: the work date
        :param needed: stop as soon as so many credits are together, so that the cost
            does not depend on how much the customer owns; None for all of them
        """
        partner = partner.sudo().commercial_partner_id
        found = self.sudo().browse()
        portion = None if needed is None else 16
        while True:
            more = self.sudo()._search_eligible(
                partner, company, currency, {date}, portion, len(found)
            )
            found |= more
            enough = needed is not None and self._is_enough(found, needed)
            if enough or portion is None or len(more) < portion:
                return found
            portion *= 2

    def _is_enough(self, purchases, needed):
        total = sum(purchases.mapped("credits_available"))
        return float_compare(total, needed, self._get_credit_digits()) >= 0

    @api.model
    def _search_eligible(self, partner, company, currency, days, limit, offset):
        """Read one portion of the purchases that may pay on one of ``days``."""
        domain = Domain(
            [
                ("commercial_partner_id", "=", partner.id),
                ("company_id", "=", company.id),
                ("currency_id", "=", currency.id),
            ]
        ) & self._get_open_domain(company, min(days), max(days))
        return self.with_context(active_test=False).search_fetch(
            domain, DRAWING_FIELDS, order=DRAWING_ORDER, limit=limit, offset=offset
        )

    @api.model
    def _search_selectable(self, request, limit):
        """Return what may be chosen by hand for a request, in drawing order;
        purchases that start later are among them."""
        partner_id, company_id, currency_id = request.key
        domain = Domain(
            [
                ("commercial_partner_id", "=", partner_id),
                ("company_id", "=", company_id),
                ("currency_id", "=", currency_id),
            ]
        ) & self._get_open_domain(request.company, request.date, Date.max)
        return self.sudo().search(domain, order=DRAWING_ORDER, limit=limit)

    @api.model
    def _get_open_domain(self, company, first_day, last_day):
        """Domain of the purchases with credits that may pay within two dates."""
        return Domain("state", "=", OPEN) & self._get_term_domain(
            company, first_day, last_day
        )

    @api.model
    def _get_term_domain(self, company, first_day, last_day):
        company_sudo = company.sudo()
        domain = Domain("date_start", "<=", last_day)
        if not company_sudo.service_credit_allow_past_expiry:
            grace = timedelta(days=company_sudo.service_credit_grace_days)
            domain &= Domain("date_expiry", ">=", first_day - grace)
        return domain

    def _is_usable_on(self, day):
        """Tell whether the terms allow paying for work of ``day``."""
        self.ensure_one()
        return (
            not self.is_draft
            and self.date_start <= day
            and not self._is_past_grace(day)
        )

    def _is_past_grace(self, day):
        company_sudo = self.company_id.sudo()
        if company_sudo.service_credit_allow_past_expiry:
            return False
        grace = timedelta(days=company_sudo.service_credit_grace_days)
        # Not added to the expiry: one in the year 9999 leaves no room for it.
        return day - grace > self.date_expiry

    def _get_obstacle(self, request):
        """Tell in one sentence why this purchase, chosen by hand, cannot pay for a
        request; False when it can. Purchases that start later are allowed."""
        work = request.work.sudo().display_name
        if not self.exists() or self._get_owner() != request.key:
            # One answer for all of them: it must not tell what others own.
            return self.env._(
                "The chosen purchase cannot pay for %(work)s: choose one of the same "
                "customer, company and currency.",
                work=work,
            )
        if self.is_draft:
            return self.env._(
                "The purchase %(purchase)s cannot pay for %(work)s, because it is a "
                "draft: untick Draft first.",
                purchase=self.name,
                work=work,
            )
        if self._is_past_grace(request.date):
            return self.env._(
                "The purchase %(purchase)s cannot pay for %(work)s on %(date)s, "
                "because it expired on %(expiry)s.",
                purchase=self.name,
                work=work,
                date=format_date(self.env, request.date),
                expiry=format_date(self.env, self.date_expiry),
            )
        return False

    def _get_owner(self):
        return (self.commercial_partner_id.id, self.company_id.id, self.currency_id.id)

    # ------------------------------------------------------------------
    # Balance on a date
    # ------------------------------------------------------------------

    def _get_balance(self, date=None):
        """Return how many credits of these purchases are usable on ``date``.

        A sum over rows and terms, so that a late scheduled action changes no answer.
        Rows dated after ``date`` do not count for a day in the past; today and later,
        what has been drawn is gone, whatever its date.

        :param date: a date, default today
        """
        return sum(self._get_balances(date).values())

    def _get_balances(self, date=None):
        """Like :meth:`_get_balance`, as ``{purchase: credits}`` of usable ones."""
        return {
            purchase: credits
            for purchase, (credits, _value, _paid) in self._get_amounts(date).items()
        }

    def _get_amounts(self, date=None):
        """Return ``{purchase: (credits, value, paid)}`` usable on ``date``."""
        today = fields.Date.context_today(self)
        date = fields.Date.to_date(date) or today
        usable = self.sudo().filtered(lambda purchase: purchase._is_usable_on(date))
        if date >= today:
            return {
                lot: (lot.credits_available, lot.value_available, lot.paid_available)
                for lot in usable
            }
        digits = self._get_credit_digits()
        sums = usable._get_ledger_sums(
            [("purchase_id", "in", usable.ids), ("date", "<=", date)]
        )
        amounts = {}
        for lot in usable:
            allocated, expired, value, paid = sums.get(lot.id, (0.0, 0.0, 0.0, 0.0))
            amounts[lot] = (
                float_round(lot.credits - allocated - expired, digits),
                lot.currency_id.round(lot.value_total - value),
                lot.currency_id.round(lot.paid_total - paid),
            )
        return amounts

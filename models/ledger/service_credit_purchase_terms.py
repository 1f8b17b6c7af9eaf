# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date as Date

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import float_round, format_date

from ...tools import add_days
from .drawing import DRAWING_ORDER, NOTHING, Lost
from .service_credit_purchase import OPEN

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
    "credits_withdrawn",
    "credits_available",
    "value_per_credit",
    "paid_per_credit",
    "value_total",
    "paid_total",
    "value_available",
    "paid_available",
]


class ServiceCreditPurchase(models.Model):
    """Which purchases may pay on a work date, in which order, and what is left.

    Two periods follow the expiry date. In the grace period credits still pay for work
    that is done then. In the days to log late, which follow it, they still pay for
    work of the term and the grace period; after those the purchase is closed.
    """

    _inherit = "service.credit.purchase"

    # ------------------------------------------------------------------
    # Eligibility
    # ------------------------------------------------------------------

    @api.model
    def _get_drawing_order(self):
        """Return the fields that order the purchases of a customer for drawing."""
        return DRAWING_ORDER

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
            domain,
            DRAWING_FIELDS,
            order=", ".join(self._get_drawing_order()),
            limit=limit,
            offset=offset,
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
        # sudo: who pays does not depend on who looks
        purchases_sudo = self.sudo()
        order = ", ".join(self._get_drawing_order())
        return purchases_sudo.search(domain, order=order, limit=limit)

    @api.model
    def _get_open_domain(self, company, first_day, last_day):
        """Domain of the purchases with credits that may pay within two dates."""
        domain = Domain("state", "=", OPEN)
        domain &= self._get_term_domain(company, first_day, last_day)
        company_sudo = company.sudo()
        if not company_sudo.service_credit_allow_past_expiry:
            domain &= ~self._get_closed_domain(company_sudo)
        return domain

    @api.model
    def _get_closed_domain(self, company_sudo):
        """Domain of the purchases of a company that take nothing any more, because the
        days to log late are over. They are due to be expired."""
        days = company_sudo.service_credit_grace_days
        days += company_sudo.service_credit_late_days
        return Domain("date_expiry", "<", add_days(company_sudo._get_today(), -days))

    @api.model
    def _get_term_domain(self, company, first_day, last_day):
        company_sudo = company.sudo()
        domain = Domain("date_start", "<=", last_day)
        if not company_sudo.service_credit_allow_past_expiry:
            grace = company_sudo.service_credit_grace_days
            domain &= Domain("date_expiry", ">=", add_days(first_day, -grace))
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
        """Tell whether ``day`` is too late a work date."""
        company_sudo = self.company_id.sudo()
        if company_sudo.service_credit_allow_past_expiry:
            return False
        return day > add_days(self.date_expiry, company_sudo.service_credit_grace_days)

    def _is_closed(self):
        """Tell whether it is too late today to log work of its term."""
        company_sudo = self.company_id.sudo()
        if company_sudo.service_credit_allow_past_expiry:
            return False
        return bool(self.filtered_domain(self._get_closed_domain(company_sudo)))

    def _get_obstacle(self, request):
        """Tell in one sentence why this purchase, chosen by hand, cannot pay for a
        request; False when it can. Purchases that start later are allowed."""
        work = request.work.sudo().display_name
        if not self.exists() or self._get_owner() != request.key:
            # One answer for all of them: it must not tell what others own.
            return self.env._(
                "The chosen purchase can't pay for %(work)s: choose one of the same "
                "customer, company and currency.",
                work=work,
            )
        if self.is_draft:
            return self.env._(
                "%(purchase)s can't pay for %(work)s, because it is a draft: untick "
                "Draft first.",
                purchase=self.name,
                work=work,
            )
        if self._is_past_grace(request.date) or self._is_closed():
            return self.env._(
                "%(purchase)s can't pay for %(work)s on %(date)s, because it expired "
                "on %(expiry)s.",
                purchase=self.name,
                work=work,
                date=format_date(self.env, request.date),
                expiry=format_date(self.env, self.date_expiry),
            )
        return False

    def _get_owner(self):
        return (self.commercial_partner_id.id, self.company_id.id, self.currency_id.id)

    # ------------------------------------------------------------------
    # Sums over the ledger
    # ------------------------------------------------------------------

    @api.model
    def _get_ledger_sums(self, domain):
        """Return ``{purchase id: Lost}`` over the rows of ``domain``."""
        sums = {}
        for purchase, kind, credits, value, paid in self.env[
            "service.credit.consumption"
        ]._read_group(
            domain,
            ["purchase_id", "consumption_type"],
            ["credits:sum", "value:sum", "paid:sum"],
        ):
            lost = Lost.of(kind, credits, value, paid)
            sums[purchase.id] = sums.get(purchase.id, NOTHING) + lost
        return sums

    def _reactivate(self):
        """Credits given back to an archived purchase bring it back into sight."""
        hidden = self.filtered(lambda lot: not lot.active and lot.credits_available > 0)
        if hidden:
            hidden.write({"active": True})

    # ------------------------------------------------------------------
    # Balance on a date
    # ------------------------------------------------------------------

    def _get_balance(self, date=None):
        """Return how many credits of these purchases are usable on ``date``.

        A sum over rows and terms, so that a late scheduled action changes no answer.
        Rows dated after ``date`` do not count for a day in the past; today and later,
        what has been drawn is gone, whatever its date.

        :param date: a date, default today where the company is
        """
        return sum(credits for credits, *_money in self._get_amounts(date).values())

    def _get_amounts(self, date=None):
        """Return ``{purchase: (credits, value, paid)}`` usable on ``date``."""
        amounts = {}
        # sudo: a sum over all of the ledger, for callers that checked who may see it
        for company, purchases_sudo in self.sudo().grouped("company_id").items():
            today = company._get_today()
            day = fields.Date.to_date(date) or today
            usable = purchases_sudo.filtered(
                lambda lot, day=day: lot._is_usable_on(day)
            )
            amounts |= usable._get_amounts_before(day if day < today else None)
        return {lot: amounts[lot] for lot in self.sudo() if lot in amounts}

    def _get_amounts_before(self, date):
        """Return what was left of each purchase after ``date``; now when it is None."""
        if date is None:
            return {
                lot: (lot.credits_available, lot.value_available, lot.paid_available)
                for lot in self
            }
        digits = self._get_credit_digits()
        sums = self._get_ledger_sums(
            [("purchase_id", "in", self.ids), ("date", "<=", date)]
        )
        amounts = {}
        for lot in self:
            lost = sums.get(lot.id, NOTHING)
            amounts[lot] = (
                float_round(lot.credits - lost.credits, digits),
                lot.currency_id.round(lot.value_total - lost.value),
                lot.currency_id.round(lot.paid_total - lost.paid),
            )
        return amounts

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date as Date
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools import add_days, add_months
from .choices import OPEN, ROW_DATES, WAITING
from .drawing import DRAWING_ORDER, SCOPES, get_drawing_key

# Read with the purchases in one query: what drawing from them asks and changes.
DRAWING_FIELDS = [
    "name",
    "active",
    "is_withdrawn",
    "sale_line_id",
    "partner_id",
    "company_id",
    "currency_id",
    "commercial_partner_id",
    "sharing",
    "priority",
    "date_start",
    "date_expiry",
    "date_rollover",
    "rollover_credits",
    "is_limited",
    "is_draft",
    "state",
    "release",
    "credits",
    "credits_allocated",
    "credits_expired",
    "credits_withdrawn",
    "credits_transferred",
    "origin_id",
    "credits_available",
    "credits_waiting",
    "value_per_credit",
    "paid_per_credit",
    "value_total",
    "paid_total",
    "value_available",
    "paid_available",
    "value_expired",
    "paid_expired",
    *ROW_DATES,
]


class PassedOver(NamedTuple):
    """Why a purchase does not pay, for how many credits, and the day it starts or
    ended."""

    why: str
    credits: float
    date: Date


class ServiceCreditPurchase(models.Model):
    """Which purchases may pay on a work date, in which order, and what is left.

    Two periods follow the expiry date. In the grace period credits still pay for work
    that is done then. In the days to log late, which follow it, they still pay for
    work of the term and the grace period; after those the purchase is closed.
    """

    _inherit = "service.credit.purchase"

    @api.depends("date_start")
    def _compute_date_expiry(self):
        """One year later; a term that was saved or chosen stays, unless impossible."""
        for purchase in self:
            start, expiry = purchase.date_start, purchase.date_expiry
            followed = purchase.expiry_counts_from
            is_chosen = purchase._origin or (
                followed and expiry != add_months(followed, 12)
            )
            is_possible = expiry and start and start <= expiry
            if start and not (is_chosen and is_possible):
                purchase.date_expiry = add_months(start, 12)
                if not purchase.id:
                    purchase.expiry_counts_from = start

    @api.depends("date_expiry", "state")
    def _compute_is_past_expiry(self):
        for purchase in self:
            expiry = purchase.date_expiry
            today = (purchase.company_id or self.env.company)._get_today()
            purchase.is_past_expiry = bool(expiry and expiry < today)

    def _search_is_past_expiry(self, operator, value):
        if operator != "in":
            return NotImplemented
        past = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("date_expiry", "<", company._get_today())
            for company in self.env["res.company"]._get_all_companies()
        )
        return past if True in value else ~past

    @api.depends("state", "date_expiry", "credits_available")
    def _compute_is_expirable(self):
        for purchase in self:
            purchase.is_expirable = bool(
                purchase.date_expiry and not purchase._get_expiry_obstacle()
            )

    def _compute_is_in_books(self):
        """Tell whether the company keeps service credits on an account; the room
        `accounting` knows."""
        self.is_in_books = False

    @api.depends(*SCOPES)
    def _compute_is_limited(self):
        for purchase in self._with_archived():
            purchase.is_limited = any(purchase[name] for name in SCOPES)

    def _with_archived(self):
        """Return these as drawing sees them: an archived team does not make a purchase
        one for all teams."""
        return self.with_context(active_test=False)

    # ------------------------------------------------------------------
    # Eligibility
    # ------------------------------------------------------------------

    @api.model
    def _get_drawing_order(self):
        """Return the fields that order the purchases of a customer for drawing."""
        return DRAWING_ORDER

    @api.model
    def _search_eligible(self, whose, company, days, limit, offset):
        """Read one portion of the purchases that may pay on one of ``days``.

        :param Domain whose: of the customer, or of others who share them with it
        """
        domain = whose & self._get_open_domain(company, min(days), max(days))
        return self.with_context(active_test=False).search_fetch(
            domain,
            DRAWING_FIELDS,
            order=", ".join(self._get_drawing_order()),
            limit=limit,
            offset=offset,
        )

    @api.model
    def _has_bought(self, partner, company):
        """Tell whether credits are how a customer pays: they were ever bought, by the
        customer or by a company that it belongs to, or are shared with it.

        :param partner: commercial entity
        """
        owners = partner | partner._get_entities_above()
        # sudo: how a customer pays does not depend on who logs the time
        purchases_sudo = self.sudo().with_context(active_test=False)
        domain = Domain("commercial_partner_id", "in", owners.ids)
        domain |= self._domain_shared(partner)
        domain &= Domain("company_id", "in", company._get_credit_companies().ids)
        domain &= Domain("is_draft", "=", False)
        # A period that nobody made yet is bought, too.
        return bool(purchases_sudo.search_count(domain, limit=1)) or bool(
            self._get_planned(company._get_credit_companies()).intersection(owners.ids)
        )

    @api.model
    def _search_passed_over(self, partners, companies, days):
        """Return what people might expect to pay for work of some days, and which may
        not: drafts, what waits for an invoice or payment, and what starts after or
        expired in the year before.

        :param partners: commercial entities
        :param companies: where the work is
        """
        companies = companies._get_credit_companies()
        domain = Domain("commercial_partner_id", "in", partners.ids)
        domain |= Domain.OR(self._domain_shared(partner) for partner in partners)
        domain &= Domain("company_id", "in", companies.ids)
        domain &= Domain("date_expiry", ">=", add_days(min(days), -366))
        domain &= Domain("credits_available", ">", 0) | Domain(
            "credits_expired", ">", 0
        )
        # sudo: who pays does not depend on who looks
        purchases_sudo = self.sudo().with_context(active_test=False)
        return purchases_sudo.search(domain, order="date_expiry desc, id", limit=100)

    def _get_passed_over(self, day):
        """Tell why purchases do not pay for work of ``day``, with all they have.

        :return: a `PassedOver` each, of those that don't
        """
        lost, over = self._get_lost(), self._get_roll_over(day)
        found = {}
        for lot in self:
            why = lot._get_obstacle_on(day)
            lapsed, rest = lost.get(lot, (0.0, 0.0))
            credits = lot.credits_available or lot.credits_expired
            if why in ("expired", "closed"):
                is_lapsed = lapsed and not rest
                credits = rest or credits
            else:
                is_lapsed = lapsed and not why and lot in over
            if is_lapsed:
                # Lost with its period, while others rolled over.
                found[lot] = PassedOver("expired", lapsed, lot.date_rollover)
            elif why:
                found[lot] = PassedOver(
                    why,
                    lot.credits_waiting if why == "waiting" else credits,
                    lot.date_start if why == "later" else lot.date_expiry,
                )
        return found

    def _get_obstacle_on(self, day):
        """Tell in a word why the purchase does not pay for work of ``day``; False if
        it may."""
        self.ensure_one()
        if self.is_draft:
            return "draft"
        if self.date_start > day:
            return "later"
        if self._is_past_grace(day):
            return "expired"
        if self._is_closed(day):
            return "closed"
        return self.credits_waiting > 0 and "waiting"

    @api.model
    def _search_selectable(self, request, limit):
        """Return what may be chosen by hand for a request, in drawing order;
        purchases that start later are among them."""
        customer = request.customer
        domain = Domain("commercial_partner_id", "=", customer.id)
        domain |= self._domain_shared(customer)
        domain &= self._get_open_domain(request.company, request.date, Date.max)
        # sudo: who pays does not depend on who looks
        purchases_sudo = self.sudo()
        order = ", ".join(self._get_drawing_order())
        found = purchases_sudo.search(domain, order=order, limit=limit)
        found = found.filtered(lambda lot: lot._is_in_scope(request))
        return found.sorted(lambda lot: get_drawing_key(lot, customer))

    @api.model
    def _get_open_domain(self, company, first_day, last_day):
        """Domain of the purchases with credits that may pay for work of a company
        within two dates: its own and those of the companies above it, each by the
        terms of the company that sold it."""
        return Domain("state", "=", OPEN) & Domain.OR(
            self._get_term_domain(owner, first_day, last_day)
            & ~self._get_closed_domain(owner, first_day)
            for owner in company._get_credit_companies()
        )

    @api.model
    def _get_closed_domain(self, company_sudo, first_day=None):
        """Domain of the purchases of a company that take nothing any more, because the
        days to log late are over. They are due to be expired.

        :param first_day: only those whose term lasts until this day matter
        """
        late = company_sudo.service_credit_late_days
        # So recent a term is not closed, whatever time zone the company has.
        is_recent = first_day and add_days(first_day, late) >= _get_latest_today()
        if is_recent or company_sudo.service_credit_allow_past_expiry:
            return Domain.FALSE
        days = late + company_sudo.service_credit_grace_days
        return Domain("date_expiry", "<", add_days(company_sudo._get_today(), -days))

    @api.model
    def _get_term_domain(self, company_sudo, first_day, last_day):
        """Domain of the purchases of a company whose term lies within two dates."""
        domain = Domain("company_id", "=", company_sudo.id)
        domain &= Domain("date_start", "<=", last_day)
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

    def _is_received_by(self, day):
        """Tell whether the credits were there on a day: not before another customer
        transferred them."""
        self.ensure_one()
        return not self.date_received or self.date_received <= day

    def _is_in_scope(self, request):
        """Tell whether the purchase pays for the kind of work that asks.

        Each of its limits has to fit; what a work does not have fits none.
        """
        self.ensure_one()
        if not self.is_limited:
            return True
        lot = self._with_archived()
        for name in SCOPES:
            asked = lot[name] and request.get_scope(name)
            if lot[name] and not (asked and asked in lot[name]):
                return False
        return True

    @api.model
    def _query_in_scope(self, asked):
        """Return `_is_in_scope` as SQL about the table ``purchase``.

        :param dict asked: SQL of what each limit is compared with
        """
        return SQL(" AND ").join(
            SQL(
                "(NOT EXISTS (SELECT FROM %(table)s WHERE %(lot)s = purchase.id)"
                " OR EXISTS (SELECT FROM %(table)s"
                " WHERE %(lot)s = purchase.id AND %(limit)s = %(asked)s))",
                table=SQL.identifier(self._fields[name].relation),
                lot=SQL.identifier(self._fields[name].column1),
                limit=SQL.identifier(self._fields[name].column2),
                asked=asked[name],
            )
            for name in SCOPES
        )

    def _get_limits(self):
        """Return the ids of what a purchase is limited to, to compare it with others;
        archived ones count as well."""
        self.ensure_one()
        return tuple(frozenset(self._with_archived()[name].ids) for name in SCOPES)

    def _get_limits_text(self, reader=None):
        """Name what the purchase is limited to; empty where it pays for any work.

        :param reader: the customer who reads it: another one than the owner reads no
            names of the owner's projects
        """
        self.ensure_one()
        # sudo: what it pays for is no secret to who reads that it does not pay
        lot_sudo = self.sudo()._with_archived()
        if not lot_sudo.is_limited:
            return ""
        names = [*SCOPES]
        if reader and reader.id != lot_sudo.commercial_partner_id.id:
            names.remove("project_ids")
        return ", ".join(one.display_name for name in names for one in lot_sudo[name])

    def _is_past_grace(self, day):
        """Tell whether ``day`` is too late a work date."""
        company_sudo = self.company_id.sudo()
        if company_sudo.service_credit_allow_past_expiry:
            return False
        return day > add_days(self.date_expiry, company_sudo.service_credit_grace_days)

    def _is_closed(self, day):
        """Tell whether it is too late today to log work of its term.

        :param day: a work date that the term, or the grace period, lasts until
        """
        closed = self._get_closed_domain(self.company_id.sudo(), day)
        return bool(self.filtered_domain(closed))

    def _get_obstacle(self, request):
        """Tell in one sentence why this purchase, chosen by hand, cannot pay for a
        request; False when it can. Purchases that start later are allowed."""
        work = request.work.sudo().display_name
        if not self.exists() or not self._is_offered_to(request):
            # One answer for all of them: it must not tell what others own.
            return self.env._(
                "The chosen purchase can't pay for %(work)s: choose one of the same "
                "customer and company.",
                work=work,
            )
        if self.is_draft:
            return self.env._(
                "%(purchase)s can't pay for %(work)s, because it is a draft: untick "
                "Draft first.",
                purchase=self.name,
                work=work,
            )
        if not self._is_in_scope(request):
            return self.env._(
                "%(purchase)s can't pay for %(work)s, because it is only for "
                "%(limits)s.",
                purchase=self.name,
                work=work,
                limits=self._get_limits_text(),
            )
        if self.state == WAITING:
            return self.waiting_note
        if self._is_past_grace(request.date) or self._is_closed(request.date):
            return self.env._(
                "%(purchase)s can't pay for %(work)s on %(date)s, because it expired "
                "on %(expiry)s.",
                purchase=self.name,
                work=work,
                date=format_date(self.env, request.date),
                expiry=format_date(self.env, self.date_expiry),
            )
        return False

    def _is_offered_to(self, request):
        """Tell whether the purchase is the customer's, or shared with it, in the
        company or above it."""
        if self.company_id not in request.company._get_credit_companies():
            return False
        customer = request.customer
        return self.commercial_partner_id.id == customer.id or self._is_shared_with(
            customer
        )


def _get_latest_today():
    """Return what day it is where it is latest: at UTC+14."""
    return (fields.Datetime.now() + timedelta(hours=14)).date()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date as Date
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, float_compare

from ...tools import add_days
from .service_credit_alert import CREDITS, EXPIRY, OPEN, PERCENT

# What each customer can use, and what there was when the latest purchase started:
# that, and not what was bought in all the years, is what percents are of.
POOLS = """
    WITH lot AS (
        SELECT id, commercial_partner_id, currency_id, date_expiry, state,
               credits_available, credits - credits_expired - credits_withdrawn AS kept,
               FIRST_VALUE(id) OVER latest AS latest_id,
               FIRST_VALUE(date_start) OVER latest AS since
        FROM service_credit_purchase
        WHERE company_id = %(company)s AND is_draft IS NOT TRUE
          AND date_start <= %(today)s AND %(customers)s
        WINDOW latest AS (
            PARTITION BY commercial_partner_id, currency_id
            ORDER BY date_start DESC, id DESC
        )
    )
    SELECT lot.commercial_partner_id, lot.currency_id, lot.latest_id, lot.since,
           SUM(lot.credits_available)::float,
           SUM(lot.kept - COALESCE(before.credits, 0))::float
    FROM lot
    LEFT JOIN LATERAL (
        SELECT SUM(line.credits) AS credits
        FROM service_credit_consumption line
        WHERE line.purchase_id = lot.id AND line.date < lot.since
          AND line.consumption_type NOT IN ('expiry', 'withdrawal')
    ) before ON TRUE
    WHERE lot.state IN ('open', 'used') AND %(in_term)s
    GROUP BY lot.commercial_partner_id, lot.currency_id, lot.latest_id, lot.since
"""


class Pool(NamedTuple):
    """What a customer can use in one currency."""

    customer_id: int
    currency_id: int
    purchase_id: int
    since: Date
    available: float
    base: float

    def prepare_alert(self, kind, level, threshold):
        return {
            "commercial_partner_id": self.customer_id,
            "currency_id": self.currency_id,
            "purchase_id": self.purchase_id,
            "cycle": self.since,
            "kind": kind,
            "level": level,
            "threshold": threshold,
            "credits_available": self.available,
            "credits_base": self.base,
        }


class ServiceCreditAlert(models.Model):
    """Which levels are reached, and which alerts are over."""

    _inherit = "service.credit.alert"

    @api.model
    def _plan(self, company, today, customer_ids=None):
        """Return what is due in a company; nothing is written.

        :param customer_ids: commercial entities to look at, default all
        :return: the values of the alerts to open, and the open alerts that are over
        """
        levels = company._get_service_credit_alert_levels()
        alerts = self.search(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", OPEN)
            & self._domain_customers(customer_ids)
        )
        pools = self._get_pools(company, today, customer_ids)
        expiring = self._get_expiring(company, today, levels[EXPIRY], customer_ids)
        over = alerts.filtered(lambda alert: alert._is_over(pools, today))
        known = {alert._get_key() for alert in alerts}
        wanted = self._get_reached(pools.values(), levels)
        wanted += self._get_running_out_of_time(expiring, levels[EXPIRY], today)
        vals_list = [vals for vals in wanted if self._get_key_of(vals) not in known]
        return vals_list, over

    @api.model
    def _domain_customers(self, customer_ids):
        if customer_ids is None:
            return Domain.TRUE
        return Domain("commercial_partner_id", "in", customer_ids)

    def _get_key(self):
        return (
            self.commercial_partner_id.id,
            self.currency_id.id,
            self.kind,
            self.level,
            self.purchase_id.id,
            self.cycle,
        )

    @api.model
    def _get_key_of(self, vals):
        return tuple(
            vals[name]
            for name in (
                "commercial_partner_id",
                "currency_id",
                "kind",
                "level",
                "purchase_id",
                "cycle",
            )
        )

    # ------------------------------------------------------------------
    # Levels of the balance
    # ------------------------------------------------------------------

    @api.model
    def _get_pools(self, company, today, customer_ids):
        """Return ``{(customer id, currency id): Pool}`` over all purchases that can be
        used; drafts, lapsed and later ones do not count."""
        self.env["service.credit.purchase"].flush_model()
        in_term = SQL("TRUE")
        if not company.service_credit_allow_past_expiry:
            grace = company.service_credit_grace_days
            in_term = SQL("lot.date_expiry >= %s", add_days(today, -grace))
        customers = SQL("TRUE")
        if customer_ids is not None:
            customers = SQL("commercial_partner_id = ANY(%s)", list(customer_ids))
        rows = self.env.execute_query(
            SQL(
                POOLS,
                company=company.id,
                today=today,
                customers=customers,
                in_term=in_term,
            )
        )
        return {(row[0], row[1]): Pool(*row) for row in rows}

    @api.model
    def _get_reached(self, pools, levels):
        """Return the values of an alert for every level that is reached."""
        found = []
        for pool in pools:
            # Nothing is low that has not been used: a small purchase is no alarm.
            if self._compare(pool.available, pool.base) >= 0:
                continue
            for kind, threshold, level in (
                *(
                    (PERCENT, pool.base * level / 100, level)
                    for level in levels[PERCENT]
                ),
                *((CREDITS, level, level) for level in levels[CREDITS]),
            ):
                if self._compare(pool.available, threshold) <= 0:
                    found.append(pool.prepare_alert(kind, level, threshold))
        return found

    @api.model
    def _compare(self, credits, other):
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        return float_compare(credits, other, precision_digits=digits)

    # ------------------------------------------------------------------
    # Expiry
    # ------------------------------------------------------------------

    @api.model
    def _get_expiring(self, company, today, levels, customer_ids):
        """Return the purchases with credits that expire within the longest level."""
        purchases = self.env["service.credit.purchase"]
        if not levels:
            return purchases
        return purchases.with_context(active_test=False).search(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "open")
            & Domain("date_start", "<=", today)
            & Domain("date_expiry", ">=", today)
            & Domain("date_expiry", "<=", add_days(today, max(levels)))
            & self._domain_customers(customer_ids)
        )

    @api.model
    def _get_running_out_of_time(self, purchases, levels, today):
        """Return the values of an alert for every level of days that is reached."""
        return [
            {
                "commercial_partner_id": purchase.commercial_partner_id.id,
                "currency_id": purchase.currency_id.id,
                "purchase_id": purchase.id,
                "cycle": purchase.date_expiry,
                "kind": EXPIRY,
                "level": level,
                "threshold": 0.0,
                "credits_available": purchase.credits_available,
                "credits_base": purchase.credits,
            }
            for purchase in purchases
            for level in levels
            if (purchase.date_expiry - today).days <= level
        ]

    # ------------------------------------------------------------------
    # Over
    # ------------------------------------------------------------------

    def _is_over(self, pools, today):
        """Tell whether this open alert may fire again: something new was bought, its
        credits came back, or there is nothing left that it warns of."""
        self.ensure_one()
        if self.kind == EXPIRY:
            purchase = self.purchase_id
            return (
                purchase.state != "open"
                or purchase.date_expiry != self.cycle
                or self.cycle < today
            )
        pool = pools.get((self.commercial_partner_id.id, self.currency_id.id))
        return (
            not pool
            or (pool.purchase_id, pool.since) != (self.purchase_id.id, self.cycle)
            or self._compare(pool.available, self.threshold) > 0
        )

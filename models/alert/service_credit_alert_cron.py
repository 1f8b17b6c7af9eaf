# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...tools import report_failure
from . import levels
from .levels import OPEN, OVER

LEVEL_FIELDS = (
    "service_credit_alert_percents",
    "service_credit_alert_credits",
    "service_credit_alert_days",
)


class ServiceCreditAlert(models.Model):
    """The daily scheduled action, customer by customer."""

    _inherit = "service.credit.alert"

    @api.model
    def _cron_fire(self, batch_size=100):
        """Fire what is due, tell who is responsible, and mark what is over.

        In batches of customers that are committed one by one: what was interrupted
        goes on with the customers that are left. One bad customer never stops the
        rest.
        """
        cron = self.env["ir.cron"]
        work = [
            (company, customer_ids[start : start + batch_size])
            for company in self._get_alert_companies()
            for customer_ids in [self._get_due_customers(company)]
            for start in range(0, len(customer_ids), batch_size)
        ]
        cron._commit_progress(remaining=sum(len(batch) for _company, batch in work))
        for company, batch in work:
            self._fire_batch(company, batch)
            if not cron._commit_progress(len(batch)):
                break

    @api.model
    def _get_alert_companies(self):
        domain = Domain.OR(Domain(name, "!=", False) for name in LEVEL_FIELDS)
        return self.env["res.company"].sudo().search(domain)

    @api.model
    def _get_due_customers(self, company):
        """Return the ids of the customers with something to fire, tell or end."""
        today = company._get_today()
        try:
            vals_list, over = self._plan(company, today)
        except ValidationError as error:
            # Levels that cannot be read are the trouble of that company alone.
            self._report(company, company.partner_id, error)
            return []
        untold = self._search_untold(company, today)
        return sorted(
            {vals["commercial_partner_id"] for vals in vals_list}
            | set((over | untold).commercial_partner_id.ids)
        )

    @api.model
    def _fire_batch(self, company, customer_ids):
        """Fire for some customers; each of them alone when they fail together."""
        try:
            with self.env.cr.savepoint():
                self.with_company(company)._fire(company, customer_ids)
        except Exception as error:
            self.env.invalidate_all()
            if len(customer_ids) > 1:
                for customer_id in customer_ids:
                    self._fire_batch(company, [customer_id])
            # Another transaction was faster: the next run sees to it.
            elif not isinstance(error, (OperationalError, UniqueViolation)):
                customer = self.env["res.partner"].browse(customer_ids)
                self._report(company, customer, error)

    @api.model
    def _report(self, company, partner, error):
        report_failure(
            partner,
            company._get_service_credit_responsible(),
            self.env._("Alerts on service credits failed"),
            error,
        )

    @api.model
    def _plan(self, company, today, customer_ids=None):
        """See :func:`levels.plan`."""
        return levels.plan(self.env, company, today, customer_ids)

    @api.model
    def _fire(self, company, customer_ids):
        """Bring the alerts of some customers up to date and tell of them.

        Planned anew: what was found when the run began may be history.
        """
        today = company._get_today()
        vals_list, over = self._plan(company, today, customer_ids)
        over.write({"state": OVER, "date_over": today})
        self.create(self._prepare_alerts(company, vals_list, today))
        self._search_untold(company, today, customer_ids)._tell(company, today)
        over._end_activities()

    @api.model
    def _prepare_alerts(self, company, vals_list, today):
        purchases = self.env["service.credit.purchase"].browse(
            vals["purchase_id"] for vals in vals_list
        )
        by_id = {purchase.id: purchase for purchase in purchases}
        return [
            {
                **vals,
                "company_id": company.id,
                "date": today,
                "partner_id": by_id[vals["purchase_id"]].partner_id.id,
                "user_id": self._get_responsible(
                    company, by_id[vals["purchase_id"]]
                ).id,
            }
            for vals in vals_list
        ]

    @api.model
    def _get_responsible(self, company, purchase):
        """Return who looks after the customer: see the field's help."""
        # What another customer gave was sold to that one.
        sold = purchase.origin_id or purchase
        for user in (
            sold.sale_order_id.user_id,
            sold.opportunity_id.user_id,
            purchase.commercial_partner_id.user_id,
            company.service_credit_alert_user_id,
        ):
            if user.active and user._is_internal() and company in user.company_ids:
                return user
        return self.env["res.users"]

    @api.model
    def _search_untold(self, company, today, customer_ids=None):
        """Return the open alerts without a notification, of customers who got none
        today: there is one message per customer and day."""
        domain = Domain("company_id", "=", company.id)
        domain &= levels.domain_customers(customer_ids)
        untold = self.search(
            domain & Domain("date_told", "=", False) & Domain("state", "=", OPEN)
        )
        told_today = self.search(
            domain
            & Domain("date_told", "=", today)
            & Domain("commercial_partner_id", "in", untold.commercial_partner_id.ids)
        ).commercial_partner_id
        return untold.filtered(
            lambda alert: alert.commercial_partner_id not in told_today
        )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import logging
from datetime import date, timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_compare, format_date

from .service_credit_purchase_balance import OPEN

_logger = logging.getLogger(__name__)


class ServiceCreditPurchase(models.Model):
    """Expiring and extending: by button, and by the scheduled action."""

    _inherit = "service.credit.purchase"

    is_expirable = fields.Boolean(compute="_compute_is_expirable")

    @api.depends("state", "date_expiry", "credits_available")
    def _compute_is_expirable(self):
        today = fields.Date.context_today(self)
        for purchase in self:
            purchase.is_expirable = bool(
                purchase.date_expiry and not purchase._get_expiry_obstacle(today)
            )

    def action_expire(self):
        """Write off what is available of these purchases.

        Possible from the last day of the company's grace period on; all of them or
        none. Credits given back later are available again and can be expired again.

        :raise AccessError: without the right to edit purchases
        :raise UserError: for a draft, for nothing to write off, or too early
        """
        self.check_access("write")
        today = fields.Date.context_today(self)
        for purchase in self:
            obstacle = purchase._get_expiry_obstacle(today)
            if obstacle:
                raise UserError(obstacle)
        self._write_off()

    def action_extend(self):
        """Open the window that moves the expiry date and asks for the reason."""
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_extend_action"
        )
        action["context"] = {"default_purchase_id": self.id}
        return action

    def _get_expiry_obstacle(self, today):
        """Tell in one sentence why it cannot be expired by hand; False if it can."""
        self.ensure_one()
        if self.is_draft:
            return self.env._(
                "The purchase %(purchase)s cannot be expired, because it is a draft: "
                "untick Draft first, or delete it.",
                purchase=self.name,
            )
        if self.credits_available <= 0:
            return self.env._(
                "The purchase %(purchase)s has no credits left that could expire.",
                purchase=self.name,
            )
        grace = timedelta(days=self.company_id.sudo().service_credit_grace_days)
        if today - grace < self.date_expiry:
            possible_from = min(self.date_expiry, date.max - grace) + grace
            return self.env._(
                "The purchase %(purchase)s can be expired from %(date)s on, the end "
                "of its term and grace period: change its expiry date if it should "
                "end earlier.",
                purchase=self.name,
                date=format_date(self.env, possible_from),
            )
        return False

    def _write_off(self, credits=None):
        """Withdraw credits of these purchases through the ledger, whatever the date.

        :param credits: how many of each; default everything that is available
        :return: the new rows
        :raise UserError: when a purchase has fewer available
        """
        today = fields.Date.context_today(self)
        vals_list = []
        for purchase in self.sorted("id"):
            available = purchase.credits_available
            amount = available if credits is None else credits
            purchase._check_write_off(amount, available)
            if amount > 0:
                vals_list.append(purchase._prepare_write_off(amount, today))
        return self.env["service.credit.consumption"]._post(vals_list)

    def _check_write_off(self, amount, available):
        if float_compare(amount, available, self._get_credit_digits()) > 0:
            raise UserError(
                self.env._(
                    "%(asked)s credits of the purchase %(purchase)s cannot be "
                    "withdrawn, because only %(available)s are available.",
                    asked=self._format_credits(amount),
                    purchase=self.name,
                    available=self._format_credits(available),
                )
            )

    def _prepare_write_off(self, amount, today):
        return {
            "purchase": self,
            "allocation": {
                "name": self.env._("Expiry of %(name)s", name=self.name),
                "allocation_type": "expiry",
                "commercial_partner_id": self.commercial_partner_id.id,
                "company_id": self.company_id.id,
                "currency_id": self.currency_id.id,
                "expiry_of": self.id,
            },
            "consumption_type": "expiry",
            "credits": amount,
            "date": today,
        }

    # ------------------------------------------------------------------
    # Scheduled action
    # ------------------------------------------------------------------

    @api.model
    def _cron_expire(self, batch_size=1000):
        """Expire every purchase whose grace period is over.

        In batches that are committed one by one, so that it can be stopped and goes on
        where it was; a purchase that cannot be expired never stops the others.
        Companies that allow credits past their expiry date expire by hand only.
        """
        domain = self._get_due_domain()
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        last_id = 0
        while True:
            batch = self.search(
                domain & Domain("id", ">", last_id), order="id", limit=batch_size
            )
            if not batch:
                break
            last_id = batch[-1].id
            batch._expire_batch(domain)
            if not self.env["ir.cron"]._commit_progress(len(batch)):
                break

    def _expire_batch(self, domain):
        """Expire what is still due and not being worked on by somebody else."""
        try:
            free = self.try_lock_for_update(allow_referencing=True)
            with self.env.cr.savepoint():
                free.filtered_domain(domain)._write_off()
        except OperationalError:
            # Somebody used these credits this very moment: the next run sees to it.
            self.env.cr.rollback()
        except Exception:
            if len(self) == 1:
                _logger.exception("Purchase %s could not be expired", self.id)
                return
            self.env.invalidate_all()
            for purchase in self:
                purchase._expire_batch(domain)

    @api.model
    def _get_due_domain(self):
        today = fields.Date.context_today(self)
        due = Domain.FALSE
        companies = (
            self.env["res.company"]
            .sudo()
            .search([("service_credit_allow_past_expiry", "=", False)])
        )
        for company in companies:
            grace = timedelta(days=company.service_credit_grace_days)
            due |= Domain("company_id", "=", company.id) & Domain(
                "date_expiry", "<", today - grace
            )
        return Domain("state", "=", OPEN) & due

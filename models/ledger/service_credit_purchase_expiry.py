# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_compare, format_date

from ...tools import add_days, report_failure
from .choices import OPEN, WAITING
from .drawing import EXPIRY, OPENING

# What decides how a purchase expires.
DECIDES_EXPIRY = (
    "company_id",
    "credits",
    "date_expiry",
    "date_rollover",
    "release",
    "rollover_credits",
    "sale_line_id",
)


class ServiceCreditPurchase(models.Model):
    """Expiring, withdrawing and extending: by button, and by the scheduled action."""

    _inherit = "service.credit.purchase"

    def action_expire(self):
        """Write off what is available of these purchases.

        Possible from the last day of the company's grace period on; all of them or
        none. Credits given back later are available again and can be expired again.

        :raise AccessError: without the right to edit purchases
        :raise UserError: for a draft, for nothing to write off, or too early
        """
        self.check_access("write")
        for purchase in self:
            obstacle = purchase._get_expiry_obstacle()
            if obstacle:
                raise UserError(obstacle)
        self._write_off(kind="expiry")

    def action_extend(self):
        """Open the window that moves the expiry date and asks for the reason."""
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_extend_action"
        )
        action["context"] = {"default_purchase_id": self.id}
        return action

    def _get_expiry_obstacle(self):
        """Tell in one sentence why it cannot be expired by hand; False if it can."""
        self.ensure_one()
        if self.is_draft:
            return self.env._(
                "%(purchase)s can't be expired, because it is a draft: untick Draft "
                "first, or delete it.",
                purchase=self._get_label(),
            )
        if self.credits_available <= 0:
            return self.env._(
                "%(purchase)s has no credits left that could expire.",
                purchase=self._get_label(),
            )
        company_sudo = (self.company_id or self.env.company).sudo()
        end = add_days(self.date_expiry, company_sudo.service_credit_grace_days)
        if company_sudo._get_today() < end:
            return self.env._(
                "%(purchase)s can be expired from %(date)s on, the end of its term and "
                "grace period: change its expiry date if it should end earlier.",
                purchase=self._get_label(),
                date=format_date(self.env, end),
            )
        return False

    # ------------------------------------------------------------------
    # Writing off
    # ------------------------------------------------------------------

    def _write_off(self, credits=None, kind="withdrawal"):
        """Take credits of these purchases away through the ledger, whatever the date.

        :param credits: how many of each; default everything that is available
        :param kind: ``withdrawal`` when the sale is undone, ``expiry`` at the end
        :return: the new rows
        :raise UserError: when a purchase has fewer available
        """
        is_rest = kind == EXPIRY and credits is None
        if is_rest:
            # Not all that is stored of thousands.
            self.fetch(DECIDES_EXPIRY)
        self._post_lapses()
        if not is_rest:
            return self._write_off_each(credits, kind)
        rows, others = self._expire_free()
        return rows + others._write_off_each(credits, kind)

    def _expire_free(self):
        """Expire those that wait for nothing, in one go.

        :return: their rows, and the other purchases
        """
        # sudo: what it waits for does not depend on who expires it
        waiting = self.browse().union(*self.sudo()._get_released_shares())
        free = (self - waiting)._origin
        before, after = self._get_expiry_name("\n").split("\n")
        days = {company: company._get_today() for company in free.company_id}
        ledger = self.env["service.credit.consumption"]
        return ledger._post_rest(free, days, (before, after)), waiting

    def _write_off_each(self, credits, kind):
        vals_list = []
        for purchase in self.sorted("id"):
            available = purchase.credits_available
            amount = available if credits is None else credits
            purchase._check_write_off(amount, available)
            if amount > 0:
                vals_list.append(purchase._prepare_write_off(amount, kind))
        return self.env["service.credit.consumption"]._post(vals_list)

    @api.model
    def _get_expiry_name(self, number):
        return self.env._("Expiry of %(name)s", name=number)

    def _check_write_off(self, amount, available):
        if float_compare(amount, available, self._get_credit_digits()) > 0:
            raise UserError(
                self.env._(
                    "%(asked)s credits of %(purchase)s can't be withdrawn, because "
                    "only %(available)s are available.",
                    asked=self._format_credits(amount),
                    purchase=self._get_label(),
                    available=self._format_credits(available),
                )
            )

    def _prepare_write_off(self, amount, kind, date=None):
        if kind == EXPIRY:
            name = self._get_expiry_name(self.name)
        elif kind == OPENING:
            name = self.env._("%(name)s, used elsewhere", name=self.name)
        else:
            name = self.env._("Withdrawal of %(name)s", name=self.name)
        return {
            "purchase": self,
            "allocation": {
                "name": name,
                "allocation_type": kind,
                "commercial_partner_id": self.commercial_partner_id.id,
                "company_id": self.company_id.id,
                "currency_id": self.currency_id.id,
                "purchase_id": self.id,
            },
            "consumption_type": kind,
            "credits": amount,
            "date": date or self.company_id._get_today(),
        }

    # ------------------------------------------------------------------
    # Scheduled action
    # ------------------------------------------------------------------

    @api.model
    def _cron_expire(self, batch_size=1000):
        """Expire every purchase whose days to log late are over where its company is.

        In batches that are committed one by one, so that it can be stopped and goes on
        where it was. A purchase that cannot be expired never stops the others: its
        reason becomes an activity on it. Companies that allow credits past their
        expiry date expire by hand only.
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
        """Expire what is still due and not held by another transaction; each of
        them alone when they fail together."""
        try:
            with self.env.cr.savepoint():
                free = self.try_lock_for_update(allow_referencing=True)
                free = free.filtered_domain(domain)
                free._post_lapses()
                over = self._get_term_over_domain()
                free.filtered_domain(over)._write_off(kind="expiry")
        except Exception as error:
            self.env.invalidate_all()
            if len(self) > 1:
                for purchase in self:
                    purchase._expire_batch(domain)
            # These very credits were just used: the next run sees to it.
            elif not isinstance(error, OperationalError):
                report_failure(
                    self,
                    self.company_id._get_service_credit_responsible(),
                    self.env._("Credits could not be expired"),
                    error,
                )

    @api.model
    def _get_due_domain(self):
        due = self._get_term_over_domain()
        return due | self._get_lapse_domain()

    @api.model
    def _get_term_over_domain(self):
        due = Domain.OR(
            Domain("company_id", "=", company.id) & self._get_closed_domain(company)
            for company in self.env["res.company"]._get_all_companies()
        )
        return Domain("state", "in", (OPEN, WAITING)) & due

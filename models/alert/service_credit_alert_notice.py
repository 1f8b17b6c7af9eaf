# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from dataclasses import replace

from odoo import models

from ...tools import report_failure
from ..selling.renewal import Renewal, is_for_sale
from .levels import EXPIRY

TEMPLATE = "helpdesk_service_credit.mail_template_service_credit_alert"


class ServiceCreditAlert(models.Model):
    """What an alert does: a note on the customer, an activity for the responsible user
    and, if the settings say so, an e-mail and a draft quotation.

    E-mails are queued; nothing else leaves the company before a user has seen it.
    """

    _inherit = "service.credit.alert"

    def _tell(self, company, today):
        """Tell of these alerts of a company: one message per customer."""
        if not self:
            return
        if company.service_credit_alert_quotation:
            for alerts in self.grouped("commercial_partner_id").values():
                alerts._prepare_quotation()
        self.write({"date_told": today})
        self._mail_customers(company)
        by_lang = self.grouped(lambda alert: alert.user_id.lang or self.env.user.lang)
        for lang, alerts in by_lang.items():
            alerts = alerts.with_context(lang=lang)
            alerts._log_notes()
            alerts._schedule_activities()

    # ------------------------------------------------------------------
    # The customer
    # ------------------------------------------------------------------

    def _mail_customers(self, company):
        """Queue one e-mail per customer who wants alerts and has an address."""
        mains = self.browse()
        for customer, alerts in self.grouped("commercial_partner_id").items():
            if customer._gets_service_credit_alerts(company):
                mains |= alerts.filtered("recipient_id").sorted("id")[-1:]
        if mains:
            self.env.ref(TEMPLATE).send_mail_batch(mains.ids)
            customers = mains.commercial_partner_id
            told = self.filtered(lambda alert: alert.commercial_partner_id in customers)
            told.write({"is_customer_told": True})

    # ------------------------------------------------------------------
    # Draft quotation
    # ------------------------------------------------------------------

    def _prepare_quotation(self):
        """Make a draft quotation for one customer whose credits run low, unless there
        is one with service credits already; a failure becomes an activity."""
        low = self.filtered(lambda alert: alert.kind != EXPIRY).sorted("id")[-1:]
        if not low or low._has_quotation():
            return
        try:
            with self.env.cr.savepoint():
                low._create_quotation()
        except Exception as error:
            report_failure(
                low.commercial_partner_id,
                low.user_id or low.company_id._get_service_credit_responsible(),
                self.env._("The renewal could not be quoted"),
                error,
            )

    def _has_quotation(self):
        return bool(
            self.env["sale.order.line"].search_count(
                [
                    ("order_partner_id", "child_of", self.commercial_partner_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("state", "in", ("draft", "sent")),
                    ("product_id.service_credits", ">", 0),
                ],
                limit=1,
            )
        )

    def _create_quotation(self):
        """Quote the size of a renewal that fits the use."""
        # Who is responsible gets one message, and not another about the quotation.
        quiet = self.with_context(mail_auto_subscribe_no_notify=True)
        renewal = Renewal(quiet.partner_id, quiet.company_id, quiet.currency_id)
        product = quiet.purchase_id.product_id
        if not is_for_sale(product):
            product = renewal.find_product()
        if product:
            renewal = replace(renewal, product=product)
            units = renewal.get_fitting(sum(renewal.get_use()))
            order = renewal.create_order(units)
            order.user_id = self.user_id
            self.order_id = order.id

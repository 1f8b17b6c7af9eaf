# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from markupsafe import Markup

from odoo import models

from .levels import OPEN

ACTIVITY_TYPE = "helpdesk_service_credit.mail_activity_type_service_credit_alert"


class ServiceCreditAlert(models.Model):
    """What who is responsible gets: a note on the customer, and one activity with all
    that is open about it. In the language of the user."""

    _inherit = "service.credit.alert"

    # ------------------------------------------------------------------
    # Note
    # ------------------------------------------------------------------

    def _log_notes(self):
        """Log one note per customer with what fired."""
        notes = {
            customer.id: alerts._render_lines() + alerts._render_more()
            for customer, alerts in self.grouped("commercial_partner_id").items()
        }
        self.commercial_partner_id._message_log_batch(notes)

    def _render_lines(self):
        """Return what these alerts of one customer come to, per company."""
        parts = []
        for company, alerts in self.grouped("company_id").items():
            items = Markup().join(
                Markup("<li>%s</li>") % line for line in alerts._get_lines()
            )
            title = self.env._("Service credits at %(company)s:", company=company.name)
            parts.append(Markup("<p>%s</p><ul>%s</ul>") % (title, items))
        return Markup().join(parts)

    def _render_more(self):
        more = []
        for order in self.order_id:
            more.append(
                self.env._("The draft quotation %(order)s is ready.", order=order.name)
            )
        if any(self.mapped("is_customer_told")):
            more.append(self.env._("An e-mail to the customer is on its way."))
        return Markup().join(Markup("<p>%s</p>") % text for text in more)

    # ------------------------------------------------------------------
    # Activity
    # ------------------------------------------------------------------

    def _schedule_activities(self):
        """Open one activity per customer and user, in place of an earlier one."""
        mine = self.filtered("user_id")
        outdated = mine._search_activities()
        kind = self._get_activity_type()
        by_pair = mine._search_told().grouped(lambda alert: alert._get_pair())
        vals_list = [
            {"activity_type_id": kind.id, **alerts._prepare_activity()}
            for alerts in by_pair.values()
            if alerts & mine
        ]
        outdated.unlink()
        # No mail about the activity: the user finds it on the day it is due, today.
        quiet = self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        quiet.create(vals_list)

    def _end_activities(self):
        """Remove the activities about alerts that are all over."""
        kept = {alert._get_pair() for alert in self._search_told()}
        activities = self._search_activities()
        activities.filtered(
            lambda activity: (activity.res_id, activity.user_id.id) not in kept
        ).unlink()

    def _get_pair(self):
        return (self.commercial_partner_id.id, self.user_id.id)

    def _search_told(self):
        """Return all open alerts that these users were notified of, per customer."""
        return self.search(
            [
                ("commercial_partner_id", "in", self.commercial_partner_id.ids),
                ("user_id", "in", self.user_id.ids),
                ("state", "=", OPEN),
                ("date_told", "!=", False),
            ]
        )

    def _search_activities(self):
        """Return the activities that are open about these customers, of these users."""
        pairs = {alert._get_pair() for alert in self}
        return (
            self.env["mail.activity"]
            .search(
                [
                    ("res_model", "=", "res.partner"),
                    ("res_id", "in", self.commercial_partner_id.ids),
                    ("user_id", "in", self.user_id.ids),
                    ("activity_type_id", "=", self._get_activity_type().id),
                ]
            )
            .filtered(lambda activity: (activity.res_id, activity.user_id.id) in pairs)
        )

    def _get_activity_type(self):
        kind = self.env.ref(ACTIVITY_TYPE, raise_if_not_found=False)
        return kind or self.env.ref("mail.mail_activity_data_todo")

    def _prepare_activity(self):
        latest = self.sorted("id")[-1]
        link = Markup('<p><a href="/odoo/service-credit-alerts/%s">%s</a></p>') % (
            latest.id,
            self.env._("Open the alert, to renew"),
        )
        return {
            "res_model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": latest.commercial_partner_id.id,
            "user_id": latest.user_id.id,
            "summary": self.env._("Service credits"),
            "note": self._render_lines() + self._render_more() + link,
            "date_deadline": latest.company_id._get_today(),
        }

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.tools import format_amount, format_date

from ...tools import format_number

# The page is no archive; the history of the request is complete.
MOST_MESSAGES = 40


class ServiceAuthorization(models.Model):
    """What the customer's page and mail say. The records are superuser ones."""

    _inherit = "service.authorization"

    def _format_day(self, moment):
        """Return the day of a moment, in the time zone of the company that asks."""
        # sudo: customers may not read companies
        zone = self.sudo().company_id.partner_id.tz or "UTC"
        return format_date(self.with_context(tz=zone).env, moment)

    def _get_hours_text(self, sign=1):
        """Return the hours, or those given back, as the customer's mail writes them."""
        self.ensure_one()
        return format_number(self.env, sign * self.hours)

    def _get_portal_texts(self):
        """Return the sentences of the customer's page that name something."""
        self.ensure_one()
        values = {
            "hours": self._get_hours_text(),
            "back": self._get_hours_text(-1),
            "item": self.sale_line_id.product_id.name,
            "company": self.company_id.name,
            "name": self.signed_by,
            "approved": self._format_day(self.approved_on),
            "valid": self._format_day(self.valid_until),
            "asked": format_number(self.env, self.hours_requested),
            "price": format_amount(self.env, self.amount_estimate, self.currency_id),
        }
        return {
            "title": self.env._("%(back)s h given back on %(item)s", **values)
            if self.hours < 0
            else self.env._("%(hours)s h on %(item)s", **values),
            "hours": self.env._("Hours you approve"),
            "of": self.env._("of %(hours)s", **values),
            "button": self._get_button_text(),
            "terms": self._get_terms_text(),
            "lapsed": self.env._(
                "This request lapsed on %(valid)s: please ask %(company)s for a new "
                "one.",
                **values,
            ),
            "approved": self.env._("Approved by %(name)s on %(approved)s.", **values)
            if self.signed_by
            else self.env._("Approved on %(approved)s.", **values),
            "until": self.env._(
                "The request can be answered once, until %(valid)s.", **values
            ),
        }

    def _get_terms_text(self):
        """Return what the customer signs."""
        self.ensure_one()
        customer = self.commercial_partner_id.name
        if self.hours < 0:
            return self.env._(
                "By signing, you give back hours that are authorized and not used, on "
                "behalf of %(customer)s: no time can be billed on them any more.",
                customer=customer,
            )
        return self.env._(
            "You pay for the time actually spent, and never more than you authorize. "
            "By signing, you authorize the hours on behalf of %(customer)s.",
            customer=customer,
        )

    def _get_portal_ticket(self):
        """Return the ticket to name on the page: none that became another customer's.

        `self` is a superuser record.
        """
        self.ensure_one()
        ticket = self.ticket_id
        customer = self.commercial_partner_id
        return ticket.filtered(lambda t: t.commercial_partner_id == customer)

    def _get_button_text(self):
        """Return what the button says of hours and price, for the page to fill in."""
        self.ensure_one()
        if self.hours < 0:
            return self.env._("Give Back {hours} h")
        if not self.amount_estimate:
            return self.env._("Approve {hours} h")
        return self.env._("Approve {hours} h ({price})")

    def _format_number(self, hours):
        return format_number(self.env, hours)

    def _format_hours(self, hours):
        """Return hours as all sentences of the page write them."""
        return self.env._("%(hours)s h", hours=format_number(self.env, round(hours, 2)))

    def _get_conversation(self):
        """Return the messages that customer and employees wrote to each other."""
        self.ensure_one()
        comment = self.env.ref("mail.mt_comment")
        return self.message_ids.filtered(
            lambda message: (
                message.subtype_id == comment
                and message.message_type in ("comment", "email", "email_outgoing")
                and not message.is_internal
            )
        )[:MOST_MESSAGES].sorted("id")

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import uuid
from math import isfinite

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date
from odoo.tools.image import base64_to_image

from ...tools import DurationError, format_number, parse_duration


class ServiceAuthorizationPortal(models.AbstractModel):
    """The link that a request of hours is answered with, and what it allows.

    Design 7.2. In the methods that answer, the records are superuser ones: the
    controller has checked link and customer.
    """

    _name = "service.authorization.portal"
    _inherit = ["portal.mixin"]
    _description = "Portal Answer to a Request of Hours"

    def action_send(self):
        """Mail the customer a new link to answer with; former links stop working."""
        self.check_access("read")
        for authorization in self:
            authorization._check_open()
            authorization._send_request()
        return {"type": "ir.actions.act_window_close"}

    def action_preview(self):
        """Open the page that the customer answers on, as the user who looks at it."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.access_url}

    def _approve_in_portal(self, user, hours, name, signature):
        """Approve all or less, signed as quotations are.

        :param user: the user of the session, public or of the customer
        :param hours: hours approved, as they came in
        :param str name: who signs
        :param str signature: the picture, base64
        :raise UserError: in one sentence, for what is missing or not possible
        """
        self._check_customer_may_answer(user)
        name = (name or "").strip()
        if not name or not signature:
            raise UserError(
                self.env._(
                    "Approving %(name)s takes your name and your signature.",
                    name=self.display_name,
                )
            )
        try:
            base64_to_image(signature)
        except (TypeError, ValueError, UserError) as error:
            raise UserError(
                self.env._(
                    "The signature on %(name)s is no picture: please draw it again.",
                    name=self.display_name,
                )
            ) from error
        self._approve(
            self._parse_hours(hours),
            signed_by=name,
            signature=signature,
            **self._get_portal_values(user),
        )

    def _decline_in_portal(self, user, message):
        """Decline, with the customer's words if there are any."""
        self._check_customer_may_answer(user)
        self._decline(
            answer_note=(message or "").strip(), **self._get_portal_values(user)
        )

    def _ask_in_portal(self, user, message):
        """Send whoever requested the hours a question; the request stays open."""
        self._check_customer_may_answer(user)
        message = (message or "").strip()
        if not message:
            raise UserError(
                self.env._(
                    "Write what you want to know about %(name)s.",
                    name=self.display_name,
                )
            )
        author = self.partner_id if user._is_public() else user.partner_id
        # Employees read it, in their language.
        request = self._for_requester()
        body = request.env._(
            "%(customer)s asks about %(name)s: “%(message)s”",
            customer=author.name,
            name=request.display_name,
            message=message,
        )
        self._message_log(body=body, author_id=author.id)
        if self.ticket_id:
            self.ticket_id._message_log(body=body, author_id=author.id)
        self._tell_requester(body, author)

    def _is_customer_user(self, user):
        """Tell whether the session may see the request as its customer."""
        self.ensure_one()
        return user._is_public() or (
            user._is_portal()
            and user.commercial_partner_id == self.commercial_partner_id
        )

    def _check_customer_may_answer(self, user):
        self.ensure_one()
        if not self._is_customer_user(user):
            raise AccessError(
                self.env._(
                    "Only %(customer)s can answer the request of %(name)s here; an "
                    "employee records the answer on the request.",
                    customer=self.commercial_partner_id.display_name,
                    name=self.display_name,
                )
            )
        self._check_open_for_customer()
        self._check_not_lapsed()

    def _check_open_for_customer(self):
        """Refuse a second answer, in words for the customer, who cannot request."""
        self.ensure_one()
        values = {"name": self.display_name, "company": self.company_id.name}
        texts = {
            "approved": self.env._(
                "The request of %(name)s was approved already: ask %(company)s if you "
                "want to change your answer.",
                **values,
            ),
            "declined": self.env._(
                "The request of %(name)s was declined already: ask %(company)s if you "
                "want to change your answer.",
                **values,
            ),
            "cancelled": self.env._(
                "%(company)s withdrew the request of %(name)s, so there is nothing to "
                "answer: ask %(company)s if you miss it.",
                **values,
            ),
        }
        if self.state in texts:
            raise UserError(texts[self.state])

    @api.model
    def _get_portal_values(self, user):
        return {
            "source": "portal",
            "approved_by_id": False if user._is_public() else user.id,
        }

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
            "approved": format_date(self.env, self.approved_on),
            "valid": format_date(self.env, self.valid_until),
        }
        return {
            "title": self.env._("%(back)s h given back on %(item)s", **values)
            if self.hours < 0
            else self.env._("%(hours)s h on %(item)s", **values),
            "hours": self.env._("Hours you approve"),
            "of": self.env._("of %(hours)s", **values),
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
            "You pay the time that is really spent, and never more than you "
            "authorize. By signing, you authorize the hours on behalf of "
            "%(customer)s.",
            customer=customer,
        )

    def _parse_hours(self, hours):
        """Return the hours as a number, from whatever the page sent.

        None, where the page asks for no hours, is all that were asked for.
        """
        if hours is None:
            return None
        if not str(hours).strip():
            raise ValidationError(
                self.env._(
                    "Write how many hours on %(item)s you approve: from %(increment)s "
                    "to %(asked)s.",
                    item=self.sale_line_id.display_name,
                    increment=format_number(self.env, self._get_increment()),
                    asked=self._get_hours_text(),
                )
            )
        if isinstance(hours, int | float):
            return hours
        try:
            number = parse_duration(hours, confirmed=True)
        except DurationError:
            raise self._get_no_number(hours) from None
        if not isfinite(number):
            raise self._get_no_number(hours)
        return number

    def _portal_ensure_token(self):
        """Return the token of the customer's link; employees cannot read it."""
        # sudo: see `access_token`
        return super(ServiceAuthorizationPortal, self.sudo())._portal_ensure_token()

    def _send_request(self):
        """Queue the mail that asks the customer, with a fresh link (design 7.2)."""
        self.ensure_one()
        company = self.company_id or self.env.company
        # sudo: the link is for the customer, not for whoever sends it
        self.sudo().write(
            {
                "access_token": str(uuid.uuid4()),
                "valid_until": company._get_authorization_lapse(),
            }
        )
        if not self.partner_id.email:
            self._log_history(
                self.env._(
                    "%(name)s: requested. %(partner)s has no e-mail address, so ask by "
                    "phone and record the answer.",
                    name=self.display_name,
                    partner=self.partner_id.display_name,
                )
            )
            return
        self._queue_request()
        self._log_history(
            self.env._(
                "%(name)s: requested from %(partner)s.",
                name=self.display_name,
                partner=self.partner_id.display_name,
            )
        )

    def _queue_request(self):
        """Queue the mail; the queue is read as soon as the transaction is committed."""
        self.ensure_one()
        company = self.company_id or self.env.company
        template = self.env.ref("helpdesk_service_credit.mail_template_authorization")
        # As superuser and on no record: who can read the mail can answer it.
        template.with_user(SUPERUSER_ID).send_mail(
            self.id,
            email_values={
                "model": False,
                "res_id": False,
                "author_id": company.partner_id.id,
                "reply_to": self.sudo().requested_by_id.email_formatted
                or company.email_formatted,
            },
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import uuid
from math import isfinite

from PIL import Image

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools.image import base64_to_image

from ...tools import DurationError, clean_text, format_number, parse_duration

MOST_MAILS_A_DAY = 5
MOST_QUESTIONS = 20
MOST_CHARACTERS = 2000
MOST_NAME_CHARACTERS = 100
# Of a signature: characters of the base64 text, and pixels once it is decoded.
MOST_SIGNATURE_CHARACTERS = 2_000_000
MOST_SIGNATURE_PIXELS = 10_000_000


class ServiceAuthorization(models.Model):
    """The link that a request is answered with, and what it allows.

    The link is for one reader: the contact it is mailed to. Its token stands in that
    mail alone; no template, message or method tells it to anybody else. In the methods
    that answer, the records are superuser ones: the controller has checked link and
    customer.
    """

    _inherit = "service.authorization"

    def action_send(self):
        """Mail the customer a new link to answer with; former links stop working.

        :raise AccessError: for users who could not ask for the hours themselves
        :raise UserError: when the request was answered, or mailed too often today
        """
        self.check_access("read")
        for authorization in self:
            if not authorization._may_send():
                raise AccessError(
                    self.env._(
                        "You can't send the request for %(name)s: only people who may "
                        "request hours can.",
                        name=authorization.display_name,
                    )
                )
            authorization._check_open()
            authorization._send_request()
        return self._get_sent_action()

    def _get_sent_action(self):
        """Return a notification: who was asked, or has to be called."""
        close = {"type": "ir.actions.act_window_close"}
        if len(self) != 1:
            return close
        values = {
            "customer": self.partner_id.display_name,
            "hours": format_number(self.env, self.hours),
        }
        if self.is_unreachable:
            kind, message = (
                "warning",
                self.env._(
                    "%(customer)s has no e-mail address: ask by phone, and record the "
                    "answer on the request.",
                    **values,
                ),
            )
        else:
            kind, message = (
                "success",
                self.env._("%(customer)s was asked for %(hours)s hours.", **values),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message, "next": close},
        }

    def _may_send(self):
        """Tell whether the user could ask for the hours."""
        self.ensure_one()
        return self.has_access("create")

    def action_preview(self):
        """Open the page that the customer answers on, as the user who looks at it."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": self.access_url, "target": "new"}

    # ------------------------------------------------------------------
    # The link
    # ------------------------------------------------------------------

    def get_portal_url(
        self,
        suffix=None,
        report_type=None,
        download=None,
        query_string=None,
        anchor=None,
    ):
        """Refuse the link to users: it stands in the customer's mail alone."""
        self.check_access("read")
        if not self.env.su:
            raise AccessError(
                self.env._(
                    "Only the customer gets the link to answer a request: use Send "
                    "Again to mail a new one."
                )
            )
        return super().get_portal_url(
            suffix, report_type, download, query_string, anchor
        )

    def _get_share_url(
        self, redirect=False, signup_partner=False, pid=None, share_token=True
    ):
        """Share the page, which opens to its customer after a login, not the link."""
        self.check_access("read")
        return super()._get_share_url(
            redirect=redirect, signup_partner=signup_partner, share_token=False
        )

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Leave the group out whose messages hold a link with the token.

        sudo: portal reads the token for it, which no user can.
        """
        groups = super(ServiceAuthorization, self.sudo())._notify_get_recipients_groups(
            message, model_description, msg_vals=msg_vals
        )
        return [group for group in groups if group[0] != "portal_customer"]

    @api.model
    def _get_thread_with_access(self, thread_id, **kwargs):
        """Open the discussion to users with rights; the link is to answer with."""
        for name in ("hash", "pid", "token"):
            kwargs.pop(name, None)
        return super()._get_thread_with_access(thread_id, **kwargs)

    def _get_answer_url(self):
        """Return the page of the request, without the token that opens it.

        The mail's template shows it; :meth:`_queue_request` adds the token to the mail
        that goes to the customer.
        """
        self.ensure_one()
        return f"{self.get_base_url()}{self.access_url}"

    def _may_read_estimate(self):
        """Tell whether the user may see the price; a template asks before it shows."""
        return self._has_field_access(self._fields["amount_estimate"], "read")

    def _send_request(self):
        """Queue the mail that asks the customer, with a fresh link."""
        self.ensure_one()
        self._count_mail()
        company = self.company_id or self.env.company
        # sudo: the link is for the customer, not for the person who sends it
        self.sudo().write(
            {
                "partner_id": self._get_addressee().id,
                "access_token": str(uuid.uuid4()),
                "valid_until": company._get_authorization_lapse(),
                "question_count": 0,
            }
        )
        values = {
            "name": self.display_name,
            "partner": self.partner_id.display_name,
        }
        if self.partner_id.email:
            self._queue_request()
            text = self.env._("%(name)s: requested from %(partner)s.", **values)
        else:
            text = self.env._(
                "%(name)s: requested. %(partner)s has no e-mail address, so ask by "
                "phone and record the answer.",
                **values,
            )
        self._log_history(text)

    def _count_mail(self):
        """Refuse to mail the same request over and over.

        :raise UserError: after so many mails on one day
        """
        self.ensure_one()
        # sudo: the count is kept from everybody
        record_sudo, today = self.sudo(), self._get_today()
        sent = record_sudo.mails_sent if record_sudo.mailed_on == today else 0
        if sent >= MOST_MAILS_A_DAY:
            raise UserError(
                self.env._(
                    "The request for %(name)s was sent %(count)s times today: call "
                    "%(partner)s and record the answer, or send it again tomorrow.",
                    name=self.display_name,
                    count=sent,
                    partner=self.partner_id.display_name,
                )
            )
        record_sudo.write({"mailed_on": today, "mails_sent": sent + 1})

    def _queue_request(self):
        """Queue the mail; the queue is read as soon as the transaction is committed.

        It goes to the customer and nobody else, whatever recipients were added to the
        template, and on no record, where others would read it.
        """
        self.ensure_one()
        company = self.company_id or self.env.company
        template = self.env.ref("helpdesk_service_credit.mail_template_authorization")
        # sudo: see `access_token`
        record_sudo = self.sudo()
        mail_id = template.with_user(SUPERUSER_ID).send_mail(
            self.id,
            email_values={
                "model": False,
                "res_id": False,
                "author_id": company.partner_id.id,
                "recipient_ids": [(6, 0, record_sudo.partner_id.ids)],
                "email_to": False,
                "email_cc": False,
                "reply_to": record_sudo.requested_by_id.email_formatted
                or company.email_formatted,
            },
        )
        mail_sudo = self.env["mail.mail"].sudo().browse(mail_id)
        url = record_sudo._get_answer_url()
        link = f"{url}?access_token={record_sudo.access_token}"
        # In the mail alone: its message, which is a record of its own, has the page.
        mail_sudo.body_html = mail_sudo.body_html.replace(
            f'href="{url}"', f'href="{link}"'
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    # ------------------------------------------------------------------
    # Answers in the portal
    # ------------------------------------------------------------------

    def _approve_in_portal(self, user, hours, name, signature, address=None):
        """Approve all or less, signed as quotations are.

        :param user: the user of the session, public or of the customer
        :param hours: hours approved, as they came in
        :param name: who signs, as it came in
        :param signature: the picture, base64, as it came in
        :param address: the network address it came from
        :raise UserError: in one sentence, for what is missing or not possible
        """
        self._check_customer_may_answer(user)
        name = clean_text(name).strip()
        if not name or not signature:
            raise UserError(self.env._("Please enter your name and sign."))
        self._check_length(name, MOST_NAME_CHARACTERS)
        self._check_signature(signature)
        hours = self._parse_hours(hours)
        hours = self.hours if hours is None else hours
        self._check_granted(hours)
        self._check_authority(user, hours)
        self._approve(
            hours,
            signed_by=name,
            signature=signature,
            **self._get_portal_values(user, address),
        )

    def _decline_in_portal(self, user, message, address=None):
        """Decline, with the customer's words if there are any."""
        self._check_customer_may_answer(user)
        self._check_authority(user, self.hours)
        message = clean_text(message).strip()
        self._check_length(message, MOST_CHARACTERS)
        self._decline(answer_note=message, **self._get_portal_values(user, address))

    def _ask_in_portal(self, user, message):
        """Send the person who requested the hours a question; it stays open."""
        self._check_customer_may_answer(user)
        message = clean_text(message).strip()
        values = {"name": self.display_name, "company": self.company_id.name}
        if not message:
            raise UserError(self.env._("Enter your question about %(name)s.", **values))
        self._check_length(message, MOST_CHARACTERS)
        if self.question_count >= MOST_QUESTIONS:
            raise UserError(
                self.env._(
                    "You have already sent many questions about %(name)s: please call "
                    "%(company)s.",
                    **values,
                )
            )
        self.question_count += 1
        author = self.partner_id if user._is_public() else user.partner_id
        # Employees read it, in their language.
        request = self._for_requester()
        body = request.env._(
            "%(customer)s asks about %(name)s: “%(message)s”",
            customer=author.name,
            name=request.display_name,
            message=message,
        )
        if self.ticket_id:
            self.ticket_id._message_log(body=body, author_id=author.id)
        self._tell_requester(body, author)
        self._add_to_conversation(message, author)

    def _add_to_conversation(self, message, author):
        """Keep what the customer wrote where the page shows it, and mail the customer
        what employees answer there."""
        self.message_subscribe(author.ids, self.env.ref("mail.mt_comment").ids)
        # Who requested the hours has been told, with the name of the request.
        question = self._message_log(
            body=message, author_id=author.id, message_type="comment"
        )
        comment = self.env.ref("mail.mt_comment")
        question.write({"subtype_id": comment.id, "is_internal": False})

    def _check_length(self, text, most):
        if len(text) > most:
            raise UserError(
                self.env._(
                    "“%(start)s…” is too long: please use at most %(most)s characters.",
                    start=text[:20],
                    most=most,
                )
            )

    def _check_signature(self, signature):
        """Refuse anything but a picture, and one that would fill the memory."""
        error = UserError(
            self.env._("We couldn't read your signature. Please sign again.")
        )
        if not isinstance(signature, str) or len(signature) > MOST_SIGNATURE_CHARACTERS:
            raise error
        try:
            image = base64_to_image(signature)
        except (Image.DecompressionBombError, ValueError, UserError) as cause:
            raise error from cause
        width, height = image.size
        if width * height > MOST_SIGNATURE_PIXELS:
            raise error

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
                    "Only %(customer)s can answer the request for %(name)s here; an "
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
                "The request for %(name)s was approved already: ask %(company)s if you "
                "want to change your answer.",
                **values,
            ),
            "declined": self.env._(
                "The request for %(name)s was declined already: ask %(company)s if you "
                "want to change your answer.",
                **values,
            ),
            "cancelled": self.env._(
                "%(company)s withdrew the request for %(name)s: contact %(company)s if "
                "you were expecting to answer it.",
                **values,
            ),
        }
        if self.state in texts:
            raise UserError(texts[self.state])

    def _check_not_lapsed(self):
        """Refuse the customer's answer on a link that is too old."""
        self.ensure_one()
        if self.is_lapsed:
            raise UserError(
                self.env._(
                    "The request for %(name)s lapsed on %(date)s: ask %(company)s for "
                    "a new one.",
                    name=self.display_name,
                    date=self._format_day(self.valid_until),
                    # sudo: customers may not read companies
                    company=self.sudo().company_id.name,
                )
            )

    @api.model
    def _get_portal_values(self, user, address):
        return {
            "source": "portal",
            "approved_by_id": False if user._is_public() else user.id,
            "answered_from": address,
        }

    def _parse_hours(self, hours):
        """Return the hours as a number, from whatever the page sent.

        None, where the page asks for no hours, is all that were asked for.
        """
        if hours is None:
            return None
        if not str(hours).strip():
            raise ValidationError(
                self.env._(
                    "Enter how many hours on %(item)s you approve: from %(increment)s "
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

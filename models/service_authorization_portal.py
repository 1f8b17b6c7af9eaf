# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools.image import base64_to_image


class ServiceAuthorizationPortal(models.AbstractModel):
    """What a customer may do with a request of hours in the portal (design 7.2).

    The records are superuser ones: the controller has checked link and customer.
    """

    _name = "service.authorization.portal"
    _description = "Portal Answer to a Request of Hours"

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
        body = self.env._(
            "%(customer)s asks about %(name)s: “%(message)s”",
            customer=author.name,
            name=self.display_name,
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
        self._check_open()
        self._check_not_lapsed()

    @api.model
    def _get_portal_values(self, user):
        return {
            "source": "portal",
            "approved_by_id": False if user._is_public() else user.id,
        }

    def _parse_hours(self, hours):
        """Return the hours as a number, from whatever the page sent."""
        if hours in (None, ""):
            return None
        try:
            return float(str(hours).replace(",", "."))
        except ValueError:
            raise ValidationError(
                self.env._(
                    "“%(hours)s” is no number of hours: write them as 2.5.",
                    hours=str(hours)[:40],
                )
            ) from None

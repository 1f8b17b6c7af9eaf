# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...tools import clean_text, format_number, is_countable, is_multiple

MANAGER_GROUPS = (
    "helpdesk_service_credit.group_service_credit_manager",
    "helpdesk_mgmt.group_helpdesk_manager",
)


class ServiceAuthorization(models.Model):
    """The answer to a request: given once, by whom, how, and who is told."""

    _inherit = "service.authorization"

    def action_record_answer(self):
        """Open the window in which a manager records the customer's answer."""
        self.ensure_one()
        self._check_may_record()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_authorization_record_action"
        )
        return action | {"context": {"default_authorization_id": self.id}}

    def action_approve(self, hours=None, note=None):
        """Record that the customer approved, as a manager heard it.

        :param float hours: hours approved, when fewer than requested
        :param str note: who said it and how
        :raise AccessError: for users who are no managers
        :raise UserError: when the request was answered already
        :raise ValidationError: for hours that were not asked for, or are used already
        """
        self._check_may_record()
        for authorization in self:
            authorization._approve(hours, answer_note=note, source="manager")
        return True

    def action_decline(self, note=None):
        """Record that the customer declined, as a manager heard it.

        :raise AccessError: for users who are no managers
        :raise UserError: when the request was answered already
        """
        self._check_may_record()
        for authorization in self:
            authorization._decline(answer_note=note, source="manager")
        return True

    def action_cancel(self):
        """Withdraw requests that wait for an answer.

        :raise AccessError: for users who neither asked nor are managers
        :raise UserError: when the request was answered already
        """
        self.check_access("read")
        for authorization in self:
            if not authorization._may_withdraw():
                authorization._check_may_record()
            authorization._check_open()
            # sudo: nobody writes authorizations, see the access rights
            authorization.sudo().state = "cancelled"
            authorization._log_history(
                self.env._(
                    "%(name)s: request withdrawn.", name=authorization.display_name
                )
            )
        return True

    # ------------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------------

    @api.model
    def _may_record_answers(self):
        return self.env.su or any(
            self.env.user.has_group(group) for group in MANAGER_GROUPS
        )

    def _may_withdraw(self):
        """Tell whether the user asked, or is a manager."""
        self.ensure_one()
        return self.requested_by_id == self.env.user or self._may_record_answers()

    def _check_may_record(self):
        self.check_access("read")
        if not self._may_record_answers():
            raise AccessError(
                self.env._(
                    "Only Service Credits or Helpdesk managers can record the answer "
                    "to %(names)s. You can send the customer the link instead.",
                    names=", ".join(self.mapped("display_name"))
                    or self.env._("a request"),
                )
            )

    def _check_open(self):
        """Refuse a second answer."""
        self.ensure_one()
        if self.state != "requested":
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "The request for %(name)s is already %(state)s. Request the hours "
                    "again if they are still needed.",
                    name=self.display_name,
                    state=labels[self.state].lower(),
                )
            )

    def _check_granted(self, hours):
        """Refuse to grant more than was asked for, or nothing."""
        self.ensure_one()
        is_number = isinstance(hours, int | float) and not isinstance(hours, bool)
        if not is_number or not is_countable(hours):
            raise self._get_no_number(hours)
        hour = self.env.ref("uom.product_uom_hour")
        increment = self._get_increment()
        is_all = hour.compare(hours, self.hours) == 0
        is_less = 0 < hours < self.hours and is_multiple(hours, increment)
        if is_all or is_less:
            return
        raise ValidationError(
            self.env._(
                "%(hours)s h on %(item)s can't be approved: %(asked)s were asked for, "
                "so approve between %(increment)s and %(asked)s in steps of "
                "%(increment)s.",
                hours=format_number(self.env, hours),
                # sudo: the name of an item tells nothing of its price
                item=self.sudo().sale_line_id.display_name,
                asked=format_number(self.env, self.hours),
                increment=format_number(self.env, increment),
            )
        )

    def _get_no_number(self, hours):
        """Return the error for something that isn't a number of hours."""
        return ValidationError(
            self.env._(
                "“%(hours)s” isn't a valid number of hours. Enter %(example)s or 2:30, "
                "for example.",
                hours=clean_text(str(hours))[:40],
                example=format_number(self.env, 2.5),
            )
        )

    def _check_reduction(self, hours):
        """Refuse to take back hours that are used already."""
        self.ensure_one()
        if hours > 0:
            return
        # sudo: the hours used count, also those the user may not see
        line_sudo = self.sudo().sale_line_id
        hour = self.env.ref("uom.product_uom_hour")
        authorized, used = line_sudo.authorized_hours, line_sudo.authorized_hours_used
        if hour.compare(authorized + hours, used) >= 0:
            return
        raise ValidationError(
            self.env._(
                "%(hours)s hours can't be taken back from %(item)s: of %(authorized)s "
                "authorized hours %(used)s are used, so at most %(possible)s can be.",
                hours=format_number(self.env, -hours),
                item=line_sudo.display_name,
                authorized=format_number(self.env, round(authorized, 2)),
                used=format_number(self.env, round(used, 2)),
                possible=format_number(self.env, round(max(authorized - used, 0), 2)),
            )
        )

    # ------------------------------------------------------------------
    # The answer
    # ------------------------------------------------------------------

    def _approve(self, hours=None, **values):
        """Grant the hours.

        :param float hours: hours granted; all that were asked for unless given
        :param values: how the answer was given
        """
        self.ensure_one()
        self._check_open()
        hours = self.hours if hours is None else hours
        self._check_granted(hours)
        self._check_reduction(hours)
        user = self.env.user
        # sudo: nobody writes authorizations, see the access rights
        self.sudo().write(
            {
                "approved_by_id": user.id if not user._is_public() else False,
                **values,
                "state": "approved",
                "hours": hours,
                "approved_on": fields.Datetime.now(),
            }
        )
        self._log_answer()
        self._after_approval()

    def _decline(self, **values):
        self.ensure_one()
        self._check_open()
        # sudo: nobody writes authorizations, see the access rights
        self.sudo().write(
            {**values, "state": "declined", "approved_on": fields.Datetime.now()}
        )
        self._log_answer()

    def _after_approval(self):
        """Hook for rooms below this one: the hours were granted."""
        self.ensure_one()

    # ------------------------------------------------------------------
    # Who is told, and in whose language
    # ------------------------------------------------------------------

    def _log_answer(self):
        """Tell the order, the ticket and the person who asked what was answered."""
        self.ensure_one()
        author = self._get_author()
        self._tell_requester(self._for_requester()._get_answer_text(), author)
        self._log_history(self._for_readers()._get_answer_text())

    def _get_answer_text(self):
        """Return who answered what, in the language of the environment."""
        self.ensure_one()
        values = {
            "name": self.display_name,
            "who": self.signed_by or self._get_author().name,
        }
        texts = [
            self.env._("%(name)s: declined by %(who)s.", **values)
            if self.state == "declined"
            else self.env._("%(name)s: approved by %(who)s.", **values)
        ]
        if self.source == "order" and self.reason and not self.signed_by:
            texts.append(f"{self.reason}.")
        hour = self.env.ref("uom.product_uom_hour")
        if hour.compare(self.hours, self.hours_requested):
            hours = format_number(self.env, self.hours_requested)
            texts.append(self.env._("Hours asked for: %(hours)s.", hours=hours))
        if self.answer_note:
            texts.append(f"“{self.answer_note}”")
        return " ".join(texts)

    def _for_requester(self):
        """Return the request in the language of the person who asked for the hours."""
        # sudo: a customer who answers may not read employees
        language = self.sudo().requested_by_id.lang
        return self.with_context(lang=language or self.env.lang)

    def _for_readers(self):
        """Return the request in the language its history is written in.

        Customers answer in theirs and do not read the history.
        """
        return self._for_requester() if self.source == "portal" else self

    def _tell_requester(self, body, author):
        self.ensure_one()
        # sudo: a customer who answers may not address employees
        requester_sudo = self.sudo().requested_by_id.partner_id
        if requester_sudo and requester_sudo != author:
            self.sudo().message_notify(
                partner_ids=requester_sudo.ids,
                subject=self._for_requester().display_name,
                body=body,
                author_id=author.id,
            )

    def _get_author(self):
        """Return who answers or acts: in the portal, the customer."""
        self.ensure_one()
        if self.source == "portal":
            # sudo: customers may not read each other
            return self.sudo().approved_by_id.partner_id or self.sudo().partner_id
        return self.env.user.partner_id

    def _log_history(self, body):
        """Log on the order and on the ticket or task; customers do not read it."""
        self.ensure_one()
        author = self._get_author()
        # sudo: history is written for all who act, and read with the order
        for document_sudo in (
            self.sudo().order_id,
            self.sudo().ticket_id or self.sudo().task_id,
        ):
            if document_sudo:
                document_sudo._message_log(body=body, author_id=author.id)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models

from ...tools import format_number


class ServiceAuthorizationHistory(models.AbstractModel):
    """What is told about a request of hours, to whom, and in whose language."""

    _name = "service.authorization.history"
    _description = "History of a Request of Hours"

    def _log_answer(self):
        """Tell the order, the ticket and whoever asked what the customer answered."""
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
            self.env._("%(name)s: approved by %(who)s.", **values)
            if self.state == "approved"
            else self.env._("%(name)s: declined by %(who)s.", **values)
        ]
        if self.hours != self.hours_requested:
            hours = format_number(self.env, self.hours_requested)
            texts.append(self.env._("Hours asked for: %(hours)s.", hours=hours))
        if self.answer_note:
            texts.append(f"“{self.answer_note}”")
        return " ".join(texts)

    def _for_requester(self):
        """Return the request in the language of whoever asked for the hours."""
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
            return self.sudo().approved_by_id.partner_id or self.sudo().partner_id
        return self.env.user.partner_id

    def _log_history(self, body):
        """Log on the order and on the ticket or task; customers do not read it."""
        self.ensure_one()
        author = self._get_author()
        # sudo: history is written whoever acts, and is read by who may see the order
        for document_sudo in (
            self.sudo().order_id,
            self.sudo().ticket_id or self.sudo().task_id,
        ):
            if document_sudo:
                document_sudo._message_log(body=body, author_id=author.id)

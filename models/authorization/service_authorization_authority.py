# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.exceptions import UserError

from ...tools import format_number


class ServiceAuthorization(models.Model):
    """Who may answer for the customer: see the marks on its contacts."""

    _inherit = "service.authorization"

    def _get_addressee(self):
        """Return who is asked: the contact of the order, or one who may approve."""
        self.ensure_one()
        # sudo: who may ask for hours need not read the order
        customer_sudo = self.sudo().order_id.partner_id
        return customer_sudo._get_hour_addressee(self.hours)

    def _get_answering_contact(self, user):
        """Return who answers: the user, or the contact that the link was mailed to."""
        self.ensure_one()
        return self.partner_id if user._is_public() else user.partner_id

    def _get_answer_limit(self, user):
        """Return the most hours the session may approve: None is any, 0 is none."""
        return self._get_answering_contact(user)._get_approve_limit()

    def _check_authority(self, user, hours):
        """Refuse an answer of a contact who may not approve so many hours.

        :raise UserError: naming who can, to colleagues who are logged in
        """
        if not self._get_answering_contact(user)._may_approve_hours(hours):
            raise UserError(self._get_authority_text(user, hours))

    def _get_authority_text(self, user, hours):
        """Return why the session cannot answer for so many hours, and who can."""
        self.ensure_one()
        # sudo: a customer may not read the marks of colleagues
        request_sudo = self.sudo()
        approvers_sudo = request_sudo.partner_id._get_hour_approvers_sudo(hours)
        values = {
            "hours": format_number(self.env, hours),
            "item": request_sudo.sale_line_id.product_id.name,
            "customer": request_sudo.commercial_partner_id.name,
            "company": request_sudo.company_id.name,
            "limit": format_number(self.env, self._get_answer_limit(user) or 0),
            "names": ", ".join(approvers_sudo.mapped("name")),
        }
        if user._is_public() or not approvers_sudo:
            return self.env._(
                "Only certain people of %(customer)s can answer for %(hours)s h on "
                "%(item)s: ask a colleague, or %(company)s.",
                **values,
            )
        if self._get_answer_limit(user):
            return self.env._(
                "You can answer for at most %(limit)s h: ask %(names)s to answer for "
                "%(hours)s h on %(item)s.",
                **values,
            )
        return self.env._(
            "You can't answer for %(hours)s h on %(item)s: ask %(names)s.", **values
        )

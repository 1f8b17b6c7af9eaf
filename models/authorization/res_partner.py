# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ...tools import refuse_uncountable


class ResPartner(models.Model):
    """Which contacts of a customer may answer requests of hours.

    While no contact of a company is marked, each of them may. A mark of a contact that
    was archived still counts: archiving the only one does not open the requests to all.
    """

    _inherit = "res.partner"

    service_may_approve = fields.Boolean(
        string="Approves Hours",
        groups="base.group_user",
        help="Can answer requests for hours. As long as no contact of the company is "
        "marked, all of them can.",
    )
    service_approve_limit = fields.Float(
        string="Approves up to",
        groups="base.group_user",
        help="The most hours this contact may approve in one request; 0: any number.",
    )

    _service_approve_limit_positive = models.Constraint(
        "CHECK (service_approve_limit >= 0)",
        "The hours a contact can approve can't be negative; 0 means no limit.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse a limit that nothing can count with."""
        refuse_uncountable(self, vals_list, ["service_approve_limit"])
        return super().create(vals_list)

    def write(self, vals):
        """Refuse a limit that nothing can count with."""
        refuse_uncountable(self, [vals], ["service_approve_limit"])
        return super().write(vals)

    def _get_marked_contacts_sudo(self, name):
        """Return the contacts of the company that are marked, archived ones too."""
        self.ensure_one()
        # sudo: a customer who answers may not read the marks of colleagues
        contacts_sudo = self.sudo().with_context(active_test=False)
        entity_sudo = contacts_sudo.commercial_partner_id
        return contacts_sudo.search(
            [("commercial_partner_id", "=", entity_sudo.id), (name, "=", True)],
            order="id",
        )

    def _get_approve_limit(self):
        """Return the most hours this contact may approve: None is any, 0 is none."""
        self.ensure_one()
        marked_sudo = self._get_marked_contacts_sudo("service_may_approve")
        if not marked_sudo:
            return None
        own_sudo = marked_sudo.filtered("active") & self.sudo()
        return (own_sudo.service_approve_limit or None) if own_sudo else 0.0

    def _may_approve_hours(self, hours):
        """Tell whether this contact may approve so many hours."""
        limit = self._get_approve_limit()
        hour = self.env.ref("uom.product_uom_hour")
        return limit is None or (limit > 0 and hour.compare(hours, limit) <= 0)

    def _get_hour_approvers_sudo(self, hours):
        """Return the contacts of the company that are marked and may approve so many
        hours."""
        marked_sudo = self._get_marked_contacts_sudo("service_may_approve")
        return marked_sudo.filtered(
            lambda contact: contact.active and contact._may_approve_hours(hours)
        )

    def _get_hour_addressee(self, hours):
        """Return who is asked for so many hours: this contact if it may answer, else
        one that may, if possible by mail."""
        if self._may_approve_hours(hours):
            return self
        approvers_sudo = self._get_hour_approvers_sudo(hours)
        found_sudo = approvers_sudo.filtered("email")[:1] or approvers_sudo[:1]
        return found_sudo.sudo(self.env.su) or self

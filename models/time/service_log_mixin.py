# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models


class ServiceLogMixin(models.AbstractModel):
    """What kind of service an entry records, and what only employees read of it."""

    _name = "service.log.mixin"
    _description = "Service of a Time Entry"

    service_type_id = fields.Many2one(
        comodel_name="service.type",
        compute="_compute_service_type_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What kind of service was delivered. New entries take the type of the "
        "ticket's team.",
    )
    # Customers read entries in the portal: the group keeps this from them there too.
    internal_note = fields.Text(
        groups="base.group_user",
        help="Never shown to the customer, who sees the description.",
    )
    service_log_key = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        export_string_translation=False,
        help="The window of Log Service that logged the entry: it logs once.",
    )

    @api.depends("ticket_id")
    def _compute_service_type_id(self):
        """Take the type of the ticket's team; a type that was chosen stays."""
        for line in self:
            if line.ticket_id and not line.service_type_id:
                # sudo: who may log on a ticket need not read its team
                team_sudo = line.ticket_id.sudo().team_id
                line.service_type_id = team_sudo.default_service_type_id

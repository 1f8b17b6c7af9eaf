# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.exceptions import AccessError

from ...tools import check_moved


class ServiceSyncHeader(models.Model):
    """One more header that is sent with every request to a connected system."""

    _name = "service.sync.header"
    _description = "Header of a Connected System"
    _order = "source_id, id"

    source_id = fields.Many2one(
        comodel_name="service.sync.source",
        string="Connected System",
        required=True,
        index=True,
        ondelete="cascade",
    )
    name = fields.Char(string="Header", required=True)
    secret = fields.Char(
        string="Value", groups="base.group_system", copy=False, exportable=False
    )

    def write(self, vals):
        result = super().write(vals)
        check_moved(self, vals, ("source_id",))
        return result

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Refuse to export secrets, also to people who may read them.

        :raise AccessError: a secret was asked for
        """
        if any(path and path[0] == "secret" for path in fields):
            raise AccessError(
                self.env._("The values of headers are never exported: leave them out.")
            )
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

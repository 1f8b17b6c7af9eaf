# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models

from ...connectors import resolve
from ...connectors.errors import quote
from ...connectors.values import FALSE, TRUE, is_empty
from ...tools import check_moved


class ServiceSyncSkip(models.Model):
    """Rows of a connected system that are left out: invoiced already, breaks, …"""

    _name = "service.sync.skip"
    _description = "Rows a Connected System Leaves Out"
    _order = "source_id, id"
    _rec_name = "source_field"

    source_id = fields.Many2one(
        comodel_name="service.sync.source",
        string="Connected System",
        required=True,
        index=True,
        ondelete="cascade",
    )
    source_field = fields.Char(string="Field at the Source", required=True)
    operator = fields.Selection(
        selection=[("is", "Is"), ("is_not", "Is Not")], required=True, default="is"
    )
    value = fields.Char(
        help="Empty: the field has no value. Yes and No count in every language."
    )

    def write(self, vals):
        result = super().write(vals)
        check_moved(self, vals, ("source_id",))
        return result

    def _get_test(self):
        """Return a function that tells whether to leave out a row with some values."""
        self.ensure_one()
        name, wanted, is_wanted = (
            self.source_field,
            _plain(self.value),
            self.operator == "is",
        )
        return lambda row: (_plain(resolve(row, name)) == wanted) is is_wanted


def _plain(value):
    """A value as it is compared: a tick whatever its language, else the text."""
    if isinstance(value, bool):
        return value
    if is_empty(value):
        return ""
    text = quote(value).strip().lower()
    return text in TRUE if text in TRUE | FALSE else text

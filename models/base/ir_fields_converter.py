# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models

from ...tools import DurationError, parse_duration


class IrFieldsConverter(models.AbstractModel):
    _inherit = "ir.fields.converter"

    @api.model
    def _str_to_float(self, model, field, value, savepoint):
        """Read the hours of time entries as people type them, in imports too.

        A number above 24 is taken as it is: other analytic lines count other things,
        and time on tickets refuses more than a day itself.
        """
        if (model._name, field.name) == ("account.analytic.line", "unit_amount"):
            try:
                return parse_duration(value, confirmed=True), []
            except DurationError:
                pass  # the error of core names the field and the row
        return super()._str_to_float(model, field, value, savepoint)

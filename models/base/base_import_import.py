# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re

from odoo import api, models

# What needs no separators of the import screen to be understood: a duration, and a
# number whose only separator cannot be one of thousands.
DURATION = re.compile(r"[:'hm]|^\s*\d*[.,](?:\d{1,2}|\d{4,})\s*$", re.IGNORECASE)


class BaseImportImport(models.TransientModel):
    _inherit = "base_import.import"

    @api.model
    def _parse_float_from_data(self, data, index, name, options):
        """Leave durations of time entries to `ir.fields.converter`, as typed."""
        if (self.res_model, name) == ("account.analytic.line", "unit_amount"):
            data = [line for line in data if not DURATION.search(line[index])]
        return super()._parse_float_from_data(data, index, name, options)

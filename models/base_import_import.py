# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re

from odoo import api, models

# What tells a duration from a number, whose separators the import screen knows.
DURATION = re.compile(r"[:'hm]", re.IGNORECASE)


class BaseImportImport(models.TransientModel):
    _inherit = "base_import.import"

    @api.model
    def _parse_float_from_data(self, data, index, name, options):
        """Leave durations of time entries to `ir.fields.converter`, as typed."""
        if (self.res_model, name) == ("account.analytic.line", "unit_amount"):
            data = [line for line in data if not DURATION.search(line[index])]
        return super()._parse_float_from_data(data, index, name, options)

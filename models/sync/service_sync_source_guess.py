# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...connectors import ConnectorError
from ...connectors.guesses import guess_fields
from ...connectors.presets import PRESETS
from .rows import explain
from .service_sync_customer import MATCH_METHODS
from .styles import settle

ROWS = 10


class ServiceSyncSource(models.Model):
    """What is known of a system beforehand, or recognized in its first rows."""

    _inherit = "service.sync.source"

    @api.model
    def _get_preset_values(self, preset):
        """The values that picking a preset sets; all of them can be changed."""
        data = PRESETS[preset]
        lines = [
            {
                "source_field": line[0],
                "target_field": line[1],
                "sequence": number,
                **({"unit": line[2]} if len(line) > 2 else {}),
            }
            for number, line in enumerate(data["fields"], 1)
        ]
        skips = [
            dict(zip(("source_field", "operator", "value"), skip, strict=True))
            for skip in data.get("skips", ())
        ]
        return {
            **data["values"],
            "mapping_ids": [Command.clear(), *map(Command.create, lines)],
            "skip_ids": [Command.clear(), *map(Command.create, skips)],
        }

    @api.onchange("preset")
    def _onchange_preset(self):
        if self.preset:
            self.update(self._get_preset_values(self.preset))

    def _guess_fields(self):
        """Map the fields of the source by their names and first values.

        :raise UserError: the system cannot be read, or no field was recognized
        """
        self.ensure_one()
        self.check_access("write")
        try:
            rows = self._read_first(ROWS, check=False)
        except ConnectorError as refusal:
            raise UserError(explain(self.env, refusal)) from None
        lines = guess_fields([row.values for row in rows if not row.error], self.target)
        if not lines:
            raise UserError(
                self.env._(
                    "None of the fields of %(system)s was recognized: choose them by "
                    "hand.",
                    system=self.name,
                )
            )
        self.write(
            {
                "mapping_ids": [
                    Command.clear(),
                    *(
                        Command.create({"source_field": name, "target_field": field})
                        for name, field in lines
                    ),
                ],
                "row_is_key": "external_id" not in {field for _name, field in lines},
                # Tables that people made name their customers.
                "match_order": ", ".join(MATCH_METHODS),
            }
        )
        settle(self, rows)

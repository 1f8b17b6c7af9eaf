# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import ast

from odoo import api, models
from odoo.exceptions import ValidationError

from ...tools.typed import guarded_fields


class MailAlias(models.Model):
    """Mail is read as superuser: what an address fills in must be what people type."""

    _inherit = "mail.alias"

    @api.constrains("alias_defaults", "alias_model_id")
    def _check_alias_defaults_typed(self):
        """Refuse decided fields, and further records that have such fields.

        :raise ValidationError: naming the field
        """
        for alias in self:
            model = self.env.get(alias.sudo().alias_model_id.model)
            try:
                values = dict(ast.literal_eval(alias.alias_defaults or "{}"))
            except Exception:
                continue  # core refuses it
            name = model is not None and self._find_guarded(model, values)
            if name:
                raise ValidationError(
                    self.env._(
                        "The default values of %(alias)s can't set %(field)s: leave "
                        "it out.",
                        alias=alias.display_name,
                        field=name,
                    )
                )

    @api.model
    def _find_guarded(self, model, values):
        """Return the name of a field that no person types, if `values` has one."""
        guarded = guarded_fields(model)
        for name, value in values.items():
            field = model._fields.get(name)
            if name in guarded:
                return name
            if field is None or field.type not in ("one2many", "many2many"):
                continue
            comodel = self.env[field.comodel_name]
            if value and guarded_fields(comodel):
                return name
            commands = value if isinstance(value, (list, tuple)) else ()
            for command in commands:
                nested = command[-1] if isinstance(command, (list, tuple)) else None
                if isinstance(nested, dict) and self._find_guarded(comodel, nested):
                    return name
        return None

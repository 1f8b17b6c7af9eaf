# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import AccessError


class ServiceFiguresMixin(models.AbstractModel):
    """Stored figures that follow from other records (design 3.5).

    The screen shows them read-only; here nobody types them by RPC or import either.
    """

    _name = "service.figures.mixin"
    _description = "Derived Figures"

    _derived_figures = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        self._check_figures(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_figures([vals])
        return super().write(vals)

    @api.model
    def _check_figures(self, vals_list):
        """Refuse typed values for what the addon derives."""
        if self.env.su:
            return
        typed = set().union(
            *(self._derived_figures & vals.keys() for vals in vals_list)
        )
        if typed:
            labels = self.fields_get(typed, ["string"]).values()
            raise AccessError(
                self.env._(
                    "%(fields)s of %(model)s are summed up from other records: leave "
                    "them out.",
                    fields=", ".join(sorted(label["string"] for label in labels)),
                    model=self.env["ir.model"]._get(self._name).name,
                )
            )

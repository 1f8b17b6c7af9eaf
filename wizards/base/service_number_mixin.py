# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models

from ...tools import refuse_uncountable


class ServiceNumberMixin(models.AbstractModel):
    """A window in which people type numbers: refuses those nothing can count with."""

    _name = "service.number.mixin"
    _description = "Window with Numbers"

    @api.model_create_multi
    def create(self, vals_list):
        refuse_uncountable(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        refuse_uncountable(self, [vals])
        return super().write(vals)

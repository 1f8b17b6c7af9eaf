# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    limit_hours = fields.Boolean(
        help="Sales order items of this product take only the hours that their "
        "customer authorized. Confirming the order authorizes the hours ordered.",
    )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    time_billable = fields.Boolean(
        string="Time Is Billable",
        default=True,
        help="New time entries on tickets that are billed to this product start ticked "
        "as billable.",
    )

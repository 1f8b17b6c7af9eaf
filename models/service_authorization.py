# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ServiceAuthorization(models.Model):
    """Hours that a customer agreed, or is asked to agree, to pay on an item."""

    _name = "service.authorization"
    _description = "Authorization of Hours"
    _order = "id desc"

    sale_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Sales Order Item",
        required=True,
        index=True,
        ondelete="cascade",
    )
    hours = fields.Float(required=True)
    state = fields.Selection(
        selection=[
            ("requested", "Requested"),
            ("approved", "Approved"),
            ("declined", "Declined"),
            ("cancelled", "Cancelled"),
        ],
        default="requested",
        required=True,
        index=True,
    )
    reason = fields.Text()

    def action_approve(self):
        self.state = "approved"

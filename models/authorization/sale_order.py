# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models


class SaleOrder(models.Model):
    """The hours that are authorized with an order."""

    _inherit = "sale.order"

    has_limited_hours = fields.Boolean(compute="_compute_authorized_hours")
    authorized_hours = fields.Float(
        compute="_compute_authorized_hours",
        help="Hours authorized on the items whose hours are limited.",
    )
    authorized_hours_left = fields.Float(compute="_compute_authorized_hours")

    @api.depends(
        "order_line.limit_hours",
        "order_line.authorized_hours",
        "order_line.authorized_hours_left",
    )
    def _compute_authorized_hours(self):
        for order in self:
            lines = order.order_line.filtered("limit_hours")
            order.has_limited_hours = bool(lines)
            order.authorized_hours = sum(lines.mapped("authorized_hours"))
            order.authorized_hours_left = sum(lines.mapped("authorized_hours_left"))

    def _action_confirm(self):
        """Authorize the ordered hours of items whose hours are limited."""
        result = super()._action_confirm()
        self.order_line._authorize_ordered_hours(is_signed=True)
        return result

    def action_view_authorizations(self):
        """Open the history of hours requested and authorized on the order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_authorization_action"
        )
        return action | {
            "name": self.env._("Authorized Hours of %(order)s", order=self.name),
            "domain": [("order_id", "=", self.id)],
            "context": {"search_default_group_item": len(self.order_line) > 1},
        }

    def action_request_authorization(self):
        """Open the window that asks for more hours on an item, or what was asked."""
        self.ensure_one()
        self.check_access("read")
        return self.env["service.authorization"]._get_request_action(
            self.order_line.filtered("limit_hours")
        )

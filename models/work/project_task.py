# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models


class ProjectTask(models.Model):
    _inherit = "project.task"

    limit_hours = fields.Boolean(related="sale_line_id.limit_hours")
    authorized_hours_left = fields.Float(
        related="sale_line_id.authorized_hours_left", string="Authorized Hours Left"
    )

    def action_request_authorization(self):
        """Open the window that asks the customer for more hours."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_authorization_action_request"
        )
        return action | {
            "context": {
                "default_task_id": self.id,
                "default_sale_line_id": self.sale_line_id.id,
            }
        }

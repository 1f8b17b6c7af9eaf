# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models


class ServiceTimerClose(models.TransientModel):
    """Asks what to do with one's timers on tickets that are being closed."""

    _name = "service.timer.close"
    _description = "Close Tickets with a Timer"

    ticket_ids = fields.Many2many(
        comodel_name="helpdesk.ticket", string="Tickets", required=True, readonly=True
    )
    stage_id = fields.Many2one(
        comodel_name="helpdesk.ticket.stage", required=True, readonly=True
    )
    timer_ids = fields.Many2many(
        comodel_name="service.timer", compute="_compute_timer_ids"
    )
    choice = fields.Selection(
        selection=[
            ("log", "Log the time, then close"),
            ("discard", "Discard the time and close"),
        ],
        string="Time on the Timer",
        default="log",
        required=True,
    )

    @api.depends("ticket_ids")
    def _compute_timer_ids(self):
        for wizard in self:
            wizard.timer_ids = self.env["service.timer"].search(
                [
                    ("user_id", "=", self.env.uid),
                    ("ticket_id", "in", wizard.ticket_ids.ids),
                ]
            )

    def action_close(self):
        """Do what was chosen, then close; refused time is shown and nothing closes."""
        self.ensure_one()
        if self.choice == "discard":
            self.timer_ids._discard()
        for timer in self.timer_ids:
            if not timer._log():
                return timer._get_refused_action()
        self.ticket_ids.write({"stage_id": self.stage_id.id})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

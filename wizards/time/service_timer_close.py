# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain


class ServiceTimerClose(models.TransientModel):
    """Asks how long and what was done when a timer ends, and does what comes next.

    That is to stop the timer, to close its ticket or task, or to archive it. Nothing
    happens, and the timer counts on, until the person decides.
    """

    _name = "service.timer.close"
    _inherit = "service.number.mixin"
    _description = "End a Timer"

    ticket_ids = fields.Many2many(
        comodel_name="helpdesk.ticket", string="Tickets", readonly=True
    )
    task_ids = fields.Many2many(
        comodel_name="project.task", string="Tasks", readonly=True
    )
    stage_id = fields.Many2one(comodel_name="helpdesk.ticket.stage", readonly=True)
    task_state = fields.Selection(
        selection=[("1_done", "Done"), ("1_canceled", "Cancelled")],
        readonly=True,
        export_string_translation=False,
        help="How the tasks are closed.",
    )
    is_closing = fields.Boolean(
        compute="_compute_is_closing", export_string_translation=False
    )
    is_archiving = fields.Boolean(readonly=True, export_string_translation=False)
    timer_ids = fields.Many2many(
        comodel_name="service.timer", compute="_compute_timer_ids"
    )
    timer_count = fields.Integer(
        compute="_compute_timer_ids", export_string_translation=False
    )
    name = fields.Char(
        string="Description",
        compute="_compute_entry",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
    )
    hours = fields.Float(
        string="Hours Spent",
        compute="_compute_entry",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
    )
    date = fields.Date(
        compute="_compute_entry",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
    )
    is_billable = fields.Boolean(
        string="Billable",
        compute="_compute_entry",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
    )

    @api.depends("stage_id", "task_state")
    def _compute_is_closing(self):
        for window in self:
            window.is_closing = bool(window.stage_id or window.task_state)

    @api.depends("ticket_ids", "task_ids")
    def _compute_timer_ids(self):
        for window in self:
            window.timer_ids = window._get_timers()
            window.timer_count = len(window.timer_ids)

    @api.depends("ticket_ids", "task_ids")
    def _compute_entry(self):
        for window in self:
            timers = window._get_timers()
            timer = timers[:1]
            window.name = timer.name
            window.date = timer.date
            window.is_billable = timer.is_billable
            window.hours = timer._get_hours() if len(timers) == 1 else 0.0

    def action_log(self):
        """Log the time and go on; refused time is shown, and nothing closes."""
        self.ensure_one()
        timers = self._get_timers()
        entry = self.env["account.analytic.line"]
        vals = {"name": self.name}
        if len(timers) == 1:
            vals |= {
                "hours": self.hours,
                "date": self.date,
                "is_billable": self.is_billable,
            }
        for timer in timers:
            entry = timer._log_as(vals)
            if not entry:
                return timer._get_refused_action()
        action = self._go_on()
        if not action and not entry:
            # Stopped meanwhile, in another window.
            return {"type": "ir.actions.act_window_close"}
        return action or entry._get_logged_action()

    def action_discard(self):
        """Discard the time and go on."""
        self.ensure_one()
        self._get_timers()._discard()
        return self._go_on() or {"type": "ir.actions.act_window_close"}

    def _get_timers(self):
        """Return the user's timers on the tickets and tasks."""
        of_works = Domain("ticket_id", "in", self.ticket_ids._origin.ids) | Domain(
            "task_id", "in", self.task_ids._origin.ids
        )
        return self.env["service.timer"].search(
            Domain("user_id", "=", self.env.uid) & of_works
        )

    def _go_on(self):
        """Close or archive the work, when that is what the window was opened for.

        :return: what the client does next; None for a timer that only stops
        """
        if self.is_archiving:
            self.ticket_ids.action_archive()
            self.task_ids.action_archive()
        elif self.stage_id:
            self.ticket_ids.write({"stage_id": self.stage_id.id})
        elif self.task_state:
            self.task_ids.write({"state": self.task_state})
        else:
            return None
        return {"type": "ir.actions.client", "tag": "soft_reload"}

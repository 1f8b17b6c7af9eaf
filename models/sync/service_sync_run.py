# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import api, fields, models

RUNNING = "running"
DONE = "done"
FAILED = "failed"
CANCELLED = "cancelled"

# Runs are kept so long; the last one of each system stays in any case.
KEPT = timedelta(days=90)

COUNTS = ("read", "created", "updated", "unchanged", "withdrawn", "failed")


class ServiceSyncRun(models.Model):
    """One cycle of a connected system: what it read and what became of it.

    A cycle that was interrupted goes on as the same run.
    """

    _name = "service.sync.run"
    _description = "Run of a Connected System"
    _order = "id desc"
    _rec_name = "started"

    source_id = fields.Many2one(
        comodel_name="service.sync.source",
        string="Connected System",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    state = fields.Selection(
        selection=[
            (RUNNING, "Running"),
            (DONE, "Done"),
            (FAILED, "Failed"),
            (CANCELLED, "Cancelled"),
        ],
        required=True,
        readonly=True,
        default=RUNNING,
        index=True,
    )
    generation = fields.Integer(readonly=True, export_string_translation=False)
    # Of a run that reads the whole source; 0 if it reads changes only.
    first_pass = fields.Integer(readonly=True, export_string_translation=False)
    started = fields.Datetime(readonly=True, default=fields.Datetime.now)
    finished = fields.Datetime(readonly=True)
    duration = fields.Float(
        string="Seconds",
        compute="_compute_duration",
        help="From the start to the end, pauses included.",
    )
    manual = fields.Boolean(
        string="By Hand", readonly=True, help="Someone pressed Sync Now."
    )
    read_count = fields.Integer(string="Rows Read", readonly=True)
    created_count = fields.Integer(string="Created", readonly=True)
    updated_count = fields.Integer(string="Updated", readonly=True)
    unchanged_count = fields.Integer(string="Unchanged", readonly=True)
    withdrawn_count = fields.Integer(string="Withdrawn", readonly=True)
    failed_count = fields.Integer(string="Failed", readonly=True)
    page_count = fields.Integer(string="Pages", readonly=True)
    # Where to go on after a pause; the address of a page may hold a secret.
    resume = fields.Json(
        readonly=True, groups="base.group_system", export_string_translation=False
    )
    error = fields.Text(readonly=True)

    @api.depends("started", "finished")
    def _compute_duration(self):
        for run in self:
            spent = run.finished and run.started and run.finished - run.started
            run.duration = spent.total_seconds() if spent else 0.0

    def _add(self, counts):
        """Add what a page brought.

        :param counts: ``{name: number}`` with the names of ``COUNTS``
        """
        self.ensure_one()
        values = {
            f"{name}_count": self[f"{name}_count"] + counts.get(name, 0)
            for name in COUNTS
            if counts.get(name)
        }
        self.write({**values, "page_count": self.page_count + 1})

    def _finish(self, state, error=False):
        self.write(
            {
                "state": state,
                "finished": fields.Datetime.now(),
                "error": error,
                "resume": False,
            }
        )

    @api.readonly
    def action_open_records(self):
        """The rows of this system that could not be imported."""
        self.ensure_one()
        return self.source_id.action_open_errors()

    @api.autovacuum
    def _gc_old(self, limit=1000):
        """Remove old runs, an hourly system makes nine thousand a year.

        :return: ``(done, remaining)``
        """
        last = self._read_group([], ["source_id"], ["id:max"])
        old = self.search(
            [
                ("started", "<", fields.Datetime.now() - KEPT),
                ("state", "!=", RUNNING),
                ("id", "not in", [run_id for _source, run_id in last]),
            ],
            limit=limit,
        )
        old.unlink()
        return len(old), int(len(old) == limit)

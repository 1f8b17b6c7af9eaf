# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from .service_sync_run import COUNTS
from .service_sync_source import ACTIVE, CANCELLED, STOPPED

GREY = "grey"
GREEN = "green"
ORANGE = "orange"
RED = "red"

MAX_ERRORS = 5
# First key of the advisory locks that keep two workers off one source.
LOCK_KEY = 0x5E51C


class ServiceSyncSource(models.Model):
    """Where a connected system stands: schedule, colour and the words for it."""

    _inherit = "service.sync.source"

    state = fields.Selection(
        selection=[
            (ACTIVE, "Active"),
            (CANCELLED, "Cancelled"),
            (STOPPED, "Stopped"),
        ],
        required=True,
        readonly=True,
        default=ACTIVE,
        copy=False,
        tracking=True,
    )
    interval_minutes = fields.Integer(string="Every (Minutes)", default=60)
    recent_hours = fields.Integer(
        string="Recent (Hours)",
        default=24,
        help="The dot is green as long as the last change is not older than this.",
    )
    overlap_minutes = fields.Integer(
        string="Read Again (Minutes)",
        compute="_compute_overlap_minutes",
        store=True,
        readonly=False,
        help="Rows changed this long before the last change are read once more. A "
        "database shows a row only when its transaction ends, which may be minutes "
        "after the change date it carries.",
    )
    last_change = fields.Datetime(
        readonly=True,
        copy=False,
        help="The most recent creation or update at the source.",
    )
    last_sync = fields.Datetime(
        readonly=True, copy=False, help="When the last complete cycle ended."
    )
    next_sync = fields.Datetime(copy=False, help="Empty: no run is planned.")
    status = fields.Selection(
        selection=[
            (GREY, "Grey"),
            (GREEN, "Green"),
            (ORANGE, "Orange"),
            (RED, "Red"),
        ],
        compute="_compute_status",
        search="_search_status",
    )
    status_label = fields.Char(compute="_compute_status")
    status_text = fields.Char(string="Status in Words", compute="_compute_status")
    is_running = fields.Boolean(compute="_compute_is_running")
    error_count = fields.Integer(string="Errors in a Row", readonly=True, copy=False)
    last_error = fields.Text(readonly=True, copy=False)
    run_ids = fields.One2many(
        comodel_name="service.sync.run", inverse_name="source_id", string="Runs"
    )
    record_ids = fields.One2many(
        comodel_name="service.sync.record", inverse_name="source_id", string="All Rows"
    )
    last_run_id = fields.Many2one(
        comodel_name="service.sync.run", compute="_compute_last_run"
    )
    created_count = fields.Integer(string="Created", compute="_compute_last_run")
    updated_count = fields.Integer(string="Updated", compute="_compute_last_run")
    unchanged_count = fields.Integer(string="Unchanged", compute="_compute_last_run")
    record_count = fields.Integer(string="Rows", compute="_compute_record_count")
    failed_count = fields.Integer(
        string="Rows in Error", compute="_compute_record_count"
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("connector")
    def _compute_overlap_minutes(self):
        for source in self:
            databases = ("odoo", "postgresql")
            source.overlap_minutes = 5 if source.connector in databases else 0

    @api.depends(
        *("state", "last_sync", "last_change", "interval_minutes", "recent_hours"),
        *("error_count", "last_error", "next_sync"),
    )
    @api.depends_context("lang", "tz")
    def _compute_status(self):
        now = fields.Datetime.now()
        for source in self:
            status = source._get_status(now)
            source.status, source.status_label, source.status_text = status

    def _search_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        # A handful of systems, whose colour depends on the time of asking.
        sources = self.with_context(active_test=False).search_fetch([])
        return [("id", "in", sources.filtered(lambda s: s.status in value).ids)]

    def _compute_is_running(self):
        """A worker holds the lock of a source as long as it lives, and no longer."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT objid FROM pg_locks
                 WHERE locktype = 'advisory' AND granted AND objsubid = 2
                   AND classid = %s
                   AND database = (
                       SELECT oid FROM pg_database WHERE datname = current_database()
                   )
                """,
                LOCK_KEY,
            )
        )
        running = {source_id for (source_id,) in rows}
        for source in self:
            source.is_running = source.id in running

    @api.depends(*(f"run_ids.{name}_count" for name in COUNTS))
    def _compute_last_run(self):
        runs = dict(
            self.env["service.sync.run"]._read_group(
                [("source_id", "in", self.ids)], ["source_id"], ["id:max"]
            )
        )
        for source in self:
            run = self.env["service.sync.run"].browse(runs.get(source))
            source.last_run_id = run
            for name in COUNTS[1:4]:
                source[f"{name}_count"] = run[f"{name}_count"]

    @api.depends("record_ids.state")
    def _compute_record_count(self):
        counts = {}
        for source, state, count in self.env["service.sync.record"]._read_group(
            [("source_id", "in", self.ids)], ["source_id", "state"], ["__count"]
        ):
            counts[source.id, state] = count
        for source in self:
            mine = {key[1]: n for key, n in counts.items() if key[0] == source.id}
            source.failed_count = mine.get("error", 0)
            source.record_count = sum(mine.values())

    # ------------------------------------------------------------------
    # The colour, row by row of the table in the README
    # ------------------------------------------------------------------

    def _get_status(self, now):
        """Return the colour at a moment, a word for it, and the sentence behind it.

        Grey: reset, cancelled, or the first cycle has not finished. Green: the last
        cycle ran in time and saw recent changes. Orange: it ran in time and saw
        none, failed, or is late. Red: stopped after repeated errors.
        """
        self.ensure_one()
        _ = self.env._
        if self.state == STOPPED:
            text = _(
                "Stopped after %(count)s errors in a row. Press Resume when it is "
                "solved. Last error: %(error)s",
                count=self.error_count,
                error=self.last_error or "",
            )
            return RED, _("Stopped"), text
        if self.state == CANCELLED:
            text = _("Cancelled. Nothing was deleted; Resume goes on.")
            return GREY, _("Cancelled"), text
        color, label, text = self._get_active_status(now)
        if self.is_running:
            return color, _("Running"), self._get_progress_text()
        return color, label, text

    def _get_active_status(self, now):
        _ = self.env._
        late = self.last_sync and now - self.last_sync > self._get_patience()
        if self.error_count:
            text = _(
                "Errors in a row: %(count)s, next attempt: %(next)s. Last error: "
                "%(error)s",
                count=self.error_count,
                next=self._format_moment(self.next_sync),
                error=self.last_error or "",
            )
            return ORANGE if self.last_sync else GREY, _("Errors"), text
        if not self.last_sync:
            return GREY, _("Starting"), _("Reset, or not synchronized yet.")
        if late:
            text = _(
                "Late: the last sync was %(sync)s, and one is due every %(interval)s "
                "minutes.",
                sync=self._format_moment(self.last_sync),
                interval=self.interval_minutes,
            )
            return ORANGE, _("Late"), text
        if self._has_recent_change(now):
            text = _(
                "Synchronized in time. Last change at the source: %(change)s.",
                change=self._format_moment(self.last_change),
            )
            return GREEN, _("Up to date"), text
        text = _(
            "Synchronized in time, but nothing changed at the source in the last "
            "%(hours)s hours.",
            hours=self.recent_hours,
        )
        return ORANGE, _("No recent change"), text

    def _get_patience(self):
        """How old the last sync may be: a cycle may take as long as an interval."""
        return timedelta(minutes=2 * self.interval_minutes)

    def _has_recent_change(self, now):
        change = self.last_change
        return bool(change and now - change <= timedelta(hours=self.recent_hours))

    def _get_progress_text(self):
        run = self.last_run_id
        return self.env._(
            "Running: %(read)s rows read, %(created)s created, %(updated)s updated, "
            "%(failed)s failed so far.",
            read=run.read_count,
            created=run.created_count,
            updated=run.updated_count,
            failed=run.failed_count,
        )

    def _format_moment(self, moment):
        if not moment:
            return self.env._("no planned time")
        return format_datetime(self.env, moment)

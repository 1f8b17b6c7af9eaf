# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_datetime

from .service_sync_record import ERROR
from .service_sync_run import COUNTS
from .service_sync_source import (
    CANCELLED,
    GREEN,
    GREY,
    ORANGE,
    RED,
    STOPPED,
)


class ServiceSyncSource(models.Model):
    """Where a connected system stands: its colour and the words for it."""

    _inherit = "service.sync.source"

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends(
        "state",
        "last_sync",
        "last_change",
        "interval_minutes",
        "recent_hours",
        "error_count",
        "last_error",
        "next_sync",
        "lease_key",
        "lease_until",
        "failed_count",
        "record_count",
        "draft_count",
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

    @api.depends("lease_key", "lease_until")
    def _compute_is_running(self):
        now = fields.Datetime.now()
        for source in self:
            source.is_running = source._is_leased(now)

    def _is_leased(self, now):
        return bool(self.lease_key and self.lease_until and self.lease_until > now)

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

    @api.depends("record_ids")
    def _compute_record_count(self):
        counts = self._count_rows([])
        for source in self:
            source.record_count = counts.get(source, 0)

    @api.depends("record_ids.state")
    def _compute_failed_count(self):
        counts = self._count_rows([("state", "=", ERROR)])
        for source in self:
            source.failed_count = counts.get(source, 0)

    @api.depends("record_ids.state")
    def _compute_draft_count(self):
        counts = self._count_rows([("is_draft", "=", True)])
        for source in self:
            source.draft_count = counts.get(source, 0)

    def _count_rows(self, domain):
        return dict(
            self.env["service.sync.record"]._read_group(
                [("source_id", "in", self.ids), *domain], ["source_id"], ["__count"]
            )
        )

    # ------------------------------------------------------------------
    # The colour, row by row of the table in docs/connected-systems.md
    # ------------------------------------------------------------------

    def _get_status(self, now):
        """Return the colour at a moment, a word for it, and the sentence behind it.

        Grey: reset, cancelled, or the first cycle has not finished. Green: the last
        cycle ran in time and saw recent changes. Orange: it ran in time and saw
        none, or all rows are in error, or it failed, or is late. Red: stopped after
        repeated errors.
        """
        self.ensure_one()
        _ = self.env._
        if self.state == STOPPED:
            text = _(
                "Stopped after %(count)s errors in a row. Press Resume once the "
                "problem is solved. Last error: %(error)s",
                count=self.error_count,
                error=self.last_error or "",
            )
            return RED, _("Stopped"), text
        if self.state == CANCELLED:
            text = _("Cancelled. Nothing was deleted; press Resume to continue.")
            return GREY, _("Cancelled"), text
        color, label, text = self._get_active_status(now)
        if self._is_leased(now):
            return color, _("Running"), self._get_progress_text()
        if self.lease_key:
            color = ORANGE if self.last_sync else GREY
            return color, _("Interrupted"), self._get_cut_off_text()
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
        failed, text = self.failed_count, ""
        if failed:
            text = _(
                "Rows in error: %(failed)s of %(count)s.",
                failed=failed,
                count=self.record_count,
            )
        if failed and failed == self.record_count:
            return ORANGE, _("Rows in Error"), text
        drafts = self.draft_count
        drafts = drafts and _("Imported as drafts: %(count)s.", count=drafts)
        color, label, words = self._get_timely_status(now)
        return color, label, " ".join(filter(None, (text, words, drafts)))

    def _get_timely_status(self, now):
        _ = self.env._
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

    def _get_cut_off_text(self):
        """What is told of a run whose worker died: its lease ended by itself."""
        return self.env._(
            "The last run of %(system)s was interrupted: the server was stopped, or "
            "ended it for taking too much time or memory. What it stored is kept, and "
            "the next run continues from there.",
            system=self.name,
        )

    def _format_moment(self, moment):
        if not moment:
            return self.env._("no planned time")
        return format_datetime(self.env, moment)

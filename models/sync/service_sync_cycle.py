# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import logging
import random
import time
import traceback
from contextlib import closing
from datetime import datetime, timedelta

from markupsafe import Markup

from odoo import api, fields, models, modules
from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...connectors import ConnectorError, Cursor
from .service_sync_run import CANCELLED, DONE, FAILED, RUNNING
from .service_sync_source import ACTIVE, STOPPED
from .service_sync_status import LOCK_KEY, MAX_ERRORS

_logger = logging.getLogger(__name__)

REPLAYED = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)
MAX_ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=5)
# Seconds a cycle may take before it goes on in the background, or lets others run.
MANUAL_SECONDS = 20
# A source whose order is not known begins again after a pause: let it come far.
UNORDERED_SECONDS = 60
# Imports tell nobody and keep no log of every value: the row is the log.
IMPORT_CONTEXT = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "tracking_disable": True,
}


class CycleStopped(Exception):
    """Somebody cancelled or reset the source while a cycle was running."""


class ServiceSyncSource(models.Model):
    """One cycle: read pages, store each with its position in one transaction."""

    _inherit = "service.sync.source"

    cursor_moment = fields.Char(
        string="Position",
        readonly=True,
        copy=False,
        help="Everything changed before this moment (UTC) was read and stored.",
    )
    cursor_external_id = fields.Char(readonly=True, copy=False)
    generation = fields.Integer(
        readonly=True, copy=False, export_string_translation=False
    )
    pass_number = fields.Integer(
        readonly=True, copy=False, export_string_translation=False
    )

    # ------------------------------------------------------------------
    # Scheduled action
    # ------------------------------------------------------------------

    @api.model
    def _cron_sync(self):
        """Run every source that is due; one bad source never stops the others."""
        due = self.search(
            [("state", "=", ACTIVE), ("next_sync", "<=", fields.Datetime.now())],
            order="next_sync, id",
        )
        cron = self.env["ir.cron"]
        in_test = modules.module.current_test
        if not in_test:
            cron._commit_progress(remaining=len(due))
        for source in due:
            # What rows are refused for is read by whoever looks after the source.
            language = source.user_id.lang or self.env.lang
            source.with_context(lang=language)._run_cycle()
            if not in_test and not cron._commit_progress(1):
                break

    # ------------------------------------------------------------------
    # The cycle
    # ------------------------------------------------------------------

    def _run_cycle(self, manual=False):
        """Run one cycle, or go on with the one that was interrupted.

        :return: False if another worker is at it or time ran out before the end
        """
        self.ensure_one()
        # sudo: rows are imported for the company, whoever pressed the button; the
        # right to press it was checked by the caller
        source_sudo = (
            self.sudo().with_company(self.company_id).with_context(**IMPORT_CONTEXT)
        )
        if not source_sudo._take_lock():
            return False
        try:
            # A new transaction: what the last holder of the lock wrote is seen.
            source_sudo._transact(lambda: None)
            run = source_sudo._transact(lambda: source_sudo._open_run(manual))
            return source_sudo._read_pages(run, manual)
        finally:
            source_sudo._release_lock()

    def _open_run(self, manual):
        run = self.env["service.sync.run"].search(
            [
                ("source_id", "=", self.id),
                ("state", "=", RUNNING),
                ("generation", "=", self.generation),
            ],
            limit=1,
        )
        stale = self.run_ids.filtered(lambda r: r.state == RUNNING) - run
        stale._finish(CANCELLED)
        values = {"pass_number": self.pass_number + 1}
        if manual and self.state == STOPPED:
            values["state"] = ACTIVE
        self.write(values)
        return run or run.create(
            {"source_id": self.id, "generation": self.generation, "manual": manual}
        )

    def _read_pages(self, run, manual):
        start = time.monotonic()
        try:
            self._check_ready()
            with closing(self._get_connector()) as connector:
                end = self._get_end(start, manual, connector.ordered)
                cursor = self._get_cursor()
                if connector.reads_all(cursor):
                    self._transact(lambda: self._note_whole(run))
                for page in connector.fetch(cursor):
                    self._transact(lambda page=page: self._store_page(run, page))
                    if time.monotonic() > end:
                        self._transact(self._plan_continuation)
                        return False
            self._transact(lambda: self._finish_cycle(run))
        except CycleStopped:
            self._transact(lambda: run._finish(CANCELLED))
        except ConnectorError as error:
            self._rollback()
            text, pause = self._explain_refusal(error), error.retry_after
            self._transact(lambda: self._fail_cycle(run, text, pause))
        except Exception as error:  # one bad source never stops the others
            self._rollback()
            # Where it happened, not what the error says: it may quote a secret.
            _logger.error(
                "Source %s stopped unexpectedly (%s):\n%s",
                self.id,
                type(error).__name__,
                "".join(traceback.format_tb(error.__traceback__)),
            )
            text = self.env._(
                "The synchronization stopped unexpectedly (%(kind)s); the log of the "
                "server tells more.",
                kind=type(error).__name__,
            )
            self._transact(lambda: self._fail_cycle(run, text))
        return True

    def _get_end(self, start, manual, ordered):
        seconds = MANUAL_SECONDS if manual else 0 if ordered else UNORDERED_SECONDS
        end = start + seconds
        if not manual:
            end = max(end, self.env.context.get("cron_end_time", float("inf")))
        return end

    def _store_page(self, run, page):
        """Store the rows of a page and how far it brings the source: all or nothing."""
        self.invalidate_recordset(["state", "generation"])
        if self.state != ACTIVE or self.generation != run.generation:
            raise CycleStopped()
        counts = self._store_rows(page.rows)
        run._add(counts)
        values = {}
        now = fields.Datetime.now()
        if page.position:
            # A date in the future would hide every change until then.
            moment = min(page.position.changed_at, now)
            values["cursor_moment"] = moment.isoformat()
            values["cursor_external_id"] = page.position.external_id
        newest = self._get_newest_change(page, counts)
        if newest and (not self.last_change or newest > self.last_change):
            values["last_change"] = min(newest, now).replace(microsecond=0)
        if values:
            self.write(values)

    def _finish_cycle(self, run):
        now = fields.Datetime.now()
        run._finish(DONE)
        self._drop_unseen(run)
        self.write(
            {
                **self._prepare_fresh_start(),
                "last_sync": now,
                "next_sync": self.state == ACTIVE
                and now + timedelta(minutes=self.interval_minutes),
            }
        )

    def _fail_cycle(self, run, text, retry_after=0):
        """Count the error; pause longer each time, and stop after some."""
        run._finish(FAILED, text)
        count = self.error_count + 1
        values = {"error_count": count, "last_error": text}
        self.invalidate_recordset(["state"])
        if self.state == ACTIVE:
            pause = max(FIRST_PAUSE * 2 ** (count - 1), timedelta(seconds=retry_after))
            values["next_sync"] = fields.Datetime.now() + pause
            if count >= MAX_ERRORS:
                values.update(state=STOPPED, next_sync=False)
                self._tell_responsible(text)
        self.write(values)

    def _tell_responsible(self, text):
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            user_id=self.user_id.id or self.env.uid,
            summary=self.env._("Synchronization has stopped"),
            note=Markup("<p>%s</p>") % text,
        )

    def _plan_continuation(self):
        if self.state == ACTIVE:
            self.write({"next_sync": fields.Datetime.now()})
            self._trigger_cron()

    def _get_cursor(self):
        if not self.cursor_moment:
            return None
        moment = datetime.fromisoformat(self.cursor_moment)
        overlap = timedelta(minutes=self.overlap_minutes)
        return Cursor(moment - overlap, self.cursor_external_id or "")

    def _get_newest_change(self, page, counts):
        mapping = self._get_mapping().get("changed_at")
        if not mapping:
            # The source tells no dates: it changed when it brought something new.
            news = counts["created"] or counts["updated"] or counts["withdrawn"]
            return fields.Datetime.now() if news else None
        if page.position:
            return page.position.changed_at
        moments = (self._get_changed_at(row.values, mapping) for row in page.rows)
        return max((moment for moment in moments if moment), default=None)

    # ------------------------------------------------------------------
    # Transactions and the lock
    # ------------------------------------------------------------------

    def _transact(self, work):
        """Do something and commit it; again if another transaction was faster.

        A cycle is a chain of such transactions, because what was stored must stay
        stored when the connection or the worker dies later. Tests, which live in one
        transaction, only flush.
        """
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                result = work()
                if modules.module.current_test:
                    self.env.flush_all()
                    return result
                self.env.cr.commit()  # pylint: disable=invalid-commit
                self.env.invalidate_all()
                return result
            except REPLAYED:
                if modules.module.current_test or attempt == MAX_ATTEMPTS:
                    raise
                self.env.cr.rollback()
                time.sleep(random.uniform(0, 0.2 * 2**attempt))
        return None

    def _rollback(self):
        if not modules.module.current_test:
            self.env.cr.rollback()

    def _take_lock(self):
        """Keep other workers off this source until released, or this one dies.

        The lock belongs to the connection, so it survives the commits of a cycle.
        """
        ((taken,),) = self.env.execute_query(
            SQL("SELECT pg_try_advisory_lock(%s, %s)", LOCK_KEY, self.id)
        )
        return taken

    def _release_lock(self):
        self._rollback()
        self.env.execute_query(
            SQL("SELECT pg_advisory_unlock(%s, %s)", LOCK_KEY, self.id)
        )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One cycle of a connected system: read pages, store each with its position.

A cycle is a chain of transactions, because what was stored must stay stored when the
connection or the worker dies later. What keeps other workers off the source meanwhile
is a lease: a column with the moment it ends and one with the key of its holder. Each
page renews it in its own transaction, which so conflicts with whatever took it away.
"""

import logging
import random
import time
import traceback
import uuid
from contextlib import closing
from datetime import datetime, timedelta

from odoo import fields, modules

from ...connectors import ConnectorError, Cursor
from .rows import explain
from .service_sync_run import CANCELLED, DONE, FAILED, RUNNING
from .service_sync_source import ACTIVE, STOPPED
from .service_sync_source_connection import answer_deadline
from .store import REPLAYED, Store
from .styles import settle

_logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
MAX_ERRORS = 5
FIRST_PAUSE = timedelta(minutes=5)
# Longer than the slowest answer and the largest page together take.
LEASE = timedelta(minutes=10)
# Seconds a cycle may take before it goes on in the background, or lets others run.
MANUAL_SECONDS = 20
# A file or a query in no known order begins again after a pause: let it come far.
UNORDERED_SECONDS = 60


class CycleStopped(Exception):
    """The source was cancelled, reset or taken over while a cycle was running."""


class Cycle:
    """One worker's reading of one source.

    :param source: as superuser, in the company and the context of imports
    """

    def __init__(self, source, manual=False):
        self.env = source.env
        self.source = source
        self.manual = manual
        self.key = uuid.uuid4().hex
        self.run = None

    def play(self):
        """Run the cycle, or go on with the one that was interrupted.

        :return: False if another worker is at it or time ran out before the end
        """
        try:
            self.run = self._transact(self._begin)
        except REPLAYED:  # others write this source all the time
            self._rollback()
        if not self.run:
            return False
        try:
            return self._read_pages()
        except CycleStopped:
            self._rollback()
            self._transact(self._stop)
        except ConnectorError as error:
            self._rollback()
            text, pause = explain(self.env, error), error.retry_after
            is_wish = error.code == 429 and bool(pause)
            self._transact(lambda: self._fail(text, pause, is_wish))
        except Exception as error:  # one bad source never stops the others
            self._rollback()
            text = self._log(error)
            self._transact(lambda: self._fail(text))
        return True

    # === The steps, each in a transaction of its own ===

    def _begin(self):
        """Take the lease and open the run.

        :return: the run; none if another worker is at it, or the source has just
            been stopped because workers keep dying of it
        """
        source, now = self.source, fields.Datetime.now()
        source.invalidate_recordset()
        if source._is_leased(now):
            return None
        cut_off = self._note_cut_off() if source.lease_key else None
        if self.manual and source.state == STOPPED:
            source.state = ACTIVE
        if source.state == STOPPED:
            source.write({"lease_key": False, "lease_until": False})
            return None
        source.write(
            {
                "lease_key": self.key,
                "lease_until": now + LEASE,
                "pass_number": source.pass_number + 1,
            }
        )
        return self._open_run(cut_off)

    def _open_run(self, cut_off):
        """The run that was interrupted for want of time, or a new one."""
        Run = self.env["service.sync.run"]
        running = Run.search(
            [("source_id", "=", self.source.id), ("state", "=", RUNNING)]
        )
        current = running.filtered(lambda r: r.generation == self.source.generation)[:1]
        (running - current)._finish(CANCELLED)
        return current or Run.create(
            {
                "source_id": self.source.id,
                "generation": self.source.generation,
                "manual": self.manual,
                # What a worker that died had begun to read whole is read on.
                "first_pass": cut_off.first_pass if cut_off else 0,
            }
        )

    def _note_cut_off(self):
        """Tell that the last holder of the lease died without a word.

        It counts as an error: a source that kills each worker is stopped in the end.
        """
        run = self.env["service.sync.run"].search(
            [
                ("source_id", "=", self.source.id),
                ("state", "=", RUNNING),
                ("generation", "=", self.source.generation),
            ],
            limit=1,
        )
        text = self.source._get_cut_off_text()
        run._finish(FAILED, text)
        self._count_error(text)
        return run

    def _read_pages(self):
        source, start = self.source, time.monotonic()
        source._check_ready()
        with closing(source._get_connector(answer_deadline(self.manual))) as connector:
            end = self._get_end(start, connector.ordered)
            cursor = self._get_cursor()
            connector.resume = self.run.resume or {}
            if connector.reads_all(cursor):
                self._transact(self._note_whole)
            for page in connector.fetch(cursor):
                self._transact(lambda page=page: self._store_page(page))
                # A page without rows is the end of the reading.
                if page.rows and time.monotonic() > end:
                    self._transact(self._pause)
                    return False
        self._transact(self._finish)
        return True

    def _note_whole(self):
        self.run.first_pass = self.run.first_pass or self.source.pass_number

    def _store_page(self, page):
        """Store the rows of a page and how far it brings the source: all or nothing."""
        self._check_mine()
        settle(self.source, page.rows)
        counts = Store(self.source).store(page.rows)
        self.run._add(counts)
        self.run.resume = page.resume or False
        now = fields.Datetime.now()
        values = {"lease_until": now + LEASE}
        if page.position:
            # A date in the future would hide every change until then.
            moment = min(page.position.changed_at, now)
            values["cursor_moment"] = moment.isoformat()
            values["cursor_external_id"] = page.position.external_id
        newest = self._get_newest_change(page, counts)
        if newest and (not self.source.last_change or newest > self.source.last_change):
            values["last_change"] = min(newest, now).replace(microsecond=0)
        self.source.write(values)

    def _pause(self):
        """Give others their turn; the next worker goes on with this run."""
        self._check_mine()
        self._release({"next_sync": fields.Datetime.now()})
        self.source._sync_soon()

    def _finish(self):
        source, now = self.source, fields.Datetime.now()
        self._check_mine(stopped=True)
        self.run._finish(DONE)
        self._drop_unseen()
        self._release(
            {
                **source._prepare_fresh_start(),
                "last_sync": now,
                "next_sync": source.state == ACTIVE
                and now + timedelta(minutes=source.interval_minutes),
            }
        )

    def _drop_unseen(self):
        """Forget rows without an external ID that the source no longer has.

        Nothing recognizes them, so only a reading of the whole source can tell.
        """
        if self.run.first_pass:
            self.env["service.sync.record"]._drop_nameless(
                self.source, self.run.first_pass
            )

    def _stop(self):
        if self.run.state == RUNNING:
            self.run._finish(CANCELLED)
        self._release({})

    def _fail(self, text, retry_after=0, is_wish=False):
        self.source.invalidate_recordset()
        if self.source.lease_key == self.key:
            self.run._finish(FAILED, text)
            self._count_error(text, retry_after, is_wish)
            self._release({})

    def _count_error(self, text, retry_after=0, is_wish=False):
        """Count the error; pause longer each time, and stop after some.

        :param is_wish: the other side just asked to come later: it is told, and
            never adds up to a stop
        """
        source = self.source
        count = max(source.error_count, 1) if is_wish else source.error_count + 1
        values = {"error_count": count, "last_error": text}
        if source.state == ACTIVE and count < MAX_ERRORS:
            pause = max(FIRST_PAUSE * 2 ** (count - 1), timedelta(seconds=retry_after))
            values["next_sync"] = fields.Datetime.now() + pause
        elif source.state == ACTIVE:
            values.update(state=STOPPED, next_sync=False)
            # Those who press Sync Now of a stopped source see that it fails again.
            if count == MAX_ERRORS:
                source._tell_responsible(text)
        source.write(values)

    # === The lease ===

    def _check_mine(self, stopped=False):
        """Stop when the source is not this worker's any more.

        :param stopped: whether a source that was cancelled is as good
        """
        source = self.source
        source.invalidate_recordset(["state", "generation", "lease_key"])
        if source.lease_key != self.key or source.generation != self.run.generation:
            raise CycleStopped()
        if source.state != ACTIVE and not stopped:
            raise CycleStopped()

    def _release(self, values):
        """Write the end of the cycle, and give the lease back if it is still ours."""
        self.source.invalidate_recordset(["lease_key"])
        if self.source.lease_key == self.key:
            values = {**values, "lease_key": False, "lease_until": False}
        self.source.write(values)

    # === Transactions ===

    def _transact(self, work):
        """Do something and commit it; again if another transaction was faster."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                result = work()
                if lives_in_one_transaction():
                    self.env.flush_all()
                    return result
                self.env.cr.commit()  # pylint: disable=invalid-commit
                self.env.invalidate_all()
                return result
            except REPLAYED:
                if lives_in_one_transaction() or attempt == MAX_ATTEMPTS:
                    raise
                self.env.cr.rollback()
                time.sleep(random.uniform(0, 0.2 * 2**attempt))
        return None

    def _rollback(self):
        if not lives_in_one_transaction():
            self.env.cr.rollback()

    # === Where from and how long ===

    def _get_end(self, start, ordered):
        seconds = MANUAL_SECONDS if self.manual else 0 if ordered else UNORDERED_SECONDS
        end = start + seconds
        if not self.manual:
            end = max(end, self.env.context.get("cron_end_time", float("inf")))
        return end

    def _get_cursor(self):
        source = self.source
        if not source.cursor_moment:
            return None
        moment = datetime.fromisoformat(source.cursor_moment)
        # As far back as there are dates: some systems mean "never" by the year 1.
        overlap = min(timedelta(minutes=source.overlap_minutes), moment - datetime.min)
        return Cursor(moment - overlap, source.cursor_external_id or "")

    def _get_newest_change(self, page, counts):
        mapping = self.source._get_mapping().get("changed_at")
        if not mapping:
            # The source tells no dates: it changed when it brought something new.
            news = counts["created"] or counts["updated"] or counts["withdrawn"]
            return fields.Datetime.now() if news else None
        if page.position:
            return page.position.changed_at
        moments = (
            self.source._get_changed_at(row.values, mapping) for row in page.rows
        )
        return max((moment for moment in moments if moment), default=None)

    def _log(self, error):
        """Log where it happened, not what the error says: it may quote a secret."""
        _logger.error(
            "Source %s stopped unexpectedly (%s):\n%s",
            self.source.id,
            type(error).__name__,
            "".join(traceback.format_tb(error.__traceback__)),
        )
        return self.env._(
            "The synchronization stopped unexpectedly (%(kind)s): see the log of the "
            "server for details.",
            kind=type(error).__name__,
        )


def lives_in_one_transaction():
    """Whether this is a test, whose one transaction is undone at its end.

    Everywhere else a cycle commits page by page, which a test must not.
    """
    return bool(modules.module.current_test)

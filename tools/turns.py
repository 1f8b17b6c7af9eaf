# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Turns: who writes for a busy customer waits first and begins then.

A transaction that changes a row which another one changed since it began has to be
played again as a whole (REPEATABLE READ). Odoo does that five times, after pauses of
up to two, four, eight and sixteen seconds: many writers for one customer would mostly
sleep, and some would fail. Here they queue up, in the order they came, and each begins
when the one before has committed.

A turn decides nothing about credits: who passes it by is stopped by the rows, which
:func:`lock_and_touch` writes. docs/design.md has the reasons.
"""

import logging
import threading
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.sql_db import Cursor
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# What tells the locks of turns from other advisory locks, with the customer's id.
KIND = 0x5EC5
# A batch for more customers than that is stopped by the rows alone.
MOST = 16
PATIENCE = "30s"
TRIES = 5

BUSY = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)


class Contended(BaseException):
    """Another transaction has the turn: begin again, after it.

    No `Exception`: an import, or a row of a connected system, would take it for a fault
    of the row.
    """


class _Here(threading.local):
    """What a thread plays, innermost last, and whose turns it has from waiting."""

    def __init__(self):
        self.plays = []
        self.turns = set()


class _Play:
    """What is played until it has its turn: for whom it asked so far."""

    def __init__(self):
        self.ids = set()
        self.waits = True
        self.is_over = False

    def end(self):
        """Note that something was committed: that cannot be played once more."""
        self.is_over = True


_here = _Here()


def begin(env, func):
    """Call ``func`` and return what it returns: in turn, where the transaction begins
    with it, because nothing was read, written or planned before."""
    return play(env, func) if _is_untouched(env) else func()


def _is_untouched(env):
    cr, transaction = env.cr, env.transaction
    hooks = cr.precommit, cr.postcommit, cr.prerollback, cr.postrollback
    return (
        isinstance(cr, Cursor)
        and cr.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
        and not any(map(len, hooks))
        and not any(transaction.field_dirty.values())
        and not any(transaction.tocompute.values())
    )


def play(env, func, begin_again=None):
    """Call ``func`` and return what it returns: once more, in turn, where it came
    upon others who write for the same customers.

    All of the transaction is undone in between, so nobody may have worked in it before.

    :param begin_again: called before ``func`` is called once more
    """
    mine = _Play()
    _here.plays.append(mine)
    try:
        for left in reversed(range(TRIES)):
            env.cr.postcommit.add(mine.end)
            try:
                return func()
            except (Contended, *BUSY) as error:
                if not left or not mine.ids or mine.is_over or env.cr.closed:
                    if isinstance(error, Contended):
                        raise ConcurrencyError("others write first") from error
                    raise
            env.cr.rollback()
            env.transaction.reset()
            env.registry.reset_changes()
            mine.waits = _wait(env, mine.ids)
            if begin_again:
                begin_again()
    finally:
        _here.plays.pop()
        if _here.plays:
            _here.plays[-1].ids |= mine.ids


def _get_play():
    """Return what this thread plays, None when it cannot begin again."""
    mine = _here.plays[-1] if _here.plays else None
    return None if mine is None or mine.is_over else mine


def take(env, customers):
    """Take the turns of customers, for this transaction.

    :param customers: SQL with a column `id`: whose credits may be drawn
    :raise Contended: where another transaction has one, inside of :func:`play`
    """
    mine = _get_play()
    if mine and mine.ids and mine.ids <= _here.turns:
        return
    rows = env.execute_query(
        SQL(
            """
            SELECT id, pg_try_advisory_xact_lock(%s, id)
            FROM (SELECT DISTINCT id FROM (%s) every ORDER BY id LIMIT %s) customer
            """,
            KIND,
            customers,
            MOST,
        )
    )
    if mine:
        mine.ids |= {partner_id for partner_id, _is_ours in rows}
        others = {partner_id for partner_id, is_ours in rows if not is_ours}
        if mine.waits and others - _here.turns:
            raise Contended


@contextmanager
def watch(ids):
    """Let the rows of customers be what :func:`play` waits for, where writing them
    fails because others wrote since.

    :param ids: of partners
    """
    mine = _get_play()
    if not mine:
        yield
        return
    mine.ids |= set(ids)
    try:
        yield
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
        # Of a kind that only `play` catches: Odoo would sleep first.
        raise Contended from error


def _wait(env, ids):
    """Wait for the turns of customers, while this transaction has not begun.

    The lock belongs to a transaction of its own: one of this one would be given up, or
    come after the snapshot. Who holds nothing else waits in no circle.

    :return: whether they are ours now, until the transaction ends
    """
    cr, other = env.cr, None
    try:
        other = env.registry.cursor()
        other.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
        for partner_id in sorted(ids):
            other.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)",
                [KIND, partner_id],
                log_exceptions=False,
            )
    except psycopg2.OperationalError as error:
        # No connection left, or one who takes very long: the rows decide.
        _logger.info("No turn for %s: %s", sorted(ids), error)
        if other:
            other.close()
        return False
    turns = set(ids)
    _here.turns |= turns

    def leave():
        _here.turns -= turns
        other.close()

    cr.postcommit.add(leave)
    cr.postrollback.add(leave)
    return True

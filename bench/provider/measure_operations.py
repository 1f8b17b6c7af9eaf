# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Measure every operation on the small database and on the large one, in turn."""

import gc
import json
import re
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from operations import OPERATIONS
from place import Place

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor

REPEAT = 5
LONG = 8.0  # seconds that repetitions of one operation may take together
SIDES = "small", "large"


@dataclass
class Side:
    """What an operation took on one database."""

    seconds: list = field(default_factory=list)
    sql: list = field(default_factory=list)
    queries: int = 0
    error: str = ""
    result: object = None

    def forget(self):
        self.seconds, self.sql = [], []

    @property
    def median(self):
        return statistics.median(self.seconds) if self.seconds else None

    def as_dict(self):
        ordered = sorted(self.seconds)
        return {
            "seconds": self.median,
            "p95": ordered[-(-len(ordered) * 19 // 20) - 1] if ordered else None,
            "sql": statistics.median(self.sql) if self.sql else None,
            "queries": self.queries,
            "error": self.error,
            "result": self.result if isinstance(self.result, int) else None,
        }


def main(config, small, large, only, notes):
    odoo.tools.config.parse_config(["-c", config, "--log-level=critical"])
    clock = _watch_sql()
    chosen = [
        operation
        for operation in OPERATIONS
        if re.search(only, f"{operation.user}: {operation.name}")
    ]
    kept = []
    with Registry(small).cursor() as first, Registry(large).cursor() as second:
        databases = [_Database(cr) for cr in (first, second)]
        for operation in chosen:
            sides = _measure(operation, databases, clock)
            kept.append(
                {
                    "name": operation.name,
                    "user": operation.user,
                    "kind": operation.kind,
                    **{
                        name: side.as_dict()
                        for name, side in zip(SIDES, sides, strict=True)
                    },
                }
            )
            _tell(kept[-1])
        for database in databases:
            database.cr.rollback()
    if notes:
        Path(notes).write_text(json.dumps(kept), encoding="utf-8")
    return 0


class _Database:
    def __init__(self, cr):
        self.cr = cr
        self.place = Place(api.Environment(cr, SUPERUSER_ID, {}))
        self.users = {}

    def env(self, login):
        if login not in self.users:
            user = self.place.env["res.users"].search([("login", "=", login)])
            companies = user.company_id | user.company_ids
            self.users[login] = user.id, companies.ids
        uid, companies = self.users[login]
        context = {"allowed_company_ids": companies, "lang": "en_US", "tz": "UTC"}
        return api.Environment(self.cr, uid, context)


def _measure(operation, databases, clock):
    """Act on both databases in turn, so that a busy moment hits both.

    The first time warms up, unless it took so long that there is no other.
    """
    sides = Side(), Side()
    for number in range(-1, operation.repeat or REPEAT):
        for side, database in zip(sides, databases, strict=True):
            if side.error or sum(side.seconds) > LONG:
                continue
            _once(operation, database, side, clock)
            if number < 0 and not side.error and clock.took <= LONG:
                side.forget()
    return sides


def _once(operation, database, side, clock):
    """Act with cold caches, and undo it."""
    cr = database.cr
    env = database.env(operation.user)
    cr.execute("SAVEPOINT size")
    env.invalidate_all()
    gc.collect()
    clock.start(cr)
    try:
        side.result = operation.act(env, database.place)
        env.flush_all()
    except Exception as error:  # what a person would see
        side.error = f"{type(error).__name__}: {str(error).splitlines()[0]}"[:200]
    clock.stop(cr)
    if not side.error:
        side.seconds.append(clock.took)
        side.sql.append(clock.sql)
        side.queries = clock.queries
    env.transaction.clear()
    cr.execute("ROLLBACK TO SAVEPOINT size")
    cr.execute("RELEASE SAVEPOINT size")
    env.invalidate_all(flush=False)


class _Clock:
    """Seconds altogether and in SQL."""

    def __init__(self):
        self.sql = self.took = 0.0
        self.queries = 0

    def start(self, cr):
        self.queries = cr.sql_log_count
        self.sql = 0.0
        self.begun = time.perf_counter()

    def stop(self, cr):
        self.took = time.perf_counter() - self.begun
        self.queries = cr.sql_log_count - self.queries


def _watch_sql():
    clock = _Clock()
    execute = Cursor.execute

    def watched(self, *args, **kwargs):
        started = time.perf_counter()
        try:
            return execute(self, *args, **kwargs)
        finally:
            clock.sql += time.perf_counter() - started

    Cursor.execute = watched
    return clock


def _tell(row):
    sides = [row[name] for name in SIDES]
    told = [
        side["error"] or f"{side['seconds'] * 1000:.0f} ms/{side['queries']}"
        for side in sides
    ]
    print(
        f"   {row['user']}: {row['name']}: {' -> '.join(told)}",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a row is, and how it is measured."""

import gc
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

from odoo.sql_db import db_connect

WARM_UP = 2
# For what takes a moment: of few, a disturbed repetition or two would be the p95.
OFTEN = 100


@dataclass
class Row:
    """One comparison of the addon with stock Odoo.

    :param prepare: called once with the environment; what it returns goes to both
    :param stock: one action of stock Odoo, undone after each repetition
    :param ours: the same action with the addon
    :param work: units of work in one action; above 1 the row shows units per second
    :param unit: of what an action returns, when that is measured instead of time
    :param target: what the ratio should be, in words
    :param holds: whether a measured row meets the target
    :param check: refuses what an action of ours returned, and is not measured
    """

    name: str
    what: str
    prepare: Callable
    stock: Callable
    ours: Callable
    target: str
    holds: Callable
    work: int = 1
    unit: str = ""
    repeat: int | None = None
    warm_up: int = WARM_UP
    check: Callable = lambda _result: None


@dataclass
class Side:
    """The repetitions of one side."""

    seconds: list = field(default_factory=list)
    queries: list = field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.seconds)

    @property
    def p95(self):
        """The time that nineteen of twenty repetitions do not exceed."""
        ordered = sorted(self.seconds)
        return ordered[-(-len(ordered) * 19 // 20) - 1]

    @property
    def query_count(self):
        return round(statistics.median(self.queries))


@dataclass
class Result:
    """A measured row."""

    row: Row
    stock: Side
    ours: Side

    @property
    def ratio(self):
        """Time of ours in times of stock's."""
        return self.ours.median / self.stock.median

    @property
    def worst_ratio(self):
        """The worse of the ratios of the medians and of what 19 of 20 do not exceed."""
        return max(self.ratio, self.ours.p95 / self.stock.p95)

    @property
    def more_queries(self):
        return self.ours.query_count - self.stock.query_count


def measure(env, row, repeat, durable=False):
    """Measure both sides in turn, so that a busy moment hits both.

    :param durable: whether the time of writing to the disk counts too, as it does
        when an action is committed
    """
    data = row.prepare(env)
    env.flush_all()
    sides = Side(), Side()
    actions = (row.stock, sides[0]), (row.ours, sides[1])
    other = db_connect(env.cr.dbname).cursor() if durable else nullcontext()
    with other as disk:
        for number in range(-row.warm_up, row.repeat or repeat):
            order = actions if number % 2 else actions[::-1]
            for action, side in order:
                check = row.check if action == row.ours else lambda _result: None
                seconds, queries, figure = _once(env, action, data, check, disk)
                if number >= 0:
                    side.seconds.append(figure if row.unit else seconds)
                    side.queries.append(queries)
    return Result(row, *sides)


def _once(env, action, data, check, disk):
    """Return seconds, queries and result of an action with cold caches, undone."""
    env.cr.execute("SAVEPOINT bench")
    env.invalidate_all()
    gc.collect()
    gc.disable()
    queries, start = env.cr.sql_log_count, time.perf_counter()
    result = action(env, data)
    env.flush_all()
    if disk:
        _wait_for_disk(disk)
    seconds = time.perf_counter() - start
    queries = env.cr.sql_log_count - queries
    gc.enable()
    check(result)
    env.cr.execute("ROLLBACK TO SAVEPOINT bench")
    # Kept, it would be one level more for every row version that a later query reads.
    env.cr.execute("RELEASE SAVEPOINT bench")
    env.invalidate_all(flush=False)
    return seconds, queries, result


def _wait_for_disk(disk):
    """Wait as long as the commit of an action would: a commit writes the log of all
    transactions up to it, and this one has nothing of its own."""
    disk.execute("SELECT pg_logical_emit_message(TRUE, 'bench', '')")
    disk.commit()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Logging time: on a stock task with a sales order item, and on a ticket with one."""

from measure import OFTEN, Row
from world import world

MANY = 20_000
OTHERS = 10  # more tickets, and tasks, with entries in between
BATCH = 1_000
ENTRY = "account.analytic.line"
_EMPTY = {}  # the medians on empty items, for the growth of the ones with many


def prepare(env):
    place = world(env)
    return [place.entry(work) for work in (place.task(), place.ticket())]


def prepare_many(env):
    place = world(env)
    works = place.task(), place.ticket()
    others = [make() for make in (place.task, place.ticket) for _ in range(OTHERS)]
    place.log_among_others(
        dict.fromkeys(works, MANY) | dict.fromkeys(others, MANY // 5)
    )
    return [place.entry(work) for work in works]


def one(side):
    return lambda env, data: env[ENTRY].create([dict(data[side])])


def batch(side):
    return lambda env, data: env[ENTRY].create([dict(data[side])] * BATCH)


def is_close(result):
    _EMPTY.update(stock=result.stock.median, ours=result.ours.median)
    return result.worst_ratio <= 1.05 and result.more_queries <= 3


def grows_no_faster(result):
    """Compare the growth since the empty item on both sides.

    Five percent is what the growth of stock's own time varies from run to run.
    """
    if not _EMPTY:
        return result.ratio <= 1.15
    stock = result.stock.median / _EMPTY["stock"]
    ours = result.ours.median / _EMPTY["ours"]
    return ours <= stock * 1.05


ROWS = [
    Row(
        name="entry-one",
        what="one entry on a ticket with an item against one on a stock task with one",
        prepare=prepare,
        stock=one(0),
        ours=one(1),
        target="<= 1.05x, p95 too, queries <= +3",
        holds=is_close,
        repeat=OFTEN,
    ),
    Row(
        name="entry-one-after-20000",
        what=f"the same with {MANY:,} entries already on both, among those of others,"
        " committed and vacuumed; growth since entry-one",
        prepare=prepare_many,
        stock=one(0),
        ours=one(1),
        target="grows no faster than stock",
        holds=grows_no_faster,
        repeat=OFTEN,
    ),
    Row(
        name="entry-batch-1000",
        what=f"{BATCH:,} entries in one create",
        prepare=prepare,
        stock=batch(0),
        ours=batch(1),
        target=">= 0.85x throughput",
        holds=lambda result: 1 / result.ratio >= 0.85,
        work=BATCH,
        repeat=5,
    ),
]

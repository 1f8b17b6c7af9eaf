# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The memory of a cycle that commits each page, by how many rows it reads."""

import gc
import os
from pathlib import Path

from measure import Row

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry

from rows.sync_postgresql import QUERY, create_source

FEW, MANY = 10_000, 100_000
STATUS = Path("/proc/self/status")
PAGES = Path("/proc/self/clear_refs")
RESET_PEAK = "5"


def megabytes(name):
    """Return a figure of this process: VmRSS now, VmHWM at its highest."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(lines[name].split()[0]) / 1024


def in_a_process(database, count):
    """Return what a process of its own needed more to read so many rows."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writer, str(peak(database, count)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    with os.fdopen(reader) as answer:
        return float(answer.read())


def peak(database, count):
    # The sockets of the parent are left alone, not even closed.
    _inherited, sql_db._Pool = sql_db._Pool, None
    registry = Registry(database)
    _inherited_too, registry._db = registry._db, sql_db.db_connect(database)
    gc.enable()
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        before = megabytes("VmRSS")
        PAGES.write_text(RESET_PEAK)
        run(env, count)
        return megabytes("VmHWM") - before


def run(env, count):
    """Read so many rows as a worker does, and take them away again."""
    customer = env["res.partner"].create({"name": "Bench", "ref": "BENCH-M"})
    query = QUERY.replace("BENCH-1", "BENCH-M").replace(f"{FEW})", f"{count})")
    source = create_source(env, query)
    env.cr.commit()
    source._run_cycle()
    if source.record_count != count or source.failed_count:
        raise AssertionError(f"{source.record_count} of {count} rows stored")
    for table, column, value in (
        ("service_sync_record", "source_id", source.id),
        ("service_sync_source", "id", source.id),
        ("service_credit_purchase", "partner_id", customer.id),
        ("res_partner", "id", customer.id),
    ):
        env.cr.execute(f"DELETE FROM {table} WHERE {column} = %s", [value])
    env.cr.commit()
    env.invalidate_all()


ROWS = [
    Row(
        name="sync-memory-100000",
        what=f"{MANY:,} new purchases in one run against {FEW:,}, at the peak",
        prepare=lambda env: env.cr.dbname,
        stock=lambda _env, database: in_a_process(database, FEW),
        ours=lambda _env, database: in_a_process(database, MANY),
        target="<= 1.2x",
        holds=lambda result: result.ratio <= 1.2,
        unit="MB",
        repeat=1,
        warm_up=0,
    ),
]

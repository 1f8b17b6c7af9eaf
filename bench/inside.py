# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Runs in Odoo's Python: load the database, measure every row, print the table."""

import importlib
import json
import pkgutil
import platform
import sys
import time
from pathlib import Path

import rows
from measure import measure

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

NUMBERS = "min/median/p95/max"
HEAD = ("row", "unit", f"stock {NUMBERS}", f"ours {NUMBERS}", "queries", "ratio")


def main(config, database, only, repeat, disk, notes):
    """Measure the rows with ``only`` in their names, and show them.

    :param disk: ``fsync`` when the time of the disk counts, else anything
    :param notes: a file to keep the table in, or an empty text
    """
    odoo.tools.config.parse_config(["-c", config, "--log-level=error"])
    results = []
    found = [row for row in all_rows() if only in row.name]
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        for row in found:
            started = time.monotonic()
            results.append(measure(env, row, int(repeat), disk == "fsync"))
            took = time.monotonic() - started
            print(f"   {row.name}: {took:.0f} s", file=sys.stderr, flush=True)
        cr.rollback()
        cr.execute("SHOW server_version")
        postgres = cr.fetchone()[0].partition(" ")[0]
    machine = (
        f"Python {platform.python_version()}, PostgreSQL {postgres}"
        f" {'with' if disk == 'fsync' else 'without'} fsync"
    )
    show(results, machine)
    if notes:
        kept = {"machine": machine, "head": [*HEAD, "target", ""]}
        kept["rows"] = [[*cells(result), result.row.what] for result in results]
        Path(notes).write_text(json.dumps(kept), encoding="utf-8")
    return 0 if results else 2


def all_rows():
    """Return the rows of every module in rows/, in the order of their names."""
    for module in sorted(pkgutil.iter_modules(rows.__path__), key=lambda m: m.name):
        yield from importlib.import_module(f"rows.{module.name}").ROWS


def show(results, machine):
    table = [HEAD + ("target", "")]
    table += [cells(result) for result in results]
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    print(f"\n{machine}")
    for line in table:
        padded = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())
    print()
    for result in results:
        print(f"{result.row.name}: {result.row.what}")


def cells(result):
    row = result.row
    per_second = row.work > 1
    holds = "holds" if row.holds(result) else "MISSED"
    return (
        row.name,
        row.unit or ("per s" if per_second else "ms"),
        span(result.stock, row),
        span(result.ours, row),
        f"{result.stock.query_count} -> {result.ours.query_count}",
        f"{1 / result.ratio if per_second else result.ratio:.2f}x",
        row.target,
        holds,
    )


def span(side, row):
    numbers = [min(side.seconds), side.median, side.p95, max(side.seconds)]
    if row.work > 1:
        return " / ".join(f"{row.work / number:.0f}" for number in numbers)
    scale = 1 if row.unit else 1000
    return " / ".join(f"{number * scale:.1f}" for number in numbers)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

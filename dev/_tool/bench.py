# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""bench/run: a scratch database, and the measurements inside Odoo on it."""

import argparse
import json
import os
import re
import subprocess

from . import paths, say
from .databases import Databases, dependencies
from .machine import machine
from .say import Problem
from .workshop import LEASH, Workshop

INSIDE = paths.CHECKOUT / "bench" / "inside.py"
PAGE = paths.CHECKOUT / "docs" / "performance.md"
# What the page has from the runs; all around it is written by hand.
FIGURES = re.compile(
    r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL
)


def main(arguments):
    options = _options(arguments)
    if not options.page:
        return _measure(options.rows, options.repeat, options.fsync)
    kinds = []
    for fsync in (False, True):
        notes = paths.folder("runs") / f"bench_{os.getpid()}.json"
        try:
            if _measure(options.rows, options.repeat, fsync, notes):
                return 1
            kinds.append(json.loads(notes.read_text(encoding="utf-8")))
        finally:
            notes.unlink(missing_ok=True)
    _write_page(kinds)
    return 0


def _measure(rows, repeat, fsync, notes=""):
    """Measure in a scratch database and return the exit code."""
    # A server of its own for each: with fsync is a setting of the whole server.
    server = ("durable", False) if fsync else ("test", True)
    with Workshop(*server) as shop:
        databases = Databases(shop)
        databases.clean()
        source = databases.addon(databases.base(dependencies()))
        with databases.scratch(source) as name:
            config = shop.write_config(
                databases.logs / f"{name}.conf", name, http_enable=False
            )
            python = shop.environment.python
            command = [python, LEASH, python, INSIDE, config, name]
            command += [rows, repeat, "fsync" if fsync else "", notes]
            say.tell(f"-> Measuring ({machine()})")
            done = subprocess.run(
                [str(part) for part in command],
                env=shop.child_env(),
                stdin=subprocess.DEVNULL,
            )
            config.unlink(missing_ok=True)
            return done.returncode


def _write_page(kinds):
    """Put the tables of these runs, and what they were measured on, into the page."""
    text = PAGE.read_text(encoding="utf-8")
    parts = [f"Measured with {machine()}.\n"]
    for kept in kinds:
        parts += [f"## {kept['machine']}\n", _table(kept)]
    parts += ["## What the rows compare\n"]
    parts += [f"- `{row[0]}`: {row[-1]}." for row in kinds[0]["rows"]] + [""]
    figures = "\n".join(parts).replace(" x ", " × ")
    text, found = FIGURES.subn(lambda _old: figures, text)
    if not found:
        raise Problem(f"{PAGE.name} has no place for figures.")
    PAGE.write_text(text, encoding="utf-8")


def _table(kept):
    """Return the table of a run as Markdown."""
    lines = [kept["head"], ["---"] * len(kept["head"])]
    lines += [row[:-1] for row in kept["rows"]]
    cells = ["| " + " | ".join(line) + " |" for line in lines]
    text = re.sub(r"(?<=\d)x(?= )", "×", "\n".join(cells)).replace("->", "→")
    return text + "\n"


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measure the addon against stock Odoo in one run, both in turn."
        " Ratios count; times vary from machine to machine.",
    )
    parser.add_argument("rows", nargs="?", default="", help="only rows with this text")
    parser.add_argument("--repeat", type=int, default=15, help="default 15")
    parser.add_argument(
        "--fsync",
        action="store_true",
        help="count the time of the disk too, on a server that waits for it",
    )
    parser.add_argument(
        "--page",
        action="store_true",
        help=f"measure without and with fsync, and write docs/{PAGE.name}",
    )
    return parser.parse_args(arguments)

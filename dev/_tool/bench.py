# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""bench/run: a scratch database, and the measurements inside Odoo on it."""

import argparse
import os
import subprocess

from . import paths, say
from .databases import Databases, dependencies
from .workshop import LEASH, Workshop

INSIDE = paths.CHECKOUT / "bench" / "inside.py"


def main(arguments):
    options = _options(arguments)
    with Workshop("test", throw_away=True) as shop:
        databases = Databases(shop)
        databases.clean()
        source = databases.addon(databases.base(dependencies()))
        with databases.scratch(source) as name:
            config = shop.write_config(
                databases.logs / f"{name}.conf", name, http_enable=False
            )
            python = shop.environment.python
            command = [python, LEASH, python, INSIDE, config, name]
            command += [options.rows, options.repeat]
            say.tell(f"-> Measuring ({os.cpu_count()} cores, {_memory()} of memory)")
            done = subprocess.run(
                [str(part) for part in command],
                env=shop.child_env(),
                stdin=subprocess.DEVNULL,
            )
            config.unlink(missing_ok=True)
            return done.returncode


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measure the addon against stock Odoo in one run, both in turn."
        " Ratios count; times vary from machine to machine.",
    )
    parser.add_argument("rows", nargs="?", default="", help="only rows with this text")
    parser.add_argument("--repeat", type=int, default=15, help="default 15")
    return parser.parse_args(arguments)


def _memory():
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{size / 2**30:.0f} GiB"

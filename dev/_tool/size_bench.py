# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""bench/size: what people do at a large service provider, and at a small one."""

import argparse
import json
import os
import re

from . import paths, provider_portal, say
from .machine import machine
from .provider import Provider
from .say import Problem
from .verdict import judge, table
from .workshop import Workshop

PAGE = paths.CHECKOUT / "docs" / "size.md"
# What the page has from a run; all around it is written by hand.
FIGURES = re.compile(
    r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL
)


def main(arguments):
    options = _options(arguments)
    with Workshop("test", throw_away=True) as shop:
        provider = Provider(shop, options.size)
        with provider.ready(options.keep) as names:
            if options.build:
                print("\n".join(names))
                return 0
            rows = _measure(provider, names, options.only)
    rows = [judge(row) for row in rows]
    print("\n" + table(rows))
    if options.page:
        _write_page(rows, options.size)
    return 0 if rows else 2


def _measure(provider, names, only):
    """Return what every operation took on both databases, in turn."""
    config = provider.databases.logs / f"{names[0]}.conf"
    notes = paths.folder("runs") / f"size_{os.getpid()}.json"
    provider.shop.write_config(config, names[0], http_enable=False)
    try:
        say.tell("-> Measuring: small database -> large database, ms and queries")
        if provider.play("measure_operations.py", config, *names, only, notes):
            raise Problem("Measuring failed, see above.")
        rows = json.loads(notes.read_text(encoding="utf-8"))
    finally:
        notes.unlink(missing_ok=True)
        config.unlink(missing_ok=True)
    return rows + provider_portal.measure(provider, names, only)


def _write_page(rows, size):
    """Put the table of this run, and what it was measured on, into the page."""
    text = PAGE.read_text(encoding="utf-8")
    figures = f"Measured with {machine()}, at {size:.0%}.\n\n{table(rows)}\n"
    text, found = FIGURES.subn(lambda _old: figures, text)
    if not found:
        raise Problem(f"{PAGE.name} has no place for figures.")
    PAGE.write_text(text, encoding="utf-8")


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="bench/size",
        description="Build the databases of a large service provider and of one of a"
        " hundredth of its size, check that they add up, and measure what people do on"
        " both in turn, each in their role. Ratios count; times vary from machine to"
        " machine.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--size", type=float, default=1.0, help="of the large one, default 1 (2 GB)"
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the databases, use those that fit"
    )
    parser.add_argument(
        "--build", action="store_true", help="only build, and print their names"
    )
    parser.add_argument(
        "--only",
        default="",
        metavar="REGEX",
        help="only operations whose “user: name” matches",
    )
    parser.add_argument(
        "--page", action="store_true", help=f"write docs/{PAGE.name} from this run"
    )
    return parser.parse_args(arguments)

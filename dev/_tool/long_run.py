# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The long run: more of every kind that finds what nobody thought of."""

import contextlib
import json
import os
import random
from collections import Counter

from . import paths, say
from .pytest_run import parallel

# What plays more of itself, or plays at all, in the long run.
KINDS = (
    "walk",
    "preview_is_what",
    "storm",
    "race",
    "crash",
    "fuzz",
    "attack",
    "odd",
    "another_odoo",
    "thousands",
    "keyboard",
    "agent_screens",
    "agent_morning",
    "customer_year",
    "first_import",
)
PLAYS = {"HELPDESK_LONG": "1", "HELPDESK_WALKS": "300"}


@contextlib.contextmanager
def arguments():
    """Yield pytest's arguments; show at the end how much was played."""
    notes = paths.folder("runs") / f"played_{os.getpid()}"
    os.environ.update(PLAYS, HELPDESK_PLAYED=str(notes))
    # Other walks in each run; the same ones again with their seed.
    seed = os.environ.setdefault("HELPDESK_SEED", str(random.randrange(1, 10**9)))
    try:
        counts = "-p_tool.pytest_counts"
        yield [*parallel(), counts, "-k", " or ".join(KINDS), "--timeout=3600"]
    finally:
        with contextlib.suppress(FileNotFoundError):
            _show(notes.read_text(encoding="utf-8").splitlines(), seed)
            notes.unlink()


def _show(lines, seed):
    """Show what was played, kind by kind, and the sums of the kind."""
    kinds = {}
    for kind, who, numbers in map(json.loads, lines):
        kinds.setdefault(kind, {}).setdefault(who, Counter()).update(numbers)
    say.tell(f"\n-> What was played (HELPDESK_SEED={seed})")
    for kind, plays in sorted(kinds.items()):
        say.tell(f"   {kind}: {_write(sum(plays.values(), Counter()))}")
        if len(plays) > 1:
            for who, numbers in sorted(plays.items()):
                say.tell(f"     {who}: {_write(numbers)}")


def _write(numbers):
    return ", ".join(f"{number:,} {name}" for name, number in numbers.items())

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How much was played: `dev/test --long` adds it up and shows it at its end."""

import json
import os
from unittest import skipUnless

LONG = bool(os.environ.get("HELPDESK_LONG"))
in_long_run = skipUnless(LONG, "HELPDESK_LONG=1 plays it")


def played(kind, who, **numbers):
    """Note how much of a kind a test has played; every run of a test adds to it.

    :param str kind: walks, races, crash points, …
    :param str who: the test, or what it plays
    :param numbers: counts by their names
    """
    path = os.environ.get("HELPDESK_PLAYED")
    if not path:
        return
    # In one write: several processes append to the file.
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps([kind, who, numbers]) + "\n")

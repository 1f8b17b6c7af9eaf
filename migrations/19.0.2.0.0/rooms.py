# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The steps of each room: a file beside this one with the room's name.

It may define `before(cr)`, run before the new code changes the tables, and
`after(env)`, run when it has. Rules: plain SQL, or the ORM in batches; safe to repeat;
never a figure of a ledger row. Try it with ``dev/test --lifecycle``.
"""

from pathlib import Path

from odoo.modules.module import load_script

ROOMS = (
    "ledger",
    "authorization",
    "work",
    "funding",
    "time",
    "selling",
    "accounting",
    "alert",
    "sync",
    "base",
)


def run(step, argument):
    """Run one step of every room that has it, in the order of the rooms."""
    for room in ROOMS:
        path = Path(__file__).with_name(f"{room}.py")
        if path.exists():
            function = getattr(load_script(str(path), f"migrate_{room}"), step, None)
            if function:
                function(argument)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Before the new code changes the tables: `before(cr)` of each room, and what others
would wait for."""

from pathlib import Path

from odoo.modules.module import load_script


def migrate(cr, version):
    if version:
        rooms = load_script(str(Path(__file__).with_name("rooms.py")), "rooms")
        rooms.run("before", cr)
        large = load_script(str(Path(__file__).with_name("large.py")), "large")
        large.make_room(cr)

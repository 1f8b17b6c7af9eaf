# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""After the new code has changed the tables: `after(env)` of each room."""

from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.module import load_script


def migrate(cr, version):
    if version:
        env = api.Environment(cr, SUPERUSER_ID, {})
        rooms = load_script(str(Path(__file__).with_name("rooms.py")), "rooms")
        rooms.run("after", env)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Runs in Odoo's Python, on a database of the provider: CONFIG DATABASE WHAT …"""

import importlib
import sys

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry


def main(config, database, what, *arguments):
    odoo.tools.config.parse_config(["-c", config, "--log-level=error"])
    module, _dot, function = what.partition(".")
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        return getattr(importlib.import_module(module), function)(env, *arguments) or 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

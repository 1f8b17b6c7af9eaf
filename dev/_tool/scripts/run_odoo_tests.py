# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Run Odoo's own test runner with every test after all addons are loaded.

Odoo would run many tests of an addon before the addons that extend it are loaded,
ours among them, and so would not see what ours does to it.
"""

import sys

from odoo import cli
from odoo.tests import common, loader

stock_suite = loader.make_suite


def make_suite(module_names, position="at_install"):
    if position == "at_install":
        return loader.OdooSuite()
    suites = (stock_suite(module_names, kind) for kind in ("at_install", position))
    return loader.OdooSuite(test for suite in suites for test in suite)


common.CHECK_BROWSER_ITERATIONS = 600  # a busy machine needs more than ten seconds
loader.make_suite = make_suite
sys.exit(cli.main())

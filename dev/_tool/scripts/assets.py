# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Compile the assets that browser tests load; runs in Odoo's shell.

Odoo's own routine compiles every bundle there is, in twice the time. Most files are in
several of these: each is compiled once.
"""

import functools

from odoo.tools import js_transpiler

from odoo.addons.base.models import assetsbundle

js_transpiler.transpile_javascript = functools.cache(js_transpiler.transpile_javascript)
assetsbundle.rjsmin = functools.cache(assetsbundle.rjsmin)
env = globals()["env"]
SCRIPTS_AND_STYLES = (
    "web.assets_web",
    "web.assets_frontend_lazy",
    "web.assets_frontend_minimal",
    "web.assets_unit_tests_setup",
)
SCRIPTS = ("web.assets_tests", "web.__assets_tests_call__", "web.assets_unit_tests")
STYLES = ("web.assets_frontend", "web.assets_web_print")
qweb = env["ir.qweb"]
for name in SCRIPTS_AND_STYLES + SCRIPTS:
    qweb._get_asset_bundle(name, css=False, js=True).js()
for name in SCRIPTS_AND_STYLES + STYLES:
    qweb._get_asset_bundle(name, css=True, js=False).css()
env.cr.commit()

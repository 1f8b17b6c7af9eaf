# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Compile the assets of the web client; runs in Odoo's shell."""

env = globals()["env"]
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestWebClient(HttpCase):
    """The client's bundles build and it starts with the addon installed."""

    def test_start(self):
        """The administrator reaches the menus; an error in the console fails."""
        self.browser_js(
            "/odoo",
            code="console.log('test successful');",
            ready="!!document.querySelector('.o_main_navbar .o_navbar_apps_menu')",
            login="admin",
        )

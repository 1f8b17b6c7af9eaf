# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestJs(HttpCase):
    """The unit tests of the client, in the addon's static/tests."""

    def test_hoot(self):
        """Every suite of the addon runs; what fails is named in the failure."""
        said = []

        def stops(message):
            said.append(message)
            return "[HOOT]" not in message

        try:
            self.browser_js(
                "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"
                "&filter=helpdesk_service_credit",
                "",
                "",
                login="admin",
                timeout=300,
                success_signal="[HOOT] Test suite succeeded",
                error_checker=stops,
            )
        except AssertionError as error:
            raise AssertionError("\n".join(said)) from error

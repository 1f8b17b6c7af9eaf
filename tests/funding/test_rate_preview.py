# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from lxml import etree

from odoo.tests import Form, tagged

from ..support.rates import MONDAY, RatesCommon


@tagged("post_install", "-at_install")
class TestRatePreview(RatesCommon):
    """The window that tries the rates."""

    def test_what_the_window_shows(self):
        window = self.env["service.rate.preview"].with_user(self.agent)
        with Form(window) as form:
            self.assertEqual(form.employee_id, self.agent_employee.sudo(False))
            form.date = MONDAY
            form.time_start = 17.5
            form.time_stop = 18.75
            for text in ("0:30", "until 18:00", "until 18:45", "× 1.5", "1:38"):
                self.assertIn(text, form.preview.replace("</td>", ""))
            self.assertIn("No rate applies", form.preview)
            form.time_stop = 18
            self.assertNotIn("× 1.5", form.preview)
            form.time_stop = 0
            self.assertFalse(form.preview)

    def test_every_view_of_rates_leads_to_the_window(self):
        """A phone shows cards and the form."""
        action = self.env.ref("helpdesk_service_credit.service_rate_preview_action")
        views = self.env["service.rate"].get_views(
            [(False, kind) for kind in ("list", "kanban", "form")]
        )["views"]
        for kind, view in views.items():
            buttons = etree.fromstring(view["arch"]).findall("header/button")
            self.assertIn(str(action.id), [b.get("name") for b in buttons], kind)

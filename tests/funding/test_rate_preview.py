# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from freezegun import freeze_time
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

    def test_who_pays_asks_for_the_person(self):
        """What an hour counts depends on it; only those one may log for are offered."""
        self._add_rate(3, employee_ids=self.agent_employee.ids)
        panel = self.env["service.funding.panel"].with_user(self.agent)
        with Form(panel.with_context(default_ticket_id=self.ticket.id)) as form:
            self.assertEqual(form.employee_id, self.agent_employee.sudo(False))
            self.assertIn("× 3", form.preview)
            form.employee_id = self.employee
            self.assertNotIn("× 3", form.preview)
        self.company.timesheet_log_for = "own"
        panel = panel.create({"ticket_id": self.ticket.id})
        self.assertEqual(panel.employee_id, self.agent_employee.sudo(False))
        panel.employee_id = self.employee
        self.assertIn(self.employee.name, panel.preview)
        self.assertNotIn("Noted on the entry", panel.preview)

    def test_the_person_is_of_the_company_of_the_work(self):
        """Entries of another company's people are refused: no window offers one."""
        far = self.env["res.company"].create({"name": "Far"})
        self.agent.company_ids += far
        values = {"user_id": self.agent.id, "company_id": far.id}
        there = self.env["hr.employee"].create({"name": "Anna", **values})
        team = self.team.copy({"name": "Far", "company_id": far.id})
        ticket = self._create_ticket(team_id=team.id, **values)
        companies = {"allowed_company_ids": [self.company.id, far.id]}
        panel = self.env["service.funding.panel"].with_user(self.agent)
        form = Form(
            panel.with_context(default_partner_id=self.customer.id, **companies)
        )
        self.assertEqual(form.employee_id, self.agent_employee.sudo(False))
        form.ticket_id = ticket
        self.assertEqual(form.employee_id, there)
        # By a program, as posting would.
        values = {"ticket_id": ticket.id, "employee_id": self.agent_employee.id}
        foreign = panel.with_context(**companies).create(values)
        self.assertIn("choose an active employee of Far", foreign.preview)
        self.assertNotIn("Noted on the entry", foreign.preview)

    @freeze_time("2026-05-04 11:00")
    def test_windows_start_on_the_day_of_the_company(self):
        """Eleven in UTC is the next day on Kiritimati, whoever asks."""
        self.company.partner_id.tz = "Pacific/Kiritimati"
        for model in ("service.log", "service.funding.panel", "service.rate.preview"):
            form = Form(self.env[model].with_context(tz="UTC"))
            self.assertEqual(str(form.date), "2026-05-05", model)

    def test_every_view_of_rates_leads_to_the_window(self):
        """A phone shows cards and the form."""
        action = self.env.ref("helpdesk_service_credit.service_rate_preview_action")
        views = self.env["service.rate"].get_views(
            [(False, kind) for kind in ("list", "kanban", "form")]
        )["views"]
        for kind, view in views.items():
            buttons = etree.fromstring(view["arch"]).findall("header/button")
            self.assertIn(str(action.id), [b.get("name") for b in buttons], kind)

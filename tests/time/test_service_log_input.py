# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..support.service_log import ServiceLogCommon


@tagged("post_install", "-at_install")
class TestServiceLogInput(ServiceLogCommon):
    """What people type into Log Service, and the sentence they read."""

    def test_bad_hours(self):
        cases = {
            0.25: "log at least 0.5",
            0.49999: "log at least 0.5",
            0: "log at least 0.5",
            None: "log at least 0.5",
            -1: "log at least 0.5",
            3.3: "log 3 or 3.5",
            10 / 3: "3.33 hours of .*, so log 3 or 3.5",
            1e9: "at most 24",
            24.5: "at most 24",
        }
        for hours, message in cases.items():
            with self.subTest(hours):
                self._assert_refused(message, hours)
        for hours in ("abc", float("nan"), float("inf"), 1e308, 1e-9, [1]):
            with self.subTest(hours):
                self._assert_refused("can't be “", hours)
        self.assertFalse(self.ticket.timesheet_ids)

    def test_bad_titles(self):
        for title in ("   ", "\n\t", "\u00a0"):
            with self.subTest(title):
                self._assert_refused("Enter a title", title=title)

    def test_bad_dates(self):
        today = fields.Date.today()
        for day in ("1970-01-01", "9999-12-31", today + timedelta(days=2)):
            with self.subTest(day):
                self._assert_refused("choose a date from", date=day)

    def test_work_from_before_the_order_is_told(self):
        day = fields.Date.today() - timedelta(days=30)
        log = self._create_log(date=day)
        self.assertIn("before", log.preview)
        log.action_log_hours()
        self.assertEqual(log.entry_id.date, day)

    def test_ticket_of_another_customer(self):
        self._assert_refused(
            "belongs to Azure Mills and the service to Birch Works",
            partner_id=self.other_customer.id,
        )

    def test_description_is_normalised_and_never_markup(self):
        normalise = self.env["service.log"]._normalise_description
        self.assertEqual(
            normalise("- a\n–b\n—  c\n• d\n\n   − e \n-5 °C\nplain\n--- f"),
            "- a\n- b\n- c\n- d\n- e\n- -5 °C\n- plain\n- f",
        )
        self.assertEqual(normalise(False), "")
        html = "<script>alert(1)</script>"
        long = "x" * 100_000
        log = self._create_log(description=f"{html}\n{long}", title=f"{html} title")
        self.assertNotIn("<script>", log.preview)
        log.action_log_hours()
        self.assertEqual(log.entry_id.internal_note, f"- {html}\n- {long}")
        self.assertEqual(log.entry_id.name, f"{html} title")

    def test_two_operators_and_two_companies_stay_apart(self):
        company = self.env["res.company"].create({"name": "Second Company"})
        stranger = self.env["hr.employee"].create(
            {"name": "Stranger", "company_id": company.id}
        )
        self._assert_refused("choose an active employee of", employee_id=stranger.id)

    def test_who_logs_for_whom(self):
        """The drop-down, the preview and the button agree."""
        colleague = self.agent_employee

        def offered(log):
            return self.env["hr.employee"].search(log.employee_domain)

        self.assertIn(colleague, offered(self._create_log()))
        self.company.timesheet_log_for = "own"
        log = self._create_log(employee_id=colleague.id)
        self.assertEqual(offered(log), self.operator.employee_id)
        self.assertIn("t log time for", log.preview)
        self._assert_refused("can't log time for", employee_id=colleague.id)
        self._create_log().action_log_hours()
        self.assertEqual(self.ticket.timesheet_ids.user_id, self.operator)

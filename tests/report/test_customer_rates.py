# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from lxml import html

from odoo.tests import HttpCase, new_test_user, tagged

from ..support.rates import MONDAY, RatesCommon

SENTENCE = "1:15 h: 0:30 × 1 until 18:00, 0:45 × 1.5 after"


@tagged("post_install", "-at_install")
class TestCustomerRates(RatesCommon, HttpCase):
    """Where customers read hours, they read how rates made them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.show_timesheet_portal = True
        cls.item = cls._sell(cls.time_product)

    def _clean(self, node):
        return " ".join(node.text_content().replace("\ufeff", "").split())

    def _read_timesheets(self, order):
        name = "sale_timesheet.report_timesheet_sale_order"
        report = self.env["ir.actions.report"]
        content, _kind = report._render_qweb_html(name, order.ids)
        return [
            [self._clean(cell) for cell in row.findall("td")]
            for row in html.fromstring(content).xpath("//tbody/tr")
        ]

    def test_the_annex_adds_up_to_the_hours_of_the_invoice(self):
        self.ticket.sale_line_id = self.item
        self._log_at(17.5, 1.25, name="Import repeated")
        self._log_at(10, 2, name="Certificate renewed")
        plain, weighed = "Certificate renewed", f"Import repeated {SENTENCE}"
        rows = self._read_timesheets(self.item.order_id)
        self.assertEqual(
            {(row[-3], *row[-2:]) for row in rows if len(row) > 1},
            {(plain, "02:00", "02:00"), (weighed, "01:15", "01:38")},
        )
        self.assertEqual(
            [row for row in rows if len(row) == 1],
            [["Total (Hours) 03:15"], ["Total Billed 03:38"]],
        )

    def test_the_annex_of_hours_that_are_billed_as_worked_is_cores(self):
        self.ticket.sale_line_id = self.item
        self._log_at(10, 2)
        rows = self._read_timesheets(self.item.order_id)
        self.assertEqual(rows[-1], ["Total (Hours) 02:00"])

    def test_the_statement_has_the_sentence(self):
        purchase = self._buy(10)
        self._log_at(17.5, 1.25, name="Import repeated")
        self.env.flush_all()
        statement = self.env["service.credit.statement"].create(
            {
                "partner_id": self.contact.id,
                "date_from": MONDAY,
                "date_to": MONDAY,
            }
        )
        content, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "helpdesk_service_credit.service_credit_statement_report", statement.ids
        )
        text = self._clean(html.fromstring(content))
        self.assertIn(f"Import repeated, {SENTENCE}, {purchase.name}", text)
        self.assertIn("-1.63", text)

    def test_the_page_of_a_task_has_the_sentence(self):
        project = self.env["project.project"].create(
            {
                "name": "Rollout",
                "partner_id": self.customer.id,
                "allow_billable": True,
                "allow_timesheets": True,
                "use_service_credits": True,
                "privacy_visibility": "portal",
            }
        )
        task = self.env["project.task"].create(
            {
                "name": "Cabling",
                "project_id": project.id,
                "partner_id": self.contact.id,
            }
        )
        self._buy(10)
        self.env["account.analytic.line"].create(
            {
                "task_id": task.id,
                "employee_id": self.employee.id,
                "name": "Import repeated",
                "date": MONDAY,
                "time_start": 17.5,
                "unit_amount": 1.25,
            }
        )
        new_test_user(self.env, "nora", "base.group_portal", partner_id=self.contact.id)
        task.message_subscribe(self.contact.ids)
        self.authenticate("nora", "nora")
        page = self.url_open(f"/my/tasks/{task.id}").text
        self.assertIn(SENTENCE, self._clean(html.fromstring(page)))

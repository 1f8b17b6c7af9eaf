# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...tools import fetch_along
from ..support.common import ServiceCreditCommon

ALONG = {"team_id": ("allow_timesheet",), "stage_id": ("lock_timesheet",)}


@tagged("post_install", "-at_install")
class TestFetching(ServiceCreditCommon):
    """Records read together with those they point to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stage = cls.env["helpdesk.ticket.stage"].create({"name": "On site"})
        cls.ticket = cls._create_ticket(stage_id=cls.stage.id)
        cls.loose = cls._create_ticket(name="Loose", team_id=False)

    def _forget(self):
        self.env.flush_all()
        self.env.invalidate_all()

    def _fetch(self, tickets):
        # sudo: access is the caller's affair
        fetch_along(tickets.sudo(), ALONG)

    def test_one_query_for_the_records_and_what_they_point_to(self):
        tickets = self.ticket | self.loose
        self._forget()
        with self.assertQueryCount(1):
            self._fetch(tickets)
            self.assertEqual(tickets.mapped("name"), ["Printer on fire", "Loose"])
            self.assertTrue(self.ticket.team_id.allow_timesheet)
            self.assertFalse(self.ticket.stage_id.lock_timesheet)
            self.assertFalse(self.loose.team_id)
        self._forget()
        self.assertEqual(self.ticket.team_id.name, self.team.name)

    def test_what_is_in_memory_is_not_read_again(self):
        self._forget()
        self._fetch(self.ticket)
        with self.assertQueryCount(0):
            self._fetch(self.ticket)
            self._fetch(self.ticket.browse())

    def test_changes_that_are_not_written_yet_stay(self):
        other = self.stage.copy({"name": "Elsewhere"})
        self._forget()
        self.stage.lock_timesheet = True
        self.ticket.name = "Printer out"
        self._fetch(self.ticket)
        self.assertTrue(self.stage.lock_timesheet)
        self.assertEqual(self.ticket.name, "Printer out")
        self.ticket.stage_id = other
        self.team.invalidate_recordset()
        self._fetch(self.ticket)
        self.assertEqual(self.ticket.stage_id, other)
        self._forget()
        self.assertTrue(self.stage.lock_timesheet)
        self.assertEqual(self.ticket.name, "Printer out")
        self.assertEqual(self.ticket.stage_id, other)

    def test_what_is_gone_is_left_out(self):
        gone = self.ticket.browse(10**9)
        self._fetch(gone | self.ticket)
        self.assertFalse(gone.exists())
        self.assertTrue(self.ticket.team_id.allow_timesheet)

    def test_reading_ahead_opens_no_ticket(self):
        stranger = self._create_person(
            "stranger", "hr_timesheet.group_hr_timesheet_user"
        )
        self._forget()
        with self.assertRaises(AccessError):
            self.env["account.analytic.line"].with_user(stranger).create(
                {"ticket_id": self.ticket.id, "unit_amount": 1}
            )

    def test_a_user_without_tickets_leaves_nothing_in_memory(self):
        public = self.env.ref("base.public_user")
        self._forget()
        with self.assertRaises(AccessError):
            self.ticket.with_user(public)._fetch_terms()
        with self.assertRaises(AccessError):
            self.ticket.with_user(public).read(["name"])

    def test_a_field_without_a_column_is_read_as_ever(self):
        along = {"team_id": ("allow_timesheet", "waiting_time_text")}
        self._forget()
        fetch_along(self.ticket.sudo(), along)
        with self.assertQueryCount(0):
            self.assertTrue(self.ticket.team_id.allow_timesheet)
        self.assertFalse(self.ticket.team_id.waiting_time_text)

    def test_a_stage_that_is_hidden_takes_time_or_says_why_not(self):
        """Whatever is in memory: a colleague of its company put the ticket there."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.stage.company_id = elsewhere
        lines = self.env["account.analytic.line"].with_user(self.agent)
        ticket = self.ticket.with_user(self.agent)
        for look in (
            self._forget,
            lambda: ticket.name,
            self.ticket.invalidate_recordset,
        ):
            look()
            self.assertTrue(lines.create({"ticket_id": ticket.id, "unit_amount": 1}))
        self.stage.lock_timesheet = True
        for look in (self._forget, lambda: ticket.name):
            look()
            with self.assertRefused(UserError, says="its stage On site locks time"):
                lines.create({"ticket_id": ticket.id, "unit_amount": 1})

    def test_a_record_names_itself(self):
        line = self.env["account.analytic.line"].create(
            {
                "ticket_id": self.ticket,
                "unit_amount": 1,
                "employee_id": self.employee.id,
            }
        )
        self.assertEqual(line.ticket_id, self.ticket)

    def test_an_entry_on_a_ticket_asks_no_more_than_one_on_a_stock_task(self):
        item = self._sell()
        ticket = self._create_ticket(sale_line_id=item.id)
        task = self.env["project.task"].create(
            {
                "name": "Cabling",
                "project_id": self.project.id,
                "partner_id": self.customer.id,
                "sale_line_id": self._sell().id,
            }
        )
        ours, stock = (
            self._count_queries({work: record.id})
            for work, record in (("ticket_id", ticket), ("task_id", task))
        )
        self.assertLessEqual(ours, stock)

    def _count_queries(self, values):
        """Return the queries of an entry, the second time, with nothing in memory."""
        for _time in range(2):
            self._forget()
            before = self.env.cr.sql_log_count
            self.env["account.analytic.line"].create(
                {
                    "name": "Work",
                    "unit_amount": 0.5,
                    "employee_id": self.employee.id,
                    **values,
                }
            )
            self.env.flush_all()
        return self.env.cr.sql_log_count - before

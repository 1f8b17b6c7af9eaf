# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2 import IntegrityError

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..support.common import ServiceCreditCommon

MAIL = """From: Nora Azure <n@azure.test>
To: first-line@example.test
Subject: It burns again
Message-ID: <burning-{number}@azure.test>
Content-Type: text/plain

Please come.
"""


@tagged("post_install", "-at_install")
class TestTicketChannels(HttpCase, ServiceCreditCommon):
    """Project and item reach a ticket however it comes in; teams switch freely."""

    def test_mail(self):
        item = self._sell()
        ticket_id = self.env["mail.thread"].message_process(
            "helpdesk.ticket",
            MAIL.format(number=1),
            custom_values={"team_id": self.team.id},
        )
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertEqual(ticket.project_id, self.project)
        self.assertEqual(ticket.sale_line_id, item)

    def test_import(self):
        item = self._sell()
        model = self.env["helpdesk.ticket"].with_user(self.agent)
        result = model.load(
            ["name", "description", "team_id", "partner_id/.id"],
            [["Imported", "Text", self.team.complete_name, str(self.customer.id)]],
        )
        self.assertFalse(result["messages"])
        ticket = model.browse(result["ids"])
        self.assertEqual(ticket.project_id, self.project)
        self.assertEqual(ticket.sale_line_id, item)

    def test_portal_form(self):
        item = self._sell()
        portal = new_test_user(
            self.env, "portal_pia", "base.group_portal", partner_id=self.contact.id
        )
        self.company.helpdesk_mgmt_portal_select_team = True
        category = self.env["helpdesk.ticket.category"].create({"name": "Fire"})
        self.authenticate(portal.login, portal.login)
        page = self.url_open("/new/ticket")
        token = page.text.split('name="csrf_token"')[1].split('value="')[1]
        self.url_open(
            "/submitted/ticket",
            data={
                "csrf_token": token.split('"')[0],
                "subject": "From the portal",
                "description": "Smoke",
                "category": category.id,
                "team": self.team.id,
            },
        )
        ticket = self.env["helpdesk.ticket"].search([("name", "=", "From the portal")])
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.project_id, self.project)
        self.assertEqual(ticket.sale_line_id, item)

    def test_switching_timesheets_works_both_ways(self):
        self._sell()
        ticket = self._create_ticket()
        entry = self._log(ticket)
        self.team.allow_timesheet = False
        self.assertFalse(self.team.allow_billable)
        self.assertFalse(ticket.allow_timesheet)
        self.assertEqual(ticket.timesheet_ids, entry)
        self.team.write({"allow_timesheet": True, "allow_billable": True})
        self.assertEqual(ticket.timesheet_ids, entry)
        self.assertTrue(entry.so_line)

    def test_switching_on_gives_existing_tickets_project_and_item(self):
        team = self.env["helpdesk.ticket.team"].create({"name": "Late Starters"})
        ticket = self._create_ticket(team_id=team.id)
        item = self._sell()
        self.assertFalse(ticket.project_id or ticket.sale_line_id)
        team.allow_timesheet = True
        self.assertEqual(team.default_project_id.name, "Late Starters")
        self.assertEqual(ticket.project_id, team.default_project_id)
        self.assertFalse(ticket.sale_line_id)
        team.allow_billable = True
        self.assertEqual(ticket.sale_line_id, item)
        self.assertTrue(team.default_project_id.allow_billable)

    def test_ticket_changes_team_and_takes_its_project(self):
        second = self.env["helpdesk.ticket.team"].create(
            {"name": "Second Line", "allow_timesheet": True}
        )
        ticket = self._create_ticket()
        entry = self._log(ticket)
        ticket.team_id = second
        self.assertEqual(ticket.project_id, second.default_project_id)
        self.assertEqual(entry.project_id, self.project)

    def test_own_project_of_a_ticket_survives_a_change_of_team(self):
        own = self.env["project.project"].create({"name": "Own"})
        second = self.env["helpdesk.ticket.team"].create(
            {"name": "Second Line", "allow_timesheet": True}
        )
        ticket = self._create_ticket(project_id=own.id)
        ticket.team_id = second
        self.assertEqual(ticket.project_id, own)

    def test_open_tickets_follow_the_team_to_a_new_project(self):
        ticket = self._create_ticket()
        self._log(ticket)
        new = self.env["project.project"].create({"name": "Next Year"})
        self.team.default_project_id = new
        self.assertEqual(ticket.project_id, new)
        self.assertEqual(ticket.timesheet_ids.project_id, self.project)
        self.assertTrue(new.allow_timesheets and new.allow_billable)

    def test_team_of_all_companies(self):
        """Each company that uses it has a project of its own, made when needed."""
        company = self.env["res.company"].create({"name": "Second Company"})
        self.env.user.company_ids = [Command.link(company.id)]
        team = self.env["helpdesk.ticket.team"].create(
            {"name": "Everywhere", "company_id": False, "allow_timesheet": True}
        )
        there = team.with_company(company)
        self.assertFalse(there.default_project_id)
        ticket = self._create_ticket(team_id=team.id, company_id=company.id)
        self.assertEqual(ticket.project_id, there.default_project_id)
        self.assertEqual(ticket.project_id.company_id, company)
        self.assertEqual(ticket.project_id.name, "Everywhere")
        here = self._create_ticket(team_id=team.id)
        self.assertEqual(here.project_id.company_id, self.company)
        moved = self._create_ticket(company_id=company.id, team_id=False)
        moved.team_id = team
        self.assertEqual(moved.project_id, ticket.project_id)
        employee = self.env["hr.employee"].create(
            {"name": "Over There", "company_id": company.id}
        )
        entry = self._log(ticket, employee_id=employee.id)
        self.assertEqual(entry.company_id, company)

    def test_billing_needs_timesheets(self):
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            self.env["helpdesk.ticket.team"].create(
                {"name": "No", "allow_timesheet": False, "allow_billable": True}
            )

    def test_tickets_group_by_sales_order(self):
        item = self._sell()
        self._create_ticket()
        groups = self.env["helpdesk.ticket"].web_read_group(
            [], ["sale_order_id"], ["__count"]
        )["groups"]
        self.assertIn(
            item.order_id.id,
            [group["sale_order_id"] and group["sale_order_id"][0] for group in groups],
        )

    def test_time_groups_by_team_and_customer(self):
        self._sell()
        self._log(self._create_ticket())
        for field in ("ticket_team_id", "partner_id", "ticket_id", "coverage"):
            with self.subTest(field):
                groups = self.env["account.analytic.line"].formatted_read_group(
                    [("ticket_id", "!=", False)], [field], ["unit_amount:sum"]
                )
                self.assertEqual(sum(g["unit_amount:sum"] for g in groups), 1)

    def test_analysis_report_knows_the_ticket(self):
        self._sell()
        entry = self._log(self._create_ticket(), 2)
        self.env.flush_all()
        row = self.env["timesheets.analysis.report"].browse(entry.id)
        self.assertEqual(row.ticket_id, entry.ticket_id)
        self.assertEqual(row.hours_billed, 2)

    def test_portal_page_shows_time_when_the_team_does(self):
        self._sell()
        portal = new_test_user(
            self.env, "portal_pia", "base.group_portal", partner_id=self.contact.id
        )
        ticket = self._create_ticket()
        self._log(ticket, 1.5, name="Put the fire out", internal_note="Burnt my hand")
        self.authenticate(portal.login, portal.login)
        page = self.url_open(f"/my/ticket/{ticket.id}").text
        self.assertNotIn("Put the fire out", page)
        self.team.show_timesheet_portal = True
        page = self.url_open(f"/my/ticket/{ticket.id}").text
        self.assertIn("Put the fire out", page)
        self.assertIn("01:30", page)
        self.assertNotIn("Burnt my hand", page)

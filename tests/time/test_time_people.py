# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestTimePeople(ServiceCreditCommon):
    """Who may log for whom, and on which tickets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead, cls.junior, cls.colleague = (
            cls._create_person(login, "helpdesk_mgmt.group_helpdesk_user")
            for login in ("lead_lea", "junior_jo", "colleague_cy")
        )
        # Anna leads Lea, who leads Jo; Cy works beside them.
        cls.lead.employee_id.parent_id = cls.agent_employee
        cls.junior.employee_id.parent_id = cls.lead.employee_id
        cls.everybody = (cls.agent | cls.lead | cls.junior | cls.colleague).employee_id
        cls.ticket = cls._create_ticket(user_id=cls.agent.id)

    def _log_for(self, user, person, **values):
        lines = self.env["account.analytic.line"].with_user(user)
        return lines.create(
            {
                "ticket_id": self.ticket.id,
                "employee_id": person.employee_id.id,
                "name": "Call",
                "unit_amount": 1,
                **values,
            }
        )

    def _assert_may(self, user, *people):
        """RPC, import, editing and the drop-down agree on whom `user` logs for."""
        line = self.env["account.analytic.line"].with_user(user)
        line = line.new({"ticket_id": self.ticket.id})
        offered = self.env["hr.employee"].with_user(user).search(line.employee_domain)
        for person in self.agent | self.lead | self.junior | self.colleague:
            with self.subTest(user=user.login, person=person.login):
                allowed = person in people
                self.assertEqual(person.employee_id in offered, allowed)
                loaded = self._import_for(user, person)
                self.assertEqual(not loaded["messages"], allowed)
                if allowed:
                    self.assertEqual(self._log_for(user, person).user_id, person)
                    continue
                with self.assertRefused(AccessError, says="can't log time for"):
                    self._log_for(user, person)
                own = self._log_for(user, user)
                with self.assertRaises(AccessError):
                    own.employee_id = person.employee_id

    def _import_for(self, user, person):
        return (
            self.env["account.analytic.line"]
            .with_user(user)
            .load(
                ["ticket_id/.id", "employee_id/.id", "name", "unit_amount"],
                [[str(self.ticket.id), str(person.employee_id.id), "Call", "1"]],
            )
        )

    def test_everyone_is_the_default(self):
        """All names appear until an administrator restricts them."""
        self.assertEqual(self.company.timesheet_log_for, "everyone")
        people = (self.agent, self.lead, self.junior, self.colleague)
        self._assert_may(self.colleague, *people)

    def test_a_long_list_asks_once_whom_the_user_logs_for(self):
        self.company.timesheet_log_for = "subordinates"
        entries = self.env["account.analytic.line"]
        for _index in range(12):
            entries |= self._log_for(self.agent, self.agent)

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            some.with_user(self.agent).mapped("employee_domain")
            return self.cr.sql_log_count - before

        count(entries)  # the caches are filled by now
        self.assertEqual(count(entries), count(entries[:2]))

    def test_subordinates(self):
        """Down the whole chain of managers, not up and not sideways."""
        self.company.timesheet_log_for = "subordinates"
        self._assert_may(self.agent, self.agent, self.lead, self.junior)
        self._assert_may(self.lead, self.lead, self.junior)
        self._assert_may(self.colleague, self.colleague)

    def test_managers_in_a_circle(self):
        self.company.timesheet_log_for = "subordinates"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hr_employee SET parent_id = %s WHERE id = %s",
            [self.junior.employee_id.id, self.agent_employee.id],
        )
        self.env.invalidate_all()
        self._assert_may(self.lead, self.agent, self.lead, self.junior)

    def test_own(self):
        self.company.timesheet_log_for = "own"
        self._assert_may(self.agent, self.agent)

    def test_approvers_keep_their_rights(self):
        self.company.timesheet_log_for = "own"
        approver = new_test_user(
            self.env,
            "approver",
            "helpdesk_mgmt.group_helpdesk_user,hr_timesheet.group_hr_timesheet_approver",
        )
        entry = self._log_for(approver, self.colleague)
        self.assertEqual(entry.employee_id, self.colleague.employee_id)

    def test_what_one_logged_for_others(self):
        """It can be corrected by who logged it; other people's own time cannot."""
        entry = self._log_for(self.agent, self.colleague)
        entry.unit_amount = 2
        entry.with_user(self.colleague).unit_amount = 3
        with self.assertRaises(AccessError):
            entry.with_user(self.lead).unit_amount = 4
        with self.assertRaises(AccessError):
            entry.with_user(self.lead).unlink()
        entry.with_user(self.agent).unlink()
        theirs = self._log_for(self.colleague, self.colleague)
        with self.assertRaises(AccessError):
            theirs.with_user(self.agent).unit_amount = 5
        # Restricting the names takes effect at once.
        entry = self._log_for(self.agent, self.colleague)
        self.company.timesheet_log_for = "own"
        with self.assertRaises(AccessError):
            entry.with_user(self.agent).unit_amount = 6

    def test_tasks_keep_cores_rule(self):
        task = self.env["project.task"].create(
            {"name": "Task", "project_id": self.project.id}
        )
        values = {"task_id": task.id, "unit_amount": 1, "name": "Task work"}
        lines = self.env["account.analytic.line"].with_user(self.agent)
        with self.assertRaises(AccessError):
            lines.create({**values, "employee_id": self.colleague.employee_id.id})
        lines.create(values)

    def test_other_company(self):
        """An employee of another company is refused, on editing too."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.env["hr.employee"].create(
            {"name": "Stranger", "company_id": company.id}
        )
        with self.assertRaises(ValidationError):
            self._log(self.ticket, employee_id=stranger.id)

    def test_person_without_employee(self):
        """One sentence says how to get one; the form shows it before."""
        self.company.timesheet_log_for = "own"
        newcomer = new_test_user(
            self.env, "newcomer", "helpdesk_mgmt.group_helpdesk_user"
        )
        ticket = self.ticket.with_user(newcomer)
        self.assertIn("ask your HR department", ticket.timesheet_obstacle)
        with self.assertRefused(UserError, says="ask your HR department"):
            self.env["account.analytic.line"].with_user(newcomer).create(
                {"ticket_id": self.ticket.id, "unit_amount": 1}
            )

    def test_without_employee_in_the_form(self):
        """Where people log for everyone, too: the form asks for no other person."""
        newcomer = new_test_user(
            self.env, "newcomer", "helpdesk_mgmt.group_helpdesk_user"
        )
        self.ticket.user_id = newcomer
        ticket = self.ticket.with_user(newcomer)
        self.assertFalse(ticket.timesheet_obstacle)
        form = Form(ticket, "helpdesk_mgmt.ticket_view_form")
        with form.timesheet_ids.new() as line:
            line.unit_amount = 1
        with self.assertRefused(UserError, newcomer.name, self.company.name):
            form.save()
        with form.timesheet_ids.edit(0) as line:
            line.employee_id = self.employee
        form.save()
        self.assertEqual(self.ticket.timesheet_ids.employee_id, self.employee)

    def test_projects_only(self):
        """Only tickets with a project of their own take time."""
        other = self.project.copy({"name": "Roll-out", "allow_timesheets": True})
        self.company.only_project_tickets = True
        self.team.company_id = self.company
        self.assertTrue(self.team.only_project_tickets)
        with self.assertRefused(UserError, says="project of their own"):
            self._log_for(self.agent, self.agent)
        self.assertIn("of their own", self.ticket.timesheet_obstacle)
        with self.assertRefused(UserError, self.team.name):
            self.ticket.with_user(self.agent).action_timer_start()
        self.ticket.project_id = other
        self.assertFalse(self.ticket.timesheet_obstacle)
        self.assertEqual(self._log_for(self.agent, self.agent).project_id, other)

    def test_projects_only_can_be_obeyed(self):
        """Agents choose the project on the ticket, and only there is it asked for."""
        other = self.project.copy({"name": "Roll-out", "allow_timesheets": True})
        self.team.company_id = self.company
        self.team.only_project_tickets = True
        self.ticket.user_id = self.agent
        with Form(
            self.ticket.with_user(self.agent), "helpdesk_mgmt.ticket_view_form"
        ) as form:
            self.assertTrue(form.timesheet_obstacle[0].isupper())
            form.project_id = other
            self.assertFalse(form.timesheet_obstacle)
        self.assertTrue(self._log_for(self.agent, self.agent))

    def test_projects_only_team_differs(self):
        """A team may differ from its company, until the company changes its mind."""
        self.team.company_id = self.company
        self.team.only_project_tickets = True
        with self.assertRaises(UserError):
            self._log_for(self.agent, self.agent)
        self.company.only_project_tickets = True
        self.team.only_project_tickets = False
        self.assertTrue(self._log_for(self.agent, self.agent))

    def test_settings(self):
        """The administrator restricts names where the other settings are."""
        with Form(self.env["res.config.settings"]) as settings:
            settings.timesheet_log_for = "subordinates"
            settings.only_project_tickets = True
        settings.record.execute()
        self.assertEqual(self.company.timesheet_log_for, "subordinates")
        self.assertTrue(self.company.only_project_tickets)

    def test_form_takes_ones_own_name(self):
        """One's own name appears in a new line of the tab."""
        form = Form(self.ticket.with_user(self.agent))
        with form.timesheet_ids.new() as line:
            self.assertEqual(line.employee_id.id, self.agent_employee.id)
            line.unit_amount = 1
        form.save()
        entry = self.ticket.timesheet_ids
        self.assertEqual(entry.user_id, self.agent)
        self.assertEqual(entry.date, fields.Date.context_today(entry))

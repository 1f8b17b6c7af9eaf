# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from itertools import product
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import tagged

from ...models.time import account_analytic_line_rules as rules
from ...models.work.account_analytic_line import FEW
from ..support.common import ServiceCreditCommon
from ..support.people import create_employees, create_users


@tagged("post_install", "-at_install")
class TestTimeOfTeam(ServiceCreditCommon):
    """Whose time agents read, by what the database finds in an index."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = cls.env["account.analytic.line"]
        cls.other_team, cls.third_team = cls.env["helpdesk.ticket.team"].create(
            [{"name": name, "allow_timesheet": True} for name in ("Second", "Third")]
        )
        cls.own, cls.of_team, cls.of_all = create_users(
            cls.env,
            {
                "own_oda": "helpdesk_mgmt.group_helpdesk_user_own",
                "team_tom": "helpdesk_mgmt.group_helpdesk_user_team",
                "all_ada": "helpdesk_mgmt.group_helpdesk_user",
            },
        )
        cls.people = cls.own | cls.of_team | cls.of_all
        create_employees(cls.people)
        cls.team.user_ids = [Command.link(user.id) for user in cls.people]

    def _store(self, entries):
        """Return what the database has as the team of entries."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT DISTINCT ticket_team_id FROM account_analytic_line WHERE id IN %s",
            [tuple(entries.ids)],
        )
        return [team_id for (team_id,) in self.env.cr.fetchall()]

    def _clone(self, entry, number):
        """Copy an entry in the database."""
        self.env.flush_all()
        columns = ", ".join(
            name
            for name, field in self.lines._fields.items()
            if field.store and field.column_type and name != "id"
        )
        self.env.cr.execute(
            f"INSERT INTO account_analytic_line ({columns}) SELECT {columns} "
            "FROM account_analytic_line, generate_series(1, %s) WHERE id = %s",
            [number, entry.id],
        )
        self.env.invalidate_all()

    def test_team_is_that_of_the_ticket(self):
        ticket = self._create_ticket()
        entry = self._log(ticket)
        self.assertEqual(self._store(entry), self.team.ids)
        ticket.active = False
        ticket.team_id = self.other_team
        self.assertEqual(entry.ticket_team_id, self.other_team)
        self.assertEqual(self._store(entry), self.other_team.ids)
        entry.ticket_id = self._create_ticket()
        self.assertEqual(self._store(entry), self.team.ids)
        entry.ticket_id.team_id = False
        self.assertEqual(self._store(entry), [None])
        # A ticket of no team takes that of who works on it.
        entry.ticket_id.user_id = self.of_team
        self.assertEqual(self._store(entry), self.team.ids)
        self.assertFalse(self.lines.create({"name": "None"}).ticket_team_id)

    def test_nobody_types_the_team(self):
        ticket = self._create_ticket()
        entry = self._log(ticket, employee_id=self.agent_employee.id)
        with self.assertRaises(AccessError):
            entry.with_user(self.agent).ticket_team_id = self.other_team
        with self.assertRaises(AccessError):
            self.lines.with_user(self.agent).create(
                {"ticket_id": ticket.id, "ticket_team_id": self.other_team.id}
            )

    def test_thousands_follow_in_as_many_queries(self):
        costs = []
        for number in (FEW, 10 * FEW + 1, 30 * FEW):
            ticket = self._create_ticket()
            self._clone(self._log(ticket), number)
            entries = self.lines.search([("ticket_id", "=", ticket.id)])
            self.assertEqual(len(entries), number + 1)
            self.assertEqual(entries.ticket_team_id, self.team)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            ticket.team_id = self.other_team
            self.env.flush_all()
            costs.append(self.env.cr.sql_log_count - before)
            self.assertEqual(self._store(entries), self.other_team.ids)
            self.assertEqual(entries.ticket_team_id, self.other_team)
            # What is read before it is stored is right, too.
            ticket.team_id = self.third_team
            found = Domain("ticket_team_id", "=", self.third_team.id)
            self.assertEqual(self.lines.search_count(found), len(entries))
            ticket.team_id = self.team
        self.assertEqual(*costs[1:])
        self.assertLessEqual(costs[1], costs[0] + 2)

    def _create_world(self):
        """Return time on tickets of every team and person."""
        teams = (self.team, self.other_team, self.env["helpdesk.ticket.team"])
        users = (*self.people, self.agent, self.env["res.users"])
        tickets = self.env["helpdesk.ticket"]
        for team, user in product(teams, users):
            ticket = self._create_ticket()
            self._log(ticket)
            # By hand, or one would follow from the other.
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE helpdesk_ticket SET team_id = %s, user_id = %s WHERE id = %s",
                [team.id or None, user.id or None, ticket.id],
            )
            tickets |= ticket
        self.env.invalidate_all()
        entries = self.lines.search([("ticket_id", "in", tickets.ids)])
        self.env.add_to_compute(self.lines._fields["ticket_team_id"], entries)
        self.env.flush_all()
        return entries

    def _is_readable(self, entry, user):
        """Say it as the rules of tickets do."""
        ticket, teams = entry.ticket_id, user.helpdesk_team_ids
        if user.has_group("helpdesk_mgmt.group_helpdesk_user") or entry.user_id == user:
            return True
        if ticket.user_id == user:
            return True
        if ticket.team_id and not ticket.user_id and ticket.team_id in teams:
            return True
        is_of_team = user.has_group("helpdesk_mgmt.group_helpdesk_user_team")
        return is_of_team and (not ticket.team_id or ticket.team_id in teams)

    def test_search_and_access_say_what_the_tickets_say(self):
        entries = self._create_world()
        for user, named in product(self.people, (rules.NAMED_TICKETS, 0)):
            expected = entries.filtered(lambda e, u=user: self._is_readable(e, u))
            with (
                self.subTest(user.login, named=named),
                patch.object(rules, "NAMED_TICKETS", named),
            ):
                self.env.invalidate_all()
                own = entries.with_user(user)
                found = own.search([("id", "in", entries.ids)])
                self.assertEqual(found.sudo().sorted(), expected.sorted())
                self.assertEqual(
                    own._filtered_access("read").sudo().sorted(), expected.sorted()
                )
                self.assertTrue(expected)
                self.assertEqual(expected == entries, user == self.of_all)

    def test_reading_asks_no_more_with_a_longer_history(self):
        self._create_world()
        costs = []
        for _round in range(3):
            for user in self.people:
                self.lines.with_user(user).search([], limit=80)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            for user in self.people:
                self.lines.with_user(user).search_count([], limit=10_001)
            costs.append(self.env.cr.sql_log_count - before)
            self._clone(self._log(self._create_ticket()), 500)
        self.assertEqual(len(set(costs)), 1)

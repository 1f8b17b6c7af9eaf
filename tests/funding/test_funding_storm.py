# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged

from ..support.books import assert_books
from ..support.people import create_employees, create_users
from ..support.played import played
from ..support.scratch import ScratchCase, buy

AGENTS = 8
HOURS = 0.75


@tagged("post_install", "-at_install")
class TestFundingStorm(ScratchCase):
    """Eight agents log at once for one customer, over real connections."""

    @classmethod
    def _prepare(cls, env):
        customer = env["res.partner"].create({"name": "Storm", "is_company": True})
        team = env["helpdesk.ticket.team"].create(
            {
                "name": "Storm Desk",
                "allow_timesheet": True,
                "allow_billable": True,
                "use_service_credits": True,
                "over_limit_policy": "overage",
            }
        )
        groups = (
            "helpdesk_mgmt.group_helpdesk_user,hr_timesheet.group_hr_timesheet_user"
        )
        logins = {f"storm_{number}": groups for number in range(AGENTS)}
        agents = env["res.users"].union(*create_users(env, logins))
        create_employees(agents)
        cls.agent_ids = agents.ids
        # One ticket each, and one that all of them log on.
        cls.ticket_ids = (
            env["helpdesk.ticket"]
            .create(
                [
                    {
                        "name": "Storm",
                        "description": "-",
                        "team_id": team.id,
                        "partner_id": customer.id,
                    }
                ]
                * (AGENTS + 1)
            )
            .ids
        )
        cls.purchase_ids = [buy(env, customer, 2).id for _ in range(3)]

    def test_nothing_over_nothing_lost_no_error(self):
        def logging(number):
            def job(env):
                entries = env["account.analytic.line"].with_user(self.agent_ids[number])
                for ticket_id in (self.ticket_ids[number], self.ticket_ids[-1]):
                    entries.create(
                        {"ticket_id": ticket_id, "name": "Work", "unit_amount": HOURS}
                    )
                return "logged"

            return job

        played("storms", type(self).__name__, entries=2 * AGENTS)
        results = self._race(*map(logging, range(AGENTS)))
        self.assertEqual(results, ["logged"] * AGENTS)
        with self._env() as env:
            tickets = env["helpdesk.ticket"].browse(self.ticket_ids)
            purchases = env["service.credit.purchase"].browse(self.purchase_ids)
            entries = tickets.timesheet_ids
            by_credits = entries.filtered(lambda line: line.coverage == "credits")
            self.assertEqual(sum(purchases.mapped("credits_available")), 0)
            self.assertEqual(sum(by_credits.mapped("credits")), 6)
            self.assertEqual(sum(by_credits.mapped("hours_billed")), 6)
            self.assertEqual(sum(entries.mapped("unit_amount")), 2 * AGENTS * HOURS)
            rest = entries - by_credits
            self.assertEqual(set(rest.mapped("coverage")), {"overage"})
            assert_books(self, env)

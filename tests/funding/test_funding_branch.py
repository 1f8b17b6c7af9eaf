# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.selling.burn import get_use
from ..support.books import assert_books
from ..support.funding import FundingCommon

DAY = "2026-05-04"


@tagged("post_install", "-at_install")
class TestFundingBranch(FundingCommon):
    """Time in a branch is paid by credits that the company above it sold."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create(
            {
                "name": "Harbour Branch",
                "parent_id": cls.company.id,
                "service_credit_late_days": 36500,
            }
        )
        cls.beside = cls.env["res.company"].create(
            {"name": "Hill Branch", "parent_id": cls.company.id}
        )
        cls.agent.write(
            {
                "company_ids": [Command.set(cls.branch.ids)],
                "company_id": cls.branch.id,
            }
        )
        cls.branch_employee = cls.env["hr.employee"].create(
            {
                "name": "Anna at the Harbour",
                "user_id": cls.agent.id,
                "company_id": cls.branch.id,
            }
        )
        cls.branch_team = cls.env["helpdesk.ticket.team"].create(
            {
                "name": "Harbour Line",
                "company_id": cls.branch.id,
                "allow_timesheet": True,
                "allow_billable": True,
                "use_service_credits": True,
                "over_limit_policy": "overage",
                "user_ids": [Command.link(cls.agent.id)],
            }
        )
        cls.branch_ticket = cls._create_ticket(
            team_id=cls.branch_team.id, company_id=cls.branch.id
        )

    def _log_there(self, hours, **values):
        """Log as an agent who works in the branch alone."""
        self.env.flush_all()
        self.env.invalidate_all()
        entries = self.env["account.analytic.line"].with_user(self.agent)
        values = {
            "ticket_id": self.branch_ticket.id,
            "name": "Work",
            "unit_amount": hours,
            "date": DAY,
            **values,
        }
        preview = entries._preview_entry(values)
        entry = entries.with_context(allowed_company_ids=self.branch.ids).create(values)
        return preview, entry

    def test_an_agent_of_the_branch_logs_and_corrects(self):
        purchase = self._buy(5)
        preview, entry = self._log_there(2)
        self.assertEqual((entry.coverage, entry.credits), ("credits", 2))
        self.assertIn(purchase.name, entry.coverage_note)
        self.assertEqual(preview["note"], entry.coverage_note)
        self.assertEqual(entry.company_id, self.branch)
        self.assertEqual(entry.sudo().consumption_ids.company_id, self.company)
        entry.unit_amount = 4
        self.assertEqual(purchase.credits_available, 1)
        entry.unit_amount = 1
        self.assertEqual(purchase.credits_available, 4)
        assert_books(self, self.env)
        entry.unlink()
        self.assertEqual(purchase.credits_available, 5)
        assert_books(self, self.env)

    def test_what_was_passed_over_above_is_named(self):
        draft = self._buy(5, is_draft=True)
        self._buy(7, company_id=self.beside.id, is_draft=True)
        self._buy(0.5)
        _preview, entry = self._log_there(1)
        notes = " ".join(self.branch_ticket.timesheet_ids.mapped("coverage_note"))
        self.assertEqual(
            sorted(self.branch_ticket.timesheet_ids.mapped("coverage")),
            ["credits", "overage"],
        )
        self.assertIn(draft.name, notes)
        self.assertNotIn("7.00", notes)
        self.assertTrue(entry)

    def test_overage_is_worth_what_the_credits_above_cost_and_counts_there(self):
        self._buy(1, value_per_credit=70)
        self._log_there(3)
        overage = self.branch_ticket.timesheet_ids.filtered(
            lambda line: line.coverage == "overage"
        )
        self.assertEqual(overage.unit_amount, 2)
        self.assertEqual(overage.overage_value, 140)
        since = overage.date.replace(month=1, day=1)
        currency = self.company.currency_id
        self.assertEqual(get_use(self.customer, self.company, currency, since), (1, 2))
        self.assertEqual(get_use(self.customer, self.branch, currency, since), (0, 0))

    def test_given_away_although_the_company_above_has_credits_left(self):
        """Revenue at risk: non-billable time that credits could have paid."""
        self.branch_team.over_limit_policy = "non_billable"
        _preview, entry = self._log_there(2)
        self._buy(5, value_per_credit=60)
        self._buy(5, value_per_credit=10, company_id=self.beside.id)
        self.env.flush_all()
        risk = self.env["service.revenue.risk"].search(
            [("timesheet_id", "=", entry.id), ("kind", "=", "non_billable")]
        )
        self.assertEqual(risk.mapped("value"), [120])

    def test_the_company_above_never_uses_what_a_branch_sold(self):
        self._buy(5, company_id=self.branch.id)
        self.team.over_limit_policy = "refuse"
        self._buy(0.5)
        with self.assertRefused(UserError):
            self._work(2)

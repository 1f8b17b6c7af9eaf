# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..support.scratch import ScratchCase

HOURS = 2
PEOPLE = 5


@tagged("post_install", "-at_install")
class TestFundingChainRaces(ScratchCase):
    """The last prepaid hours are given once, however many log at the same time."""

    @classmethod
    def _prepare(cls, env):
        employee = env["hr.employee"].create({"name": "Racer"})
        cls.employee_id = employee.id
        terms = {"prepaid_limit": "closed", "over_limit_policy": "refuse"}
        cls.works = {}
        for name, make, asks in (
            ("ticket", cls._make_ticket, False),
            ("ticket to approve", cls._make_ticket, True),
            ("task", cls._make_task, False),
        ):
            item = cls._sell_pack(env, name)
            values = make(env, item, {**terms, "require_approval": asks})
            cls.works[name] = values, item.id

    @classmethod
    def _sell_pack(cls, env, name):
        customer = env["res.partner"].create({"name": name, "is_company": True})
        lines = {"product_id": cls._pack(env).id, "product_uom_qty": HOURS}
        order = env["sale.order"].create(
            {"partner_id": customer.id, "order_line": [Command.create(lines)]}
        )
        order.action_confirm()
        return order.order_line

    @staticmethod
    def _make_ticket(env, item, terms):
        names = "allow_timesheet", "allow_billable"
        team = env["helpdesk.ticket.team"].create(
            {"name": "Race", **dict.fromkeys(names, True), **terms}
        )
        ticket = env["helpdesk.ticket"].create(
            {
                "name": "Race",
                "description": "-",
                "team_id": team.id,
                "partner_id": item.order_partner_id.id,
                "sale_line_id": item.id,
            }
        )
        return {"ticket_id": ticket.id}

    @staticmethod
    def _make_task(env, item, terms):
        project = env["project.project"].create(
            {
                "name": "Race",
                "partner_id": item.order_partner_id.id,
                "allow_billable": True,
                **terms,
            }
        )
        task = env["project.task"].create(
            {"name": "Race", "project_id": project.id, "sale_line_id": item.id}
        )
        return {"task_id": task.id}

    @staticmethod
    def _pack(env):
        product = env["product.product"].create(
            {
                "name": "Pack",
                "type": "service",
                "uom_id": env.ref("uom.product_uom_hour").id,
                "list_price": 100,
                "taxes_id": [Command.clear()],
            }
        )
        product.product_tmpl_id.service_policy = "ordered_prepaid"
        return product

    def _log(self, work):
        def job(env):
            env["account.analytic.line"].create(
                {
                    **work,
                    "name": "Call",
                    "unit_amount": 1.0,
                    "employee_id": self.employee_id,
                }
            )
            return "done"

        return job

    def test_last_prepaid_hours(self):
        """Also where time waits for approval, which delivers nothing yet."""
        for name, (work, item_id) in self.works.items():
            with self.subTest(name):
                results = self._race(*[self._log(work)] * PEOPLE)
                refused = [result for result in results if result != "done"]
                self.assertEqual(len(refused), PEOPLE - HOURS, results)
                for result in refused:
                    self.assertIsInstance(result, ValidationError)
                with self._env() as env:
                    item = env["sale.order.line"].browse(item_id)
                    self.assertEqual(item.remaining_hours, 0)

    def test_rates_that_change_meanwhile(self):
        """What is kept in memory is what is stored, also while others log time."""

        def add(env):
            return env["service.rate"].create({"name": "Any Hour", "applies": "always"})

        work, _item_id = self.works["ticket"]
        self._race(add, *[self._log(work)] * PEOPLE)
        with self._env() as env:
            rates = env["service.rate"]
            kept = [rate.id for rate in rates._get_rates(env.company.id)]
            self.assertEqual(kept, rates.search([]).ids)

    def test_holidays_that_change_meanwhile(self):
        """Also for who read the schedule before, and keeps it in memory after."""

        def add(env):
            return env["resource.calendar.leaves"].create(
                {
                    "name": "A holiday",
                    "calendar_id": False,
                    "company_id": env.company.id,
                    "date_from": "2026-05-03 00:00:00",
                    "date_to": "2026-05-04 23:59:59",
                }
            )

        def read(env):
            return self._get_schedule(env)

        self._race(read, add, *[read] * PEOPLE)
        with self._env() as env:
            kept = self._get_schedule(env)
            self.assertEqual(len(kept.holidays), 1)

    @staticmethod
    def _get_schedule(env):
        calendar = env.company.resource_calendar_id
        return env["service.rate"]._get_schedule(env.company.id, calendar.id)

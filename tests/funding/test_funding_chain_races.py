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
        customer = env["res.partner"].create({"name": "Racer", "is_company": True})
        lines = {"product_id": cls._pack(env).id, "product_uom_qty": HOURS}
        employee = env["hr.employee"].create({"name": "Racer"})
        cls.employee_id = employee.id
        cls.tickets = {}
        for asks in (True, False):
            order = env["sale.order"].create(
                {"partner_id": customer.id, "order_line": [Command.create(lines)]}
            )
            order.action_confirm()
            team = env["helpdesk.ticket.team"].create(
                {
                    "name": "Race",
                    "allow_timesheet": True,
                    "allow_billable": True,
                    "require_approval": asks,
                    "prepaid_limit": "closed",
                    "over_limit_policy": "refuse",
                }
            )
            ticket = env["helpdesk.ticket"].create(
                {
                    "name": "Race",
                    "description": "-",
                    "team_id": team.id,
                    "partner_id": customer.id,
                    "sale_line_id": order.order_line.id,
                }
            )
            cls.tickets[asks] = ticket.id
            customer = customer.create({"name": "Next", "is_company": True})

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

    def _log(self, ticket_id):
        def job(env):
            env["account.analytic.line"].create(
                {
                    "ticket_id": ticket_id,
                    "name": "Call",
                    "unit_amount": 1.0,
                    "employee_id": self.employee_id,
                }
            )
            return "done"

        return job

    def test_last_prepaid_hours(self):
        """Also where time waits for approval, which delivers nothing yet."""
        for asks, ticket_id in self.tickets.items():
            with self.subTest(asks=asks):
                results = self._race(*[self._log(ticket_id)] * PEOPLE)
                refused = [result for result in results if result != "done"]
                self.assertEqual(len(refused), PEOPLE - HOURS, results)
                for result in refused:
                    self.assertIsInstance(result, ValidationError)
                with self._env() as env:
                    item = env["helpdesk.ticket"].browse(ticket_id).sale_line_id
                    self.assertEqual(item.remaining_hours, 0)

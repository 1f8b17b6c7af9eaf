# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import threading
from unittest import skipUnless

import psycopg2

from odoo import SUPERUSER_ID, Command, api
from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tests import tagged

from ..support.played import LONG, played
from ..support.scratch import ScratchCase

RESENT = "resent"
ENTRY_HOURS = 0.5


@tagged("post_install", "-at_install")
class TestAuthorizedStorm(ScratchCase):
    """Many people log on one capped item at once, over real connections."""

    @classmethod
    def _prepare(cls, env):
        customer = env["res.partner"].create({"name": "Storm", "is_company": True})
        employee = env["hr.employee"].create({"name": "Storm Rider"})
        team = env["helpdesk.ticket.team"].create(
            {"name": "Storm Desk", "allow_timesheet": True, "allow_billable": True}
        )
        product = env["product.product"].create(
            {
                "name": "Storm Time",
                "type": "service",
                "uom_id": env.ref("uom.product_uom_hour").id,
                "list_price": 100,
                "taxes_id": [Command.clear()],
                "limit_hours": True,
            }
        )
        product.product_tmpl_id.service_policy = "delivered_timesheet"
        cls.customer_id, cls.product_id = customer.id, product.id
        cls.employee_id, cls.team_id = employee.id, team.id
        cls.project_id = team.default_project_id.id

    def _sell(self, hours):
        """Return the ids of an item with so many authorized hours, a ticket, a task."""
        with self._env() as env:
            order = env["sale.order"].create(
                {
                    "partner_id": self.customer_id,
                    "order_line": [
                        Command.create(
                            {"product_id": self.product_id, "product_uom_qty": hours}
                        )
                    ],
                }
            )
            order.action_confirm()
            ticket = env["helpdesk.ticket"].create(
                {
                    "name": "Storm",
                    "description": "-",
                    "team_id": self.team_id,
                    "partner_id": self.customer_id,
                    "sale_line_id": order.order_line.id,
                }
            )
            task = env["project.task"].create(
                {
                    "name": "Storm",
                    "project_id": self.project_id,
                    "partner_id": self.customer_id,
                    "sale_line_id": order.order_line.id,
                }
            )
            return order.order_line.id, ticket.id, task.id

    def _log(self, name, work):
        """Log once, and send it again when it lost too many races."""
        results = []
        while not results or results[-1] == RESENT:
            try:
                results.append(self._request(name, work))
            except UserError as error:
                results.append(error)
            except psycopg2.OperationalError:
                results.append(RESENT)
        return results

    def _request(self, name, work):
        """Log like a request: replayed after a lost race, undone when refused."""
        values = {
            **work,
            "name": name,
            "unit_amount": ENTRY_HOURS,
            "employee_id": self.employee_id,
        }
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            retrying(lambda: env["account.analytic.line"].create(dict(values)), env)
        return ENTRY_HOURS

    def _storm(self, workers, entries, hours):
        played("storms", type(self).__name__, entries=workers * entries)
        item_id, ticket_id, task_id = self._sell(hours)
        works = [
            {"ticket_id": ticket_id},
            {"task_id": task_id, "project_id": self.project_id},
        ]
        results = [[] for _worker in range(workers)]
        barrier = threading.Barrier(workers)

        def work(worker):
            try:
                barrier.wait(60)
                for index in range(entries):
                    results[worker] += self._log(
                        f"{worker}/{index}", works[worker % len(works)]
                    )
            except Exception as error:
                results[worker].append(error)

        threads = [threading.Thread(target=work, args=[n]) for n in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(540)
        self.assertFalse(any(thread.is_alive() for thread in threads), "hanging")
        self._check(item_id, [result for rows in results for result in rows], hours)
        return results

    def _check(self, item_id, results, hours):
        logged = [result for result in results if result == ENTRY_HOURS]
        refused = [result for result in results if isinstance(result, Exception)]
        for error in refused:
            self.assertIsInstance(error, UserError, repr(error))
            self.assertIn("authorized hours", str(error))
        with self._env() as env:
            item = env["sale.order.line"].browse(item_id)
            rows = env["account.analytic.line"].search([("so_line", "=", item_id)])
            names = rows.mapped("name")
            self.assertEqual(len(names), len(set(names)), "logged twice")
            self.assertEqual(len(rows), len(logged))
            self.assertEqual(sum(rows.mapped("hours_billed")), hours)
            self.assertEqual(item.authorized_hours_used, hours)
            self.assertEqual(item.qty_delivered, hours)
            self.assertEqual(item.authorized_hours_left, 0)

    def _count(self, results, kind):
        return sum(isinstance(row, kind) for rows in results for row in rows)

    def test_a_breeze(self):
        results = self._storm(workers=4, entries=5, hours=5)
        self.assertEqual(self._count(results, float), 10)
        self.assertEqual(self._count(results, UserError), 10)

    @skipUnless(LONG, "HELPDESK_LONG=1 plays the storm")
    def test_storm(self):
        results = self._storm(workers=8, entries=50, hours=100)
        self.assertEqual(self._count(results, float), 200)
        self.assertEqual(self._count(results, UserError), 200)

    def test_logging_races_a_reduction(self):
        """Hours are taken back or used, never both."""
        item_id, ticket_id, _task_id = self._sell(1)
        with self._env() as env:
            reduction_id = (
                env["service.authorization"]
                .create({"sale_line_id": item_id, "hours": -1, "reason": "Stop"})
                .id
            )

        def log(env):
            env["account.analytic.line"].create(
                {
                    "ticket_id": ticket_id,
                    "name": "Work",
                    "unit_amount": 1,
                    "employee_id": self.employee_id,
                }
            )
            return "logged"

        def reduce(env):
            env["service.authorization"].browse(reduction_id).action_approve()
            return "reduced"

        results = self._race(log, reduce)
        refused = [result for result in results if isinstance(result, UserError)]
        self.assertEqual(len(refused), 1, results)
        with self._env() as env:
            item = env["sale.order.line"].browse(item_id)
            self.assertEqual(item.authorized_hours_left, 0)

    def test_logging_races_fewer_units(self):
        """An hour is no longer ordered, or it is used: never both."""
        item_id, ticket_id, _task_id = self._sell(2)

        def log(env):
            env["account.analytic.line"].create(
                {
                    "ticket_id": ticket_id,
                    "name": "Work",
                    "unit_amount": 2,
                    "employee_id": self.employee_id,
                }
            )
            return "logged"

        def reduce(env):
            env["sale.order.line"].browse(item_id).product_uom_qty = 1
            return "reduced"

        results = self._race(log, reduce)
        refused = [result for result in results if isinstance(result, UserError)]
        self.assertEqual(len(refused), 1, results)
        with self._env() as env:
            item = env["sale.order.line"].browse(item_id)
            self.assertEqual(item.authorized_hours, item.product_uom_qty)
            self.assertEqual(
                item.authorized_hours_used, 2 if "logged" in results else 0
            )

    def test_raising_an_order_at_once_with_itself_and_a_log(self):
        """The second one counts from the figures of the first."""
        item_id, ticket_id, _task_id = self._sell(1)

        def raise_to(quantity):
            def job(env):
                env["sale.order.line"].browse(item_id).product_uom_qty = quantity
                return quantity

            return job

        def log(env):
            env["account.analytic.line"].create(
                {
                    "ticket_id": ticket_id,
                    "name": "Work",
                    "unit_amount": 1,
                    "employee_id": self.employee_id,
                }
            )
            return "logged"

        results = self._race(raise_to(3), raise_to(5), log)
        self.assertEqual(results, [3, 5, "logged"])
        with self._env() as env:
            item = env["sale.order.line"].browse(item_id)
            self.assertIn(item.product_uom_qty, (3, 5))
            self.assertEqual(item.authorized_hours, item.product_uom_qty)
            self.assertEqual(item.authorized_hours_used, 1)

    def test_approving_twice_at_once_counts_once(self):
        item_id, _ticket_id, _task_id = self._sell(1)
        with self._env() as env:
            request_id = (
                env["service.authorization"]
                .create({"sale_line_id": item_id, "hours": 5, "reason": "More"})
                .id
            )

        def approve(env):
            return env["service.authorization"].browse(request_id).action_approve()

        results = self._race(approve, approve, approve)
        self.assertEqual(sum(result is True for result in results), 1, results)
        with self._env() as env:
            self.assertEqual(env["sale.order.line"].browse(item_id).authorized_hours, 6)

    def test_asking_twice_at_once_asks_once(self):
        item_id, _ticket_id, _task_id = self._sell(1)

        def ask(env):
            values = {"sale_line_id": item_id, "hours": 2, "reason": "More"}
            return env["service.authorization"].create(values).state

        results = self._race(ask, ask, ask)
        self.assertEqual(results.count("requested"), 1, results)
        with self._env() as env:
            requests = env["sale.order.line"].browse(item_id).authorization_ids
            self.assertEqual(
                requests.filtered(lambda r: r.state == "requested").hours, 2
            )

    def test_pressing_log_hours_twice_at_once_logs_once(self):
        _item_id, ticket_id, _task_id = self._sell(10)
        with self._env() as env:
            log_id = (
                env["service.log"]
                .create(
                    {
                        "partner_id": self.customer_id,
                        "ticket_id": ticket_id,
                        "employee_id": self.employee_id,
                        "title": "Storm",
                        "hours": 1,
                    }
                )
                .id
            )

        def press(env):
            return env["service.log"].browse(log_id).action_log_hours()["type"]

        results = self._race(press, press, press)
        self.assertEqual(results, ["ir.actions.client"] * 3)
        with self._env() as env:
            ticket = env["helpdesk.ticket"].browse(ticket_id)
            self.assertEqual(ticket.total_hours, 1)

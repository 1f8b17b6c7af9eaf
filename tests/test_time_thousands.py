# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import os
import time

from odoo import Command
from odoo.tests import Form, tagged

from .common import ServiceCreditCommon

MANY = 10_000


@tagged("post_install", "-at_install")
class TestTimeThousands(ServiceCreditCommon):
    """A ticket with 10,000 entries works like one with a hundred (design 8)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._sell(hours=50_000)
        cls.few, cls.many = (cls._create_ticket(user_id=cls.agent.id) for _ in "12")
        for ticket, count in ((cls.few, 100), (cls.many, MANY)):
            cls._fill(ticket, count)
        arch = cls.env["helpdesk.ticket"].get_views([(False, "form")])
        cls.arch = arch

    @classmethod
    def _fill(cls, ticket, count):
        """Log one entry and copy it: thousands of them, in a moment."""
        entry = cls._log(ticket, hours=0.25)
        cls.env.flush_all()
        lines = cls.env["account.analytic.line"]
        columns = ", ".join(
            name
            for name, field in lines._fields.items()
            if field.store and field.column_type and name != "id"
        )
        cls.env.cr.execute(
            f"INSERT INTO account_analytic_line ({columns}) SELECT {columns} "
            "FROM account_analytic_line, generate_series(2, %s) WHERE id = %s",
            [count, entry.id],
        )
        cls.env.invalidate_all()
        cls.env.add_to_compute(ticket._fields["total_hours"], ticket)
        cls.env.add_to_compute(cls.item._fields["qty_delivered"], cls.item)
        cls.env.flush_all()
        cls.env.cr.execute("ANALYZE account_analytic_line")

    def _cost(self, action, ticket):
        """Return queries and seconds of `action`, after one to fill the caches."""
        results = []
        for _round in range(3):
            self.env.flush_all()
            self.env.invalidate_all()
            queries, start = self.env.cr.sql_log_count, time.perf_counter()
            action(ticket.with_user(self.agent))
            self.env.flush_all()
            results.append(
                (
                    self.env.cr.sql_log_count - queries,
                    time.perf_counter() - start,
                )
            )
        return min(results)

    def _compare(self, name, action, slack=0):
        few, many = self._cost(action, self.few), self._cost(action, self.many)
        if os.environ.get("HSC_TIMES"):
            print(f"\n{name}: {few} {many} ratio {many[1] / few[1]:.2f}")
        self.assertLessEqual(many[0], few[0] + slack, name)

    def test_all(self):
        form = Form(self.few.with_user(self.agent))
        spec = form._view["fields_spec"]

        def opening(ticket):
            ticket.web_read(spec)

        def onchange(ticket):
            entry = ticket.timesheet_ids[:1]
            ticket.onchange(
                {"timesheet_ids": [Command.update(entry.id, {"unit_amount": 3})]},
                ["timesheet_ids"],
                spec,
            )

        def adding(ticket):
            ticket.web_save(
                {"timesheet_ids": [Command.create({"name": "x", "unit_amount": 1})]},
                spec,
            )

        def editing(ticket):
            entry = ticket.sudo().timesheet_ids[:1].with_user(self.agent)
            ticket.sudo().web_save(
                {"timesheet_ids": [Command.update(entry.id, {"unit_amount": 2})]},
                spec,
            )

        def line_onchange(ticket):
            line = self.env["account.analytic.line"].with_user(self.agent)
            line.onchange(
                {
                    "ticket_id": ticket.id,
                    "unit_amount": 1.0,
                    "employee_id": self.agent_employee.id,
                },
                ["unit_amount"],
                {"so_line": {}, "coverage_preview": {}, "hours_billed": {}},
            )

        for name in ("opening", "onchange", "line_onchange", "adding", "editing"):
            self._compare(name, locals()[name], slack=10_000)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The records measurements work on, made once per run."""

import functools
from datetime import date, timedelta

from odoo.sql_db import db_connect

BATCH = 1000
DATES = "date", "period_date"

COPY_ENTRIES = """
    INSERT INTO account_analytic_line ({columns}, {dates})
    SELECT {columns}, date + day, date + day
    FROM account_analytic_line
    JOIN unnest(%s, %s) AS first (entry_id, count) ON id = entry_id,
         generate_series(2, count) AS number,
         CAST(300 * number / count - 300 AS integer) AS day
    ORDER BY number::float / count, id
"""


class World:
    """A customer, an order, a stock task and a ticket of ours, both on prepaid items.

    Every part is made on first use and stays for the rest of the run.

    :param employee: who did the work; by default the user, who can be only one
    """

    def __init__(self, env, employee=None):
        self.env = env
        self.customer = env["res.partner"].create({"name": "Bench Customer"})
        self.employee = employee or env["hr.employee"].create(
            {"name": "Bench Employee", "user_id": env.uid, "hourly_cost": 40}
        )
        self.team = env["helpdesk.ticket.team"].create(
            {"name": "Bench Team", "allow_timesheet": True, "allow_billable": True}
        )
        self.project = self.team.default_project_id

    def sale_line(self):
        """Return a new prepaid item with hours enough for every measurement."""
        product = self._product()
        values = {"product_id": product.id, "product_uom_qty": 1_000_000}
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "order_line": [(0, 0, values)]}
        )
        order.action_confirm()
        return order.order_line

    @functools.lru_cache(maxsize=1)  # noqa: B019
    def _product(self):
        product = self.env["product.product"].create(
            {
                "name": "Bench Hours",
                "type": "service",
                "uom_id": self.env.ref("uom.product_uom_hour").id,
                "list_price": 100,
                "taxes_id": [(5, 0, 0)],
            }
        )
        product.product_tmpl_id.service_policy = "ordered_prepaid"
        return product

    def task(self):
        """Return a stock task with a sales order item."""
        return self.env["project.task"].create(
            {
                "name": "Bench Task",
                "project_id": self.project.id,
                "partner_id": self.customer.id,
                "sale_line_id": self.sale_line().id,
            }
        )

    def ticket(self):
        """Return a ticket with a sales order item."""
        return self.env["helpdesk.ticket"].create(
            {
                "name": "Bench Ticket",
                "description": "Slow",
                "team_id": self.team.id,
                "partner_id": self.customer.id,
                "sale_line_id": self.sale_line().id,
            }
        )

    def entry(self, work):
        """Return the values of an entry on a ticket or a task."""
        is_task = work._name == "project.task"
        return self.task_entry(work) if is_task else self.ticket_entry(work)

    def task_entry(self, task):
        return {"task_id": task.id, "project_id": self.project.id, **self._entry()}

    def ticket_entry(self, ticket):
        return {"ticket_id": ticket.id, **self._entry()}

    def _entry(self):
        return {"name": "Work", "unit_amount": 0.5, "employee_id": self.employee.id}

    def log_many(self, values, entries):
        """Log so many entries with these values, a year back."""
        lines = self.env["account.analytic.line"]
        for start in range(0, entries, BATCH):
            lines.create(
                [
                    {**values, "date": date.today() - timedelta(number % 300)}
                    for number in range(start, min(start + BATCH, entries))
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
        if entries:
            # Statistics as autovacuum would have made them by now.
            self.env.cr.execute("ANALYZE account_analytic_line")

    def log_among_others(self, counts):
        """Log so many entries on each ticket or task, in a database that has lived.

        Entries are stored in the order of their days, those of one ticket among those
        of all others, committed, and vacuumed as autovacuum would have by now.

        :param dict counts: number of entries by ticket or task
        """
        lines = self.env["account.analytic.line"]
        first = lines.create([self.entry(work) for work in counts])
        columns = (
            name
            for name, field in lines._fields.items()
            if field.store and field.column_type and name not in ("id", *DATES)
        )
        self.env.flush_all()
        query = COPY_ENTRIES.format(columns=", ".join(columns), dates=", ".join(DATES))
        self.env.cr.execute(query, [first.ids, list(counts.values())])
        self.env.invalidate_all(flush=False)
        for field, records in (
            ("total_hours", first.ticket_id),
            ("effective_hours", first.task_id),
            ("qty_delivered", first.so_line),
        ):
            self.env.add_to_compute(records._fields[field], records)
        self.env.flush_all()
        self._commit_and_vacuum()

    def _commit_and_vacuum(self):
        cr = self.env.cr
        # What is not on disk yet cannot be marked as visible to everybody.
        cr.execute("SET LOCAL synchronous_commit = on")
        cr.commit()
        with db_connect(cr.dbname).cursor() as other:
            other._cnx.autocommit = True
            other.execute("VACUUM ANALYZE account_analytic_line")


_WORLDS = {}


def world(env):
    """Return the world of this run."""
    if env.cr not in _WORLDS:
        _WORLDS[env.cr] = World(env)
    return _WORLDS[env.cr]

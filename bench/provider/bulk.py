# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Multiply the first records of a provider, in SQL.

What is planned stands in tables named `size_*`: customers, purchases, tickets, orders,
entries and rows of the ledger, with the ids they will have. Then each table of Odoo
gets its records in one statement: columns that the plan says nothing about are those of
the first record of that kind, which went through the addon.
"""

import re
import sys
import time
from pathlib import Path

from columns import FILLS

PLAN = Path(__file__).with_name("plan.sql")
#: Tables whose indexes and references are made anew, after everything is there.
LARGE = (
    "account_analytic_line",
    "account_move",
    "account_move_line",
    "helpdesk_ticket",
    "mail_followers",
    "mail_message",
    "project_milestone",
    "res_partner",
    "sale_order",
    "sale_order_line",
    "sale_order_line_invoice_rel",
    "service_credit_allocation",
    "service_credit_consumption",
    "service_credit_plan",
    "service_credit_purchase",
    "service_sync_record",
)
FIGURES = {
    "customers": 5000,
    "big_purchases": 1411,
    "big_item_tickets": 3000,
    "big_free_tickets": 400,
    "big_orders": 12,
    "giant_purchases": 40,
    "giant_entries": 10000,
    "unbilled_tickets": 50,
    "milestones": 200,  # of each project
    "sync_rows": 500_000,
    "messages": 200_000,
}
LEAST = {"customers": 50, "big_orders": 2, "giant_purchases": 4, "milestones": 2}


def build(env, size):
    """Multiply to ``size`` of the full provider, between 0.01 and 1."""
    Bulk(env.cr, float(size)).build()


class Bulk:
    def __init__(self, cr, size):
        self.cr = cr
        self.values = {
            name: max(round(count * size), LEAST.get(name, 1))
            for name, count in FIGURES.items()
        }
        self.values["giant_each"] = (
            self.values["giant_entries"] // self.values["giant_purchases"]
        )
        self.laid_aside = []
        self.started = time.monotonic()

    def build(self):
        self.cr.execute("SET LOCAL work_mem = '256MB'")
        self.cr.execute("SET LOCAL maintenance_work_mem = '512MB'")
        self._lay_aside()
        self._plan()
        for fill in FILLS:
            self._fill(*fill)
            self._tell(fill[0])
        self._take_up()
        self._number()
        self.cr.commit()
        self._clean()

    def _tell(self, what):
        took = time.monotonic() - self.started
        print(f"   {took:6.1f} s  {what} {max(self.cr.rowcount, 0):,}", file=sys.stderr)

    def _plan(self):
        for statement in PLAN.read_text().split(";\n"):
            if statement.strip():
                self.cr.execute(statement, self.values)
                self._tell(" ".join(statement.split())[-60:])
                if made := re.search(r"^CREATE TABLE (\w+)", statement, re.MULTILINE):
                    # The next statement is planned by what is there.
                    self.cr.execute(f"ANALYZE {made[1]}")

    # ------------------------------------------------------------------
    # Tables
    # ------------------------------------------------------------------

    def _lay_aside(self):
        """Drop the indexes and references of large tables, to be made anew."""
        self.cr.execute(
            """
            SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I',
                          c.conrelid::regclass, c.conname),
                   format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s',
                          c.conrelid::regclass, c.conname,
                          pg_get_constraintdef(c.oid)), 2
            FROM pg_constraint c
            WHERE c.contype = 'f' AND c.conrelid::regclass::text IN %(tables)s
            UNION ALL
            SELECT format('DROP INDEX %%s', i.indexrelid::regclass),
                   pg_get_indexdef(i.indexrelid), 1
            FROM pg_index i
            WHERE i.indrelid::regclass::text IN %(tables)s
              AND NOT EXISTS (
                  SELECT FROM pg_constraint WHERE conindid = i.indexrelid
              )
            """,
            {"tables": LARGE},
        )
        found = sorted(self.cr.fetchall(), key=lambda row: row[2])
        for drop, _make, _rank in found:
            self.cr.execute(drop)
        self.laid_aside = [make for _drop, make, _rank in found]

    def _take_up(self):
        self.cr.execute("ANALYZE " + ", ".join(name for name in LARGE))
        for make in self.laid_aside:
            self.cr.execute(make)
        self._tell("indexes and references")

    def _fill(self, table, source, overrides):
        """Insert what ``source`` plans: rows with `id`, `first` (the id of the record
        they are like), and what the overrides name."""
        self.cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND is_generated = 'NEVER'"
            " ORDER BY ordinal_position",
            [table],
        )
        names = [name for (name,) in self.cr.fetchall()]
        unknown = set(overrides) - set(names)
        if unknown:
            raise KeyError(f"{table}: {unknown}")
        values = [
            overrides.get(name, "new.id" if name == "id" else f'first."{name}"')
            for name in names
        ]
        columns = ", ".join(f'"{name}"' for name in names)
        self.cr.execute(
            f"INSERT INTO {table} ({columns}) SELECT {', '.join(values)}"
            f" FROM ({source}) new JOIN {table} first ON first.id = new.first"
            " ORDER BY new.id"
        )

    def _number(self):
        """Let the next record of every table follow the last."""
        for table in LARGE:
            if table.endswith("_rel"):
                continue
            self.cr.execute(
                f"SELECT setval('{table}_id_seq', (SELECT MAX(id) FROM {table}))"
            )
        for code, count in (
            ("helpdesk.ticket.sequence", "SELECT MAX(id) FROM helpdesk_ticket"),
            ("service.credit.purchase", "SELECT MAX(id) FROM service_credit_purchase"),
            ("service.credit.plan", "SELECT MAX(id) FROM service_credit_plan"),
            ("sale.order", "SELECT MAX(id) FROM sale_order"),
        ):
            self.cr.execute("SELECT id FROM ir_sequence WHERE code = %s", [code])
            for (sequence,) in self.cr.fetchall():
                self.cr.execute(
                    "SELECT relname FROM pg_class WHERE relkind = 'S' AND relname ~ %s",
                    [f"^ir_sequence_0*{sequence}(_|$)"],
                )
                for (name,) in self.cr.fetchall():
                    self.cr.execute(f"SELECT setval('{name}', ({count}))")

    def _clean(self):
        self.cr.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'size\\_%'"
            " AND tablename NOT IN ('size_template', 'size_agent', 'size_customer')"
        )
        for (name,) in self.cr.fetchall():
            self.cr.execute(f"DROP TABLE {name}")
        self.cr.commit()
        self.cr._cnx.autocommit = True
        self.cr.execute("VACUUM ANALYZE")
        self._tell("vacuum")
        self.cr._cnx.autocommit = False

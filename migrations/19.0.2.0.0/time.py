# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.fields import Domain
from odoo.tools.sql import column_exists, create_column

TABLE = "account_analytic_line"


# New columns, and what an entry has from before. A constant costs no rewrite.
COLUMNS = {
    "billing_factor": "float8 DEFAULT 1",
    "goodwill_value": "numeric",
    "rate_facts": "jsonb",
}


def before(cr):
    for name, definition in COLUMNS.items():
        if not column_exists(cr, TABLE, name):
            cr.execute(f"ALTER TABLE {TABLE} ADD COLUMN {name} {definition}")
            cr.execute(f"ALTER TABLE {TABLE} ALTER COLUMN {name} DROP DEFAULT")
    _keep_notes(cr)


def _keep_notes(cr):
    """Keep the notes of who paid: from now on facts are kept, and old ones are text."""
    if column_exists(cr, TABLE, "coverage_note"):
        if not column_exists(cr, TABLE, "coverage_facts"):
            create_column(cr, TABLE, "coverage_facts", "jsonb")
        cr.execute(
            "UPDATE account_analytic_line"
            " SET coverage_facts = jsonb_build_object('text', coverage_note)"
            " WHERE coverage_note IS NOT NULL AND coverage_facts IS NULL"
        )
        cr.execute("ALTER TABLE account_analytic_line DROP COLUMN coverage_note")


def after(env):
    """Price what was given away before goodwill was counted."""
    entries = env["account.analytic.line"]
    given = entries.search(
        entries._domain_goodwill() & Domain("goodwill_value", "=", False)
    )
    env.add_to_compute(entries._fields["goodwill_value"], given)
    given.flush_recordset(["goodwill_value"])

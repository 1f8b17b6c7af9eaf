# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""New and former columns, checks and keys of tables that many read or write all day.

Odoo would change them with everything else, and keep others out until the upgrade
ends. Here it takes a moment, and is committed; the models find what they declare.
`hooks.py` does the same for an installation.
"""

from odoo.tools.sql import add_constraint, column_exists, constraint_definition

COLUMNS = {
    "account_analytic_line": {
        "overage_line_id": "int4",
        "split_from_id": "int4",
        "time_start": "float8",
        "time_stop": "float8",
    },
    "helpdesk_ticket": {"is_sale_line_chosen": "bool"},
    "res_partner": {
        "service_approve_limit": "float8",
        "service_may_approve": "bool",
        "service_may_buy": "bool",
        "service_statement_frequency": "varchar DEFAULT 'none'",
    },
    "sale_order_line": {"hours_before_limit": "float8"},
    "service_credit_consumption": {"is_shared": "bool"},
}
# What no model declares any more.
OLD = "ALTER TABLE sale_order_line DROP COLUMN IF EXISTS is_limit_counted"
# To give up a key keeps readers of the other table out, too.
AUTHORIZED = """
    ALTER TABLE service_authorization
        DROP CONSTRAINT IF EXISTS service_authorization_sale_line_id_fkey,
        ADD CONSTRAINT service_authorization_sale_line_id_fkey
            FOREIGN KEY (sale_line_id) REFERENCES sale_order_line (id)
            ON DELETE RESTRICT
"""
# As the models declare them.
CHECKS = (
    (
        "account_analytic_line",
        "account_analytic_line_times_of_day",
        "CHECK (COALESCE(time_start, 0) >= 0 AND COALESCE(time_start, 0) < 24"
        " AND COALESCE(time_stop, 0) >= 0 AND COALESCE(time_stop, 0) <= 24)",
    ),
    (
        "res_partner",
        "res_partner_service_approve_limit_positive",
        "CHECK (service_approve_limit >= 0)",
    ),
)
# Its key stops those who write rows of the ledger.
RECOGNIZED = """
    CREATE TABLE IF NOT EXISTS service_credit_recognition_row (
        line_id INTEGER NOT NULL,
        consumption_id INTEGER NOT NULL
            REFERENCES service_credit_consumption (id) ON DELETE CASCADE,
        PRIMARY KEY (line_id, consumption_id)
    );
    CREATE INDEX IF NOT EXISTS service_credit_recognition_row_consumption_id_line_id_idx
        ON service_credit_recognition_row (consumption_id, line_id)
"""


def make_room(cr):
    for table, columns in COLUMNS.items():
        parts = [
            f"ADD COLUMN {name} {definition}"
            for name, definition in columns.items()
            if not column_exists(cr, table, name)
        ]
        if parts:
            cr.execute(f"ALTER TABLE {table} {', '.join(parts)}")
    for table, name, definition in CHECKS:
        if not constraint_definition(cr, table, name):
            add_constraint(cr, table, name, definition)
    cr.execute(OLD)
    cr.execute(AUTHORIZED)
    cr.execute(RECOGNIZED)
    cr.commit()  # pylint: disable=invalid-commit

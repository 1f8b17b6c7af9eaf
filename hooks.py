# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tools import SQL
from odoo.tools.sql import (
    add_constraint,
    column_exists,
    constraint_definition,
    create_column,
    existing_tables,
)

from .models.ledger.rows import REMOVE_GUARD

# Our columns of the tables that may be large, with what a row has from before.
COLUMNS = {
    "account_analytic_line": {
        "approval_activity_id": "int4",
        "approval_date": "timestamp",
        "approval_note": "varchar",
        "approval_state": "varchar",
        "approval_user_id": "int4",
        "billing_factor": "float8 DEFAULT 1",
        "coverage": "varchar",
        "coverage_facts": "jsonb",
        "credits": "numeric DEFAULT 0",
        "credits_per_hour": "float8",
        "goodwill_value": "numeric",
        "hours_billed": "float8",
        "internal_note": "text",
        "is_billable": "bool DEFAULT TRUE",
        "is_late": "bool",
        "overage_decided_by_id": "int4",
        "overage_decided_on": "timestamp",
        "overage_decision": "varchar",
        "overage_line_id": "int4",
        "period_date": "date",
        "rate_facts": "jsonb",
        "service_log_key": "varchar",
        "service_type_id": "int4",
        "split_from_id": "int4",
        "ticket_id": "int4",
        "ticket_team_id": "int4",
        "time_start": "float8",
        "time_stop": "float8",
        "was_invoiced": "bool",
    },
    "account_move": {"service_credit_effect": "varchar"},
    "account_move_line": {"service_credit_purchase_id": "int4"},
    "helpdesk_ticket": {
        "is_sale_line_chosen": "bool",
        "is_sale_line_cleared": "bool",
        "sale_line_id": "int4",
        "sale_order_id": "int4",
        "total_hours": "float8 DEFAULT 0",
        "use_service_credits": "bool DEFAULT FALSE",
    },
    "project_task": {"is_sale_line_cleared": "bool"},
    "res_partner": {
        "service_approve_limit": "float8",
        "service_credit_alert_mail": "varchar",
        "service_may_approve": "bool",
        "service_may_buy": "bool",
        "service_statement_frequency": "varchar DEFAULT 'none'",
    },
    "sale_order": {"service_ordered_by_id": "int4"},
    "sale_order_line": {
        "authorized_hours": "float8",
        "authorized_hours_used": "float8",
        "hours_before_limit": "float8",
        "limit_hours": "bool",
    },
}
# Our checks of them, as the models define them: table, name, definition.
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
PORTION = 20_000
LAST_ID = 2**31 - 1
# Edited lines, too: an installation may begin anew, days after another failed.
FILL = """
    UPDATE account_analytic_line SET hours_billed = unit_amount, period_date = date
    WHERE id > %s AND id <= %s AND (
        hours_billed IS DISTINCT FROM unit_amount OR period_date IS DISTINCT FROM date
    )
"""


def pre_init_hook(env):
    """Make room in the large tables, and adopt what another addon left.

    What is here is committed at once: a column or check that is added with everything
    else keeps readers of its table out until the installation ends.
    """
    _add_columns(env.cr)
    _add_checks(env.cr)
    env.cr.commit()
    _fill_columns(env.cr)
    _adopt_time(env)


def _add_columns(cr):
    """Add our columns to large tables. A constant costs no rewrite of a table, and is
    kept as the default, for rows that come before the addon works."""
    for table in existing_tables(cr, COLUMNS):
        columns = COLUMNS[table]
        parts = [
            SQL("ADD COLUMN %s %s", SQL(name), SQL(columns[name]))
            for name in columns
            if not column_exists(cr, table, name)
        ]
        if parts:
            cr.execute(SQL("ALTER TABLE %s %s", SQL(table), SQL(", ").join(parts)))


def _add_checks(cr):
    """Add our checks of large tables: to add one keeps readers out as well."""
    for table, name, definition in CHECKS:
        if not constraint_definition(cr, table, name):
            add_constraint(cr, table, name, definition)


def _fill_columns(cr):
    """Give old lines what follows from their own values, in portions: nobody waits for
    more than one. What came meanwhile follows, and writers wait from then on."""
    cr.execute(
        "SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), 0) FROM account_analytic_line"
    )
    first, last = cr.fetchone()
    for start in range(first - 1, last, PORTION):
        cr.execute(FILL, [start, start + PORTION])
        cr.commit()  # pylint: disable=invalid-commit
    # Before anything is read: the transaction then sees all that was committed.
    cr.execute("LOCK TABLE account_analytic_line IN SHARE ROW EXCLUSIVE MODE")
    cr.execute(FILL, [first - 1, LAST_ID])


def _adopt_time(env):
    """Adopt time on tickets that OCA's helpdesk_mgmt_timesheet(_sale) left behind.

    Its fields have the names of ours, so tickets, entries and items are there. What
    pays for an entry was decided long ago and is only noted; teams whose tickets have
    items bill their time.
    """
    cr = env.cr
    if not column_exists(cr, "helpdesk_ticket_team", "allow_timesheet"):
        return
    cr.execute(
        "UPDATE account_analytic_line line SET ticket_team_id = ticket.team_id,"
        " coverage = CASE WHEN line.so_line IS NULL"
        " THEN 'non_billable' ELSE 'sale_line' END"
        " FROM helpdesk_ticket ticket WHERE ticket.id = line.ticket_id"
    )
    if not column_exists(cr, "helpdesk_ticket_team", "allow_billable"):
        create_column(cr, "helpdesk_ticket_team", "allow_billable", "bool")
    cr.execute(
        "UPDATE helpdesk_ticket_team SET allow_billable = TRUE"
        " WHERE allow_timesheet AND id IN ("
        "SELECT team_id FROM helpdesk_ticket WHERE sale_line_id IS NOT NULL)"
    )


def uninstall_hook(env):
    """Take along what core leaves: the ledger's trigger function, and the right to log
    time that every agent got."""
    env.cr.execute(REMOVE_GUARD)
    # By the ORM, entry by entry, it would take minutes.
    env.flush_all()
    env.cr.execute(
        "UPDATE account_analytic_line SET timesheet_invoice_type = 'non_billable'"
        " WHERE timesheet_invoice_type = 'service_credits'"
    )
    env.invalidate_all()
    agents = env.ref("helpdesk_mgmt.group_helpdesk_user_own")
    agents.implied_ids -= env.ref("hr_timesheet.group_hr_timesheet_user")

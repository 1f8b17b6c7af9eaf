# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tools.sql import column_exists, create_column

# What a connected system did before it could be chosen, and goes on doing:
# table, new column, its type, its value, and for which rows.
KEPT = (
    (
        "service_sync_mapping",
        "unit",
        "varchar",
        "'hours'",
        "target_field = 'unit_amount'",
    ),
    ("service_sync_source", "no_expiry", "varchar", "'validity'", "TRUE"),
    ("service_sync_source", "catch_all_is_billed", "bool", "TRUE", "TRUE"),
)


def before(cr):
    """Keep what existing systems do with durations, expiry dates and lost time."""
    for table, column, kind, value, where in KEPT:
        if not column_exists(cr, table, column):
            create_column(cr, table, column, kind)
            cr.execute(f"UPDATE {table} SET {column} = {value} WHERE {where}")


def after(env):
    """Leave first imports to the scheduled action they have now."""
    cron = env.ref(
        "helpdesk_service_credit.service_sync_cron", raise_if_not_found=False
    )
    if cron and cron.code == "model._cron_sync()":
        cron.code = "model._cron_sync(first=False)"

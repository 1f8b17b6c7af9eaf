# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tools.sql import column_exists, create_column

from .models.ledger.rows import REMOVE_GUARD


def pre_init_hook(env):
    """Adopt time on tickets that OCA's helpdesk_mgmt_timesheet(_sale) left behind.

    Its fields have the names of ours, so tickets, entries and items are there. What
    pays for an entry was decided long ago and is only noted; teams whose tickets have
    items bill their time.
    """
    cr = env.cr
    if not column_exists(cr, "account_analytic_line", "ticket_id"):
        return
    create_column(cr, "account_analytic_line", "coverage", "varchar")
    cr.execute(
        "UPDATE account_analytic_line SET coverage ="
        " CASE WHEN so_line IS NULL THEN 'non_billable' ELSE 'sale_line' END"
        " WHERE ticket_id IS NOT NULL"
    )
    if column_exists(cr, "helpdesk_ticket", "sale_line_id"):
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
    agents = env.ref("helpdesk_mgmt.group_helpdesk_user_own")
    agents.implied_ids -= env.ref("hr_timesheet.group_hr_timesheet_user")

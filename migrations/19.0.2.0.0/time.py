# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.fields import Domain
from odoo.tools.sql import column_exists

TABLE = "account_analytic_line"


# New columns, and what an entry has from before. A constant costs no rewrite.
COLUMNS = {
    "billing_factor": "float8 DEFAULT 1",
    "coverage_facts": "jsonb",
    "goodwill_value": "numeric",
    "rate_facts": "jsonb",
    "ticket_team_id": "int4",
}
PORTION = 20_000
LAST_ID = 2**31 - 1
FILL_TEAMS = """
    UPDATE account_analytic_line line SET ticket_team_id = ticket.team_id
    FROM helpdesk_ticket ticket
    WHERE ticket.id = line.ticket_id AND line.id > %s AND line.id <= %s
    AND line.ticket_team_id IS DISTINCT FROM ticket.team_id
"""
FILL_FACTS = """
    UPDATE account_analytic_line
    SET coverage_facts = jsonb_build_object('text', coverage_note)
    WHERE coverage_note IS NOT NULL AND coverage_facts IS NULL
    AND id > %s AND id <= %s
"""
# Both in one statement: it writes an entry, and its place in every index, once.
FILL_TEAMS_AND_FACTS = """
    UPDATE account_analytic_line line
    SET ticket_team_id = known.team_id, coverage_facts = known.facts
    FROM (
        SELECT entry.id, ticket.team_id, CASE
            WHEN entry.coverage_facts IS NULL AND entry.coverage_note IS NOT NULL
            THEN jsonb_build_object('text', entry.coverage_note)
            ELSE entry.coverage_facts END AS facts
        FROM account_analytic_line entry
        LEFT JOIN helpdesk_ticket ticket ON ticket.id = entry.ticket_id
        WHERE entry.id > %s AND entry.id <= %s
    ) known
    WHERE known.id = line.id AND (
        line.ticket_team_id IS DISTINCT FROM known.team_id
        OR line.coverage_facts IS DISTINCT FROM known.facts
    )
"""
# The rules that asked the ticket of each entry, which the data leave as they are.
RULES = {
    "account_analytic_line_rule_agent_own": (
        "'|', ('ticket_id.user_id', '=', user.id), '&',"
        " ('ticket_id.user_id', '=', False),"
        " ('ticket_id.team_id', 'in', user.helpdesk_team_ids.ids)]",
        "('is_on_own_ticket', '=', True)]",
    ),
    "account_analytic_line_rule_agent_team": ("ticket_id.team_id", "ticket_team_id"),
}


def before(cr):
    for name, definition in COLUMNS.items():
        if not column_exists(cr, TABLE, name):
            cr.execute(f"ALTER TABLE {TABLE} ADD COLUMN {name} {definition}")
            cr.execute(f"ALTER TABLE {TABLE} ALTER COLUMN {name} DROP DEFAULT")
    has_notes = column_exists(cr, TABLE, "coverage_note")
    _fill_columns(cr, FILL_TEAMS_AND_FACTS if has_notes else FILL_TEAMS)
    if has_notes:
        _drop_notes(cr)


def _fill_columns(cr, statement):
    """Give old entries what follows from their own values, in portions: nobody waits
    for more than one. The lock of the new columns ends before the first."""
    cr.execute(f"SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), 0) FROM {TABLE}")
    first, last = cr.fetchone()
    cr.commit()  # pylint: disable=invalid-commit
    for start in range(first - 1, last, PORTION):
        cr.execute(statement, [start, start + PORTION])
        cr.commit()  # pylint: disable=invalid-commit


def _drop_notes(cr):
    """Drop the notes of who paid: facts are kept now, and old notes are text. Readers
    wait for the moment of the last statement."""
    cr.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")
    # What was logged while the portions went on.
    cr.execute(FILL_FACTS, [0, LAST_ID])
    cr.execute(f"ALTER TABLE {TABLE} DROP COLUMN coverage_note")
    cr.commit()  # pylint: disable=invalid-commit


def _name_columns_in_rules(env):
    """Let the rules of agents ask the entry alone, where they are still as made."""
    for name, (asked, asks) in RULES.items():
        rule = env.ref(f"helpdesk_service_credit.{name}", raise_if_not_found=False)
        if rule and asked in (rule.domain_force or ""):
            rule.domain_force = rule.domain_force.replace(asked, asks)


def after(env):
    # What was logged while the portions went on.
    env.cr.execute(FILL_TEAMS, [0, LAST_ID])
    _name_columns_in_rules(env)
    _price_goodwill(env)


def _price_goodwill(env):
    """Price what was given away before goodwill was counted."""
    entries = env["account.analytic.line"]
    given = entries.search(
        entries._domain_goodwill() & Domain("goodwill_value", "=", False)
    )
    env.add_to_compute(entries._fields["goodwill_value"], given)
    given.flush_recordset(["goodwill_value"])

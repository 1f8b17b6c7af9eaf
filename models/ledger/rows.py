# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How rows of the ledger enter the database, and what keeps them as they are.

No code path of Python can make a row change, not even raw SQL: the trigger lets
pass only the foreign key of a deleted time entry being emptied, so that the row
outlives the entry.
"""

from itertools import chain

from odoo import fields
from odoo.tools import SQL, float_repr

PORTION = 1000

GUARD = """
CREATE OR REPLACE FUNCTION service_credit_consumption_guard() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND OLD.timesheet_id IS NOT NULL
       AND NEW.timesheet_id IS NULL
       AND to_jsonb(NEW) - 'timesheet_id' = to_jsonb(OLD) - 'timesheet_id'
       AND NOT EXISTS (
           SELECT FROM account_analytic_line WHERE id = OLD.timesheet_id
       )
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION
        'Ledger rows of service credits are never changed or deleted: % refused.',
        TG_OP
        USING ERRCODE = 'restrict_violation',
              HINT = 'Post a new row that gives the credits back.';
END
$$ LANGUAGE plpgsql;
"""
TRIGGERS = {
    "service_credit_consumption_guard_row": """
        CREATE TRIGGER service_credit_consumption_guard_row
        BEFORE UPDATE OR DELETE ON service_credit_consumption
        FOR EACH ROW EXECUTE FUNCTION service_credit_consumption_guard()
    """,
    "service_credit_consumption_guard_truncate": """
        CREATE TRIGGER service_credit_consumption_guard_truncate
        BEFORE TRUNCATE ON service_credit_consumption
        FOR EACH STATEMENT EXECUTE FUNCTION service_credit_consumption_guard()
    """,
}

# The triggers leave with the function; the table is dropped by the uninstallation.
REMOVE_GUARD = "DROP FUNCTION IF EXISTS service_credit_consumption_guard() CASCADE"


def install_guard(cr):
    """Let the database itself refuse any change of a row.

    A trigger is made once: making it anew would keep writers out until the end of an
    upgrade, and what it does stands in the function.
    """
    cr.execute(GUARD)
    cr.execute(
        "SELECT tgname FROM pg_trigger"
        " WHERE tgrelid = 'service_credit_consumption'::regclass"
    )
    there = {name for (name,) in cr.fetchall()}
    for name, statement in TRIGGERS.items():
        if name not in there:
            cr.execute(statement)


def insert(model, vals_list):
    """Insert complete records of the ledger, many times faster than ``create``.

    For the door alone, which knows every value: nothing is defaulted, checked or
    tracked. What depends on the records is marked to be computed, and lists of them
    that are in the cache are read again, as after ``create``.

    :param vals_list: dicts with one set of keys
    :return: the records, in the order of ``vals_list``
    """
    if not vals_list:
        return model.browse()
    names = list(vals_list[0])
    now, user_id = fields.Datetime.now(), model.env.uid
    log = {"create_uid": user_id, "write_uid": user_id}
    log |= {"create_date": now, "write_date": now}
    columns = [_to_column(model, name, vals_list) for name in names]
    columns += [[value] * len(vals_list) for value in log.values()]
    rows = list(zip(*columns, strict=True))
    ids = []
    for start in range(0, len(rows), PORTION):
        ids += _insert_rows(model, [*names, *log], rows[start : start + PORTION])
    records = model.browse(ids)
    _refresh_lists(model, names, vals_list)
    _cache_links(records, names, vals_list)
    records.modified(names, create=True)
    return records


def _insert_rows(model, names, rows):
    row = f"({', '.join(['%s'] * len(names))})"
    query = SQL(
        f"INSERT INTO %s (%s) VALUES {', '.join([row] * len(rows))} RETURNING id",
        SQL.identifier(model._table),
        SQL(", ").join(map(SQL.identifier, names)),
        *chain.from_iterable(rows),
    )
    return [record_id for (record_id,) in model.env.execute_query(query)]


def _to_column(model, name, vals_list):
    """Exact decimals for what is counted, NULL for what is empty."""
    field = model._fields[name]
    values = [vals[name] for vals in vals_list]
    if field.type == "float" and field.get_digits(model.env):
        digits = field.get_digits(model.env)[1]
        return [float_repr(value, digits) for value in values]
    if field.type in ("float", "monetary", "integer"):
        return values
    return [value or None for value in values]


def _cache_links(records, names, vals_list):
    """What depends on the records is found by their links: no need to read them."""
    for name in names:
        field = records._fields[name]
        if field.type == "many2one":
            field._insert_cache(records, [vals[name] or None for vals in vals_list])


def _refresh_lists(model, names, vals_list):
    for name in names:
        field = model._fields[name]
        if field.type != "many2one":
            continue
        inverses = model.pool.field_inverses[field]
        linked = model.env[field.comodel_name].browse(
            {vals[name] for vals in vals_list if vals[name]}
        )
        for inverse in inverses:
            linked.invalidate_recordset([inverse.name], flush=False)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Reading ahead: records and what they point to, in one query."""

from itertools import islice

from odoo.tools import SQL


def fetch_along(records, along):
    """Read records, and fields of the records that they point to, in one query.

    The ORM reads one model at a time. This saves time only: what is not read here, or
    was changed and not written yet, is read where it is used, as ever. No access is
    checked: who calls does.

    :param dict along: the names of fields to read where a many2one points to, by the
        name of the many2one
    """
    links = [records._fields[name] for name in along]
    if not any(any(link._cache_missing_ids(records)) for link in links):
        return
    query = records._as_query(ordered=False)
    reads = [(records, records._table, records._determine_fields_to_fetch())]
    for link in links:
        others = records.env[link.comodel_name]
        alias = query.left_join(
            records._table, link.name, others._table, "id", link.name
        )
        reads.append((others, alias, [others._fields[n] for n in along[link.name]]))
    _read(query, [(model, alias, _get_plain(fields)) for model, alias, fields in reads])


def _get_plain(fields):
    """Return the fields whose value is what their column has: others may be computed,
    or wait for a translation to be written."""
    return [f for f in fields if f.store and f.column_type and not f.translate]


def _read(query, reads):
    """Put what a query finds into the cache, over nothing that is there.

    :param list reads: of the model, its table or alias, and its fields
    """
    terms = []
    for model, alias, fields in reads:
        terms.append(SQL.identifier(alias, "id"))
        for field in fields:
            sql = model._field_to_sql(alias, field.name, query)
            # Nothing is flushed, as in the ORM: what waits is in the cache, and stays.
            terms.append(SQL(sql.code, *sql.params))
    env = reads[0][0].env
    columns = zip(*env.execute_query(query.select(*terms)), strict=True)
    for model, _alias, fields in reads:
        ids = next(columns, ())
        for field, values in zip(fields, islice(columns, len(fields)), strict=False):
            found = {i: value for i, value in zip(ids, values, strict=True) if i}
            field._insert_cache(model.browse(found), found.values())

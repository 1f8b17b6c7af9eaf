# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Exports of lists whose readers may not open everything that the lists name."""


def export_shown(records, paths, export):
    """Export records with the names that a list of them shows.

    Core refuses an export that names a record which the user may not open; its lists
    show such names.

    :param export: ``export_data`` of core
    """
    records.check_access("read")
    names = {path: _get_names(records, path) for path in paths}
    if not any(names.values()):
        return export(paths)
    rest = [path for path in paths if names[path] is None]
    rows = export([".id", *rest])["datas"]
    for row in rows:
        # Of a record with several lines only the first has its id.
        told = dict(zip(rest, row[1:], strict=True))
        record = int(row[0]) if row[0] else None
        row[:] = [
            told[path] if names[path] is None else names[path].get(record, "")
            for path in paths
        ]
    return {"datas": rows}


def _get_names(records, path):
    """Return the names of related records by id, None if all of them can be read."""
    field = records._fields.get(path)
    if field is None or field.type != "many2one":
        return None
    if records[path].has_access("read"):
        return None
    # sudo: a list shows these names
    return {record.id: record.sudo()[path].display_name or "" for record in records}

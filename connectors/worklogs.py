# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Work that stands in cells of the row of its issue, as Jira exports it.

A cell is “text;day and time;person;seconds”, or several of them, a line each. The work
of a row becomes a row each, with columns of its own beside those of the issue.
"""

import itertools
import re
from dataclasses import replace

ID, DAY, PERSON, SECONDS, TEXT = LOG_COLUMNS = (
    "Work Log ID",
    "Work Log Date",
    "Work Log Author",
    "Work Log Seconds",
    "Work Log Comment",
)
FIELDS = {
    ID: "external_id",
    DAY: "date",
    PERSON: "employee_id",
    SECONDS: "unit_amount",
    TEXT: "name",
}
LOOKED_AT = 50  # rows that tell which columns hold work
END = re.compile(r";([^;]*\d[-/. ][^;]*);([^;]*);(\d{1,7})$")
NUMBERED = re.compile(r" \(\d+\)$")
ISSUE = re.compile(r"[A-Z][A-Z0-9_]*-\d+")


def split_logs(rows, wanted):
    """Yield a row for each piece of work, or the rows as they are if none has any.

    :param wanted: the columns that are read; none if it is not known yet
    """
    rows = iter(rows)
    if wanted and not set(wanted) & set(LOG_COLUMNS):
        yield from rows
        return
    first = list(itertools.islice(rows, LOOKED_AT))
    told = [row.values for row in first if not row.error]
    names = _find_columns(told)
    if not names:
        yield from itertools.chain(first, rows)
        return
    issue = _find_issue(told)
    for row in itertools.chain(first, rows):
        yield from [row] if row.error else _split(row, names, issue)


def read_logs(cell) -> list[tuple]:
    """The pieces of work in a cell: text, day, person, seconds; none in others."""
    logs, before = [], []
    for line in cell.splitlines() if isinstance(cell, str) else ():
        match = END.search(line)
        if not match:
            before.append(line)
            continue
        text = "\n".join([*before, line[: match.start()]])
        logs.append((text.strip(), *(part.strip() for part in match.groups())))
        before = []
    return [] if before else logs


def _find_columns(rows) -> set:
    """The names, without their number, of the columns that have nothing but work."""
    cells = {}
    for values in rows:
        for name, cell in values.items():
            if cell not in (None, ""):
                cells.setdefault(NUMBERED.sub("", name), []).append(cell)
    told = [name for name, found in cells.items() if all(map(read_logs, found))]
    return set(filter(None, told))


def _find_issue(rows) -> str:
    """The column with the keys of issues, else the first."""
    names = list(rows[0]) if rows else []
    for name in names:
        texts = [str(values.get(name, "")).strip() for values in rows]
        if all(map(ISSUE.fullmatch, texts)):
            return name
    return next(iter(names), "")


def _split(row, names, issue):
    """A row for each piece of work of a row."""
    rest, logs, seen = {}, [], {}
    for name, cell in row.values.items():
        if NUMBERED.sub("", name) in names:
            logs += read_logs(cell)
        else:
            rest[name] = cell
    for text, day, person, seconds in logs:
        key = "|".join((str(rest.get(issue, "")), person, day))
        seen[key] = seen.get(key, 0) + 1
        key += f"|{seen[key]}" if seen[key] > 1 else ""
        told = dict(zip(LOG_COLUMNS, (key, day, person, seconds, text), strict=True))
        yield replace(row, values={**rest, **told})

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Columns whose names say too little, by all of their values."""

import re

from .column_names import FIELDS, WORDS
from .durations import read_hours
from .errors import ValueRefused
from .headings import INDEX, OTHERS, find_name, get_texts, plain_name
from .values import BILLABLE, ENDLESS, is_negated, parse_date, parse_term

CLOCK = re.compile(r"\d{1,3}:[0-5]\d")
UNITS = {name for name in FIELDS["time_entry"]["unit_amount"] if " " not in name}
# Not what was billed: nothing of it may be so far.
TO_BILL = tuple(name for name in BILLABLE if " " not in name)


def with_values(found, columns, target):
    """Add what the values of the other columns leave no doubt about."""
    add = _of_purchases if target == "purchase" else _of_time
    taken = {name for name, _field in found}
    rest = {
        name: told
        for name, values in columns.items()
        if name not in taken and (told := get_texts(values))
    }
    return [*found, *add({field for _name, field in found}, rest)]


def _of_time(fields, rest):
    added = []
    if not fields & {"date", "time_start"}:
        added += _pick(rest, "date", are_days, _starts)
    if not fields & {"unit_amount", "time_start"}:
        added += _pick(rest, "unit_amount", _are_durations)
    if "is_billable" not in fields:
        amounts = [name for name in rest if tells_billable(name)]
        added += [(name, "is_billable") for name in amounts[:1]]
    return added


def _of_purchases(fields, rest):
    added = []
    if "date_start" not in fields:
        bought = {
            name: told
            for name, told in rest.items()
            if find_name(INDEX["purchase"]["credits"], name) is not None
        }
        added += _pick(bought, "date_start", are_days)
    if "date_expiry" not in fields:
        added += _pick(rest, "date_expiry", _are_terms)
    return added


def _pick(rest, field, fits, is_better=None):
    """The only column that fits, or the only one that fits better than others."""
    names = [name for name, told in rest.items() if fits(name, told)]
    if len(names) > 1 and is_better:
        names = list(filter(is_better, names))[:1]
    return [(name, field) for name in names] if len(names) == 1 else []


def tells_billable(name) -> bool:
    """Whether a column tells how much of the time is billable, 0 or nothing if none."""
    words = plain_name(name).split()
    is_amount = any(word in UNITS or word in WORDS["amounts"] for word in words)
    is_billed = is_negated(name) or any(
        word == "bill" or word.startswith(TO_BILL) for word in words
    )
    return is_amount and is_billed and not WORDS["rates"].intersection(words)


def _starts(name) -> bool:
    return any(
        find_name(OTHERS["time_start"], word) is not None
        for word in (name, *plain_name(name).split())
        if word not in WORDS["articles"]
    )


def are_days(name, told) -> bool:
    """Whether all values are days, and the name is not of the last change."""
    return find_name(INDEX["time_entry"]["changed_at"], name) is None and all(
        map(_is_day, told)
    )


def _is_day(text) -> bool:
    for order in ("dmy", "mdy"):
        try:
            return parse_date(text, order) is not None
        except ValueRefused:
            continue
    return False


def _are_durations(name, told) -> bool:
    """Whether all values are durations that say their unit, or clocks of a name that
    is no time of day."""
    words = set(plain_name(name).split())
    if not words & UNITS or tells_billable(name):
        return False
    if any(
        find_name(OTHERS[end], name) is not None for end in ("time_start", "time_end")
    ):
        return False
    is_clock = words.isdisjoint(WORDS["times"]) or len(words) > 1
    return all(_is_written(text) or is_clock and CLOCK.fullmatch(text) for text in told)


def _is_written(text) -> bool:
    try:
        return read_hours(text) is not None
    except ValueRefused:
        return False


def _are_terms(_name, told) -> bool:
    terms = [parse_term(text) is not None for text in told]
    return any(terms) and all(
        term or text.lower() in ENDLESS or _is_day(text)
        for term, text in zip(terms, told, strict=True)
    )

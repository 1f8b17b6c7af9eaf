# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which column of a table is what, by its name in eight languages and by its values."""

import re

from .by_values import are_days, with_values
from .column_names import PAIRS, WORDS
from .durations import read_hours, unit_of_name
from .errors import ValueRefused
from .headings import (
    INDEX,
    OTHERS,
    are_numbers,
    find_name,
    get_numbers,
    get_texts,
    has_currency,
    plain_name,
)
from .prices import PRICES, are_prices, guess_price, with_prices
from .values import ENDLESS, FALSE, TRUE, parse_date, parse_datetime
from .worklogs import FIELDS as LOGS

MAILS = ("employee_email",)
RELATIONS = ("partner_id", "employee_id", "ticket_id")
TIME_OF_DAY = re.compile(r"\d\d:\d\d(:\d\d)?( ?[ap]\.?m\.?)?|\d?\d:\d\d ?[ap]\.?m\.?")
HAS_TIME = re.compile(r"\d:\d\d|^\d{1,2}h\d\d$")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
IDENTIFIER = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w./#-]{3,40}")
DECIMAL = re.compile(r"[-+]?\d+[.,]\d{1,2}|\d+ ?%")
COUNTS = ("credits", "credits_used", "credits_left")
DAYS = ("date", "date_start", "date_expiry")
LONGEST_ID = 60
# The number of a line, as people write it: 7, 07, 7., 7)
LINE_NUMBER = re.compile(r"0*(\d+)(?:\.0?|\))?")
DURATION = re.compile(r"[-−+(]? ?(P[\dT]|[.,]?\d)", re.IGNORECASE)
PAYMENT = 100  # days: what expires later isn't due but ends
MAX_COLUMNS = 500
DEPTH = 3  # of nested objects


def flatten(values, depth=DEPTH):
    """Yield ``(name, value)`` of a row; dots lead into nested objects."""
    for name, value in values.items():
        if isinstance(value, dict) and depth > 1:
            for inner, found in flatten(value, depth - 1):
                yield f"{name}.{inner}", found
        elif name:
            yield str(name), value


def get_columns(rows) -> dict[str, list]:
    """Return the values of each column of some rows, as far as they tell anything."""
    columns = {}
    for row in rows:
        for name, value in flatten(row):
            if name in columns or len(columns) < MAX_COLUMNS:
                columns.setdefault(name, []).append(value)
    return columns


def guess_fields(columns, target) -> list[tuple[str, str]]:
    """Return ``(column, target field)`` for the columns whose meaning is plain.

    :param columns: the values of the first rows by column
    """
    plain = {name: plain_name(name) for name in columns}
    found = []
    for field, index in INDEX[target].items():
        ranks = {
            name: (
                not get_texts(columns[name]),
                field == "unit_amount" and not unit_of_name(name),
                rank,
            )
            for name in columns
            if (rank := find_name(index, name)) is not None
            and _can_be(field, name, columns)
        }
        if ranks:
            # An empty column tells nothing; one with a unit leaves nothing to ask.
            found.append((min(ranks, key=ranks.get), field))
    if target == "purchase" and "external_id" not in {field for _name, field in found}:
        found += _guess_id(columns)
    if target == "time_entry" and LOGS.keys() <= columns.keys():
        found = [line for line in found if line[1] not in (*LOGS.values(), *MAILS)]
        found += LOGS.items()
    if target == "purchase":
        found = with_prices(_with_what_is_left(found, columns), columns)
    else:
        found = _with_span(_with_people(found, plain), plain, columns)
    return with_values(found, columns, target)


def _guess_id(columns):
    """A number nobody foresaw, each value of which is another word with a number.

    Those of things or of work are no IDs of rows: they come again in the next file.
    """
    known = [*INDEX["purchase"].values(), *OTHERS.values()]
    for name, values in columns.items():
        told = get_texts(values)
        if (
            len(told) > 1
            and _names_id(name)
            and all(map(IDENTIFIER.fullmatch, told))
            and _can_be("external_id", name, columns)
            and not any(find_name(index, name) is not None for index in known)
            and not any(map(_means_time, told))
        ):
            return [(name, "external_id")]
    return []


def _names_id(name) -> bool:
    words = plain_name(name).split()
    is_id = any(
        word in WORDS["id_words"] or word.endswith(("nummer", "nr")) for word in words
    )
    return is_id and not any(word.startswith(tuple(WORDS["things"])) for word in words)


def _means_time(text) -> bool:
    """Whether a text is a day, a moment or a duration."""
    for read in (parse_date, parse_datetime, read_hours):
        try:
            if read(text) is not None:
                return True
        except ValueRefused:
            continue
    return False


def _with_what_is_left(found, columns):
    """Add the credits that are left, and those that were bought as a mere total."""
    fields = {field: name for name, field in found}
    left = [
        name
        for name in _get_counts("left", found, columns)
        if _is_left(name, fields, columns)
    ]
    totals = _get_counts("total", found, columns)
    if "credits" not in fields and totals and (left or "credits_used" in fields):
        found = [*found, (totals[0], "credits")]
        fields["credits"] = totals[0]
    if "credits_used" in fields:
        return found
    field = "credits_left" if "credits" in fields else "credits"
    return [*found, *((name, field) for name in left[:1])]


def _get_counts(other, found, columns):
    """The columns of some name that count credits."""
    taken = {name for name, _field in found}
    names = [
        name
        for name in columns
        if name not in taken
        and find_name(OTHERS[other], name) is not None
        and _can_be("credits", name, columns)
    ]
    return sorted(names, key=lambda name: not get_texts(columns[name]))


def _is_left(name, fields, columns) -> bool:
    """Whether a column of what is left counts credits: a balance may be of money."""
    words = set(plain_name(name).split())
    if not words & WORDS["balances"] or words & WORDS["counted"]:
        return True
    rest = columns.keys() - set(fields.values())
    if fields.keys() & set(PRICES) or any(map(_names_money, rest)):
        return False
    if "credits" not in fields:
        return True
    pairs = zip(
        get_numbers(columns[name]),
        get_numbers(columns[fields["credits"]]),
        strict=False,
    )
    return all(None in pair or pair[0] <= pair[1] for pair in pairs)


def _names_money(name) -> bool:
    return bool(guess_price(name)) or has_currency(name)


def _with_span(found, plain, columns):
    """Start, end and break, where no column tells the duration."""
    if "unit_amount" in {field for _name, field in found}:
        return found
    span = [
        (name, field)
        for field in ("time_start", "time_end")
        for name in columns
        if find_name(OTHERS[field], name) is not None
        and any(map(HAS_TIME.search, get_texts(columns[name])))
    ]
    if [field for _name, field in span] != ["time_start", "time_end"]:
        return found
    pauses = [
        (name, "time_break")
        for name in plain
        if find_name(OTHERS["time_break"], name) is not None
    ]
    return found + span + pauses[:1]


def guess_billed(columns) -> list[str]:
    """Return the columns that tick what was billed elsewhere."""
    return [
        name
        for name, values in columns.items()
        if find_name(OTHERS["billed"], name) is not None
        and _are_ticks(get_texts(values))
    ]


def guess_service_type(columns) -> list[str]:
    """Return the columns that may name service types, if their values do."""
    index = OTHERS["service_type_id"]
    return [name for name in columns if find_name(index, name) is not None]


def _are_ticks(texts) -> bool:
    return bool(texts) and all(text.lower() in TRUE | FALSE for text in texts)


def _with_people(found, plain):
    fields = {field for _name, field in found}
    if fields & {"employee_id", "employee_email"}:
        return found
    for pair in PAIRS:
        names = [name for part in pair for name in plain if plain[name] == part]
        if len(names) == 2:
            return found + [(name, "employee_id") for name in names]
    return found


def _can_be(field, name, columns) -> bool:
    told = get_texts(columns[name])
    if field == "external_id":
        return _are_ids(plain_name(name), told, columns)
    if field in ("employee_email", "partner_email"):
        return bool(told) and all(map(EMAIL.fullmatch, told))
    if field in RELATIONS:
        # The amount of a tax is none who owes it.
        return not _are_ticks(told) and not any(map(DECIMAL.fullmatch, told))
    if field in DAYS:
        is_due = field == "date_expiry" and _is_due(name, columns)
        return not is_due and (not told or any(map(_may_be_day, told)))
    if field in COUNTS:
        # Neither minutes nor money are credits.
        is_unit = unit_of_name(name) in ("", "hours")
        is_money = any(map(has_currency, [name, *told])) or _is_side(name, columns)
        is_day = bool(told) and are_days(name, told)
        is_count = are_numbers(columns[name]) and not is_day
        return is_unit and not is_money and is_count
    if field in ("value_per_credit", "amount_total"):
        return "%" not in name and are_prices(columns[name])
    if field == "currency_id":
        return not any(map(str.isdigit, "".join(told)))
    if field == "unit_amount":
        is_time = plain_name(name) in WORDS["times"] and told
        if is_time and all(TIME_OF_DAY.fullmatch(text.lower()) for text in told):
            return False
        return sum(map(bool, map(DURATION.match, told))) * 2 >= len(told)
    return True


def _is_side(name, columns) -> bool:
    """Whether a column is the credit of a journal, beside its debit."""
    is_credit = set(plain_name(name).split()) & WORDS["credit_sides"]
    return bool(is_credit) and any(
        set(plain_name(other).split()) & WORDS["debits"] for other in columns
    )


def _are_ids(name, told, columns) -> bool:
    """Whether each row has another value, and none that only counts the rows."""
    count = max(map(len, columns.values()), default=0)
    if len(told) != count or len(set(told)) != count:
        return False
    if any(len(text) > LONGEST_ID for text in told):
        return False
    if name in WORDS["plain_ids"]:
        return True
    has_digits = all(any(map(str.isdigit, text)) for text in told)
    if not has_digits or all(map(DECIMAL.fullmatch, told)):
        return False
    # The number of a line is no ID: it changes when the table is sorted.
    lines = [LINE_NUMBER.fullmatch(text) for text in told]
    return not all(lines) or max(int(line[1]) for line in lines) > 2 * count


def _is_due(name, columns) -> bool:
    """Whether a day may be that by which an invoice is to be paid.

    What is bought ends later than any payment is due.
    """
    others = [other for other in columns if other != name]
    if find_name(OTHERS["due"], name) is None or not any(map(_is_of_invoice, others)):
        return False
    starts = [
        n for n in others if find_name(INDEX["purchase"]["date_start"], n) is not None
    ]
    return not any(_are_far(columns[start], columns[name]) for start in starts)


def _is_of_invoice(name) -> bool:
    words = set(plain_name(name).split())
    stems = tuple(WORDS["invoices"])
    return bool(words & WORDS["taxes"]) or any(w.startswith(stems) for w in words)


def _are_far(starts, ends) -> bool:
    """Whether each day is long after another, whichever way they are written."""
    gaps = []
    for start, end in zip(starts, ends, strict=False):
        for order in ("dmy", "mdy"):
            try:
                days = [parse_date(value, order) for value in (start, end)]
            except ValueRefused:
                continue
            if None not in days:
                gaps.append((days[1] - days[0]).days)
    return bool(gaps) and min(gaps) > PAYMENT


def _may_be_day(text) -> bool:
    return any(map(str.isdigit, text)) or text.lower() in ENDLESS

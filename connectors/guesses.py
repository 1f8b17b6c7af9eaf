# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which column of a table is what, by its name in five languages and by its values."""

import re
import unicodedata
from decimal import Decimal

from .column_names import FIELDS, PAIRS, WORDS
from .column_names import OTHERS as OTHER_NAMES
from .durations import read_hours, unit_of_name
from .errors import ValueRefused, quote
from .values import (
    ENDLESS,
    FALSE,
    TRUE,
    is_empty,
    parse_date,
    parse_datetime,
    parse_decimal,
)

RELATIONS = ("partner_id", "employee_id", "ticket_id")
TIME_OF_DAY = re.compile(r"\d\d:\d\d(:\d\d)?( ?[ap]\.?m\.?)?|\d?\d:\d\d ?[ap]\.?m\.?")
HAS_TIME = re.compile(r"\d:\d\d|^\d{1,2}h\d\d$")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
IDENTIFIER = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w./#-]{3,40}")
DECIMAL = re.compile(r"[-+]?\d+[.,]\d{1,2}|\d+ ?%")
CURRENCY = re.compile(
    rf"[€$£¥]|(?<![a-z])(?:{'|'.join(sorted(WORDS['currencies']))})(?![a-z])"
)
TAX = re.compile(r"[-+\d.,\s%€$£]+")
SOME = re.compile(r"(\d{1,3})\D{0,2}")  # “10”, “10h”, no year
BRACKET = re.compile(r"[(\[]([^)\]]*)[)\]]")
IN_UNIT = re.compile(r"\s(?:in|en)\s+(\w+)\s*$")
PRICES = ("value_per_credit", "amount_total", "price", "paid_per_credit")
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
    plain = {name: _plain(name) for name in columns}
    found = []
    for field, index in INDEX[target].items():
        ranks = {
            name: (
                not get_texts(columns[name]),
                field == "unit_amount" and not unit_of_name(name),
                rank,
            )
            for name in columns
            if (rank := _find(index, name)) is not None
            and _can_be(field, name, columns)
        }
        if ranks:
            # An empty column tells nothing; one with a unit leaves nothing to ask.
            found.append((min(ranks, key=ranks.get), field))
    if target == "purchase" and "external_id" not in {field for _name, field in found}:
        found += _guess_id(columns)
    if target == "purchase":
        return _with_prices(_with_what_is_left(found, columns), columns)
    return _with_span(_with_people(found, plain), plain, columns)


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
            and not any(_find(index, name) is not None for index in known)
            and not any(map(_means_time, told))
        ):
            return [(name, "external_id")]
    return []


def _names_id(name) -> bool:
    words = _plain(name).split()
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
        and _find(OTHERS[other], name) is not None
        and _can_be("credits", name, columns)
    ]
    return sorted(names, key=lambda name: not get_texts(columns[name]))


def _is_left(name, fields, columns) -> bool:
    """Whether a column of what is left counts credits: a balance may be of money."""
    words = set(_plain(name).split())
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
    return bool(guess_price(name)) or _has_currency(name)


def _has_currency(text) -> bool:
    """Whether a name or a value has a currency in it."""
    return bool(CURRENCY.search(f"{text} {_plain(text)}".lower()))


def get_numbers(values) -> list:
    """The number that each value is, None for what is none."""
    numbers = []
    for value in values:
        try:
            hours = read_hours(value) if isinstance(value, str) else None
            number = parse_decimal(value) if hours is None else hours
            numbers.append(None if number is None else Decimal(str(number)))
        except ValueRefused:
            numbers.append(None)
    return numbers


def _with_prices(found, columns):
    """Add what the credits cost, where the names of the lists do not tell it."""
    fields = {field: name for name, field in found}
    rest = [name for name in columns if name not in fields.values()]
    has_tax = any(_is_tax(name, columns[name]) for name in rest)
    rates = []
    rest.sort(key=lambda name: (not get_texts(columns[name]), not says_net(name)))
    for name in rest:
        field = guess_price(name) if _costs(columns[name]) else None
        if field == "amount_total" and not says_net(name):
            # It may have tax in it, which is asked; beside its tax, it has.
            field = None if has_tax else "price"
        if field and set(_plain(name).split()) - WORDS["currencies"] <= WORDS["rates"]:
            rates.append(name)
        elif field:
            fields.setdefault(field, name)
    for name in rates:
        if "value_per_credit" not in fields and _is_rate(name, fields, rest, columns):
            fields["value_per_credit"] = name
    # A plain price beside that of one credit is something else.
    if "value_per_credit" in fields and get_texts(columns[fields["value_per_credit"]]):
        fields.pop("price", None)
    return [(name, field) for field, name in fields.items()]


def _is_rate(name, fields, rest, columns) -> bool:
    """Whether a bare rate is of one credit: it may be one of tax, or of discount.

    Beside another price it is, if both tell the same amount.
    """
    others = {fields[field] for field in PRICES if field in fields}
    others |= {other for other in rest if other != name and guess_price(other)}
    if not others or "credits" not in fields:
        return not others
    credits, rates = (get_numbers(columns[n]) for n in (fields["credits"], name))
    return any(
        rates and _are_products(credits, rates, get_numbers(columns[other]))
        for other in others
    )


def _are_products(credits, rates, amounts) -> bool:
    lines = list(zip(credits, rates, amounts, strict=False))
    return bool(lines) and all(
        None not in line and abs(line[0] * line[1] - line[2]) <= abs(line[2]) / 1000
        for line in lines
    )


def _is_tax(name, values) -> bool:
    """Whether a column has the tax of an amount, or its rate."""
    words, told = set(_plain(name).split()), get_texts(values)
    is_named = words & WORDS["taxes"] and not words & WORDS["net"]
    return bool(is_named and told and all(map(TAX.fullmatch, told)))


def _costs(values) -> bool:
    return _counts(values) and not any("%" in text for text in get_texts(values))


def guess_price(name) -> str | None:
    """What a column of money tells, by the words of its name.

    :return: ``value_per_credit``, ``amount_total``, ``price`` if it can be either,
        None if it is no price, or one with tax
    """
    words = set(_plain(name.replace("/", " per ")).split())
    bracket = set(_plain(" ".join(BRACKET.findall(name))).split())
    is_each, is_one = bool(words & WORDS["each"]), False
    if bracket & WORDS["hours"]:
        # A unit in brackets tells of what the price is; a total of it is no price.
        words, is_each, is_one = words - bracket, True, True
        if not words & WORDS["money"]:
            return None
    is_count = (
        words & WORDS["hours"] or "credit" in words and not words & WORDS["money"]
    )
    if "%" in name or words & WORDS["not_prices"] or is_count and not is_each:
        return None
    if words & WORDS["gross"] and not words & WORDS["net"]:
        return None
    is_money = words & (WORDS["money"] | WORDS["amounts"])
    if not is_money and not (is_each and _has_currency(name)):
        return None
    units = WORDS["per_credit"] - WORDS["each"] - WORDS["rates"]
    return _price_of(words, is_each, is_one or bool(words & units))


def _price_of(words, is_each, is_one) -> str:
    """What a price is of, by the words of its name."""
    is_rate = bool(words & WORDS["rates"])
    is_many = words & WORDS["packages"] or any(
        match[1] != "1" for match in map(SOME.fullmatch, words) if match
    )
    if is_one or is_rate or is_each:
        is_clear = is_one or is_rate and not is_each and not words & WORDS["of_all"]
        return "value_per_credit" if is_clear and not is_many else "price"
    is_of_all = words & (WORDS["amounts"] | WORDS["of_all"])
    return "amount_total" if is_of_all else "price"


def says_net(name) -> bool:
    """Whether the name of a column tells that its amounts are without tax."""
    return bool(set(_plain(name).split()) & WORDS["net"])


def _with_span(found, plain, columns):
    """Start, end and break, where no column tells the duration."""
    if "unit_amount" in {field for _name, field in found}:
        return found
    span = [
        (name, field)
        for field in ("time_start", "time_end")
        for name in columns
        if _find(OTHERS[field], name) is not None
        and any(map(HAS_TIME.search, get_texts(columns[name])))
    ]
    if [field for _name, field in span] != ["time_start", "time_end"]:
        return found
    pauses = [
        (name, "time_break")
        for name in plain
        if _find(OTHERS["time_break"], name) is not None
    ]
    return found + span + pauses[:1]


def guess_billed(columns) -> list[str]:
    """Return the columns that tick what was billed elsewhere."""
    return [
        name
        for name, values in columns.items()
        if _find(OTHERS["billed"], name) is not None and _are_ticks(get_texts(values))
    ]


def guess_service_type(columns) -> list[str]:
    """Return the columns that may name service types, if their values do."""
    index = OTHERS["service_type_id"]
    return [name for name in columns if _find(index, name) is not None]


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
        return _are_ids(_plain(name), told, columns)
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
        is_money = any(map(_has_currency, [name, *told])) or _is_side(name, columns)
        return is_unit and not is_money and _counts(columns[name])
    if field in ("value_per_credit", "amount_total"):
        return "%" not in name and _costs(columns[name])
    if field == "currency_id":
        return not any(map(str.isdigit, "".join(told)))
    if field == "unit_amount":
        is_time = _plain(name) in WORDS["times"] and told
        if is_time and all(TIME_OF_DAY.fullmatch(text.lower()) for text in told):
            return False
        return sum(map(bool, map(DURATION.match, told))) * 2 >= len(told)
    return True


def _is_side(name, columns) -> bool:
    """Whether a column is the credit of a journal, beside its debit."""
    is_credit = set(_plain(name).split()) & WORDS["credit_sides"]
    return bool(is_credit) and any(
        set(_plain(other).split()) & WORDS["debits"] for other in columns
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
    if _find(OTHERS["due"], name) is None or not any(map(_is_of_invoice, others)):
        return False
    starts = [
        n for n in others if _find(INDEX["purchase"]["date_start"], n) is not None
    ]
    return not any(_are_far(columns[start], columns[name]) for start in starts)


def _is_of_invoice(name) -> bool:
    words = set(_plain(name).split())
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


def _counts(values) -> bool:
    """Whether most values of a column have digits, as numbers do."""
    told = get_texts(values)
    digits = sum(any(map(str.isdigit, text)) for text in told)
    return not told or digits * 2 > len(told)


def _may_be_day(text) -> bool:
    return any(map(str.isdigit, text)) or text.lower() in ENDLESS


def get_texts(values) -> list[str]:
    """What single values say, without those that say nothing."""
    return [
        quote(value).strip()
        for value in values
        if not is_empty(value) and not isinstance(value, (dict, list))
    ]


def _plain(name: str) -> str:
    """A name without case, accents, punctuation and camels."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name.replace("MwSt", "Mwst"))
    letters = unicodedata.normalize("NFKD", words.replace("_", " ").lower())
    bare = "".join(char for char in letters if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", bare.replace("#", " nr ")))


def _key(plain: str) -> str:
    """The words that make a name, in any order, each as if there was one thing."""
    words = [word for word in plain.split() if word not in WORDS["currencies"]]
    words = [
        word for word in words if word not in WORDS["articles"] or word is words[-1]
    ]
    words = ["hours" if word in ("hr", "hrs") else word for word in words]
    return " ".join(
        sorted(word.removesuffix("s") if len(word) > 3 else word for word in words)
    )


def _without_unit(name: str) -> str:
    """A name without a bracket or an “in …” that tells how its values are written."""

    def drop(match):
        words = set(_plain(match[1]).split())
        return " " if words and words <= WORDS["units"] else match[0]

    return IN_UNIT.sub(drop, BRACKET.sub(drop, name))


def _index(names) -> dict[str, int]:
    """The rank of each name, as it stands and by the words that make it."""
    ranks = {}
    for rank, name in enumerate(names):
        for way in (name, f"={_key(name)}"):
            ranks.setdefault(way, rank)
    return ranks


def _find(index, name) -> int | None:
    """The rank of a name in an index; of “Client/Customer” that of its parts."""
    for text in dict.fromkeys((name, _without_unit(name))):
        plain = _plain(text)
        for way in (plain, f"={_key(plain) or '-'}"):
            if way in index:
                return index[way]
    parts = [part for part in name.split("/") if part.strip()]
    ranks = [_find(index, part) for part in parts] if len(parts) > 1 else [None]
    return None if None in ranks else min(ranks)


INDEX = {
    target: {field: _index(names) for field, names in fields.items()}
    for target, fields in FIELDS.items()
}
OTHERS = {other: _index(names) for other, names in OTHER_NAMES.items()}

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How a system writes its values, decided once from all of them, or asked.

Nothing is decided as long as every value can mean one thing only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from odoo.tools import format_date

from ...connectors import ValueRefused, resolve
from ...connectors.durations import (
    AUTO,
    SECONDS,
    fitting_units,
    read_count,
    read_hours,
    read_number,
    unit_of_breaks,
    unit_of_values,
)
from ...connectors.guesses import guess_price
from ...connectors.styles import find_date_order, find_separator
from ...connectors.values import is_empty, parse_date, parse_decimal
from ...tools import format_number

ASK, BOTH = "ask", "both"
PRICED = ("credits", "price", "amount_total")
DISCOUNT = Decimal("1.34")  # a quarter off the price, and still the same price
BREAK_UNITS = ("hours", "minutes")
DURATIONS = ("unit_amount", "time_break")
# Of credits, which may be written as hours.
COUNTS = ("credits", "credits_used", "credits_left")
NUMBERS = (
    *COUNTS,
    "value_per_credit",
    "paid_per_credit",
    "amount_total",
    "price",
    *DURATIONS,
)
DATES = ("date", "date_start", "date_expiry", "changed_at", "time_start", "time_end")
SHORTEST = Decimal("0.00001")  # in no unit is it a second
DAY = "d MMMM y"
MAX_NUMBER = 10**12  # beyond it nothing is a price or a duration
TWO_NUMBERS = re.compile(r"[^\d.,]*[1-9]\d{0,2}[.,]\d{3}[^\d.,]*$")
TWO_DAYS = re.compile(r"(\d{1,2})([-/])(\d{1,2})\2(?:\d{4}|\d{2})(?!\d)")


@dataclass
class Question:
    """What the values leave open.

    :param mapping: the field of the source
    :param setting: the name of the setting that answers it
    :param value: one of the values that can mean two things
    :param read: returns what a value of some row, given as its values by the fields
        of the source, can mean: ``[(value of the setting, text)]``, empty if it can
        mean one thing only
    :param row: the row of the value, where the other values matter
    :param names: the fields of the target whose values the setting tells
    """

    mapping: object
    setting: str
    value: str
    read: Callable
    row: dict = field(default_factory=dict)
    names: tuple = ()

    def __post_init__(self):
        self.readings = self.read(self.value, self.row)

    def read_also(self, mapping, value, row):
        """What another value can mean that the same setting tells."""
        if mapping != self.mapping and mapping.target_field not in self.names:
            return []
        try:
            return self.read(value, row)
        except (ArithmeticError, ValueError):
            return []


def settle(source, rows):
    """Decide what all values of a field tell, and keep it on the system.

    :return: the questions that are left for a person
    """
    values = {}
    for mapping in source.mapping_ids:
        if mapping.target_field in (*NUMBERS, *DATES):
            found = (_value_of(mapping, row.values) for row in rows)
            values[mapping] = [value for value in found if _is_single(value)]
    questions = []
    for decide in (_settle_separator, _settle_date_order, _settle_unit):
        try:
            questions += decide(source, values)
        except (ArithmeticError, ValueError):
            continue  # no number or no day: an error of its row, not of the page
    return questions + _settle_price(source, rows)


def _settle_separator(source, values):
    odd = _first(_of(values, NUMBERS), TWO_NUMBERS)
    if source.decimal_separator != AUTO or not odd:
        return []
    mapping, value = odd
    # It is one setting for all fields: what one of them tells counts for the others.
    separator = find_separator(_all(values, NUMBERS))
    if separator:
        source.decimal_separator = separator
        return []

    def read(value, _row):
        match = TWO_NUMBERS.match(_short(value)) if isinstance(value, str) else None
        if not match:
            return []
        digits = re.sub(r"\D", "", match[0])
        fraction = format_number(source.env, int(digits) / 1000)
        return [(mark, fraction if mark in match[0] else digits) for mark in ".,"]

    return [Question(mapping, "decimal_separator", value, read, names=NUMBERS)]


def _settle_date_order(source, values):
    odd = _first(_of(values, DATES), TWO_DAYS, _can_be_two_days)
    if source.date_order != AUTO or not odd:
        return []
    mapping, value = odd
    order = find_date_order(_all(values, DATES), like=value)
    if order:
        source.date_order = order
        return []

    def read(value, _row):
        match = TWO_DAYS.match(_short(value)) if isinstance(value, str) else None
        if not match or not _can_be_two_days(match):
            return []
        days = {
            order: parse_date(match[0], order, source.timezone)
            for order in ("dmy", "mdy")
        }
        return [
            (order, format_date(source.env, day, date_format=DAY))
            for order, day in days.items()
        ]

    return [Question(mapping, "date_order", value, read, names=DATES)]


def _settle_unit(source, values):
    questions = []
    for mapping, found in _of(values, DURATIONS).items():
        if mapping._get_unit() != AUTO:
            continue
        numbers = {}
        for value in found:
            text = _short(value)
            number = read_number(text, source.decimal_separator)
            if number and number > SHORTEST and read_hours(text) is None:
                numbers[value] = number
        is_break = mapping.target_field == "time_break"
        if is_break:
            unit = unit_of_breaks(numbers.values())
        else:
            unit = unit_of_values(numbers.values(), source.is_file)
        if unit:
            mapping.unit = unit
        elif numbers:
            value, number = next(iter(numbers.items()))
            units = fitting_units(numbers.values(), source.is_file) or list(SECONDS)
            units = BREAK_UNITS if is_break else units
            read = partial(_read_units, source, units)
            questions.append(Question(mapping, "unit", str(value), read))
    return questions


def _read_units(source, units, value, _row):
    text = _short(value)
    number = read_number(text, source.decimal_separator)
    if not number or read_hours(text) is not None:
        return []
    return [(unit, show_hours(number, unit)) for unit in units]


def _settle_price(source, rows):
    """Whether a price is that of one credit or of all of them.

    What the row costs as a whole may stand beside it, and tell.
    """
    mapping = source._get_mapping().get("price")
    if not mapping or source.price_basis != ASK:
        return []
    read = partial(_read_price, source, mapping)
    first, told = None, set()
    for row in rows:
        value = _short(_value_of(mapping, row.values))
        if read(value, row.values):
            first = first or (str(value), read, row.values)
            told.add(_basis_by_amount(source, row.values))
    told.discard(BOTH)
    if len(told) == 1 and (basis := told.pop()):
        source.price_basis = basis
        return []
    return [Question(mapping, "price_basis", *first)] if first else []


def _basis_by_amount(source, row):
    """What the net amount of a row tells of its price, "" if it tells nothing."""
    credits, price, amount = _get_numbers(source, row, *PRICED)
    if not credits or not price or not amount or amount < 0:
        return ""
    is_each, is_all = (
        1 / DISCOUNT < cost / amount < DISCOUNT for cost in (price * credits, price)
    )
    if is_each and is_all:
        return BOTH
    return "each" if is_each else "all" if is_all else ""


def _read_price(source, mapping, value, row):
    """What the credits of a row cost by each reading of the price."""
    credits, price, _amount = _get_numbers(source, row, *PRICED)
    if not credits or not price or credits < 0:
        return []
    env = source.env

    def tell(each, total):
        return env._(
            "%(each)s per credit, %(total)s in all",
            each=format_number(env, float(each)),
            total=format_number(env, float(total)),
        )

    of_all = ("all", tell(price / credits, price))
    if guess_price(mapping.source_field) == "amount_total":
        # Its name tells that it is of all, and leaves open whether tax is in it.
        return [of_all, ("gross", env._("no value"))]
    return [("each", tell(price, price * credits)), of_all]


def _get_numbers(source, row, *names):
    """The numbers of a row by fields of the target, None where there is none."""
    mappings = source._get_mapping()
    numbers = []
    for name in names:
        found = _value_of(mappings[name], row) if name in mappings else None
        read = read_count if name in COUNTS else parse_decimal
        try:
            numbers.append(read(found, source.decimal_separator))
        except ValueRefused:
            numbers.append(None)
    return numbers


def show_hours(number, unit):
    """Hours, minutes and, if there are any, seconds of a number in some unit."""
    seconds = round(number * SECONDS[unit])
    text = f"{seconds // 3600}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def _of(values, names):
    return {m: found for m, found in values.items() if m.target_field in names}


def _all(values, names):
    return [value for found in _of(values, names).values() for value in found]


def _first(values, pattern, test=bool):
    """The first text that matches, and the field it stands in."""
    for mapping, found in values.items():
        for value in found:
            match = pattern.match(_short(value)) if isinstance(value, str) else None
            if match and test(match):
                return mapping, match[0]
    return None


def _can_be_two_days(match):
    first, second = int(match[1]), int(match[3])
    return first <= 12 and second <= 12 and first != second and first and second


def _value_of(mapping, row):
    """The value of a row as it is imported: the default where the row has none."""
    value = resolve(row, mapping.source_field)
    is_open = is_empty(value) and value is not False
    return mapping.default_value if is_open and mapping.default_value else value


def _is_single(value):
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return False
    if isinstance(value, str):
        return not is_empty(value)
    try:
        return abs(value) < MAX_NUMBER
    except ArithmeticError:  # not a number
        return False


def _short(value):
    return value.strip()[:80] if isinstance(value, str) else value

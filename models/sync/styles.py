# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How a system writes its values, decided once from all of them, or asked.

Nothing is decided as long as every value can mean one thing only.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from odoo.tools import format_date

from ...connectors import resolve
from ...connectors.durations import (
    AUTO,
    SECONDS,
    fitting_units,
    read_hours,
    read_number,
    unit_of_breaks,
    unit_of_values,
)
from ...connectors.styles import find_date_order, find_separator
from ...connectors.values import is_empty, parse_date
from ...tools import format_number

BREAK_UNITS = ("hours", "minutes")
DURATIONS = ("unit_amount", "time_break")
NUMBERS = (
    "credits",
    "credits_used",
    "credits_left",
    "value_per_credit",
    "paid_per_credit",
    "amount_total",
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
    :param readings: what it can mean: ``[(value of the setting, text)]``
    """

    mapping: object
    setting: str
    value: str
    readings: list


def settle(source, rows):
    """Decide what all values of a field tell, and keep it on the system.

    :return: the questions that are left for a person
    """
    values = {}
    for mapping in source.mapping_ids:
        if mapping.target_field in (*NUMBERS, *DATES):
            found = (resolve(row.values, mapping.source_field) for row in rows)
            values[mapping] = [value for value in found if _is_single(value)]
    questions = []
    for decide in (_settle_separator, _settle_date_order, _settle_unit):
        try:
            questions += decide(source, values)
        except (ArithmeticError, ValueError):
            continue  # no number or no day: an error of its row, not of the page
    return questions


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
    digits = re.sub(r"\D", "", value)
    fraction = format_number(source.env, int(digits) / 1000)
    readings = [(mark, fraction if mark in value else digits) for mark in ".,"]
    return [Question(mapping, "decimal_separator", value, readings)]


def _settle_date_order(source, values):
    odd = _first(_of(values, DATES), TWO_DAYS, _can_be_two_days)
    if source.date_order != AUTO or not odd:
        return []
    mapping, value = odd
    order = find_date_order(_all(values, DATES), like=value)
    if order:
        source.date_order = order
        return []
    zone = source.timezone
    readings = [
        (
            order,
            format_date(source.env, parse_date(value, order, zone), date_format=DAY),
        )
        for order in ("dmy", "mdy")
    ]
    return [Question(mapping, "date_order", value, readings)]


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
        is_file = source.connector == "csv"
        is_break = mapping.target_field == "time_break"
        if is_break:
            unit = unit_of_breaks(numbers.values())
        else:
            unit = unit_of_values(numbers.values(), is_file)
        if unit:
            mapping.unit = unit
        elif numbers:
            value, number = next(iter(numbers.items()))
            units = fitting_units(numbers.values(), is_file) or list(SECONDS)
            units = BREAK_UNITS if is_break else units
            readings = [(unit, show_hours(number, unit)) for unit in units]
            questions.append(Question(mapping, "unit", str(value), readings))
    return questions


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

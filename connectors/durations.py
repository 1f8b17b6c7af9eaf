# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Durations as other systems write them, and the unit of those that are bare numbers.

A unit is never guessed from one value: the name of the column tells it, or all its
values together, or a person is asked.
"""

import re
from decimal import Decimal

from .errors import ValueRefused
from .values import HOUR, is_empty, parse_decimal, short_text

AUTO = "auto"
SECONDS = {
    "hours": 3600,
    "minutes": 60,
    "seconds": 1,
    "milliseconds": Decimal("0.001"),
    "days": 86400,
}
UNITS = tuple(SECONDS)
LONGEST_BREAK = 4  # hours
DAY = 24  # hours: more in one entry is more often meant as minutes

# Some write a duration as the moment it ends after the first of all.
FIRST_MOMENTS = r"(?:(?:1970-01-01|1899-12-30)[ T])?"
CLOCK = re.compile(
    FIRST_MOMENTS + r"(?:(\d{1,3}) days?,? )?(\d{1,4}):(\d{2}):(\d{2})(?:[.,]\d+)?"
)
NUMBER = r"\d{1,9}(?:[.,]\d{1,9})?"
ISO = re.compile(
    rf"P(?:0+Y)?(?:0+M)?(?:({NUMBER})W)?(?:({NUMBER})D)?"
    rf"(?:T(?:({NUMBER})H)?(?:({NUMBER})M)?(?:({NUMBER})S)?)?(?:0F)?",
    re.IGNORECASE,
)
ISO_SECONDS = (604800, 86400, 3600, 60, 1)
MINUTE = r"(?:minuten|minutes?|minut[io]s?|minuut|mins?|m)\.?"
SECOND = (
    r"(?:sekunden?|secondes?|segundos?|second[io]|seconden|secunde|seconds?|secs?|sek"
    r"|s)\.?"
)
# A day of work has no number of hours that everybody agrees on, unless it is none.
WORDS = re.compile(
    rf"(?:0+ ?(?:days?|d),? )?(?:({NUMBER}) ?{HOUR})?,? ?(?:({NUMBER}) ?{MINUTE})?,? ?"
    rf"(?:({NUMBER}) ?{SECOND})?",
    re.IGNORECASE,
)
# As many hours as a purchase has, which may be thousands: 1.500 h, 1 500 Std.
COUNT = r"\d[\d.,\s'’]*?"
COUNTED = re.compile(
    rf"(?:({COUNT})\s?{HOUR})?,?\s?(?:({COUNT})\s?{MINUTE})?", re.IGNORECASE
)
# fmt: off
NAMES = {
    "hours": {"h", "hr", "hrs", "hour", "hours", "std", "stunden", "heures", "horas",
              "ora", "ore", "uur", "uren", "decimal", "dezimal"},
    "minutes": {"m", "min", "mins", "minute", "minutes", "minuten", "minutos",
                "minuti", "minuut"},
    "seconds": {"s", "sec", "secs", "second", "seconds", "sek", "sekunden", "secondes",
                "segundos", "secunde", "secondi", "seconden"},
    "milliseconds": {"ms", "millis", "milliseconds"},
}
# fmt: on


def read_hours(value, unit=AUTO, separator=AUTO) -> float | None:
    """The hours of a duration whose form or unit tells what it means, else None.

    :raise ValueRefused: a number that is none
    """
    if isinstance(value, bool):
        return None
    text = short_text(value)
    seconds = _read_written(text)
    if seconds is None and unit in SECONDS:
        number = read_number(text, separator)
        seconds = None if number is None else number * SECONDS[unit]
    return None if seconds is None else float(round(seconds)) / 3600


def read_number(value, separator=AUTO) -> Decimal | None:
    """The value of a bare number, None for everything else."""
    if isinstance(value, bool) or is_empty(value):
        return None
    try:
        text = short_text(value)
        bare = re.fullmatch(r"[\d.,]+(?:[eE][+-]?\d+)?", text)
        if bare and re.search(r"[eE]", text):
            return Decimal(text.replace(",", "."))
        return _read_decimal(text, separator) if bare else None
    except (ValueError, ArithmeticError):
        return None


def read_count(value, separator=AUTO) -> Decimal | None:
    """A number of credits, which may be written as hours: 10, 10 h, 1.500 Std, 7:30:00.

    :raise ValueRefused: it is none, or can be two numbers
    """
    text = short_text(value) if isinstance(value, str) else ""
    if (match := COUNTED.fullmatch(text)) and any(match.groups()):
        hours, minutes = (
            parse_decimal(part, separator) or 0 for part in match.groups()
        )
        return hours + minutes / Decimal(60)
    seconds = _read_written(text) if text else None
    return parse_decimal(value, separator) if seconds is None else seconds / 3600


def _read_decimal(text, separator):
    try:
        return parse_decimal(text, separator)
    except ValueRefused:
        # 1,500 is no group of thousands: nobody works so long.
        mark = re.fullmatch(r"\d+([.,])\d+", text)
        if not mark:
            raise
        return parse_decimal(text, mark[1])


def _read_written(text: str) -> Decimal | None:
    """Seconds of a duration that says its unit: 1:30:00, PT1H30M, 2 Std 10 Min."""
    if match := CLOCK.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return Decimal(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    if (match := ISO.fullmatch(text)) and any(match.groups()):
        return _sum(match.groups(), ISO_SECONDS)
    if (match := WORDS.fullmatch(text)) and any(match.groups()):
        return _sum(match.groups(), (3600, 60, 1))
    return None


def _sum(parts, sizes):
    numbers = [Decimal((part or "0").replace(",", ".")) for part in parts]
    return sum(number * size for number, size in zip(numbers, sizes, strict=True))


def unit_of_name(name: str) -> str:
    """The unit that the name of a column tells, "" if it tells none or several."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    words = set(re.findall(r"[^\W\d_]+", words.lower()))
    found = [unit for unit, names in NAMES.items() if words & names]
    return found[0] if len(found) == 1 else ""


def unit_of_values(numbers, is_file=True) -> str:
    """The only unit that all bare numbers of a column can have, "" if there are more.

    A column of one whole number alone tells nothing.

    :param is_file: whether a spreadsheet may have written them as fractions of a day
    """
    numbers = {number for number in numbers if number}
    units = fitting_units(numbers, is_file)
    if units == ["minutes", "seconds"] and numbers and max(numbers) < 600:
        units = ["minutes"]  # nobody writes down that nothing took ten minutes
    is_fraction = any(number % 1 for number in numbers)
    if len(units) != 1 or len(numbers) < 2 and not is_fraction:
        return ""
    return units[0]


def unit_of_breaks(numbers) -> str:
    """Hours or minutes of what people write as a break, "" if it can be both."""
    numbers = [number for number in numbers if number]
    if numbers and max(numbers) > LONGEST_BREAK:
        return "minutes"
    return "hours" if any(number % 1 for number in numbers) else ""


def fitting_units(numbers, is_file=True) -> list[str]:
    """The units in which every one of some numbers is a plausible duration."""
    units = [unit for unit, fits in FITS.items() if all(map(fits, numbers))]
    return [unit for unit in units if is_file or unit != "days"]


def _fits_hours(number) -> bool:
    return number <= DAY and (_decimals(number) <= 2 or _is_whole(number * 60))


def _fits_days(number) -> bool:
    # Only a spreadsheet writes so many digits; a short number is a plain one.
    longest = 2 if _decimals(number) > 2 else 1
    return number <= longest and _is_whole(number * 1440)


FITS = {
    "hours": _fits_hours,
    "minutes": lambda number: not number % 1 and number <= 1440,
    "seconds": lambda number: not number % 1 and number <= 86400,
    "milliseconds": lambda number: 60_000 <= number <= 86_400_000 and not number % 1000,
    "days": _fits_days,
}


def _decimals(number: Decimal) -> int:
    return max(-number.normalize().as_tuple().exponent, 0)


def _is_whole(number: Decimal) -> bool:
    return abs(number - round(number)) <= Decimal("0.02")

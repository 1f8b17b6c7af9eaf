# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How long something took that has a start and an end."""

import re
from datetime import date

from .days import read_time
from .durations import read_number
from .errors import ValueRefused, _lt
from .guesses import flatten
from .headings import INDEX, OTHERS, find_name
from .values import is_empty, short_text

DAY = 86400  # seconds
# What ends before it starts went on past midnight, or is a slip: nobody knows.
LONGEST_NIGHT = DAY // 2
CLOCK = re.compile(
    r"\d{1,2}[:h]\d{2}(:\d{2}(\.\d+)?)?\s*([ap]\.?\s?m\.?)?", re.IGNORECASE
)
MIDNIGHT = re.compile(r"24[:h]00(:00(\.0+)?)?")

# What the end of some work is called, or its day.
ENDS = (OTHERS["time_end"], INDEX["purchase"]["date_expiry"])


def read_clock(value) -> int | None:
    """Seconds since midnight of a time of day, None for everything else.

    Spreadsheets keep it as a fraction of a day.
    """
    text = short_text(value)
    if not CLOCK.fullmatch(text):
        number = read_number(value)
        is_part = number is not None and number < 1 and "." in str(number)
        return round(number * DAY) if is_part else None
    if MIDNIGHT.fullmatch(text):
        return DAY
    try:
        clock = read_time(date.min, text)
    except ValueError:
        return None
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def tells_time(*moments) -> bool:
    """Whether one of some moments is more than a day."""
    return any(":" in str(moment) or not isinstance(moment, str) for moment in moments)


def read_span(start, end, parse_moment) -> int:
    """Seconds from start to end: two times of day, or two moments.

    :param parse_moment: reads a day and time as the source writes them
    :raise ValueRefused: it has not ended, or ends before it starts
    """
    if is_empty(end):
        raise ValueRefused(_lt("The row has no end: it may still be running."))
    if is_empty(start):
        raise ValueRefused(_lt("The row has no start."))
    clocks = (read_clock(start), read_clock(end))
    if None not in clocks:
        seconds = clocks[1] - clocks[0]
        if -DAY <= seconds <= LONGEST_NIGHT - DAY:
            seconds += DAY
    elif clocks == (None, None) and tells_time(start, end):
        seconds = round((parse_moment(end) - parse_moment(start)).total_seconds())
    else:
        raise ValueRefused(
            _lt(
                "“%(start)s” and “%(end)s” need a time of day each, and both or "
                "neither a day."
            ),
            start=start,
            end=end,
        )
    if seconds < 0:
        raise ValueRefused(
            _lt("“%(end)s” is before “%(start)s”."), start=start, end=end
        )
    return seconds


def has_not_ended(values) -> bool:
    """Whether a row has columns for an end, and nothing in any of them."""
    ends = [value for name, value in flatten(values) if _is_end(name.split(".")[-1])]
    return bool(ends) and all(map(is_empty, ends))


def _is_end(name) -> bool:
    return any(find_name(index, name) is not None for index in ENDS)

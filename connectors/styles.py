# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How a system writes numbers and dates, from all values of its columns together."""

import re

from .days import guess_order
from .errors import ValueRefused, quote
from .values import SPACES, find_point

# A number, with a currency or a unit beside it.
NUMBER = re.compile(r"\D{0,5}?(\d[\d.,]*)\D{0,10}")
DATE = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2\d{2,4}(?!\d)")


def find_separator(values) -> str:
    """The decimal sign all numbers agree on, "" if they tell none or contradict."""
    found = {_separator_of(quote(value)) for value in values if isinstance(value, str)}
    found.discard("")
    return found.pop() if len(found) == 1 else ""


def _separator_of(text) -> str:
    match = NUMBER.fullmatch(text.translate({ord(space): None for space in SPACES}))
    try:
        return find_point(match[1]) if match else ""
    except ValueRefused:
        return ""  # it can be two numbers


def find_date_order(values, like="") -> str:
    """The order of day and month all dates agree on, "" if they tell none.

    :param like: a date; only those with the same separator tell how it is meant
    """
    asked = DATE.match(like.strip())
    found = set()
    for value in values:
        match = DATE.match(quote(value).strip()) if isinstance(value, str) else None
        if not match or (asked and asked[2] != match[2]):
            continue
        first, second = int(match[1]), int(match[3])
        if first == second or min(first, second) > 12:
            continue
        try:
            found.add(guess_order(first, second, match[2], match[0]))
        except ValueRefused:
            continue
    return found.pop() if len(found) == 1 else ""

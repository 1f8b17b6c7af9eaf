# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How a system writes numbers and dates, from all values of its columns together."""

import re

from .errors import quote
from .values import SPACES

# A number, with a currency or a unit beside it.
NUMBER = re.compile(r"\D{0,5}?(\d[\d.,]*)\D{0,10}")
DATE = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2\d{2,4}(?!\d)")


def find_separator(values) -> str:
    """The decimal sign all numbers agree on, "" if they tell none or contradict."""
    found = {_separator_of(quote(value)) for value in values if isinstance(value, str)}
    found.discard("")
    return found.pop() if len(found) == 1 else ""


def _separator_of(text) -> str:
    text = text.strip().translate({ord(space): None for space in SPACES})
    match = NUMBER.fullmatch(text)
    digits = match[1] if match else ""
    marks = [char for char in digits if char in ".,"]
    if not marks:
        return ""
    if len(set(marks)) == 2:
        return marks[-1]
    if len(marks) > 1:
        return "." if marks[0] == "," else ","
    whole, rest = re.split(r"[.,]", digits)
    is_group = len(rest) == 3 and len(whole) <= 3 and not whole.startswith("0")
    return "" if is_group else marks[0]


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
        if first > 12 >= second:
            found.add("dmy")
        elif second > 12 >= first:
            found.add("mdy")
        elif match[2] == "." and first != second:
            found.add("dmy")
    return found.pop() if len(found) == 1 else ""

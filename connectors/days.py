# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Days and moments, as systems write them in the languages that we ship.

dateutil reads words, times of day and zones, by the names that CLDR has for months.
Which of three numbers is the day is not left to it: it would take 13/04 and 04/13 for
the same day, whatever the other rows say.
"""

import functools
import re
import unicodedata
from datetime import date, datetime, time

from babel.dates import get_day_names, get_month_names
from dateutil.parser import parser, parserinfo
from dateutil.tz import tzoffset

from .errors import ValueRefused, _lt

LANGUAGES = ("en", "de", "de_AT", "es", "fr", "it", "nl", "pt", "ro")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
NUMBERS = re.compile(r"(\d{1,4})([-/. ]) ?(\d{1,2})\2 ?(\d{1,4})")
WORD = re.compile(r"[^\W\d_]+")
FIRST_WORD = re.compile(r"([^\W\d_]+)\.?,?\s+(.+)")
# dateutil, like POSIX, takes UTC+2 for a zone in the west.
UTC_BEFORE = re.compile(r"(?:GMT|UTC)\s?(?=[+-]\d)", re.IGNORECASE)
HALF = re.compile(r"\b([ap])\.\s?m\.?(?!\w)", re.IGNORECASE)
# What a text leaves out is taken from these, so that it shows.
BLANKS = (datetime(2000, 1, 1), datetime(2001, 2, 2, 1, 1, 1))


def plain(text) -> str:
    """A text without case and accents."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in letters if not unicodedata.combining(char))


def _collect(get, first, count):
    """The names of each month or day of the week, as CLDR has them."""
    names = [
        [
            plain(get(width, context, language)[first + number]).rstrip(".")
            for language in LANGUAGES
            for width in ("wide", "abbreviated")
            for context in ("format", "stand-alone")
        ]
        for number in range(count)
    ]
    return [tuple(dict.fromkeys(each)) for each in names]


class _Names(parserinfo):
    JUMP = [*parserinfo.JUMP, "de", "del", "den", "der", "el", "er", "il", "le", "o"]
    MONTHS = _collect(get_month_names, 1, 12)
    MONTHS[2] += ("mrz",)  # Excel's


PARSER = parser(_Names())
MONTHS = {name for names in _Names.MONTHS for name in names}
WEEKDAYS = {name for names in _collect(get_day_names, 0, 7) for name in names}
KNOWN = MONTHS | WEEKDAYS | set(map(str.lower, _Names.JUMP))


def read_day(text: str, order: str) -> date:
    """The day that a text names.

    :param order: "dmy", "mdy" or "ymd" for three numbers, else "auto": then
        03/04/2026 is refused because it could mean two days
    """
    bare = _without_weekday(plain(text))
    try:
        words = set(WORD.findall(bare))
        if words & MONTHS and words <= KNOWN:
            return _read_words(bare)
        year, month, day = map(int, _split(bare, order, text))
        return date(year, month, day)
    except ValueRefused:
        raise
    except Exception:  # what dateutil raises is not all its own
        raise ValueRefused(_lt("“%(value)s” isn't a date."), value=text) from None


def _without_weekday(bare) -> str:
    """A text without a day of the week before its day: mar. 8 sept. has one."""
    match = FIRST_WORD.fullmatch(bare)
    if not match or match[1] not in WEEKDAYS:
        return bare
    is_day = NUMBERS.fullmatch(match[2]) or MONTHS.intersection(WORD.findall(match[2]))
    return match[2] if is_day else bare


@functools.lru_cache(maxsize=4096)
def _read_words(bare) -> date:
    first, second = (PARSER.parse(bare, default=blank) for blank in BLANKS)
    if first.date() != second.date() or (first.time(), second.time()) != (
        BLANKS[0].time(),
        BLANKS[1].time(),
    ):
        raise ValueError(bare)
    return first.date()


def _split(bare, order, text):
    """Year, month and day of a date of numbers."""
    if match := COMPACT.fullmatch(bare):
        return match.groups()
    match = NUMBERS.fullmatch(bare)
    if not match:
        raise ValueError(bare)
    first, mark, second, third = match.groups()
    if len(first) == 4 and len(third) <= 2:
        return first, second, third
    if order == "ymd":
        return _with_century(first), second, third
    if len(first) > 2 or len(third) < 2:
        raise ValueError(bare)
    third = _with_century(third)
    if order == "auto":
        order = guess_order(int(first), int(second), mark, text)
    return (third, second, first) if order == "dmy" else (third, first, second)


def _with_century(year) -> str:
    if len(year) != 2:
        return year
    return f"20{year}" if int(year) < 70 else f"19{year}"


def guess_order(first: int, second: int, mark: str, text: str) -> str:
    """Which of two numbers is the day.

    :raise ValueRefused: it can be either
    """
    if mark == "." or first > 12 or first == second:
        return "dmy"
    if second > 12:
        return "mdy"
    raise ValueRefused(
        _lt(
            "“%(value)s” can mean two days: choose on the connected system how it "
            "writes dates."
        ),
        value=text,
    )


def read_time(day: date, clock: str) -> datetime:
    """The moment of a day that a time of day names, perhaps with its zone.

    :raise ValueError: it names none, or a zone that has several meanings
    """
    try:
        return datetime.combine(day, time.fromisoformat(clock))
    except ValueError:
        pass
    clock = HALF.sub(r"\1m", UTC_BEFORE.sub("", clock))
    blank = datetime.combine(day, time())
    moment = PARSER.parse(clock, default=blank, tzinfos=_read_zone)
    if moment.date() != day:
        raise ValueError(clock)
    return moment


def _read_zone(name, offset):
    if offset is not None:
        return tzoffset(name, offset)
    if name:
        raise ValueError(name)
    return None

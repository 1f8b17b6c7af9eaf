# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What values say, however a spreadsheet that saved them again writes them."""

import functools
import hashlib
import json
import re
import unicodedata
from decimal import Decimal

from .durations import AUTO, read_hours
from .errors import ValueRefused
from .spans import read_clock
from .values import MAX_SHORT, parse_datetime, parse_decimal, storable

# How a spreadsheet shows a long number: its last digits are gone.
SHORTENED = re.compile(r"\d([.,]\d+)?[eE]\+\d+")
# Digits that a spreadsheet shows of a fraction.
SHOWN = 9
# fmt: off
TICKS = {
    "true": ("true", "wahr", "vrai", "verdadero", "adevărat", "vero", "waar",
             "verdadeiro"),
    "false": ("false", "falsch", "faux", "falso", "fals", "onwaar"),
}
# fmt: on
WORDS = {word: tick for tick, words in TICKS.items() for word in words}
BESIDE = re.compile(r"[\d.,\s'’_+()−-]")


def digest_alike(values, separator=AUTO, order=AUTO) -> str:
    """What values are recognized by when they come back in other spellings.

    :param values: by name; empty ones tell nothing
    """
    told = {
        name: understand(value, separator, order)
        for name, value in values.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }
    text = json.dumps(storable(told), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def understand(value, separator=AUTO, order=AUTO) -> str:
    """A value as it is understood: the same of 1,50 and 1.5, of 007 and 7."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, Decimal)):
        value = str(value)
    if not isinstance(value, str):
        return _write(value)
    if len(value) > MAX_SHORT:
        return _plain(value)
    return _understand(value, separator, order)


@functools.lru_cache(maxsize=8192)
def _understand(text, separator, order):
    for read in (_read_number, _read_clock, _read_moment):
        try:
            found = read(text, separator, order)
        except (ValueRefused, ArithmeticError):
            continue
        if found is not None:
            return found
    return _plain(text)


def find_shortened(values) -> str:
    """The first of some values whose last digits are gone, "" if there is none."""
    texts = (value.strip() for value in values if isinstance(value, str))
    return next(filter(SHORTENED.fullmatch, texts), "")


def _write(value):
    try:
        return json.dumps(storable(value), sort_keys=True)
    except RecursionError:  # nested deeper than can be walked
        return "…"


def _plain(text):
    text = " ".join(unicodedata.normalize("NFC", storable(text)).split())
    return WORDS.get(text.lower(), text)


def _read_number(text, separator, _order):
    try:
        number = parse_decimal(text, separator)
    except ValueRefused:
        number = parse_decimal(text)
    if number is None:
        return None
    if number % 1:
        number = Decimal(f"{number:.{SHOWN}g}")
    return f"{number.normalize():f}{BESIDE.sub('', text)}"


def _read_clock(text, _separator, _order):
    if ":" not in text:
        return None
    seconds = read_clock(text)
    hours = read_hours(text) if seconds is None else None
    seconds = round(hours * 3600) if hours is not None else seconds
    return None if seconds is None else f"{seconds} s"


def _read_moment(text, _separator, order):
    moment = parse_datetime(text, order)
    return None if moment is None else moment.isoformat()

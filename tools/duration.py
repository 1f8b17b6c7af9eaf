# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Durations as people type them."""

# A function has no environment to translate with.
# pylint: disable=prefer-env-translation

import re

from odoo import _
from odoo.exceptions import UserError

MAX_BARE_HOURS = 24
MINUS_SIGNS = ("-", "−")
# No more digits than a number of hours can have: 400 of them are infinity.
NUMBER = r"\d{1,9}(?:[.,]\d+)?|[.,]\d+"
HOUR_UNIT = r"(?:h|hr|hrs|hour|hours)\.?"
MINUTE_UNIT = r"(?:m|min|mins|minute|minutes|')\.?"
CLOCK = re.compile(r"(\d{0,9}):(\d{1,3})")
# As clocks and exports write it.
WITH_SECONDS = re.compile(r"(\d{1,9}):([0-5]\d):([0-5]\d)")
BARE = re.compile(rf"({NUMBER})")
HOURS = re.compile(
    rf"({NUMBER})\s*{HOUR_UNIT}(?:\s*(\d{{1,3}})\s*(?:{MINUTE_UNIT})?)?",
    re.IGNORECASE,
)
MINUTES = re.compile(rf"({NUMBER})\s*{MINUTE_UNIT}", re.IGNORECASE)


def format_hours(hours: float) -> str:
    """Return hours as fields show them: 1:30, to the minute."""
    minutes = round(abs(hours) * 60)
    sign = "-" if minutes and hours < 0 else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}"


class DurationError(UserError, ValueError):
    """A text that isn't a duration, or one that must be confirmed."""


def parse_duration(text, confirmed: bool = False, signed: bool = False) -> float:
    """Return the hours a text means.

    Reads ``1:30``, ``:45``, ``1:80`` (2:20), ``1:30:00``, ``1.5``, ``1,5``, ``90m``,
    ``2h``, ``1h30``, ``1h 30m``, and numbers, which are hours. Nothing lasts less
    than 0.
    The client reads the same: ``static/src/duration/parse_duration.js``.

    :param confirmed: accept a bare number above 24, which without a unit is more
        often meant as minutes
    :param signed: accept hours below 0, which are taken back
    :raise DurationError: the text is no duration, or a bare number above 24
    """
    if isinstance(text, bool) or text is None:
        raise _refused(text)
    source = str(text).strip()
    if signed and source.startswith(MINUS_SIGNS):
        return -parse_duration(source[1:], confirmed)
    if match := CLOCK.fullmatch(source):
        return (_number(match[1] or "0") * 60 + int(match[2])) / 60
    if match := WITH_SECONDS.fullmatch(source):
        return (int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])) / 3600
    if match := MINUTES.fullmatch(source):
        return _number(match[1]) / 60
    if match := HOURS.fullmatch(source):
        if match[2] and not match[1].isdecimal():
            raise _refused(source)  # "1.5h 30" says the minutes twice
        return (_number(match[1]) * 60 + int(match[2] or 0)) / 60
    if match := BARE.fullmatch(source):
        hours = _number(match[1])
        if hours > MAX_BARE_HOURS and not confirmed:
            raise DurationError(
                _(
                    "%(text)s hours is more than a day. Enter %(text)sm if you mean "
                    "minutes.",
                    text=match[1],
                )
            )
        return hours
    raise _refused(source)


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _refused(text) -> DurationError:
    return DurationError(
        _(
            "“%(text)s” isn't a valid duration. Use 1:30, 1.5, 90m or 1h 30.",
            text=text or "",
        )
    )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Numbers, dates and ticks as the real world writes them.

Every function takes any value at all, returns None for nothing, and raises
ValueRefused rather than guess, and nothing else.
"""

import functools
import math
import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from .column_names import FIELDS
from .days import plain, read_day, read_time
from .errors import ValueRefused, _lt, clean

SPACES = " \t\u00a0\u2007\u2009\u202f'’_"
# fmt: off
TRUE = {"1", "true", "t", "yes", "y", "on", "x", "oui", "ja", "da", "si", "sí", "wahr",
        "vrai", "verdadero", "adevărat", "sì", "sim", "vero", "waar", "verdadeiro"}
FALSE = {"0", "false", "f", "no", "n", "off", "non", "nein", "nu", "falsch", "-",
         "faux", "falso", "fals", "nee", "não", "nao", "onwaar"}
DELETED = {"deleted", "void", "voided", "cancelled", "canceled", "removed", "reversed",
           "gelöscht", "storniert", "annulliert", "supprimé", "annulé", "eliminado",
           "anulado", "cancelado", "șters", "anulat"}
ENDLESS = {"unlimited", "never", "none", "forever", "no end", "unbegrenzt", "nie",
           "unbefristet", "illimité", "jamais", "ilimitado", "nunca", "nelimitat",
           "niciodată", "∞"}
# fmt: on
# What a table says where it has nothing to say.
NOTHING = {"n/a", "#n/a", "n.a.", "k.a.", "k. a.", "-", "–", "—"}
HOUR = r"(?:std|stunden?|heures?|horas?|or[aeă]|uren|uur|hours?|hrs?|h|u)\.?"
PER_HOUR = re.compile(rf"\s?(?:/|\b(?:je|par|pe|per|por|pro)\s)\s?{HOUR}$", re.I)
BILLABLE = {
    name for name in FIELDS["time_entry"]["is_billable"] if not name.startswith("is ")
}
NOT = re.compile(r"^(?:is )?(?:nicht|niet|nao|non|not|no|ne|un)[ -]?(?=\w{3})")
# A duration or an amount: 1:30, 1h 30m, $ 142.50
SOME = re.compile(r"[€$£¥]?\s?\d[\d.,:’'\s]*(?:[hms€$£¥]|min|std|[a-z]{3})?[\s\d]*m?")
# How long something is valid, in months of each word.
TERM = re.compile(
    r"(\d{1,3}) ?(?:(months?|mths?|monate?n?|mois|m[eê]s(?:es|i|e)?|lun[iăa]"
    r"|maand(?:en)?)|(years?|yrs?|jahre?n?|ans?|années?|años?|anos?|ani|ann[oi]"
    r"|jaar|jaren))\.?",
    re.IGNORECASE,
)
# The last day a purchase can have; some write the end of the calendar for no end.
NO_END = date(9998, 12, 31)
UTC = timezone.utc
# Longer than any number, date or tick: what is longer is not looked at.
MAX_SHORT = 100  # characters
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
EPOCH = datetime(1970, 1, 1)
SINCE_EPOCH = re.compile(r"\d{9,10}(\.\d+)?|\d{12,13}")
# A day, and perhaps a time of day.
MOMENT = re.compile(
    r"(?P<day>.+?)(?:(?:T|,? (?:(?:-|–|a las|alle|at|la|om|um|à|às) )?)\s*"
    r"(?P<time>\d{1,2}[:h]\d{2}.*))?"
)
# Days as a workbook counts them, for 2000 to 2099; a text of five digits is none.
SERIAL_START, SERIAL_DAYS = date(1899, 12, 30), range(36526, 73051)


def _refusing(parse):
    """Turn whatever goes wrong with a value into a refusal of that value."""

    @functools.wraps(parse)
    def parse_or_refuse(value, *args, **kwargs):
        try:
            return parse(value, *args, **kwargs)
        except ValueRefused:
            raise
        except Exception:
            raise ValueRefused(
                _lt("“%(value)s” cannot be read."), value=value
            ) from None

    return parse_or_refuse


def is_empty(value) -> bool:
    blank = isinstance(value, str) and not value.strip()
    return value is None or value is False or blank


def is_nothing(value) -> bool:
    """Whether a value that is a number or a day is left open, perhaps in words."""
    return (
        is_empty(value) or isinstance(value, str) and value.strip().lower() in NOTHING
    )


def is_negated(name) -> bool:
    """Whether a name says that something is not billable."""
    text = plain(name.replace("_", " ")).strip()
    told = NOT.sub("", text)
    return told != text and told.startswith(tuple(BILLABLE))


@_refusing
def parse_text(value) -> str | None:
    """A text without surrounding blanks; nested values are refused."""
    if is_empty(value):
        return None
    if isinstance(value, (dict, list, tuple, set, bytes, memoryview)):
        raise ValueRefused(_lt("“%(value)s” isn't text."), value=value)
    text = str(value)
    if clean(text) != text:
        raise ValueRefused(_lt("The text has a character that can't be stored."))
    return text.strip()


def short_text(value) -> str:
    """A text that may be a number, a date or a tick."""
    text = parse_text(value) or ""
    if len(text) > MAX_SHORT:
        raise ValueRefused(
            _lt("“%(value)s…” is too long for a number or a date."), value=text
        )
    return text


@_refusing
def parse_decimal(value, separator: str = "auto") -> Decimal | None:
    """A decimal number: 1.234,56 · 1,234.56 · (12.50) · € 12 · 12- · $95/h.

    :param separator: "." or "," if the source is known to use it, else "auto";
        then 1,234 and 1.234 are refused because they could mean two things
    """
    if is_nothing(value):
        return None
    if value is True:
        raise ValueRefused(_lt("“%(value)s” isn't a number."), value=value)
    if isinstance(value, (int, float, Decimal)):
        return _finite(Decimal(str(value)), value)
    text = short_text(value)
    sign, digits = _split_sign(text)
    digits = digits.translate({ord(space): None for space in SPACES})
    if not re.fullmatch(r"(\d[\d.,]*|[.,]\d+)", digits):
        raise ValueRefused(_lt("“%(value)s” isn't a number."), value=text)
    point = separator if separator in (".", ",") else find_point(digits)
    group = "," if point == "." else "."
    whole, _dot, rest = digits.partition(point) if point else (digits, "", "")
    if group in rest or point and point in rest:
        raise ValueRefused(_lt("“%(value)s” isn't a number."), value=text)
    if group in whole and not re.fullmatch(rf"\d{{1,3}}(\{group}\d{{3}})+", whole):
        raise ValueRefused(_lt("“%(value)s” isn't a number."), value=text)
    number = f"{sign}{whole.replace(group, '') or '0'}.{rest or '0'}"
    return _finite(Decimal(number), text)


def _split_sign(text: str) -> tuple[str, str]:
    """The sign and the bare digits of a number written with currency or brackets."""
    if text.startswith("="):
        raise ValueRefused(_lt("“%(value)s” is a formula, not a number."), value=text)
    text = PER_HOUR.sub("", text)
    bare = re.sub(r"^([A-Z]{3}\b|[€$£¥])|([A-Z]{3}|[€$£¥]|lei|kr)$", "", text).strip()
    if bare.startswith("(") and bare.endswith(")"):
        return "-", bare[1:-1].strip()
    bare = bare.replace("−", "-")
    if bare.endswith("-"):
        return "-", bare[:-1].strip()
    sign = bare[:1] if bare[:1] in "+-" else ""
    bare = bare[len(sign) :].strip()
    return ("-" if sign == "-" else ""), re.sub(r"^[€$£¥]", "", bare).strip()


def find_point(digits) -> str:
    """Which of "." and "," ends the whole part of a number; "" for none.

    :raise ValueRefused: it can be either
    """
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return "." if digits.rindex(".") > digits.rindex(",") else ","
    if points > 1 or commas > 1:
        return "," if points > 1 else "."
    if not points and not commas:
        return ""
    found = "." if points else ","
    whole, rest = digits.split(found)
    if len(rest) == 3 and 0 < len(whole) <= 3 and not whole.startswith("0"):
        raise ValueRefused(
            _lt(
                "“%(value)s” can mean two numbers: choose on the connected system how "
                "it writes numbers."
            ),
            value=digits,
        )
    return found


def _finite(number: Decimal, text) -> Decimal:
    if number.is_finite() and abs(number) < Decimal(10) ** 15:
        return number
    raise ValueRefused(_lt("“%(value)s” is too large or not a number."), value=text)


@_refusing
def parse_boolean(value) -> bool | None:
    """A tick: true/false, yes/no, 1/0, x, and their common translations."""
    if isinstance(value, bool):
        return value
    if is_empty(value):
        return None
    text = short_text(value).lower()
    if text in TRUE or text in FALSE:
        return text in TRUE
    raise ValueRefused(_lt("“%(value)s” isn't a yes/no value."), value=text)


@_refusing
def parse_deleted(value, order: str = "auto") -> bool:
    """Whether a row is told to be deleted: by a tick, a word, or the date it was."""
    if is_empty(value):
        return False
    if isinstance(value, str) and value.strip().lower() in DELETED:
        return True
    try:
        return bool(parse_boolean(value))
    except ValueRefused as refusal:
        try:
            return parse_datetime(value, order) is not None
        except ValueRefused:
            if re.fullmatch(r"\d{1,2}[-/]\d{1,2}[-/]\d{2,4}", short_text(value)):
                return True  # whichever of two days it was
            raise refusal from None


@_refusing
def parse_billable(value) -> bool | None:
    """A tick, a word for it, or what is billable of it: hours, an amount."""
    try:
        return parse_boolean(value)
    except ValueRefused:
        text = plain(short_text(value)).strip()
        told = NOT.sub("", text)
        if told in BILLABLE:
            return told == text
        if SOME.fullmatch(text):
            return any(digit in text for digit in "123456789")
        raise


@_refusing
def parse_end(value, order: str = "auto", zone: str = "UTC") -> date | None:
    """The last day of a term; a word for no end, or a far year, is the last of all."""
    text = short_text(value).lower() if isinstance(value, str) else ""
    # The year is four digits, or the first of eight; seconds since 1970 have none.
    day = re.split(r"\d{1,2}:\d", text)[0]
    years = re.findall(r"(?<!\d)\d{4}(?=(?:\d{4})?(?!\d))", day)
    if isinstance(value, date):
        years = [str(value.year)]
    if text in ENDLESS or any(int(year) > LAST_DAY.year for year in years):
        return NO_END
    return parse_date(value, order, zone)


def parse_term(value) -> int | None:
    """The months of a term that is written as such, None for everything else."""
    match = (
        TERM.fullmatch(value.strip()[:MAX_SHORT]) if isinstance(value, str) else None
    )
    return int(match[1]) * (1 if match[2] else 12) if match else None


@_refusing
def parse_date(value, order: str = "auto", zone: str = "UTC") -> date | None:
    """A calendar date; of a moment, its date in ``zone``.

    :param order: "dmy", "mdy" or "ymd" for dates of three numbers, else "auto";
        then 03/04/2026 is refused because it could mean two days
    """
    if is_nothing(value):
        return None
    if isinstance(value, datetime):
        if value.tzinfo:
            value = value.astimezone(ZoneInfo(zone))
        return _in_calendar(value.date())
    if isinstance(value, date):
        return _in_calendar(value)
    if isinstance(value, (int, float)) and int(value) in SERIAL_DAYS:
        return SERIAL_START + timedelta(days=int(value))
    text = short_text(value)
    match = MOMENT.fullmatch(text)
    if match and not match["time"] and not re.fullmatch(r"\d{9,13}", text):
        return _in_calendar(read_day(text, order))
    moment = parse_datetime(value, order, zone).replace(tzinfo=UTC)
    return _in_calendar(moment.astimezone(ZoneInfo(zone)).date())


@_refusing
def parse_datetime(value, order="auto", zone="UTC") -> datetime | None:
    """A moment, as UTC without time zone; microseconds are kept.

    Numbers are seconds (or milliseconds) since 1970. A moment without a zone is
    read in ``zone``; a date alone is its first moment there.
    """
    if is_nothing(value):
        return None
    if isinstance(value, datetime):
        return _to_utc(value, zone)
    if isinstance(value, date):
        return _to_utc(datetime(value.year, value.month, value.day), zone)
    text = short_text(value)
    if SINCE_EPOCH.fullmatch(text):
        seconds = Decimal(text) / (1000 if len(text.split(".")[0]) > 11 else 1)
        return EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
    match = MOMENT.fullmatch(text)
    if not match:  # a line break
        raise ValueRefused(_lt("“%(value)s” isn't a date and time."), value=text)
    day = _in_calendar(read_day(match["day"], order))
    if not match["time"]:
        return _to_utc(datetime(day.year, day.month, day.day), zone)
    try:
        moment = read_time(day, match["time"])
    except Exception:  # what dateutil raises is not all its own
        raise ValueRefused(
            _lt("“%(value)s” isn't a date and time."), value=text
        ) from None
    return _to_utc(moment, zone)


def _to_utc(moment: datetime, zone: str) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    try:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
        _in_calendar(moment.date())
        return moment
    except (OverflowError, ValueError):
        raise ValueRefused(
            _lt("“%(value)s” is too far from today."), value=moment
        ) from None


def _in_calendar(day: date) -> date:
    """A day that a person can have meant: infinity and the year 44 BC are none."""
    if FIRST_DAY <= day <= LAST_DAY:
        return day
    raise ValueRefused(_lt("“%(value)s” is too far from today."), value=day)


def scalar(value):
    """The key of a relation told as ``{"id": 5, …}`` or ``[5, "Name"]``."""
    if isinstance(value, dict) and "id" in value:
        return value["id"]
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], int):
        return value[0]
    return value


def storable(value):
    """A value as JSON can keep it, read back by the functions above as the same."""
    if isinstance(value, Decimal) and value.is_snan():
        return str(value)
    if isinstance(value, (float, Decimal)):
        number = float(value)
        return number if math.isfinite(number) else str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, dict):
        return {storable(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(item) for item in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    return clean(value if isinstance(value, str) else f"<{type(value).__name__}>")

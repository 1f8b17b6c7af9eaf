# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The cells of an Excel workbook; formulas are what they came to."""

import re
import unicodedata
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from locale import windows_locale

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_symbol, get_territory_currencies
from openpyxl import load_workbook

from .column_names import WORDS
from .errors import _lt

MAGIC = b"PK\x03\x04"
# Unpacked: a small archive can hold more than a machine has memory for.
MAX_BYTES = 256 * 1024**2
# Of what is held in memory as a whole: texts that cells share, styles.
MAX_PART = 64 * 1024**2
SHEETS = "xl/worksheets/"
NO_TABLE = _lt(
    "The file is neither a CSV file nor an Excel workbook (.xlsx): save it as one of "
    "them."
)
MAX_ROWS = 1_048_576  # what Excel can hold; files may name any row
# Excel counts days from here: a moment of that year is a duration.
FIRST_YEAR = 1900
# The currency that the format of a number shows: [$€-407], [$USD], "€", "kr".
IN_BRACKETS = re.compile(r"\[\$([^\]-]+)(?:-([^\]]+))?\]")
IN_QUOTES = re.compile(r'"([^"]*)"')
SIGN = re.compile(r"[€$£¥]")


class Money:
    """A number whose currency stands in the format of its cell alone."""

    def __init__(self, number, mark):
        self.number = number
        self.mark = mark

    def __str__(self):
        return str(self.number)


class WorkbookRefused(Exception):
    """A file that cannot be read as a workbook: (sentence, values)."""

    def __init__(self, template, **values):
        self.template = template
        self.values = values
        super().__init__(template)


def is_workbook(spool) -> bool:
    start = spool.read(len(MAGIC))
    spool.seek(0)
    return start == MAGIC


def read_workbook(spool):
    """Yield the number and the cells of each row of the sheet that was open last.

    :raise WorkbookRefused: it cannot be read
    """
    try:
        with zipfile.ZipFile(spool) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        if not any(name.startswith("xl/") for name in sizes):
            raise WorkbookRefused(NO_TABLE)
        parts = (sizes[name] for name in sizes if not name.startswith(SHEETS))
        if sum(sizes.values()) > MAX_BYTES or max(parts, default=0) > MAX_PART:
            raise WorkbookRefused(
                _lt("The workbook is larger than %(size)s MB: save it as CSV."),
                size=MAX_BYTES // 1024**2,
            )
        spool.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions it does not know
            book = load_workbook(spool, read_only=True, data_only=True)
        sheet = book.active or book.worksheets[0]
        sheet.reset_dimensions()  # some programs write them wrong
        marks = {}
        for number, cells in enumerate(sheet.iter_rows(), 1):
            if number > MAX_ROWS:
                raise WorkbookRefused(
                    _lt("The workbook has more than %(count)s rows: save it as CSV."),
                    count=MAX_ROWS,
                )
            yield number, [_read_cell(cell, marks) for cell in cells]
    except WorkbookRefused:
        raise
    except Exception as error:  # whatever a broken archive or sheet leads to
        raise WorkbookRefused(
            _lt("The file cannot be read as an Excel workbook (%(kind)s)."),
            kind=type(error).__name__,
        ) from None


def _read_cell(cell, marks):
    """The value of a cell, with its currency if that stands in its format.

    :param marks: what formats tell, each looked at once
    """
    value = cell.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _plain(value)
    style = cell.number_format
    if style not in marks:
        marks[style] = find_currency(style)
    return Money(value, marks[style]) if marks[style] else value


def find_currency(style) -> str:
    """The sign or the code of a currency in the format of a number, "" without one."""
    style = style.split(";")[0][:200]
    if match := IN_BRACKETS.search(style):
        return _find_by_country(match[1].strip(), match[2] or "")
    for text in IN_QUOTES.findall(style):
        if SIGN.fullmatch(text.strip()) or text.strip().lower() in WORDS["currencies"]:
            return text.strip()
    found = SIGN.search(re.sub(r"\[[^\]]*\]", "", IN_QUOTES.sub("", style)))
    return found[0] if found else ""


def _find_by_country(sign, country) -> str:
    """The code of the currency that a sign is of in a country, else the sign.

    :param country: as Excel writes it: 409, 0409 or en-US
    """
    try:
        number = re.fullmatch(r"[0-9A-Fa-f]{3,8}", country)
        name = windows_locale[int(country, 16) & 0xFFFF] if number else country
        locale = Locale.parse(name.replace("-", "_"))
        plain = unicodedata.normalize("NFKC", sign)
        for code in get_territory_currencies(locale.territory):
            own = unicodedata.normalize("NFKC", get_currency_symbol(code, locale))
            if own == plain and code != "EUR":
                return code
    except (LookupError, TypeError, ValueError, UnknownLocaleError):
        pass  # no country, or one that nobody knows
    return sign


def _plain(cell):
    """A cell as a file of text would have it, dates and numbers as they are."""
    if cell is None:
        return ""
    if isinstance(cell, datetime) and cell.year <= FIRST_YEAR:
        cell -= datetime(FIRST_YEAR - 1, 12, 31)
    if isinstance(cell, timedelta):
        seconds = round(cell.total_seconds())
        hours, rest = divmod(abs(seconds), 3600)
        sign = "-" if seconds < 0 else ""
        return f"{sign}{hours:02}:{rest // 60:02}:{rest % 60:02}"
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    if isinstance(cell, datetime):
        is_day = cell.time() == time()
        return cell.date().isoformat() if is_day else cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return cell

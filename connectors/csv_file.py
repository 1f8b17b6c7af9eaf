# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A file, uploaded or fetched from an address: CSV or an Excel workbook."""

import codecs
import csv
import io
import itertools
import re
import tempfile

from .base import MAX_CELL, Page, Row
from .errors import ColumnsRefused, _lt, clean
from .http import HttpConnector
from .tables import find_delimiter, find_header, is_total, name_columns
from .worklogs import LOG_COLUMNS, split_logs
from .xlsx_file import (
    MAGIC,
    NO_TABLE,
    Money,
    WorkbookRefused,
    is_workbook,
    read_workbook,
)

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SPOOL = 4 * 1024**2
MAX_LINE = 1_000_000  # characters
MAX_COLUMNS = 5_000
# Characters after which a page ends, however few rows it has.
MAX_PAGE = 8_000_000
# Rows among which the header is looked for, and characters the separator.
MAX_TITLES = 50
SAMPLE = 64 * 1024
# ş, ţ and Ş, Ţ of cp1250; in cp1252 þ, Þ, and ordinals that stand after numbers.
ROMANIAN = re.compile(rb"[\xfe\xde]|(?<![\dNn])[\xba\xaa][a-z]")
SNIFF = 512  # bytes that tell the encoding
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
# What pages, JSON, PDFs and old workbooks begin with.
NO_TABLES = re.compile(
    rb"\s*(<[!?a-z]|\[\s*[\[{]|\{\s*[\"}]|%PDF-|\{\\rtf)|\xd0\xcf\x11\xe0",
    re.IGNORECASE,
)
# How spreadsheets keep leading zeros: ="00012".
TEXT_FORMULA = re.compile(r'="([^"]*)"')


class Lines:
    """The lines of a file, none longer than some bound and no row of many either.

    Refusing one does not end the iteration: the rest of the file can be read.
    """

    def __init__(self, text):
        self.text = text
        self.number = 0
        self.size = 0

    def __iter__(self):
        return self

    def start_row(self):
        self.size = 0

    def __next__(self):
        line = self.text.readline(MAX_LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.size += len(line)
        if self.size <= MAX_LINE:
            return line
        while line and not line.endswith(("\n", "\r")):
            line = self.text.readline(MAX_LINE)
        raise csv.Error(f"more than {MAX_LINE} characters")


class CsvConnector(HttpConnector):
    """Reads the whole file every time: a file says nothing about what is new.

    A fetched file is first stored aside completely, so that a connection that
    breaks off imports nothing and no connection waits for the database.
    """

    kind = "csv"
    label = "CSV or Excel File"
    sequence = 3
    is_file = True
    setting_names = (
        *HttpConnector.setting_names,
        "file",
        "header_line",
        "delimiter",
        "encoding",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.last = None
        # After a row that could not be read, pieces of it may look like short rows.
        self.is_torn = False

    def fetch(self, cursor=None):
        with tempfile.SpooledTemporaryFile(SPOOL) as spool:
            self._fill(spool)
            if _is_no_table(spool):
                raise self.error(NO_TABLE)
            if is_workbook(spool):
                yield from self._fetch_workbook(spool)
            else:
                yield from self._fetch_text(spool)
        yield Page([], self.last)

    def reads_all(self, cursor):
        return True

    def _fetch_workbook(self, spool):
        lines = ((number, cells, None) for number, cells in read_workbook(spool))
        try:
            yield from self._pages(self._rows(lines, "Excel"))
        except WorkbookRefused as refusal:
            raise self.error(refusal.template, **refusal.values) from None

    def _fetch_text(self, spool):
        encoding = self._encoding(spool)
        text = io.TextIOWrapper(
            spool, encoding=encoding, errors="surrogateescape", newline=""
        )
        try:
            yield from self._pages(self._rows(self._lines(text), encoding))
        except UnicodeError:
            raise self.error(
                _lt("The file cannot be read as %(encoding)s."), encoding=encoding
            ) from None
        finally:
            text.detach()

    def _pages(self, rows):
        page, size = Page(), 0
        for row in self._without_totals(split_logs(rows, self.fields)):
            page.rows.append(row)
            size += sum(len(cell) for cell in row.values.values() if _is_text(cell))
            found = self.cursor_of(row.values)
            if found and (not self.last or found.changed_at > self.last.changed_at):
                self.last = found
            if len(page.rows) >= self.page_size or size > MAX_PAGE:
                yield page
                page, size = Page(), 0
        if page.rows:
            yield page

    def _without_totals(self, rows):
        """The rows without the totals after the last of them."""
        held = []
        for row in rows:
            if not row.error and is_total(row.values, self.id_field):
                held.append(row)
                continue
            yield from held
            held = []
            yield row

    # --- the file -------------------------------------------------------------

    def _fill(self, spool):
        url = (self.settings.get("url") or "").strip()
        if url:
            for chunk in self.read("GET", url, self.max_file_bytes):
                spool.write(chunk)
        elif self.settings.get("file"):
            spool.write(self.settings["file"])
        else:
            raise self.error(_lt("Upload a CSV file or enter its address."))
        spool.seek(0)

    def _encoding(self, spool) -> str:
        start = spool.read(SNIFF)
        spool.seek(0)
        for bom, name in BOMS:
            if start.startswith(bom):
                return name
        wide = _wide_encoding(start)
        name = (self.settings.get("encoding") or "").strip()
        if name:
            try:
                codec = codecs.lookup(name)
            except (LookupError, ValueError):
                codec = None
            if codec is None or not codec._is_text_encoding:
                raise self.error(
                    _lt("“%(name)s” isn't a known text encoding."), name=name
                )
            return codec.name
        if wide:
            return wide
        return "utf-8" if _is_utf8(spool) else _find_ansi(spool)

    # --- lines ----------------------------------------------------------------

    def _lines(self, text):
        """Yield the number, the cells and the error of each line of a text."""
        delimiter = self._delimiter(text)
        lines = Lines(text)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            lines.start_row()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield lines.number, [], str(error)
                continue
            if lines.number == 1 and SEPARATOR_LINE.fullmatch(delimiter.join(cells)):
                continue
            yield lines.number, cells, None

    def _delimiter(self, text) -> str:
        """What separates columns; the text stands at its beginning again."""
        sample = text.read(SAMPLE)
        text.seek(0)
        wanted = self.settings.get("delimiter") or ""
        wanted = {"\\t": "\t", "tab": "\t"}.get(wanted.strip().lower(), wanted)
        match = SEPARATOR_LINE.match(sample.lstrip("\ufeff"))
        if match and not wanted and match[1] not in '\r\n"':
            return match[1]
        if not wanted:
            return find_delimiter(sample)
        if len(wanted) > 1 or wanted in '\r\n"':
            raise self.error(
                _lt("“%(delimiter)s” cannot separate columns: enter one character."),
                delimiter=wanted,
            )
        return wanted

    # --- rows -----------------------------------------------------------------

    def _rows(self, lines, encoding):
        lines = (line for line in lines if line[2] or any(map(_is_told, line[1])))
        header, rest = self._split_header(lines)
        for number, cells, error in rest:
            if error:
                self.is_torn = True
                reason = _lt("Line %(line)s cannot be read: %(reason)s")
                yield Row(number, {}, (reason, {"line": number, "reason": error}))
            else:
                yield self._row(header, cells, number, encoding)

    def _split_header(self, lines):
        """The names of the columns, and the lines below them.

        :raise ConnectorError: there is none, or not the columns that are mapped
        """
        first = list(itertools.islice(lines, MAX_TITLES))
        if not first:
            raise self.error(_lt("The file is empty."))
        if first[0][2]:
            raise self.error(
                _lt("The first line of the file cannot be read: %(reason)s"),
                reason=first[0][2],
            )
        wanted = int(self.settings.get("header_line") or 0)
        if wanted:
            lines = itertools.chain(first, lines)
            lines = itertools.dropwhile(lambda line: line[0] < wanted, lines)
            first = list(itertools.islice(lines, 1))
            if not first:
                raise self.error(
                    _lt("The file has no line %(line)s to name its columns."),
                    line=wanted,
                )
        wanted = [name for name in self.fields if name not in LOG_COLUMNS]
        index = find_header([cells for _n, cells, _e in first], wanted)
        header = name_columns(first[index][1])
        self._check_header(first[index][1], header)
        return header, itertools.chain(first[index + 1 :], lines)

    def _check_header(self, cells, header):
        """Refuse a file whose rows nothing could be read of.

        :raise ConnectorError: naming the column
        """
        if len(header) > MAX_COLUMNS:
            raise self.error(
                _lt("The file has %(count)s columns; at most %(most)s can be read."),
                count=len(header),
                most=MAX_COLUMNS,
            )
        names = [clean(cell).strip() for cell in cells]
        for name in self.fields:
            if names.count(name) > 1:
                raise self.error(
                    _lt("The column “%(name)s” appears twice in the file."),
                    error_class=ColumnsRefused,
                    name=name,
                )
        if self.id_field and self.id_field not in (*header, *LOG_COLUMNS):
            raise self.error(
                _lt("The file has no column “%(name)s”: its columns are %(columns)s."),
                error_class=ColumnsRefused,
                name=self.id_field,
                columns=", ".join(name for name in header if name),
            )

    def _row(self, header, cells, line, encoding):
        marks = _marks(header, cells)
        cells = [_unwrap(cell) for cell in cells]
        while len(cells) > len(header) and not _is_told(cells[-1]):
            cells.pop()
        self.is_torn = self.is_torn and len(cells) < len(header)
        # Spreadsheets leave out empty cells at the end of a line.
        filled = cells + [""] * (len(header) - len(cells))
        values = dict(zip(header, filled, strict=False))
        texts = [cell for cell in cells if _is_text(cell)]
        error = None
        if len(cells) > len(header) or self.is_torn:
            error = (
                _lt("Line %(line)s has %(found)s columns, the header %(expected)s."),
                {"line": line, "found": len(cells), "expected": len(header)},
            )
        elif any(len(cell) > MAX_CELL for cell in texts):
            error = (
                _lt("Line %(line)s has a cell of more than %(count)s characters."),
                {"line": line, "count": MAX_CELL},
            )
            values = {name: _text(cell)[:100] for name, cell in values.items()}
        elif not all(map(_is_clean, texts)):
            error = (
                _lt("Line %(line)s cannot be read as %(encoding)s."),
                {"line": line, "encoding": encoding},
            )
        if error:
            values = {name: _readable(cell) for name, cell in values.items()}
        return Row(line, values, error, marks)


def _marks(header, cells):
    """The currencies that stand in formats alone, by column."""
    pairs = zip(header, cells, strict=False)
    return {name: cell.mark for name, cell in pairs if isinstance(cell, Money)}


def _unwrap(cell):
    if isinstance(cell, Money):
        return cell.number
    if not _is_text(cell) or not cell.startswith('="'):
        return cell
    match = TEXT_FORMULA.fullmatch(cell)
    return match[1] if match else cell


def _is_text(cell) -> bool:
    return isinstance(cell, str)


def _is_told(cell) -> bool:
    return bool(cell.strip()) if _is_text(cell) else cell is not None


def _text(cell) -> str:
    return cell if _is_text(cell) else str(cell)


def _is_no_table(spool) -> bool:
    """Whether a file is one of another kind: an old workbook, a page, a picture."""
    start = spool.read(SNIFF)
    spool.seek(0)
    if start.startswith(MAGIC) or any(start.startswith(bom) for bom, _n in BOMS[1:]):
        return False
    is_binary = start.count(0) * 20 > len(start) and not _wide_encoding(start)
    return is_binary or bool(NO_TABLES.match(start.removeprefix(codecs.BOM_UTF8)))


def _wide_encoding(start: bytes) -> str:
    """UTF-16 without a mark at its beginning: every other byte is mostly 0."""
    halves = {"utf-16-be": start[::2], "utf-16-le": start[1::2]}
    for name, half in halves.items():
        if half and half.count(0) * 2 > len(half):
            return name
    return ""


def _is_utf8(spool) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := spool.read(1 << 16):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        spool.seek(0)
    return True


def _find_ansi(spool) -> str:
    """What Windows calls ANSI: it has other letters in the east of Europe."""
    sample = spool.read(SAMPLE)
    spool.seek(0)
    return "cp1250" if ROMANIAN.search(sample) else "cp1252"


def _is_clean(cell: str) -> bool:
    return "\x00" not in cell and not any("\udc80" <= char <= "\udcff" for char in cell)


def _readable(cell) -> str:
    return clean(cell).replace("\ufffd", "?")

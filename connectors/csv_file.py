# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A CSV file, uploaded or fetched from an address."""

import codecs
import csv
import io
import tempfile
from collections import Counter

from .base import MAX_CELL, Page, Row
from .errors import _lt, clean
from .http import HttpConnector

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = ",;\t|"
SPOOL = 4 * 1024**2
MAX_LINE = 1_000_000  # characters
MAX_COLUMNS = 5_000
# Characters after which a page ends, however few rows it has.
MAX_PAGE = 8_000_000


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
    label = "CSV File"
    setting_names = (*HttpConnector.setting_names, "file", "delimiter", "encoding")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.last = None

    def fetch(self, cursor=None):
        with tempfile.SpooledTemporaryFile(SPOOL) as spool:
            self._fill(spool)
            encoding = self._encoding(spool)
            text = io.TextIOWrapper(
                spool, encoding=encoding, errors="surrogateescape", newline=""
            )
            try:
                yield from self._pages(text, encoding)
            except UnicodeError:
                raise self.error(
                    _lt("The file cannot be read as %(encoding)s."), encoding=encoding
                ) from None
            finally:
                text.detach()
        yield Page([], self.last)

    def reads_all(self, cursor):
        return True

    def _pages(self, text, encoding):
        page, size = Page(), 0
        for row in self._rows(text, encoding):
            page.rows.append(row)
            size += sum(map(len, row.values.values()))
            found = self.cursor_of(row.values)
            if found and (not self.last or found.changed_at > self.last.changed_at):
                self.last = found
            if len(page.rows) >= self.page_size or size > MAX_PAGE:
                yield page
                page, size = Page(), 0
        if page.rows:
            yield page

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
        start = spool.read(4)
        spool.seek(0)
        for bom, name in BOMS:
            if start.startswith(bom):
                return name
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
        return "utf-8" if _is_utf8(spool) else "cp1252"

    # --- rows -----------------------------------------------------------------

    def _rows(self, text, encoding):
        lines = Lines(text)
        try:
            first = next(lines, "")
            if not first.strip():
                raise self.error(_lt("The file is empty."))
            text.seek(0)
            lines = Lines(text)
            reader = csv.reader(lines, delimiter=self._delimiter(first), strict=True)
            header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
        except csv.Error as error:
            raise self.error(
                _lt("The first line of the file cannot be read: %(reason)s"),
                reason=error,
            ) from None
        self._check_header(header)
        while True:
            lines.start_row()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                reason = (
                    _lt("Line %(line)s cannot be read: %(reason)s"),
                    {"line": lines.number, "reason": str(error)},
                )
                yield Row(lines.number, {}, reason)
                continue
            if any(cell.strip() for cell in cells):
                yield self._row(header, cells, lines.number, encoding)

    def _check_header(self, header):
        """Refuse a file whose rows nothing could be read of.

        :raise ConnectorError: naming the column
        """
        if len(header) > MAX_COLUMNS:
            raise self.error(
                _lt("The file has %(count)s columns; at most %(most)s can be read."),
                count=len(header),
                most=MAX_COLUMNS,
            )
        counts = Counter(name for name in header if name)
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            raise self.error(
                _lt("The column “%(name)s” appears twice in the file."), name=twice[0]
            )
        if self.id_field not in counts:
            raise self.error(
                _lt("The file has no column “%(name)s”: its columns are %(columns)s."),
                name=self.id_field,
                columns=", ".join(_readable(name) for name in counts),
            )

    def _row(self, header, cells, line, encoding):
        values = dict(zip(header, cells, strict=False))
        error = None
        if len(cells) != len(header):
            error = (
                _lt(
                    "Line %(line)s has %(found)s columns, the first line %(expected)s."
                ),
                {"line": line, "found": len(cells), "expected": len(header)},
            )
        elif any(len(cell) > MAX_CELL for cell in cells):
            error = (
                _lt("Line %(line)s has a cell of more than %(count)s characters."),
                {"line": line, "count": MAX_CELL},
            )
            values = {name: cell[:100] for name, cell in values.items()}
        elif any(not _is_clean(cell) for cell in cells):
            error = (
                _lt("Line %(line)s cannot be read as %(encoding)s."),
                {"line": line, "encoding": encoding},
            )
        if error:
            values = {name: _readable(cell) for name, cell in values.items()}
        return Row(line, values, error)

    def _delimiter(self, line) -> str:
        wanted = self.settings.get("delimiter") or ""
        wanted = {"\\t": "\t", "tab": "\t"}.get(wanted.strip().lower(), wanted)
        if not wanted:
            return max(DELIMITERS, key=line.count)
        if len(wanted) > 1 or wanted in '\r\n"':
            raise self.error(
                _lt("“%(delimiter)s” cannot separate columns: enter one character."),
                delimiter=wanted,
            )
        return wanted


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


def _is_clean(cell: str) -> bool:
    return "\x00" not in cell and not any("\udc80" <= char <= "\udcff" for char in cell)


def _readable(cell: str) -> str:
    return clean(cell).replace("\ufffd", "?")

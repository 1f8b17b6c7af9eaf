# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What every connector shares: rows, pages, the cursor, errors without secrets."""

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, quote_plus

from .errors import ConnectorError, clean
from .values import parse_datetime

MASK = "•••"
DEADLINE = 300  # seconds for one answer, however slowly it drips
MAX_CELL = 100_000  # characters
# Shorter pieces of an encoded secret are ordinary words.
SHORTEST_CODE = 6


@dataclass(frozen=True)
class Cursor:
    """How far a source was read: everything up to here was delivered.

    :param changed_at: change date of the last row, UTC without time zone
    :param external_id: external id of that row, the tie-breaker of the order
    """

    changed_at: datetime
    external_id: str = ""


@dataclass
class Row:
    """One row as the source tells it.

    :param number: where it stands in the source, counted from 1 (a line for files)
    :param values: nested values by source field
    :param error: why the row cannot be read, if it cannot: (sentence, values)
    :param marks: the sign or code of a currency by the source field whose number has
        it beside its value
    """

    number: int
    values: dict
    error: tuple[str, dict] | None = None
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def told(self):
        """The values as a person sees them, with the currency beside them."""
        return {
            name: f"{value} {self.marks[name]}" if name in self.marks else value
            for name, value in self.values.items()
        }


@dataclass
class Page:
    """Some rows, and how far the source was read once they are stored.

    ``position`` is None as long as later pages may still hold older rows: a reader who
    stops before the last page begins again from the old cursor.

    :param resume: what to give to the connector that goes on after this page, where it
        can without a position; None otherwise
    """

    rows: list[Row] = field(default_factory=list)
    position: Cursor | None = None
    resume: dict | None = None


class Connector:
    """Reads one connected system.

    :param settings: the connection, by the names of the fields of the source
    :param fields: the source fields that are wanted (dotted paths)
    :param id_field: the source field that holds the external id, or the first that
        belongs to it; "" if whole rows are their own id
    :param changed_field: the source field that holds the change date, or ""
    :param parse_date: turns a value of ``changed_field`` into a UTC datetime, or
        raises ValueError
    :param deadline: seconds one answer of the other side may take
    """

    kind = ""
    label = ""
    sequence = 10  # where people choose a connector
    # Whether rows are lines of a file that people save, in a spreadsheet for example.
    is_file = False
    # The fields of the source that `settings` holds.
    setting_names: tuple[str, ...] = ()
    # Those without which nothing can be read, and those that are never shown.
    required_names: tuple[str, ...] = ()
    secret_names: tuple[str, ...] = ()
    page_size = 1000
    # Whether rows come oldest change first, so that every page has a position.
    ordered = False
    # A database shows a row only when its transaction ends, which may be minutes
    # after the change date it carries: so many are read again by default.
    overlap_minutes = 0

    def __init__(
        self,
        settings,
        fields,
        id_field,
        changed_field="",
        parse_date=None,
        deadline=DEADLINE,
    ):
        self.settings = settings
        self.deadline = deadline
        self.fields = list(fields)
        self.id_field = id_field
        self.changed_field = changed_field
        self.parse_date = parse_date or parse_datetime
        # Where an earlier reading with the same cursor was interrupted.
        self.resume = {}

    def fetch(self, cursor: Cursor | None = None) -> Iterator[Page]:
        """Yield the rows changed at or after ``cursor``, page by page.

        :raise ConnectorError: the source cannot be read
        """
        raise NotImplementedError

    def reads_all(self, cursor: Cursor | None) -> bool:
        """Whether ``fetch`` delivers every row the source has."""
        return cursor is None

    def close(self):
        """Give back what the connector holds open. May be called twice."""

    # --- errors ---------------------------------------------------------------

    @property
    def secrets(self) -> list[str]:
        values = (self.settings.get(name) for name in self.secret_names)
        return [value for value in values if value]

    def error(
        self, template, retry_after=0, code=0, error_class=ConnectorError, **values
    ) -> ConnectorError:
        """Build an error whose values show neither secrets nor query strings.

        :param code: the status of the HTTP answer, if there was one
        """
        masked = {key: mask(value, self.secrets) for key, value in values.items()}
        return error_class(template, retry_after=retry_after, code=code, **masked)

    # --- rows -----------------------------------------------------------------

    def changed_at(self, values) -> datetime | None:
        """The change date of a row, None if it has none or an unreadable one."""
        if not self.changed_field:
            return None
        value = resolve(values, self.changed_field)
        if value in (None, False, ""):
            return None
        try:
            return self.parse_date(value)
        except ValueError:
            return None  # the row says so when it is stored

    def cursor_of(self, values) -> Cursor | None:
        changed_at = self.changed_at(values)
        if changed_at is None:
            return None
        external_id = self.id_field and resolve(values, self.id_field)
        return Cursor(changed_at, clean(external_id)[:500] if external_id else "")


def _is_index(part: str, values) -> bool:
    return part.isdecimal() and len(part) < 10 and int(part) < len(values)


def resolve(values, path: str, missing=None):
    """Follow a dotted path into nested values; ``missing`` where it leads nowhere.

    A key that itself contains the dots wins over the path.
    """
    if isinstance(values, dict) and path in values:
        return values[path]
    for part in path.split("."):
        if isinstance(values, dict) and part in values:
            values = values[part]
        elif isinstance(values, list) and _is_index(part, values):
            values = values[int(part)]
        else:
            return missing
    return values


def mask(text, secrets=(), limit=300) -> str:
    """A text that can be shown: no secrets, no user info, no query strings.

    :param limit: characters kept
    """
    text = clean(text)
    forms = {form for secret in secrets for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = re.sub(re.escape(form), MASK, text, flags=re.IGNORECASE)
    # Each expression looks at a character once: the other side may send megabytes.
    text = re.sub(r"://[^/\s@]*@", f"://{MASK}@", text)
    text = re.sub(r"[^\s'\"]+", _hide_query, text)
    text = re.sub(r"(?i)\b(password|passwd|bearer)([=: ]+)\S+", rf"\1\2{MASK}", text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _hide_query(word: re.Match) -> str:
    """A word as it is, but for the query string of an address."""
    text = word.group()
    query = text.find("?", text.find("://") + 3) if "://" in text else -1
    if query < 0:
        return text
    end = text.find(")", query)
    return f"{text[:query]}?{MASK}{text[end:] if end >= 0 else ''}"


def _forms(secret: str) -> set[str]:
    """The ways in which a server may repeat a secret that it was sent."""
    raw = {clean(secret), secret.strip(), " ".join(secret.split())}
    raw |= {part for part in secret.split() if len(part) >= SHORTEST_CODE}
    forms = set()
    for text in raw:
        data = text.encode("utf-8", "replace")
        forms |= {
            text,
            repr(text)[1:-1],
            repr(data)[2:-1],
            json.dumps(text)[1:-1],
            json.dumps(text, ensure_ascii=False)[1:-1],
            html.escape(text),
            quote(text, errors="replace"),
            quote(text, safe="", errors="replace"),
            quote_plus(text, errors="replace"),
        }
        codes = {data.hex(), *_base64_forms(data)}
        forms |= {code for code in codes if len(code) >= SHORTEST_CODE}
    return {form for form in forms if form.strip()}


def _base64_forms(data: bytes) -> set[str]:
    """Base64 of the data wherever in a longer text (`user:secret`) it stands.

    Where it does not begin or end with a group of three bytes, the digits at its
    edges depend on its neighbours: they are left out.
    """
    forms = set()
    for before in range(3):
        code = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        if (before + len(data)) % 3:
            code = code[:-1]
        code = code[(0, 2, 3)[before] :]
        forms |= {code, code.replace("+", "-").replace("/", "_")}
    return forms

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""An address that answers with rows in JSON."""

import hashlib
import json
from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .base import Page, Row, resolve
from .errors import _lt, quote
from .http import HttpConnector

MAX_PAGES = 10_000


class JsonConnector(HttpConnector):
    """Reads an endpoint page by page, or from change date to change date.

    Totals and "next" flags of the other side are not believed: reading ends with a
    page that brings nothing new, and a page that comes twice is an error.
    """

    kind = "json"
    label = "JSON Endpoint"
    setting_names = (
        *HttpConnector.setting_names,
        "header_name",
        "header_secret",
        "rows_path",
        "cursor_parameter",
        "page_parameter",
    )
    secret_names = ("header_secret",)
    max_pages = MAX_PAGES

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.count = 0
        self.last = None

    def headers(self):
        name = (self.settings.get("header_name") or "").strip()
        secret = self.settings.get("header_secret") or ""
        return {name: secret.strip()} if name else {}

    def fetch(self, cursor=None):
        if self.settings.get("page_parameter"):
            pages = self._fetch_numbered(cursor)
        elif self.settings.get("cursor_parameter"):
            pages = self._fetch_by_date(cursor)
        else:
            pages = iter([self._request()])
        started, count = datetime.now(timezone.utc).replace(tzinfo=None), 0
        for rows in pages:
            count += 1
            yield self._page(rows)
        # The order of the rows is not known: only now everything was delivered.
        position = self.last
        if self.settings.get("page_parameter") and count > 1 and position:
            # A row that changes while numbered pages are read moves to the end and
            # another one slips onto a page that was read before: read them again.
            position = cursor if position.changed_at >= started else position
        yield Page([], position)

    def reads_all(self, cursor):
        return not self._since(cursor)

    # --- ways of paging -------------------------------------------------------

    def _fetch_numbered(self, cursor):
        name = self.settings["page_parameter"]
        first = dict(parse_qsl(urlsplit(self.settings.get("url") or "").query))
        start = int(first[name]) if first.get(name, "").isdecimal() else 1
        seen = set()
        for number in range(start, start + self.max_pages):
            rows = self._request({**self._since(cursor), name: number})
            if not rows:
                return
            digest = hashlib.sha256(b"".join(map(self._digest, rows))).digest()
            if digest in seen:
                raise self.error(
                    _lt(
                        "%(url)s sends the same page again as page %(page)s; "
                        "check the page parameter."
                    ),
                    url=self.settings["url"],
                    page=number,
                )
            seen.add(digest)
            yield rows
        raise self._endless()

    def _fetch_by_date(self, cursor):
        seen = set()
        for _number in range(self.max_pages):
            rows = self._request(self._since(cursor))
            digests = [self._digest(row) for row in rows]
            fresh = [
                row
                for row, digest in zip(rows, digests, strict=True)
                if digest not in seen
            ]
            if not fresh:
                return
            yield fresh
            newest = self._newest(fresh)
            if not newest or (cursor and newest.changed_at <= cursor.changed_at):
                return  # it cannot be asked for anything later
            cursor, seen = newest, set(digests)
        raise self._endless()

    def _endless(self):
        return self.error(
            _lt("%(url)s never stops sending pages (%(count)s were read)."),
            url=self.settings["url"],
            count=self.max_pages,
        )

    # --- one request ----------------------------------------------------------

    def _since(self, cursor):
        name = self.settings.get("cursor_parameter")
        if not name or not cursor:
            return {}
        return {name: cursor.changed_at.isoformat() + "Z"}

    def _request(self, parameters=None):
        self.check_url(self.settings.get("url"))
        parts = urlsplit(self.settings["url"])
        parameters = parameters or {}
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True)]
        query = [(key, value) for key, value in query if key not in parameters]
        query += parameters.items()
        url = urlunsplit(parts._replace(query=urlencode(query), fragment=""))
        answer = self.get_json("GET", url)
        path = (self.settings.get("rows_path") or "").strip()
        rows = resolve(answer, path) if path else answer
        if rows is None and _has(answer, path):
            rows = []  # null is how some write an empty list
        if not isinstance(rows, list):
            raise self.error(
                _lt("%(url)s has no list of rows at “%(path)s”."), url=url, path=path
            )
        return rows

    def _page(self, rows):
        page = Page()
        for values in rows:
            self.count += 1
            if isinstance(values, dict):
                page.rows.append(Row(self.count, values))
            else:
                error = (_lt("Row %(row)s isn't an object."), {"row": self.count})
                page.rows.append(Row(self.count, {}, error))
        self.last = self._newest(rows, self.last)
        return page

    def _digest(self, row) -> bytes:
        """What a row is recognized by within one reading."""
        try:
            text = json.dumps(row, sort_keys=True, default=str)
        except RecursionError:  # nested too deeply: an error of this row
            text = f"{quote(resolve(row, self.id_field))} {self.changed_at(row)}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

    def _newest(self, rows, newest=None):
        for values in rows:
            found = self.cursor_of(values) if isinstance(values, dict) else None
            if found and (newest is None or _key(found) > _key(newest)):
                newest = found
        return newest


def _has(answer, path) -> bool:
    parent, _dot, key = path.rpartition(".")
    container = resolve(answer, parent) if parent else answer
    return isinstance(container, dict) and key in container


def _key(cursor):
    return cursor.changed_at, cursor.external_id

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""An address that answers with rows in JSON."""

import hashlib
import json
import re
from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import requests

from .base import Cursor, Page, Row, resolve
from .errors import ConnectorError, _lt, quote
from .http import HttpConnector, origin

MAX_PAGES = 10_000
MAX_DEPTH = 20  # of a body that parameters are put into
# How some answer a page after the last one, beside 404.
BEYOND_THE_END = (400, 416, 422)
# What an address calls the size of a page.
SIZE_NAMES = ("limit", "per_page", "page_size")
LINK_STARTS = ("https://", "http://", "/", "?")
# Where answers usually tell the address of the next page.
NEXT_PATHS = ("next", "links.next", "meta.next", "metadata.next", "_links.next.href")


class JsonConnector(HttpConnector):
    """Reads an endpoint page by page, or from change date to change date.

    Totals of the other side are not believed: reading ends with a page that brings
    nothing new, and a page that comes twice before that is an error.
    """

    kind = "json"
    label = "JSON Endpoint"
    sequence = 2
    setting_names = (
        *HttpConnector.setting_names,
        "http_method",
        "body",
        "header_name",
        "header_secret",
        "header_ids",
        "rows_path",
        "cursor_parameter",
        "cursor_format",
        "timezone",
        "paging",
        "page_parameter",
        "next_path",
        "page_size",
    )
    required_names = ("url",)
    secret_names = ("header_secret",)
    max_pages = MAX_PAGES

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.count = 0
        self.last = None
        self.answer = None
        self.answered = {}  # headers of the last answer
        self.place = {}  # where the page after the last one is

    @property
    def secrets(self):
        further = (secret for _name, secret in self.settings.get("header_ids") or ())
        return [*super().secrets, *filter(None, further)]

    def headers(self):
        pairs = [(self.settings.get("header_name"), self.settings.get("header_secret"))]
        pairs += self.settings.get("header_ids") or ()
        return {
            name.strip(): (secret or "").strip()
            for name, secret in pairs
            if name and name.strip()
        }

    @property
    def paging(self) -> str:
        paged = "page" if self.settings.get("page_parameter") else "none"
        return self.settings.get("paging") or paged

    def fetch(self, cursor=None):
        ways = {
            "page": self._fetch_numbered,
            "offset": self._fetch_numbered,
            "next": self._fetch_linked,
        }
        by_date = self.settings.get("cursor_parameter")
        pages = ways.get(
            self.paging, self._fetch_by_date if by_date else self._fetch_once
        )
        started, count = self._begin()
        for rows in pages(cursor):
            count += 1
            page = self._page(rows)
            page.resume = self._prepare_resume(started, count)
            yield page
        # The order of the rows is not known: only now everything was delivered.
        position = self.last
        if self.paging in ways and count > 1 and position:
            # A row that changes while numbered pages are read moves to the end and
            # another one slips onto a page that was read before: read them again.
            position = cursor if position.changed_at >= started else position
        yield Page([], position)

    def reads_all(self, cursor):
        return not self._since(cursor)

    def _begin(self):
        """When the reading started, and how many pages were read by now."""
        resume = self.resume
        if not resume:
            return datetime.now(timezone.utc).replace(tzinfo=None), 0
        if resume["newest"]:
            self.last = _read_cursor(resume["newest"])
        self.count = resume["rows"]
        return datetime.fromisoformat(resume["started"]), resume["pages"]

    def _prepare_resume(self, started, count):
        """What a later reading needs to go on after the last page."""
        return self.place and {
            "started": started.isoformat(),
            "pages": count,
            "rows": self.count,
            "newest": self.last and _write_cursor(self.last),
            "place": self.place,
        }

    # --- ways of paging -------------------------------------------------------

    def _fetch_once(self, _cursor):
        rows = self._request()
        yield rows
        url, size = self.settings["url"], self._page_size()
        if size and len(rows) >= size:
            raise self.error(
                _lt(
                    "%(url)s sent %(count)s rows, a full page: choose on the connected "
                    "system how it pages, or there may be rows that are never read."
                ),
                url=url,
                count=len(rows),
            )
        if rows and self._has_next():
            raise self.error(
                _lt(
                    "%(url)s sent %(count)s rows and tells where more of them are: "
                    "choose “Next link or mark” as the paging of the connected system."
                ),
                url=url,
                count=len(rows),
            )

    def _fetch_numbered(self, cursor):
        """Pages by number or by offset, until one is empty, missing or known."""
        name = self._page_parameter()
        place = self.resume.get("place") or {}
        number = place.get("number", self._first_number(name))
        size = int(self.settings.get("page_size") or 0)
        seen, sizes = dict.fromkeys(place.get("seen", ())), place.get("sizes", [])
        last = next(reversed(seen), None)
        for _page in range(self.resume.get("pages", 0), self.max_pages):
            try:
                rows = self._request({**self._since(cursor), name: number})
            except ConnectorError as error:
                if error.code == 404 and seen:
                    return  # how some say that there is no such page
                is_last = sizes[1:] and sizes[1] < sizes[0]
                if is_last and error.code in BEYOND_THE_END:
                    return
                raise
            if not rows:
                return
            digest = _short_digest(b"".join(map(self._digest, rows)))
            if digest in seen:
                # Some send their last page again and again.
                if digest == last and (len(seen) > 1 or len(rows) < size):
                    return
                raise self._repeated(number)
            seen[digest] = last = digest
            sizes = [*sizes[-1:], len(rows)]
            # What was sent is counted, whatever page size was asked for.
            number += len(rows) if self.paging == "offset" else 1
            self.place = {"number": number, "sizes": sizes, "seen": list(seen)}
            yield rows
        raise self._endless()

    def _fetch_linked(self, cursor):
        """From each page to the one it names, by an address or by a mark."""
        place = self.resume.get("place") or {}
        target, seen = place.get("target", ""), place.get("seen", [])
        for _page in range(self.resume.get("pages", 0), self.max_pages):
            rows = self._request(*self._get_linked(target, cursor))
            target = self._next()
            digest = _short_digest(target.encode("utf-8", "replace"))
            is_last = not target or digest in seen
            seen = [*seen, digest]
            self.place = {} if is_last else {"target": target, "seen": seen}
            if rows:
                yield rows
            if is_last:
                return
        raise self._endless()

    def _get_linked(self, target, cursor):
        """The parameters and the address of a page; without a target, the first."""
        if target.startswith(LINK_STARTS):
            return {}, self._linked(target)
        mark = {self._page_parameter(): target} if target else {}
        return {**self._since(cursor), **mark}, None

    def _next(self) -> str:
        """Where the page after the last answer is, "" if there is none."""
        path = (self.settings.get("next_path") or "").strip()
        if path.lower().startswith("header:"):
            return (self.answered.get(path[7:].strip()) or "").strip()
        if path:
            target = resolve(self.answer, path)
            if isinstance(target, str):
                return target.strip()
            is_mark = isinstance(target, int) and not isinstance(target, bool)
            return quote(target) if is_mark else ""
        links = requests.utils.parse_header_links(self.answered.get("Link", ""))
        return next((link["url"] for link in links if link.get("rel") == "next"), "")

    def _has_next(self) -> bool:
        if self._next():
            return True
        found = (resolve(self.answer, path) for path in NEXT_PATHS)
        return any(isinstance(link, str) and "/" in link for link in found)

    def _linked(self, target) -> str:
        """The address of the next page, which must be of the same origin."""
        base = self.settings["url"]
        try:
            url = urljoin(base, target)
            same = origin(url) == origin(base)
        except ValueError:
            same = False
        if not same:
            raise self.error(
                _lt("%(url)s names a next page at another address (%(target)s)."),
                url=base,
                target=target,
            )
        return url

    def _page_parameter(self) -> str:
        name = (self.settings.get("page_parameter") or "").strip()
        if not name:
            raise self.error(
                _lt("Enter the name of the parameter that carries the page.")
            )
        return name

    def _first_number(self, name) -> int:
        query = dict(parse_qsl(urlsplit(self.settings.get("url") or "").query))
        first = query.get(name) or resolve(self._body(), name)
        if str(first).isdecimal():
            return int(first)
        return 1 if self.paging == "page" else 0

    def _page_size(self) -> int:
        """How many rows a page has: as entered, or as the address asks for."""
        size = int(self.settings.get("page_size") or 0)
        query = dict(parse_qsl(urlsplit(self.settings["url"]).query))
        told = (query.get(name, "") for name in SIZE_NAMES)
        return size or next((int(t) for t in told if re.fullmatch(r"[0-9]{1,9}", t)), 0)

    def _repeated(self, number):
        return self.error(
            _lt(
                "%(url)s sends the same page again as page %(page)s; check the page "
                "parameter, or enter the page size if there is just one page."
            ),
            url=self.settings["url"],
            page=number,
        )

    def _fetch_by_date(self, cursor):
        seen = set()
        if place := self.resume.get("place"):
            cursor = _read_cursor(place["after"])
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
            newest = self._newest(fresh)
            is_last = not newest or cursor and newest.changed_at <= cursor.changed_at
            self.place = {} if is_last else {"after": _write_cursor(newest)}
            yield fresh
            if is_last:
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
        return {name: self._write_moment(cursor.changed_at)}

    def _write_moment(self, moment):
        """A moment as the other side reads it."""
        kind = self.settings.get("cursor_format") or "utc"
        utc = moment.replace(tzinfo=timezone.utc)
        if kind in ("seconds", "milliseconds"):
            return int(utc.timestamp() * (1000 if kind == "milliseconds" else 1))
        if kind == "utc":
            return moment.isoformat() + "Z"
        local = utc.astimezone(ZoneInfo(self.settings.get("timezone") or "UTC"))
        if kind == "date":
            return local.date().isoformat()
        return local.replace(tzinfo=None).isoformat(timespec="seconds")

    def _body(self):
        """The body to send, as JSON; none with a GET."""
        text = (self.settings.get("body") or "").strip()
        if self.settings.get("http_method") != "post":
            return None
        try:
            body = json.loads(text or "{}")
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise self.error(
                _lt("The body “%(body)s” isn't a JSON object."), body=text[:80]
            )
        return body

    def _request(self, parameters=None, url=None):
        self.check_url(url or self.settings.get("url"))
        parts = urlsplit(url or self.settings["url"])
        parameters = parameters or {}
        body = self._body()
        if body is None:
            query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True)]
            query = [(key, value) for key, value in query if key not in parameters]
            query += parameters.items()
            parts = parts._replace(query=urlencode(query))
            answer = self.get_json("GET", urlunsplit(parts._replace(fragment="")))
        else:
            for path, value in parameters.items():
                _put(body, path.split(".", MAX_DEPTH), value)
            url = urlunsplit(parts._replace(fragment=""))
            answer = self.get_json("POST", url, json=body)
        self.answer = answer
        return self._rows_of(answer, urlunsplit(parts))

    def open(self, method, url, **kwargs):
        response = super().open(method, url, **kwargs)
        self.answered = response.headers
        return response

    def _rows_of(self, answer, url):
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
            key = self.id_field and resolve(row, self.id_field)
            text = f"{quote(key)} {self.changed_at(row)}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

    def _newest(self, rows, newest=None):
        for values in rows:
            found = self.cursor_of(values) if isinstance(values, dict) else None
            if found and (newest is None or _key(found) > _key(newest)):
                newest = found
        return newest


def _short_digest(data) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _write_cursor(cursor):
    return [cursor.changed_at.isoformat(), cursor.external_id]


def _read_cursor(pair):
    return Cursor(datetime.fromisoformat(pair[0]), pair[1])


def _put(body, path, value):
    """Set a value of nested objects, which come into being where they are not."""
    for part in path[:-1]:
        inner = body.get(part)
        body[part] = inner if isinstance(inner, dict) else {}
        body = body[part]
    body[path[-1]] = value


def _has(answer, path) -> bool:
    parent, _dot, key = path.rpartition(".")
    container = resolve(answer, parent) if parent else answer
    return isinstance(container, dict) and key in container


def _key(cursor):
    return cursor.changed_at, cursor.external_id

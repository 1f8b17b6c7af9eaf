# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Another Odoo 19, read through its JSON-2 API with an API key."""

import ast
import json
from datetime import datetime, timedelta

from .base import Cursor, Page, Row, resolve
from .errors import _lt
from .http import HttpConnector

DATETIME = "%Y-%m-%d %H:%M:%S"
DATE = "%Y-%m-%d"


class OdooConnector(HttpConnector):
    """Reads one model of another Odoo in the order (change date, id).

    The API tells change dates by the second while the database keeps microseconds,
    and a row that changes while it is read moves to the end. So neither offsets
    nor "after this date" are safe: whole seconds are read, and the rows of one
    second by id.
    """

    kind = "odoo"
    label = "Odoo"
    sequence = 1
    ordered = True
    overlap_minutes = 5
    setting_names = (
        *HttpConnector.setting_names,
        "api_key",
        "database",
        "model_name",
        "domain",
    )
    required_names = ("url", "model_name")
    secret_names = ("api_key",)
    page_size = 500

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.changed_field = self.changed_field or "write_date"
        self.count = 0

    def headers(self):
        key = (self.settings.get("api_key") or "").strip()
        headers = {"Authorization": f"bearer {key}"}
        if self.settings.get("database"):
            headers["X-Odoo-Database"] = self.settings["database"]
        return headers

    def fetch(self, cursor=None):
        if self.changed_field != "write_date":
            # Rows that have no change date at all sort nowhere: read them first.
            yield from self._read_by_id([(self.changed_field, "=", False)])
        since = self._text(cursor.changed_at) if cursor else None
        after = None
        while True:
            domain = [(self.changed_field, ">=", since)] if since else []
            if not since and self.changed_field != "write_date":
                domain = [(self.changed_field, "!=", False)]
            records = self._search(domain, f"{self.changed_field} asc, id asc")
            if len(records) < self.page_size:
                if records:
                    yield self._page(records)
                return
            last = self._stamp(records[-1])
            if not last or (after and last < after):
                raise self._not_odoo()  # it would send the same rows for ever
            head = [record for record in records if self._stamp(record) < last]
            if head:
                yield self._page(head)
            after = self._next(last)
            second = [(self.changed_field, ">=", last)]
            if after:
                second.append((self.changed_field, "<", after))
            yield from self._read_by_id(second)
            if not after:
                return
            since = after

    def _read_by_id(self, domain):
        last_id = 0
        while True:
            records = self._search([*domain, ("id", ">", last_id)], "id asc")
            if records and records[-1]["id"] <= last_id:
                raise self._not_odoo()
            if records:
                yield self._page(records)
            if len(records) < self.page_size:
                return
            last_id = records[-1]["id"]

    def _page(self, records):
        rows = []
        for record in records:
            self.count += 1
            rows.append(Row(self.count, record))
        stamp = self._stamp(records[-1])
        position = None
        if stamp:
            position = Cursor(_moment(stamp), str(records[-1]["id"]))
        return Page(rows, position)

    # --- dates as Odoo tells them ---------------------------------------------

    def _stamp(self, record) -> str:
        return resolve(record, self.changed_field) or ""

    def _next(self, stamp) -> str | None:
        """The next day or second after a date; None after the last there is."""
        try:
            if len(stamp) == 10:
                return (_moment(stamp) + timedelta(days=1)).strftime(DATE)
            return (_moment(stamp) + timedelta(seconds=1)).strftime(DATETIME)
        except OverflowError:
            return None

    def _text(self, moment) -> str:
        return moment.replace(microsecond=0).strftime(DATETIME)

    # --- the API --------------------------------------------------------------

    def _search(self, domain, order):
        model = self.settings.get("model_name") or ""
        base = (self.settings.get("url") or "").rstrip("/")
        answer = self.get_json(
            "POST",
            f"{base}/json/2/{model}/web_search_read",
            json={
                "domain": [*self._filter(), *domain],
                "specification": self._specification(),
                "order": order,
                "limit": self.page_size,
                "count_limit": self.page_size,
                "context": {"active_test": False},
            },
        )
        records = answer.get("records") if isinstance(answer, dict) else None
        if not isinstance(records, list) or not all(map(self._is_record, records)):
            raise self._not_odoo()
        return records

    def _not_odoo(self):
        base = (self.settings.get("url") or "").rstrip("/")
        return self.error(_lt("%(url)s did not answer like an Odoo server."), url=base)

    def _is_record(self, record) -> bool:
        """Whether a row has what reading goes by: an id and a date, if any."""
        if not isinstance(record, dict) or not isinstance(record.get("id"), int):
            return False
        stamp = self._stamp(record)
        try:
            return not stamp or bool(_moment(stamp))
        except (TypeError, ValueError):
            return False

    def _filter(self):
        text = (self.settings.get("domain") or "[]").strip()
        try:
            domain = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            domain = None
        if not isinstance(domain, (list, tuple)):
            raise self.error(_lt("“%(domain)s” isn't a valid domain."), domain=text)
        return list(domain)

    def _specification(self):
        """The wanted fields as web_search_read takes them: dots become nests."""
        specification = {}
        for path in {*self.fields, "id", self.changed_field}:
            node = specification
            parts = path.split(".")
            for part in parts[:-1]:
                node = node.setdefault(part, {}).setdefault("fields", {})
            node.setdefault(parts[-1], {})
        specification.pop("id", None)
        return specification

    def _error_detail(self, body):
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        return str(answer.get("message") or "") if isinstance(answer, dict) else ""


def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, DATE if len(stamp) == 10 else DATETIME)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Endpoints as they page: by number, offset, link or mark, and what ends them."""

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from itertools import islice
from unittest.mock import patch

from odoo.tests import tagged

from ...connectors import Cursor
from ...connectors.deadline import Deadline
from ...connectors.http import _seconds
from ..support.peers import http_peer
from ..support.sync import SECRET, JsonCase, rows_of


def sent(handler, rows, headers=None, **more):
    handler.send({"data": {"items": rows}, **more}, headers=headers or {})


@tagged("post_install", "-at_install")
class TestPaging(JsonCase):
    def read(self, script, **settings):
        """The ids that were read, and the requests for them."""
        with http_peer(script) as peer:
            connector = self.connector(peer.url, **settings)
            return self.read_ids(connector), list(peer.requests)

    def refusal(self, script, **settings):
        with http_peer(script) as peer:
            return self.refused(self.connector(peer.url, **settings))

    def test_page_after_the_last_is_missing(self):
        rows = rows_of(4)

        def script(handler, request):
            start = 2 * (int(request.query["page"]) - 1)
            if start >= len(rows):
                return handler.send(b"{}", status=404)
            return sent(handler, rows[start : start + 2])

        ids, _requests = self.read(script, page_parameter="page")
        self.assertEqual(ids, [1, 2, 3, 4])
        rows.clear()
        self.assertIn("404", self.refusal(script, page_parameter="page"))

    def test_reading_goes_on_where_it_was_interrupted(self):
        """After any page of any paging: nothing is lost, and little asked for again."""
        rows = rows_of(7)

        def script(handler, request):
            query = request.query
            start = int(query.get("offset") or 0) or 2 * (int(query.get("page", 1)) - 1)
            if query.get("since"):
                later = [row for row in rows if f"{row['changed']}Z" >= query["since"]]
                return sent(handler, later[:2])
            if start >= len(rows):
                return handler.send(b"{}", status=404)
            after = f"?page={start // 2 + 2}" if start + 2 < len(rows) else None
            return sent(handler, rows[start : start + 2], next=after)

        for settings in (
            {"page_parameter": "page"},
            {"page_parameter": "offset", "paging": "offset"},
            {"paging": "next", "next_path": "next"},
            {"cursor_parameter": "since"},
        ):
            for interrupted in range(1, 5):
                with self.subTest(settings, after=interrupted), http_peer(script) as p:
                    first = self.connector(p.url, **settings)
                    pages = list(islice(first.fetch(), interrupted))
                    second = self.connector(p.url, **settings)
                    second.resume = json.loads(json.dumps(pages[-1].resume)) or {}
                    rest = list(second.fetch()) if second.resume else []
                    found = [row for page in pages + rest for row in page.rows]
                    ids = [row.values["id"] for row in found]
                    self.assertEqual(sorted({*ids}), list(range(1, 8)))
                    self.assertLessEqual(len(ids), 8 + 4 * ("since" in str(settings)))
                    if rest:
                        self.assertEqual(rest[-1].position.external_id, "7")

    def test_page_after_a_short_one_is_refused(self):
        rows, statuses = rows_of(3), []

        def script(handler, request):
            start = 2 * (int(request.query["page"]) - 1)
            if start >= len(rows):
                return handler.send(b"{}", status=statuses[-1])
            return sent(handler, rows[start : start + 2])

        for status in (400, 416, 422):
            statuses.append(status)
            ids, _requests = self.read(script, page_parameter="page")
            self.assertEqual(ids, [1, 2, 3])
        rows.append({**rows[0], "id": 4})
        self.assertIn("422", self.refusal(script, page_parameter="page"))
        del rows[1:]
        self.assertIn("422", self.refusal(script, page_parameter="page"))
        rows.extend(rows_of(3)[1:])
        statuses.append(500)
        self.assertIn("500", self.refusal(script, page_parameter="page"))

    def test_full_page_by_the_size_in_the_address(self):
        def script(handler, request):
            sent(handler, rows_of(2))

        for name in ("limit", "per_page", "page_size"):
            with http_peer(script) as peer:
                full = self.connector(f"{peer.url}/rows?{name}=2")
                self.assertIn("a full page", self.refused(full))
                for query in (f"{name}=3", f"{name}=", f"{name}=x", f"{name}=0"):
                    part = self.connector(f"{peer.url}/rows?{query}")
                    self.assertEqual(self.read_ids(part), [1, 2], query)

    def test_short_pauses_are_waited_out(self):
        answers = []

        def script(handler, request):
            if answers:
                handler.send(b"", status=429, headers={"Retry-After": answers.pop()})
            else:
                sent(handler, rows_of(2))

        answers[:] = ["1", "0"]
        ids, requests = self.read(script)
        self.assertEqual((ids, len(requests)), ([1, 2], 3))
        with http_peer(script) as peer:
            connector = self.connector(peer.url)
            connector.deadline = 5  # shorter than the pause
            answers[:] = ["20"]
            self.assertIn("429", self.refused(connector))
        answers[:] = ["31"]
        self.assertIn("429", self.refusal(script))
        answers[:] = ["0"] * 6
        with patch.object(Deadline, "wait", lambda end, seconds: True):
            self.assertIn("429", self.refusal(script))

    def test_last_page_is_repeated(self):
        rows = rows_of(3)

        def script(handler, request):
            start = 2 * (min(int(request.query["page"]), 2) - 1)
            sent(handler, rows[start : start + 2])

        self.assertEqual(self.read(script, page_parameter="page")[0], [1, 2, 3])

    def test_only_page_is_repeated(self):
        def script(handler, request):
            sent(handler, rows_of(2))

        told = self.refusal(script, page_parameter="page")
        self.assertIn("same page again", told)
        ids, _requests = self.read(script, page_parameter="page", page_size=50)
        self.assertEqual(ids, [1, 2])

    def test_offset_counts_what_was_sent(self):
        """Whatever size is asked for, the other side sends two rows at most."""
        rows = rows_of(5)

        def script(handler, request):
            start = int(request.query["offset"])
            sent(handler, rows[start : start + 2])

        ids, _requests = self.read(
            script, paging="offset", page_parameter="offset", page_size=100
        )
        self.assertEqual(ids, [1, 2, 3, 4, 5])

    def test_next_link_in_the_answer(self):
        rows = rows_of(5)

        def script(handler, request):
            start = int(request.query.get("from", 0))
            more = start + 2 < len(rows)
            link = f"{request.path}?from={start + 2}" if more else None
            sent(handler, rows[start : start + 2], meta={"next": link})

        ids, _requests = self.read(script, paging="next", next_path="meta.next")
        self.assertEqual(ids, [1, 2, 3, 4, 5])
        self.assertIn("“Next link or mark”", self.refusal(script))

    def test_next_link_in_a_header(self):
        def script(handler, request):
            is_last = request.query.get("p") == "2"
            headers = {} if is_last else {"Link": '<?p=2>; rel="next"'}
            sent(handler, rows_of(1, 2 if is_last else 1), headers)

        self.assertEqual(self.read(script, paging="next")[0], [1, 2])

    def test_next_mark(self):
        def script(handler, request):
            mark = request.query.get("cursor")
            sent(handler, rows_of(1, 2 if mark else 1), mark=None if mark else "ab=")

        settings = {"paging": "next", "next_path": "mark", "page_parameter": "cursor"}
        self.assertEqual(self.read(script, **settings)[0], [1, 2])
        settings.pop("page_parameter")
        self.assertIn("name of the parameter", self.refusal(script, **settings))

    def test_next_link_leads_nowhere_else(self):
        """Whatever way it is written, secrets go to nobody else."""
        links = (
            "https://elsewhere.test/rows",
            "//elsewhere.test/rows",
            "http://127.0.0.1:1/rows",
            "http://127.0.0.1@elsewhere.test/rows",
            "http://169.254.169.254/latest",
            "http://[::1/rows",
            "https://127.0.0.1:99999999/rows",
        )
        for link in links:

            def script(handler, request, link=link):
                sent(handler, rows_of(1), next=link)

            told = self.refusal(script, paging="next", next_path="next")
            self.assertIn("another address", told, link)

    def test_mark_that_is_an_odd_value(self):
        for mark in (
            "javascript:1",
            "HTTPS://elsewhere.test",
            "\\\\elsewhere",
            "1" * 9000,
        ):

            def script(handler, request, mark=mark):
                more = {} if request.query.get("mark") else {"next": mark}
                sent(handler, rows_of(1), **more)

            settings = {"paging": "next", "next_path": "next", "page_parameter": "mark"}
            ids, requests = self.read(script, **settings)
            self.assertEqual((set(ids), len(requests)), ({1}, 2), mark)
            self.assertEqual(requests[1].query["mark"], mark, "a value, no address")

    def test_paths_without_end(self):
        """Settings that name more levels than anything has."""

        def script(handler, request):
            sent(handler, rows_of(1) if request.path == "/" else [])

        deep = ".".join("a" * 5000)
        settings = {"http_method": "post", "body": "{}", "page_parameter": deep}
        self.assertIn("the same page", self.refusal(script, **settings))
        long = "data.items." + "9" * 5000
        self.assertIn("no list of rows", self.refusal(script, rows_path=long))

    def test_link_that_comes_again_ends(self):
        def script(handler, request):
            sent(handler, rows_of(1), next="/?p=2")

        ids, requests = self.read(script, paging="next", next_path="next")
        self.assertEqual((set(ids), len(requests)), ({1}, 2))

    def test_full_page_without_paging_is_told(self):
        def script(handler, request):
            sent(handler, rows_of(3))

        self.assertIn("3 rows, a full page", self.refusal(script, page_size=3))
        self.assertEqual(self.read(script, page_size=4)[0], [1, 2, 3])

    def test_report_that_wants_a_body(self):
        rows = rows_of(3)

        def script(handler, request):
            start = 2 * (json.loads(request.body)["filter"]["page"] - 1)
            sent(handler, rows[start : start + 2])

        ids, requests = self.read(
            script,
            http_method="post",
            body='{"filter": {"size": 2}}',
            page_parameter="filter.page",
        )
        self.assertEqual(ids, [1, 2, 3])
        self.assertEqual({request.method for request in requests}, {"POST"})
        self.assertEqual(json.loads(requests[0].body)["filter"], {"size": 2, "page": 1})
        told = self.refusal(script, http_method="post", body="[1")
        self.assertIn("isn't a JSON object", told)

    def test_several_headers_and_none_of_them_is_told(self):
        def script(handler, request):
            handler.send(b"bad " + SECRET.encode(), status=403)

        with http_peer(script) as peer:
            connector = self.connector(
                peer.url,
                header_name="X-User",
                header_secret="ada",
                header_ids=[("X-Token", SECRET), ("", "x")],
            )
            self.refused(connector)
            sent_headers = peer.requests[0].headers
        self.assertEqual(sent_headers["X-User"], "ada")
        self.assertEqual(sent_headers["X-Token"], SECRET)
        self.assertIn(SECRET, connector.secrets)

    def test_pause_that_was_asked_for(self):
        later = datetime.now(timezone.utc) + timedelta(minutes=5)
        self.assertEqual(_seconds("120"), 120)
        self.assertAlmostEqual(_seconds(format_datetime(later, True)), 300, delta=10)
        for text in ("", "soon", "-5", "Thu, 01 Jan 1970 00:00:00 GMT", "9" * 50):
            self.assertLessEqual(_seconds(text), 86400)

    def test_last_change_as_the_other_side_reads_it(self):
        cursor = Cursor(datetime(2026, 1, 31, 23, 30), "1")
        table = {
            "utc": "2026-01-31T23:30:00Z",
            "local": "2026-02-01T00:30:00",
            "date": "2026-02-01",
            "seconds": "1769902200",
            "milliseconds": "1769902200000",
        }
        for kind, text in table.items():
            with self.subTest(kind=kind), http_peer(lambda h, r: sent(h, [])) as peer:
                connector = self.connector(
                    peer.url,
                    cursor_parameter="since",
                    cursor_format=kind,
                    timezone="Europe/Berlin",
                )
                self.read_ids(connector, cursor)
                self.assertEqual(peer.requests[0].query["since"], text)

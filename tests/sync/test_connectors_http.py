# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""JSON endpoints: paging, lying peers and refusals, against real servers."""

import gzip
import threading
from datetime import datetime
from unittest.mock import patch

from odoo.tests import tagged

from ...connectors import ConnectorError, Cursor
from ..support.peers import http_peer, json_rows
from ..support.sync import SECRET, JsonCase, rows_of


@tagged("post_install", "-at_install")
class TestJsonPaging(JsonCase):
    def test_one_request_without_parameters(self):
        with http_peer(json_rows(rows_of(7))) as peer:
            self.assertEqual(self.read_ids(self.connector(peer.url)), list(range(1, 8)))
            self.assertEqual(len(peer.requests), 1)
            self.assertEqual(peer.requests[0].headers["X-Secret"], SECRET)

    def test_numbered_pages_end_with_an_empty_one(self):
        with http_peer(json_rows(rows_of(25), page_size=10)) as peer:
            connector = self.connector(peer.url, page_parameter="page")
            self.assertEqual(self.read_ids(connector), list(range(1, 26)))
            self.assertEqual([r.query["page"] for r in peer.requests], list("1234"))

    def test_page_number_of_the_address_is_where_counting_starts(self):
        def script(handler, request):
            pages = {"0": rows_of(2), "1": rows_of(2, 3)}
            handler.send({"data": {"items": pages.get(request.query["page"], [])}})

        with http_peer(script) as peer:
            connector = self.connector(f"{peer.url}/?page=0", page_parameter="page")
            self.assertEqual(self.read_ids(connector), [1, 2, 3, 4])

    def test_by_change_date_reads_ties_again_and_stops(self):
        rows = rows_of(9)
        rows[2]["changed"] = rows[3]["changed"] = rows[4]["changed"]

        def script(handler, request):
            since = request.query.get("since", "").rstrip("Z")
            handler.send(
                {"data": {"items": [r for r in rows if r["changed"] >= since][:4]}}
            )

        with http_peer(script) as peer:
            connector = self.connector(peer.url, cursor_parameter="since")
            self.assertEqual(sorted(self.read_ids(connector)), list(range(1, 10)))

    def test_cursor_is_sent_as_utc_with_everything_of_that_moment(self):
        with http_peer(json_rows(rows_of(5))) as peer:
            connector = self.connector(
                peer.url, cursor_parameter="since", page_parameter="page"
            )
            cursor = Cursor(datetime(2026, 3, 1, 10, 0, 4), "4")
            with patch.dict(connector.settings, page_parameter=""):
                self.assertEqual(self.read_ids(connector, cursor), [4, 5])
            self.assertEqual(peer.requests[0].query["since"], "2026-03-01T10:00:04Z")

    def test_position_is_known_only_when_everything_was_delivered(self):
        with http_peer(json_rows(rows_of(25), page_size=10)) as peer:
            connector = self.connector(peer.url, page_parameter="page")
            positions = [page.position for page in connector.fetch()]
        self.assertEqual(positions[:-1], [None] * 3)
        self.assertEqual(positions[-1].changed_at, datetime(2026, 3, 1, 10, 0, 25))

    def test_position_stays_when_rows_move_while_numbered_pages_are_read(self):
        moved = [*rows_of(11), {"id": 99, "changed": "2199-01-01T00:00:00"}]
        with http_peer(json_rows(moved, page_size=10)) as peer:
            connector = self.connector(peer.url, page_parameter="page")
            self.assertIsNone([page.position for page in connector.fetch()][-1])

    def test_total_that_lies_is_not_believed(self):
        def script(handler, request):
            items = rows_of(3) if request.query["page"] == "1" else []
            handler.send({"data": {"items": items, "total": 10**9, "next": True}})

        with http_peer(script) as peer:
            connector = self.connector(peer.url, page_parameter="page")
            self.assertEqual(self.read_ids(connector), [1, 2, 3])

    def test_null_is_an_empty_list_and_a_missing_key_is_refused(self):
        with http_peer(lambda h, r: h.send({"data": {"items": None}})) as peer:
            self.assertEqual(self.read_ids(self.connector(peer.url)), [])
        with http_peer(lambda h, r: h.send({"data": {}})) as peer:
            self.assertIn("“data.items”", self.refused(self.connector(peer.url)))

    def test_row_that_is_no_object_is_one_bad_row(self):
        items = [{"id": 1}, "nonsense", {"id": 3}]
        with http_peer(lambda h, r: h.send({"data": {"items": items}})) as peer:
            pages = list(self.connector(peer.url).fetch())
        self.assertEqual([bool(row.error) for row in pages[0].rows], [0, 1, 0])


@tagged("post_install", "-at_install")
class TestJsonRefusals(JsonCase):
    def test_same_page_for_ever(self):
        with http_peer(json_rows(rows_of(3))) as peer:
            connector = self.connector(peer.url, page_parameter="p")
            self.assertIn("same page again as page 2", self.refused(connector))

    def test_new_pages_for_ever(self):
        def script(handler, request):
            handler.send({"data": {"items": rows_of(1, int(request.query["page"]))}})

        with http_peer(script) as peer:
            connector = self.connector(peer.url, page_parameter="page")
            connector.max_pages = 5
            self.assertIn("never stops sending pages", self.refused(connector))
            self.assertEqual(len(peer.requests), 5)

    def test_connection_that_drops_in_the_middle_of_a_page(self):
        def script(handler, request):
            handler.send(b'{"data": {"items": [{"id": 1},', length=5000)

        with http_peer(script) as peer:
            self.assertIn("broke off", self.refused(self.connector(peer.url)))

    def test_answer_that_is_too_large_is_not_read_to_its_end(self):
        sent = []

        def script(handler, request):
            handler.send_response(200)
            handler.send_header("Content-Length", str(10 * 1024**3))
            handler.end_headers()
            for _number in range(200):
                sent.append(handler.wfile.write(b" " * 65536))

        with http_peer(script) as peer:
            connector = self.connector(peer.url)
            connector.max_json_bytes = 1024**2
            self.assertIn("larger than 1 MB", self.refused(connector))
        self.assertLess(sum(sent), 13 * 1024**2)

    def test_compressed_bomb_counts_unpacked(self):
        bomb = gzip.compress(b"[" + b" " * 8 * 1024**2 + b"]")

        def script(handler, request):
            handler.send(bomb, headers={"Content-Encoding": "gzip"})

        with http_peer(script) as peer:
            connector = self.connector(peer.url)
            connector.max_json_bytes = 1024**2
            self.assertIn("larger than 1 MB", self.refused(connector))

    def test_json_bombs(self):
        bodies = {
            b"[" * 100_000: "nested too deeply",
            b"[" + b"1," * 2_100_000 + b"1]": "too many values",
            b"\xff\xfe": "not JSON",
            b"<html>": "not JSON",
        }
        for body, expected in bodies.items():
            with (
                self.subTest(body=body[:10]),
                http_peer(lambda h, r, body=body: h.send(body)) as peer,
            ):
                self.assertIn(expected, self.refused(self.connector(peer.url)))

    def test_silence_ends_with_the_time_out(self):
        release = threading.Event()
        with http_peer(lambda h, r: release.wait(10)) as peer:
            connector = self.connector(peer.url)
            connector.timeout = 0.3
            self.assertIn("did not answer within 0.3", self.refused(connector))
            release.set()

    def test_nobody_listens(self):
        with http_peer(json_rows([])) as peer:
            url = peer.url
        self.assertIn("cannot be reached", self.refused(self.connector(url)))

    def test_status_and_wish_to_wait(self):
        def script(handler, request):
            handler.send(b"slow down", status=429, headers={"Retry-After": "120"})

        with http_peer(script) as peer, self.assertRaises(ConnectorError) as caught:
            self.read_ids(self.connector(peer.url))
        self.assertIn("429", str(caught.exception))
        self.assertEqual(caught.exception.retry_after, 120)

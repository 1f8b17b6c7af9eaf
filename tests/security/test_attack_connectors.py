# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Attacks of a connected system on the server that reads it."""

import base64
import json
import random
import socket
import string
import threading
import time
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import quote, quote_plus

from odoo.tests import BaseCase, tagged

from ...connectors import ConnectorError, ValueRefused, mask
from ...connectors.alike import understand
from ...connectors.csv_file import MAX_COLUMNS, MAX_LINE, CsvConnector
from ...connectors.durations import read_count
from ...connectors.errors import quote as quoted
from ...connectors.json_endpoint import JsonConnector
from ...connectors.odoo import OdooConnector
from ...connectors.postgresql import PostgresqlConnector
from ...connectors.spans import has_not_ended, read_clock
from ...connectors.values import (
    parse_boolean,
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_end,
    parse_term,
    parse_text,
)
from ...connectors.worklogs import read_logs
from ...connectors.xlsx_file import find_currency
from ..support.peers import http_peer
from ..support.played import LONG, played
from ..support.sync import ConnectorCase

DEADLINE = 0.5  # seconds
SHORT = 0.2  # seconds, where nothing has to arrive in time
PATIENCE = 8  # seconds: a busy machine may be late, no drip is as fast
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

# What the other side drips, a byte at a time, after what it sends at once.
DRIPS = {
    "headers": (b"", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10**6),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 10**4),
    "body of a known length": (
        HEAD + b"Content-Length: 100000\r\n\r\n",
        b"[" + b" " * 10**6,
    ),
    "body until the end": (HEAD + b"Connection: close\r\n\r\n", b"[" + b" " * 10**6),
    "one big chunk": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n",
        b"[" + b" " * 10**6,
    ),
    "many chunks": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        b"1\r\n \r\n" * 10**5,
    ),
    "page of an error": (
        b"HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n",
        b"x" * 10**6,
    ),
    "redirect": (b"HTTP/1.1 302 Oh\r\n", b"Location: /" + b"x" * 10**6),
}


@contextmanager
def drip_peer(at_once, drops, pause=0.02):
    """A server that answers every request with a drip of bytes, for ever."""
    stopped = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while not stopped.is_set():
            try:
                line, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(line,), daemon=True).start()

    def drip(line):
        with line:
            try:
                line.recv(65536)
                line.sendall(at_once)
                for position in range(len(drops)):
                    if stopped.wait(pause):
                        return
                    line.sendall(drops[position : position + 1])
            except OSError:
                pass  # hung up on, as it should be

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopped.set()
        listener.close()


class AttackCase(ConnectorCase):
    """Counts what was tried."""

    def tried(self, what, count):
        self.assertTrue(count)
        played("attacks", f"{type(self).__name__}, {what}", tries=count)

    def refuse_in_time(self, connector):
        self.addCleanup(connector.close)
        start = time.monotonic()
        with self.assertRaises(ConnectorError) as caught:
            for _page in connector.fetch():
                pass
        self.assertLess(time.monotonic() - start, PATIENCE)
        return str(caught.exception)


@tagged("post_install", "-at_install")
class TestAttackSlowness(AttackCase):
    """No drip of the other side holds a worker longer than the deadline."""

    def connectors(self, url):
        names = (["id"], "id")
        return [
            JsonConnector({"url": url}, *names, deadline=SHORT),
            OdooConnector({"url": url, "model_name": "x"}, *names, deadline=SHORT),
            CsvConnector({"url": url}, *names, deadline=SHORT),
        ]

    def test_drips(self):
        count = 0
        for what, (at_once, drops) in DRIPS.items():
            with drip_peer(at_once, drops) as port:
                for connector in self.connectors(f"http://127.0.0.1:{port}/"):
                    with self.subTest(what=what, connector=connector.kind):
                        sentence = self.refuse_in_time(connector)
                        self.assertIn("took longer than 0.2 seconds", sentence)
                        count += 1
        self.tried("drips", count)

    def test_handshake_that_drips(self):
        # The head of a record, whose content then comes byte by byte.
        with drip_peer(b"\x16\x03\x03\x40\x00", b"\x02" * 10**5) as port:
            for connector in self.connectors(f"https://127.0.0.1:{port}/"):
                with self.subTest(connector=connector.kind):
                    sentence = self.refuse_in_time(connector)
                    self.assertIn("took longer than 0.2 seconds", sentence)
        self.tried("handshakes", 3)

    def test_connection_that_is_used_again(self):
        """The first page is fast, the next one drips over the same connection."""
        release = threading.Event()
        self.addCleanup(release.set)

        def script(handler, request):
            if request.query["page"] == "1":
                return handler.send([{"id": 1}])
            handler.send_response(200)
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
            while not release.wait(0.02):
                handler.wfile.write(b" ")
            return None

        with http_peer(script) as peer:
            settings = {"url": peer.url, "page_parameter": "page"}
            connector = JsonConnector(settings, ["id"], "id", deadline=DEADLINE)
            self.assertIn("took longer", self.refuse_in_time(connector))
            self.assertEqual(len(peer.requests), 2)

    def test_chunk_of_a_negative_size(self):
        with drip_peer(HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", b"") as port:
            for connector in self.connectors(f"http://127.0.0.1:{port}/"):
                with self.subTest(connector=connector.kind):
                    self.refuse_in_time(connector)

    def test_time_between_answers_does_not_count(self):
        with http_peer(lambda h, r: h.send([{"id": r.query["page"]}])) as peer:
            settings = {"url": peer.url, "page_parameter": "page"}
            connector = JsonConnector(settings, ["id"], "id", deadline=DEADLINE)
            self.addCleanup(connector.close)
            pages = connector.fetch()
            for number in "12":
                self.assertEqual(next(pages).rows[0].values["id"], number)
                time.sleep(DEADLINE * 1.5)

    def test_database_that_never_answers(self):
        with drip_peer(b"", b"N" * 10**5) as port:
            settings = {
                "host": "127.0.0.1",
                "port": port,
                "user": "other",
                "query": "SELECT 1 AS id",
            }
            connector = PostgresqlConnector(settings, ["id"], "id", deadline=DEADLINE)
            self.refuse_in_time(connector)


@tagged("post_install", "-at_install")
class TestAttackOdoo(AttackCase):
    """A peer that is no Odoo, or answers what nobody asked, ends in a sentence."""

    def play(self, rows):
        with http_peer(lambda handler, _request: handler.send(rows)) as peer:
            settings = {"url": peer.url, "model_name": "x"}
            connector = OdooConnector(settings, ["id"], "id")
            self.addCleanup(connector.close)
            with self.assertRaisesRegex(ConnectorError, "did not answer like an Odoo"):
                for _page in connector.fetch():
                    self.assertLess(len(peer.requests), 10)

    def full_page(self, stamp):
        ids = range(1, OdooConnector.page_size + 1)
        return {"records": [{"id": i, "write_date": stamp(i)} for i in ids]}

    def test_same_page_for_ever(self):
        self.play(self.full_page(lambda i: "2026-01-01 00:00:00"))
        self.play(self.full_page(lambda i: f"2026-01-01 00:00:{i % 60:02}"))

    def test_rows_without_a_date(self):
        self.play(self.full_page(lambda i: False))

    def test_last_second_there_is(self):
        self.play(self.full_page(lambda i: "9999-12-31 23:59:59"))

    def test_last_day_is_read_to_its_end(self):
        def script(handler, request):
            domain = json.loads(request.body)["domain"]
            later = [
                row
                for row in rows
                if all(row["id"] > value for name, _op, value in domain if name == "id")
            ]
            return handler.send({"records": later[: OdooConnector.page_size]})

        rows = self.full_page(lambda i: "9999-12-31 23:59:59")["records"]
        rows.append({"id": len(rows) + 1, "write_date": "9999-12-31 23:59:59"})
        with http_peer(script) as peer:
            settings = {"url": peer.url, "model_name": "x"}
            connector = OdooConnector(settings, ["id"], "id")
            read = self.read_ids(connector)
        self.assertEqual(read, [row["id"] for row in rows])


@tagged("post_install", "-at_install")
class TestAttackSecrets(BaseCase):
    """No way of writing a secret back shows it."""

    SECRETS = (
        "TOPSECRET42\n",
        "  padded-Secret ",
        "pa ss/wörd+&=%\"'<>",
        "line\nbreak-secret",
        "back\\slash'quote",
        "tab\tsecret\x7f",
        "ключ-секрет",
        "0123456789abcdef",
    )

    def echoes(self, secret):
        """What a server, a library or a log writes of a secret it was given."""
        for text in {secret, secret.strip()}:
            data = text.encode()
            yield from (text, text.upper(), f"<{text}>", repr(text), repr(data))
            yield from (json.dumps(text), json.dumps(text, ensure_ascii=False))
            yield from (quote(text), quote(text, safe=""), quote_plus(text))
            yield quote(text, safe="").lower()
            yield data.hex()
            for before in (b"", b"a", b"ab", b"user:", b"me@example.com:"):
                for after in (b"", b"z", b"zz"):
                    code = base64.b64encode(before + data + after).decode()
                    yield from (code, code.rstrip("="))
                    yield base64.urlsafe_b64encode(before + data + after).decode()
            yield f"Invalid header value {data!r}"
            yield f"password={text}"
            yield f"http://u:{quote(text, safe='')}@host/?k={quote_plus(text)}"

    def leaks(self, text, secret):
        """Whether half of a secret, or of its code, can be read from a text."""
        bare = secret.strip()
        forms = [bare, repr(bare)[1:-1], quote(bare, safe=""), bare.encode().hex()]
        forms += [form[: max(len(form) // 2, 6)] for form in forms]
        forms += [form[-max(len(form) // 2, 6) :] for form in forms[:4]]
        for before in range(3):
            code = base64.b64encode(b"\0" * before + bare.encode()).decode()
            forms.append(code.rstrip("=")[4:-4] or code)
        return any(form.casefold() in text.casefold() for form in forms)

    def test_echoes(self):
        count = 0
        for secret in self.SECRETS:
            for echo in self.echoes(secret):
                shown = mask(f"The server said: {echo}!", [secret])
                with self.subTest(secret=secret, echo=echo):
                    self.assertFalse(self.leaks(shown, secret), shown)
                    self.assertTrue(shown.startswith("The server said: "), shown)
                count += 1
        played("attacks", f"{type(self).__name__}, echoes", tries=count)

    def test_megabytes_of_one_word(self):
        """What is masked is looked at once: nothing stops the server meanwhile."""
        start = time.thread_time()
        for piece in ("a", "a://", "http://x?", "://@", "password ", "http://a'"):
            text = mask(piece * (10**6 // len(piece)), ["TOPSECRET42"])
            self.assertLessEqual(len(text), 300)
        self.assertLess(time.thread_time() - start, PATIENCE)

    def test_addresses(self):
        for text, shown in (
            ("see http://u:p@host/a?k=1&b=2 now", "see http://•••@host/a?•••"),
            ("('https://host/?k=1', 3)", "('https://host/?•••', 3)"),
            ("(http://host/a?k=http://b?c)", "(http://host/a?•••)"),
            ("what? http://host/a", "what? http://host/a"),
        ):
            self.assertTrue(mask(text).startswith(shown), mask(text))
            self.assertNotIn("k=1", mask(text))

    def test_header_that_cannot_be_sent(self):
        """The library quotes the header it refuses."""
        secret = "TOPSECRET42\nX-Other: 1"
        settings = {
            "url": "http://127.0.0.1:9/",
            "header_name": "X-Secret",
            "header_secret": secret,
        }
        connector = JsonConnector(settings, ["id"], "id")
        self.addCleanup(connector.close)
        with self.assertRaises(ConnectorError) as caught:
            list(connector.fetch())
        self.assertIn("nvalid", str(caught.exception))
        self.assertNotIn("TOPSECRET42", str(caught.exception))


@tagged("post_install", "-at_install")
class TestAttackFiles(AttackCase):
    """Files that cost more than they hold."""

    def read(self, content):
        connector = CsvConnector({"file": content}, ["id"], "id")
        self.addCleanup(connector.close)
        # Work, and not a wait: whatever else the machine does meanwhile.
        start = time.thread_time()
        try:
            return [row for page in connector.fetch() for row in page.rows]
        except ConnectorError as error:
            return str(error)
        finally:
            self.assertLess(time.thread_time() - start, PATIENCE)

    def test_columns(self):
        for count in (MAX_COLUMNS + 1, 40_000, 150_000):
            header = ",".join(f"c{number}" for number in range(count)).encode()
            self.assertIn("columns", self.read(b"id," + header[: MAX_LINE - 10]))
        self.assertIn("twice", self.read(b"id" + b",id" * 4000))
        self.assertEqual(self.read(b"id" + b",a" * 4000), [])
        most = ",".join(f"c{number}" for number in range(MAX_COLUMNS - 1)).encode()
        self.assertEqual(len(self.read(b"id," + most + b"\n1" + b"," * 4999)), 1)

    def test_file_of_one_line(self):
        self.assertIn("more than 1000000", self.read(b"x" * 60_000_000))
        self.assertIn("more than 1000000", self.read(b'"' + b"\n" * 3_000_000))

    def test_one_line_too_long_is_one_bad_row(self):
        content = b"id,name\n1,a\n2," + b"x" * 3_000_000 + b"\n3,c\n"
        rows = self.read(content)
        self.assertEqual([bool(row.error) for row in rows], [False, True, False])
        self.assertEqual([row.number for row in rows], [2, 3, 4])

    def test_row_of_many_lines_is_not_imported_in_pieces(self):
        cells = ",".join('"\n\n"' for _number in range(300_000))
        rows = self.read(f"id,name\n1,a\n2,{cells}\n3,c\n".encode())
        self.assertIsNone(rows[0].error)
        self.assertTrue(all(row.error for row in rows[1:]))

    def test_wide_rows_make_small_pages(self):
        cell = "x" * 90_000
        content = "id,name\n" + f"1,{cell}\n" * 300
        connector = CsvConnector({"file": content.encode()}, ["id"], "id")
        self.addCleanup(connector.close)
        sizes = [len(page.rows) for page in connector.fetch()]
        self.assertEqual(sum(sizes), 300)
        self.assertLess(max(sizes) * len(cell), 10_000_000)


def arbitrary(rng, depth=0):
    """Any value a file, an answer or a database can hold, odd ones above all."""
    kind = rng.randrange(16 if depth < 3 else 12)
    if kind < 4:
        alphabet = string.printable + "\x00\ud800\udfff\u202e\ufeff٣½①−’\u2028"
        return "".join(rng.choices(alphabet, k=rng.choice((0, 1, 3, 12, 60))))
    if kind == 4:
        return rng.choice(ODD)
    if kind == 5:
        date_like = "0123456789-/. T:+Z\nJanFebAMPM"
        return "".join(rng.choices(date_like, k=rng.randrange(1, 26)))
    if kind == 6:
        return rng.choice("T \n,.-\u00a0") * rng.choice((1, 50, 100_000))
    if kind == 7:
        return rng.choice((0, -1, 10**4000, 2**63, -(10**15), 5e-324, 1e308, 0.1))
    if kind == 8:
        return Decimal(rng.choice(("NaN", "sNaN", "-Infinity", "1e999999", "1e-99999")))
    if kind == 9:
        return rng.choice((date.min, date.max, datetime.min, datetime.max))
    if kind == 10:
        zone = timezone(timedelta(hours=rng.choice((-23, 23))))
        return rng.choice((datetime.min, datetime.max)).replace(tzinfo=zone)
    if kind == 11:
        return rng.choice((None, True, False, b"\xff", object()))
    size = range(rng.randrange(4))
    if kind < 14:
        return [arbitrary(rng, depth + 1) for _number in size]
    return {str(number): arbitrary(rng, depth + 1) for number in size}


def nested(levels):
    value = []
    for _level in range(levels):
        value = [value]
    return value


ODD = (
    "2026-01-01\n12:00",
    "2026-01-01\r",
    "infinity",
    "-infinity",
    "0044-03-15 BC",
    "1e-99999999999999999999",
    "9" * 5000,
    "1" + ",000" * 2000,
    "NaN",
    "x\ud800",
    "\udfff",
    "a\x00b",
    "99999999999999",
    "2026-01-01T99:99:99+99:99",
    "31.12.9999 23:59:59-23:59",
    "00000000000000000000",
    "٣٤",
    "²",
    "1:99999999999999999",
    nested(900),
    nested(5000),
)
PARSERS = {
    "text": parse_text,
    "decimal": parse_decimal,
    "decimal ,": lambda value: parse_decimal(value, ","),
    "boolean": parse_boolean,
    "date": parse_date,
    "date there": lambda value: parse_date(value, "dmy", "Pacific/Kiritimati"),
    "end": parse_end,
    "term": parse_term,
    "count": read_count,
    "clock": read_clock,
    "alike": understand,
    "alike ,": lambda value: understand(value, ",", "dmy"),
    "work logs": read_logs,
    "end of a row": lambda value: has_not_ended({"end": value, "stop": value}),
    "format of a cell": lambda value: find_currency(quoted(value)),
    "moment": parse_datetime,
    "moment there": lambda value: parse_datetime(value, "mdy", "America/Los_Angeles"),
}


@tagged("post_install", "-at_install")
class TestAttackValues(BaseCase):
    """Every value is read or refused, and nothing else happens."""

    def test_any_value(self):
        rng = random.Random(19)
        values = list(ODD)
        values += [arbitrary(rng) for _number in range(20_000 if LONG else 2_000)]
        refused = 0
        for value in values:
            for name, parse in PARSERS.items():
                start = time.thread_time()
                try:
                    found = parse(value)
                except ValueRefused as error:
                    refused += 1
                    str(error).encode()  # can be stored
                except Exception as error:
                    self.fail(f"{name} of {repr(value)[:80]}: {error!r}")
                else:
                    if isinstance(found, str):
                        found.encode()
                self.assertLess(time.thread_time() - start, 1)
        self.assertGreater(refused, len(values))
        played("attacks", type(self).__name__, tries=len(values) * len(PARSERS))

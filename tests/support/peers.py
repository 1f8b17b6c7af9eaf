# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Real local servers the connectors are tested against."""

import datetime
import ipaddress
import json
import ssl
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Request:
    """One request a peer received."""

    def __init__(self, handler):
        parts = urlsplit(handler.path)
        self.method = handler.command
        self.path = parts.path
        self.query = dict(parse_qsl(parts.query))
        self.headers = handler.headers
        size = int(handler.headers.get("Content-Length") or 0)
        self.body = handler.rfile.read(size)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    close_connection = False

    def answer(self):
        request = Request(self)
        self.server.requests.append(request)
        self.server.script(self, request)

    do_GET = do_POST = answer

    def log_message(self, *args):
        """Say nothing: the tests look at the requests themselves."""

    def send(self, body, status=200, kind="application/json", headers=(), length=None):
        """Answer; ``length`` lies about the size of the body."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length or len(body)))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if length and length != len(body):
            self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, script, certificate):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.requests = script, []
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """A client that hangs up early is what many tests are about."""


@contextmanager
def http_peer(script, certificate=None):
    """Run a server whose answers ``script(handler, request)`` writes.

    :return: the server, with ``url`` and the list ``requests``
    """
    server = Server(script, certificate)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def self_signed_certificate():
    """A certificate for 127.0.0.1 nobody vouches for; its file with the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.datetime(2020, 1, 1)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(datetime.datetime(2120, 1, 1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        file.flush()
        yield file.name


def json_rows(rows, page_size=None):
    """A script that serves rows: by page, and from a change date on."""

    def script(handler, request):
        found = rows() if callable(rows) else rows
        since = request.query.get("since", "").rstrip("Z")
        if since:
            found = [row for row in found if row["changed"] >= since]
        if page_size:
            start = (int(request.query.get("page", 1)) - 1) * page_size
            found = found[start : start + page_size]
        handler.send({"data": {"items": found}, "total": 999999})

    return script

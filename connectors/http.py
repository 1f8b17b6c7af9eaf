# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""HTTP as connectors use it: verified, bounded in time and size, no surprises."""

import ipaddress
import json
from contextlib import contextmanager
from datetime import datetime, timezone
from decimal import Decimal
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import requests
from urllib3 import poolmanager

from .base import Connector
from .deadline import Deadline
from .errors import ConnectorError, _lt

TIMEOUT = 30  # seconds without a byte
CONNECT_TIMEOUT = 10  # seconds
MAX_JSON_BYTES = 32 * 1024**2
MAX_FILE_BYTES = 512 * 1024**2
# Brackets and commas: a bound on the Python objects an answer can turn into.
MAX_JSON_ITEMS = 2_000_000
MAX_REDIRECTS = 3
SHORT_WAIT = 30  # seconds of a pause that is waited out
MAX_SHORT_WAITS = 5  # of one request
MAX_WAIT = 86400  # seconds of a pause the other side may ask for
CHUNK = 64 * 1024


class Session(requests.Session):
    """Never looks at where a redirect leads: doing so reads its whole body."""

    def get_redirect_target(self, resp):
        return None


class Adapter(requests.adapters.HTTPAdapter):
    """Shows every connection to ``watch`` before anything is said on it."""

    def __init__(self, watch):
        self.watch = watch
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs)
        self._watch_connections(self.poolmanager)

    def proxy_manager_for(self, *args, **kwargs):
        manager = super().proxy_manager_for(*args, **kwargs)
        self._watch_connections(manager)
        return manager

    def _watch_connections(self, manager):
        pools = poolmanager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {
            scheme: _watched(pool, self.watch) for scheme, pool in pools.items()
        }


def _watched(pool, watch):
    class Connection(pool.ConnectionCls):
        def _new_conn(self):
            line = super()._new_conn()
            watch(line)
            return line

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})


class NoNetrc(requests.auth.AuthBase):
    """Keeps requests from sending credentials of the machine's own netrc file."""

    def __call__(self, request):
        return request


def is_loopback(host: str | None) -> bool:
    """Whether a host name means this very machine."""
    if (host or "").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_link_local(host: str) -> bool:
    """Whether an address means the machine's own surroundings.

    There cloud services answer, with credentials of the machine too.
    """
    address = ipaddress.ip_address(host.partition("%")[0])
    return (getattr(address, "ipv4_mapped", None) or address).is_link_local


def origin(url: str) -> tuple:
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default


class HttpConnector(Connector):
    """Base of the connectors that speak HTTP."""

    setting_names = ("url", "allow_insecure")
    timeout = TIMEOUT
    max_json_bytes = MAX_JSON_BYTES
    max_file_bytes = MAX_FILE_BYTES
    max_json_items = MAX_JSON_ITEMS

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.end = Deadline()
        self.session = Session()
        self.session.auth = NoNetrc()
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, Adapter(self._watch))

    def close(self):
        self.session.close()
        self.end.close()

    def _watch(self, line):
        """Look at a new connection: where it leads to, and for how long."""
        host = line.getpeername()[0]
        if is_link_local(host):
            line.close()
            raise self.error(
                _lt(
                    "%(host)s is a local address where cloud providers hand out "
                    "credentials: enter another address."
                ),
                host=host,
            )
        self.end.watch(line)

    def headers(self) -> dict:
        return {}

    def check_url(self, url):
        """Refuse an address that is not HTTPS, unless it is local or allowed.

        :raise ConnectorError: with the address
        """
        try:
            parts = urlsplit(url or "")
            host, _port = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not host:
            raise self.error(_lt("“%(url)s” isn't a web address."), url=url or "")
        if parts.username or parts.password:
            raise self.error(
                _lt("Do not write a user or password into the address %(url)s."),
                url=url,
            )
        insecure = self.settings.get("allow_insecure")
        if parts.scheme == "http" and not is_loopback(host) and not insecure:
            raise self.error(
                _lt(
                    "%(url)s is not encrypted: use an https address, or tick that "
                    "this connection may be insecure."
                ),
                url=url,
            )

    # --- requests -------------------------------------------------------------

    def read(self, method, url, limit, **kwargs):
        """Send a request and yield the decoded body of its answer.

        :param limit: bytes after which the answer is refused
        :raise ConnectorError: no answer, an answer that is no success, too large or
            too slow
        """
        with self._in_time(url):
            response = self.open(method, url, **kwargs)
            yield from self._chunks(response, url, limit)

    @contextmanager
    def _in_time(self, url):
        """Hang up at the deadline, and say so rather than what came of it."""
        with self.end.limit(self.deadline):
            try:
                yield
            except ConnectorError:
                if not self.end.passed:
                    raise
        if self.end.passed:
            raise self.error(
                _lt("The answer of %(url)s took longer than %(seconds)s seconds."),
                url=url,
                seconds=self.deadline,
            )

    def open(self, method, url, **kwargs) -> requests.Response:
        """Send a request; follow redirects only inside the same origin.

        :raise ConnectorError: no answer, or an answer that is no success
        """
        for _hop in range(MAX_REDIRECTS + 1):
            self.check_url(url)
            response = self._send_patiently(method, url, **kwargs)
            if not response.is_redirect:
                self._check_status(response, url)
                return response
            target = self._redirected(response, url)
            if method != "GET" and response.status_code not in (307, 308):
                raise self.error(_lt("%(url)s redirects a request with data."), url=url)
            url = target
            kwargs.pop("params", None)
        raise self.error(_lt("%(url)s redirects in circles."), url=url)

    def _redirected(self, response, url) -> str:
        """Where a redirect leads to, which must be the same origin."""
        target = response.headers["Location"]
        response.close()
        try:
            target = urljoin(url, target)
            same = origin(target) == origin(url)
        except ValueError:  # half an address, a port beyond all ports
            same = False
        if not same:
            raise self.error(
                _lt(
                    "%(url)s redirects to another address (%(target)s), which is "
                    "not followed: enter the final address."
                ),
                url=url,
                target=target,
            )
        return target

    def _send_patiently(self, method, url, **kwargs):
        """Send a request, and again after each short pause the other side asks for."""
        for _wait in range(MAX_SHORT_WAITS):
            response = self._send(method, url, **kwargs)
            told = response.headers.get("Retry-After", "")
            if response.status_code != 429 or not told:
                return response
            pause = max(_seconds(told), 1)
            if pause > SHORT_WAIT or not self.end.wait(pause):
                return response
            response.close()
        return self._send(method, url, **kwargs)

    def _send(self, method, url, **kwargs):
        connect = min(self.timeout, CONNECT_TIMEOUT)
        try:
            return self.session.request(
                method,
                url,
                headers=self.headers(),
                timeout=(connect, self.timeout),
                allow_redirects=False,
                stream=True,
                verify=True,
                **kwargs,
            )
        except requests.exceptions.SSLError as error:
            raise self.error(
                _lt("The certificate of %(url)s cannot be trusted: %(reason)s"),
                url=url,
                reason=_root_cause(error),
            ) from None
        except requests.exceptions.Timeout as error:
            connecting = isinstance(error, requests.exceptions.ConnectTimeout)
            raise self.error(
                _lt("%(url)s did not answer within %(seconds)s seconds."),
                url=url,
                seconds=connect if connecting else self.timeout,
            ) from None
        except (requests.exceptions.RequestException, ValueError) as error:
            raise self.error(
                _lt("%(url)s cannot be reached: %(reason)s"),
                url=url,
                reason=_root_cause(error),
            ) from None

    def _check_status(self, response, url):
        if response.ok:
            return
        try:
            detail = self._error_detail(b"".join(self._chunks(response, url, 65536)))
        except ConnectorError:
            detail = ""  # the status below says enough
        raise self.error(
            _lt("%(url)s answered %(status)s %(reason)s. %(detail)s"),
            retry_after=_seconds(response.headers.get("Retry-After", "")),
            code=response.status_code,
            url=url,
            status=response.status_code,
            reason=response.reason or "",
            detail=detail,
        )

    def _error_detail(self, body: bytes) -> str:
        """What the body of a failure adds to its status, if it is worth showing."""
        return ""

    # --- bodies ---------------------------------------------------------------

    def _chunks(self, response, url, limit):
        """Yield the decoded body; stop at ``limit`` bytes."""
        size = 0
        try:
            for chunk in response.iter_content(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise self.error(
                        _lt("The answer of %(url)s is larger than %(size)s MB."),
                        url=url,
                        size=max(limit // 1024**2, 1),
                    )
                yield chunk
        # ValueError: the size of a chunk that is none
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            raise self.error(
                _lt("%(url)s broke off in the middle of its answer: %(reason)s"),
                url=url,
                reason=_root_cause(error),
            ) from None
        finally:
            response.close()

    def get_json(self, method, url, **kwargs):
        """Send a request and return the decoded JSON answer, decimals exact.

        A number that no computer can hold is left as the text it was: that is an
        error of its row, not of the answer.
        """
        body = b"".join(self.read(method, url, self.max_json_bytes, **kwargs))
        items = body.count(b",") + body.count(b"[") + body.count(b"{")
        if items > self.max_json_items:
            raise self.error(
                _lt("The answer of %(url)s contains too many values."), url=url
            )
        try:
            return json.loads(
                body, parse_float=_decimal, parse_int=_integer, parse_constant=str
            )
        except RecursionError:
            raise self.error(
                _lt("The answer of %(url)s is nested too deeply."), url=url
            ) from None
        except ValueError as error:  # JSON and Unicode errors alike
            raise self.error(
                _lt("The answer of %(url)s is not JSON: %(reason)s"),
                url=url,
                reason=error,
            ) from None


def _decimal(text):
    try:
        return Decimal(text)
    except ArithmeticError:
        return text


def _integer(text):
    try:
        return int(text)
    except ValueError:  # more digits than Python turns into a number
        return text


def _seconds(text: str) -> int:
    """How long the other side asks to wait, a day at most."""
    if text.isascii() and text.isdecimal():
        return min(int(text[:9]), MAX_WAIT)
    try:
        wait = parsedate_to_datetime(text) - datetime.now(timezone.utc)
    except (TypeError, ValueError):  # no date, or one without a time zone
        return 0
    return int(min(max(wait.total_seconds(), 0), MAX_WAIT))


def _root_cause(error) -> str:
    """The innermost reason of a chain of network errors, without object dumps."""
    reason = error
    while True:
        inner = getattr(reason, "reason", None) or next(
            (arg for arg in reversed(reason.args) if isinstance(arg, Exception)), None
        )
        if not isinstance(inner, Exception):
            break
        reason = inner
    text = getattr(reason, "verify_message", "") or getattr(reason, "strerror", "")
    return text or str(reason).rpartition(">: ")[2] or type(reason).__name__

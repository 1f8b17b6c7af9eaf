# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""HTTP as connectors use it: verified, bounded in time and size, no surprises."""

import ipaddress
import json
import time
from decimal import Decimal
from urllib.parse import urljoin, urlsplit

import requests

from .base import Connector
from .errors import ConnectorError, _lt

TIMEOUT = 30  # seconds without a byte
DEADLINE = 300  # seconds for one answer, however slowly it drips
MAX_JSON_BYTES = 32 * 1024**2
MAX_FILE_BYTES = 512 * 1024**2
# Brackets and commas: a bound on the Python objects an answer can turn into.
MAX_JSON_ITEMS = 2_000_000
MAX_REDIRECTS = 3
CHUNK = 64 * 1024


class Session(requests.Session):
    """Never looks at where a redirect leads: doing so reads its whole body."""

    def get_redirect_target(self, resp):
        return None


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


def origin(url: str) -> tuple:
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default


class HttpConnector(Connector):
    """Base of the connectors that speak HTTP."""

    timeout = TIMEOUT
    deadline = DEADLINE
    max_json_bytes = MAX_JSON_BYTES
    max_file_bytes = MAX_FILE_BYTES
    max_json_items = MAX_JSON_ITEMS

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.session = Session()
        self.session.auth = NoNetrc()

    def close(self):
        self.session.close()

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
            raise self.error(_lt("“%(url)s” is not a web address."), url=url or "")
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

    def open(self, method, url, **kwargs) -> requests.Response:
        """Send a request; follow redirects only inside the same origin.

        :raise ConnectorError: no answer, or an answer that is no success
        """
        for _hop in range(MAX_REDIRECTS + 1):
            self.check_url(url)
            response = self._send(method, url, **kwargs)
            if not response.is_redirect:
                self._check_status(response, url)
                return response
            target = urljoin(url, response.headers["Location"])
            response.close()
            if origin(target) != origin(url):
                raise self.error(
                    _lt(
                        "%(url)s redirects to another address (%(target)s), which is "
                        "not followed: enter the final address."
                    ),
                    url=url,
                    target=target,
                )
            if method != "GET" and response.status_code not in (307, 308):
                raise self.error(_lt("%(url)s redirects a request with data."), url=url)
            url = target
            kwargs.pop("params", None)
        raise self.error(_lt("%(url)s redirects in circles."), url=url)

    def _send(self, method, url, **kwargs):
        try:
            return self.session.request(
                method,
                url,
                headers=self.headers(),
                timeout=self.timeout,
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
        except requests.exceptions.Timeout:
            raise self.error(
                _lt("%(url)s did not answer within %(seconds)s seconds."),
                url=url,
                seconds=self.timeout,
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
        wait = response.headers.get("Retry-After", "")
        raise self.error(
            _lt("%(url)s answered %(status)s %(reason)s. %(detail)s"),
            retry_after=min(int(wait), 86400) if wait.isdecimal() else 0,
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
        """Yield the decoded body; stop at ``limit`` bytes or at the deadline."""
        size, end = 0, time.monotonic() + self.deadline
        try:
            for chunk in response.iter_content(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise self.error(
                        _lt("The answer of %(url)s is larger than %(size)s MB."),
                        url=url,
                        size=max(limit // 1024**2, 1),
                    )
                if time.monotonic() > end:
                    raise self.error(
                        _lt("The answer of %(url)s took longer than %(seconds)s s."),
                        url=url,
                        seconds=self.deadline,
                    )
                yield chunk
        except requests.exceptions.RequestException as error:
            raise self.error(
                _lt("%(url)s broke off in the middle of its answer: %(reason)s"),
                url=url,
                reason=_root_cause(error),
            ) from None
        finally:
            response.close()

    def get_json(self, method, url, **kwargs):
        """Send a request and return the decoded JSON answer, decimals exact."""
        response = self.open(method, url, **kwargs)
        body = b"".join(self._chunks(response, url, self.max_json_bytes))
        items = body.count(b",") + body.count(b"[") + body.count(b"{")
        if items > self.max_json_items:
            raise self.error(
                _lt("The answer of %(url)s holds too many values at once."), url=url
            )
        try:
            return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
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


def _refuse(constant):
    raise ValueError(f"{constant} is no JSON number")


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

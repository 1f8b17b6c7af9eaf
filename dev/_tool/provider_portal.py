# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a customer of the provider waits for: pages of the portal, over HTTP."""

import contextlib
import http.cookiejar
import json
import re
import statistics
import time
import urllib.error
import urllib.parse
import urllib.request

from . import pytest_run, say, server

LOGIN, PASSWORD = "portal", "provider"
REPEAT = 5
PATIENCE = 200  # seconds for an answer
#: Pages by name; `{…}` are ids of the database.
PAGES = {
    "home": "/my/home",
    "counters of home": "/my/counters",
    "service credits": "/my/service-credits",
    "service credits, page 10": "/my/service-credits/page/10",
    "one purchase": "/my/service-credits/{purchase}",
    "tickets": "/my/tickets",
    "a ticket": "/my/ticket/{ticket}",
    "the longest ticket": "/my/ticket/{giant}",
    "timesheets": "/my/timesheets",
    "authorizations": "/my/authorizations",
    "statement of the year": "/my/service-credits/statement",
}
#: What the home page asks for once it is there.
COUNTERS = (
    "order_count",
    "invoice_count",
    "timesheet_count",
    "ticket_count",
    "service_credit_count",
    "authorization_count",
)
IDS = """
SELECT (SELECT r.purchase_id FROM service_credit_consumption r
        JOIN service_credit_purchase p ON p.id = r.purchase_id
        WHERE p.commercial_partner_id = c.id
        GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1),
       (SELECT MAX(id) FROM helpdesk_ticket
        WHERE commercial_partner_id = c.id AND total_hours > 0),
       (SELECT id FROM helpdesk_ticket WHERE name = 'The longest ticket')
FROM size_customer c WHERE idx = 0
"""
SAID = re.compile(r'"(?:GET|POST) ([^ ?"]+)[^"]*" (\d+) \S+ (\d+) ([\d.]+) ([\d.]+)')


def measure(provider, names, only):
    """Return rows like those of the operations, for the pages of the portal."""
    chosen = {
        name: page for name, page in PAGES.items() if re.search(only, f"portal: {name}")
    }
    if not chosen:
        return []
    with contextlib.ExitStack() as stack:
        visitors = [
            stack.enter_context(_served(provider, name, port))
            for name, port in zip(names, _ports(len(names)), strict=True)
        ]
        return [_play(visitors, name, page) for name, page in chosen.items()]


def _ports(count):
    return [pytest_run.free_port() for _number in range(count)]


@contextlib.contextmanager
def _served(provider, name, port):
    """Serve a database and yield a customer who is logged in."""
    log = provider.databases.logs / f"{name}.portal.log"
    config = provider.shop.write_config(
        provider.databases.logs / f"{name}.portal.conf",
        name,
        http_port=port,
        http_interface="127.0.0.1",
        max_cron_threads=0,
        dbfilter=f"^{name}$",
    )
    url = f"http://127.0.0.1:{port}"
    command = provider.shop.odoo_command(config)
    [line] = provider.databases.sql(IDS, name)
    ids = dict(zip(("purchase", "ticket", "giant"), line.split("|"), strict=True))
    with server.serving(command, provider.shop.child_env(), log, url):
        yield _Visitor(url, log, ids)
    config.unlink(missing_ok=True)


class _Visitor:
    def __init__(self, url, log, ids):
        self.url, self.log, self.ids = url, log, ids
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(jar)
        )
        page = self._open("/web/login").decode()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        form = {"login": LOGIN, "password": PASSWORD, "csrf_token": token}
        self._open("/web/login", urllib.parse.urlencode(form).encode())

    def _open(self, path, data=None):
        asked = urllib.request.Request(self.url + path, data)
        if path == "/my/counters":
            asked.data = json.dumps({"params": {"counters": COUNTERS}}).encode()
            asked.add_header("Content-Type", "application/json")
        with self.opener.open(asked, timeout=PATIENCE) as answer:
            return answer.read()

    def visit(self, page):
        """Return what the server said of one page: queries, seconds in SQL and in
        all; and how large it is."""
        path = page.format(**self.ids)
        said = self.log.stat().st_size
        started = time.monotonic()
        size = len(self._open(path))
        seconds = time.monotonic() - started
        found = [
            line
            for line in SAID.findall(self.log.read_text()[said:])
            if line[0] == path
        ]
        queries, sql = (int(found[-1][2]), float(found[-1][3])) if found else (0, 0.0)
        return seconds, queries, sql, size


def _play(visitors, name, page):
    row = {"name": f"page: {name}", "user": "portal", "kind": "page"}
    sides = [_Side() for _visitor in visitors]
    for number in range(-1, REPEAT):
        for side, visitor in zip(sides, visitors, strict=True):
            side.visit(visitor, page, number)
    row["small"], row["large"] = (side.as_dict() for side in sides)
    told = " -> ".join(side.error or f"{side.median * 1000:.0f} ms" for side in sides)
    say.tell(f"   portal: {name}: {told}")
    return row


class _Side:
    def __init__(self):
        self.seconds, self.sql, self.error = [], [], ""
        self.queries = self.size = 0

    @property
    def median(self):
        return statistics.median(self.seconds)

    def visit(self, visitor, page, number):
        if self.error or (number > 0 and sum(self.seconds) > PATIENCE / 10):
            return
        try:
            seconds, self.queries, sql, self.size = visitor.visit(page)
        except (OSError, urllib.error.HTTPError) as error:
            self.error = f"{type(error).__name__}: {error}"
            return
        if number >= 0:
            self.seconds.append(seconds)
            self.sql.append(sql)

    def as_dict(self):
        ordered = sorted(self.seconds)
        done = bool(ordered)
        return {
            "seconds": self.median if done else None,
            "p95": ordered[-(-len(ordered) * 19 // 20) - 1] if done else None,
            "sql": statistics.median(self.sql) if done else None,
            "queries": self.queries,
            "error": self.error,
            "result": self.size,
        }

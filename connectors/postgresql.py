# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The rows of a query on a PostgreSQL database."""

import os
import socket
from contextlib import contextmanager

try:
    import pwd
except ImportError:  # no Unix, no sockets, no users who need no password
    pwd = None

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import requests.certs
from psycopg2 import sql

from .base import MAX_CELL, Connector, Page, Row
from .deadline import Deadline
from .errors import _lt
from .http import is_loopback

CONNECT_TIMEOUT = 10  # seconds
# Types whose values have a bounded size; others are cut short by the server.
# fmt: off
BOUNDED = {"bool", "int2", "int4", "int8", "oid", "float4", "float8", "numeric",
           "date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid"}
# fmt: on
# A query that reaches the server as text of a cursor can only be one statement:
# "SELECT 1; COMMIT; DELETE …" cannot leave the read-only transaction.
OPEN_CURSOR = """
    DO $$
    DECLARE
        source refcursor := 'sync_rows';
    BEGIN
        OPEN source NO SCROLL FOR EXECUTE current_setting('service_sync.query');
    END
    $$
"""


class PostgresqlConnector(Connector):
    """Reads in one read-only snapshot, ordered by (change date, external id)."""

    kind = "postgresql"
    label = "PostgreSQL Query"
    sequence = 4
    ordered = True
    overlap_minutes = 5
    setting_names = (
        "allow_insecure",
        "host",
        "port",
        "database",
        "user",
        "password",
        "query",
        "timezone",
    )
    required_names = ("host", "database")
    secret_names = ("password",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.connection = None
        self.end = Deadline()
        self.count = 0

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
        self.end.close()

    def fetch(self, cursor=None):
        try:
            with self._explained():
                self._connect()
                columns = self._describe()
                self._open(self._query(columns, cursor))
            yield from self._pages([name for name, _type in columns])
        finally:
            self.close()

    @contextmanager
    def _explained(self):
        """Run a step in time, and tell why it failed without quoting the query."""
        with self.end.limit(self.deadline):
            try:
                yield
            except (psycopg2.Error, UnicodeError, OverflowError) as error:
                raise self._failure(error) from None

    def _failure(self, error):
        """Build the sentence about an error of the database.

        What the server says of a query quotes the query, which only Settings
        administrators may read: everybody else gets the name of the error.
        """
        where = {
            "database": self.settings.get("database") or "",
            "host": self.settings.get("host") or "",
        }
        # The server has the same limit and may be the first to see that time is up.
        if self.end.passed or isinstance(error, psycopg2.errors.QueryCanceled):
            return self.error(
                _lt(
                    "The database %(database)s on %(host)s took longer than "
                    "%(seconds)s seconds."
                ),
                seconds=self.deadline,
                **where,
            )
        reason = private = getattr(error, "diag", None) and error.diag.message_primary
        if self.connection is not None:
            reason = type(error).__name__
        return self.error(
            _lt("The database %(database)s on %(host)s refused: %(reason)s"),
            reason=reason or error,
            private=private or error,
            **where,
        )

    def _open(self, query):
        with self.connection.cursor() as cr:
            cr.execute("CLOSE ALL")
            cr.execute("SELECT set_config('service_sync.query', %s, true)", [query])
            cr.execute(OPEN_CURSOR)

    def _describe(self):
        """The names and types of the columns, without a row."""
        self._open(f"SELECT * FROM ({self._text()}\n) AS source")
        with self.connection.cursor() as cr:
            cr.execute("FETCH 0 FROM sync_rows")
            columns = [(column.name, column.type_code) for column in cr.description]
            cr.execute(
                "SELECT oid, typname FROM pg_type WHERE oid = ANY(%s)",
                [[code for _name, code in columns]],
            )
            types = dict(cr.fetchall())
        return [(name, types.get(code, "")) for name, code in columns]

    def _pages(self, names):
        with self.connection.cursor("sync_rows") as rows:
            while True:
                with self._explained():
                    records = rows.fetchmany(self.page_size)
                if not records:
                    return
                page = Page([self._row(names, record) for record in records])
                # Rows without a change date come first and have no position.
                page.position = self.cursor_of(page.rows[-1].values)
                yield page

    def _row(self, names, record):
        self.count += 1
        *values, giant = record
        row = Row(self.count, dict(zip(names, values, strict=True)))
        if giant:
            row.error = (
                _lt("Row %(row)s has a value of more than %(count)s characters."),
                {"row": self.count, "count": MAX_CELL},
            )
        return row

    # --- the query ------------------------------------------------------------

    def _text(self) -> str:
        text = (self.settings.get("query") or "").strip().rstrip(";")
        if not text:
            raise self.error(_lt("Enter the query that reads the rows."))
        return text

    def _query(self, columns, cursor) -> str:
        """The query in the order of reading, from the cursor on.

        Its columns get names of ours, because a query may name two alike.
        """
        names = [sql.Identifier(f"c{number}") for number in range(len(columns))]
        parts = [
            sql.SQL("SELECT"),
            self._bounded(columns),
            # The line break ends a comment in the last line of the query.
            sql.SQL("FROM (" + self._text() + "\n) AS source"),
            sql.SQL("({})").format(sql.SQL(", ").join(names)),
        ]
        order = [self._column(self.id_field, columns)] if self.id_field else []
        if self.changed_field:
            changed = self._column(self.changed_field, columns)
            order.insert(0, sql.SQL("{} NULLS FIRST").format(changed))
            if cursor:
                since = sql.Literal(cursor.changed_at.isoformat() + "+00:00")
                condition = "WHERE {0} IS NULL OR {0} >= {1}::timestamptz"
                parts.append(sql.SQL(condition).format(changed, since))
        if order:
            parts.append(sql.SQL("ORDER BY {}").format(sql.SQL(", ").join(order)))
        return sql.SQL(" ").join(parts).as_string(self.connection)

    def _column(self, wanted, columns):
        names = [name for name, _kind in columns]
        if wanted in names:
            return sql.Identifier(f"c{names.index(wanted)}")
        raise self.error(
            _lt("The query has no column “%(name)s”: its columns are %(columns)s."),
            name=wanted,
            columns=", ".join(names),
        )

    def _bounded(self, columns):
        """The columns to select, the giant values of a row left at the server.

        The last one tells whether there were any.
        """
        selected, sizes = [], [sql.SQL("false")]
        for number, (_name, kind) in enumerate(columns):
            column = sql.Identifier(f"c{number}")
            if kind not in BOUNDED:
                giant = sql.SQL("octet_length({}::text) > {}").format(
                    column, sql.Literal(MAX_CELL)
                )
                sizes.append(sql.SQL("coalesce({}, false)").format(giant))
                column = sql.SQL("CASE WHEN {} THEN NULL ELSE {} END").format(
                    giant, column
                )
            selected.append(column)
        selected.append(sql.SQL(" OR ").join(sizes))
        return sql.SQL(", ").join(selected)

    # --- the connection -------------------------------------------------------

    def _connect(self):
        host = (self.settings.get("host") or "").strip()
        if not host:
            raise self.error(_lt("Enter the host of the database."))
        self._check_user(host)
        self.connection = psycopg2.connect(
            host=host,
            port=self.settings.get("port") or 5432,
            dbname=self.settings.get("database") or None,
            user=self.settings.get("user") or None,
            password=self.settings.get("password") or None,
            passfile=os.path.join(os.devnull, "none"),  # not the machine's own
            connect_timeout=CONNECT_TIMEOUT,
            application_name="service_sync",
            client_encoding="UTF8",
            options=(
                f"-c statement_timeout={max(int(self.deadline * 1000), 1)}"
                f" -c TimeZone={self.settings.get('timezone') or 'UTC'}"
                " -c default_transaction_read_only=on"
            ),
            **self._encryption(host),
        )
        with socket.socket(fileno=os.dup(self.connection.fileno())) as line:
            self.end.watch(line)
        self.connection.set_session(
            isolation_level=psycopg2.extensions.ISOLATION_LEVEL_REPEATABLE_READ,
            readonly=True,
        )
        for oid, caster in psycopg2.extensions.string_types.items():
            safe = psycopg2.extensions.new_type((oid,), caster.name, _safe(caster))
            psycopg2.extensions.register_type(safe, self.connection)

    def _check_user(self, host):
        """Refuse to come as the system user Odoo runs as.

        On its own machine a database may let that user in without a password, to
        every database there, of other companies too.
        """
        own = _system_user()
        user = self.settings.get("user") or own
        if own and user == own and (host.startswith("/") or is_loopback(host)):
            raise self.error(
                _lt(
                    "Enter a database user of this system alone: “%(user)s” is the "
                    "user Odoo itself runs as."
                ),
                user=user,
            )

    def _encryption(self, host) -> dict:
        local = host.startswith("/") or is_loopback(host)
        if local or self.settings.get("allow_insecure"):
            return {"sslmode": "prefer"}
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or requests.certs.where()
        return {"sslmode": "verify-full", "sslrootcert": bundle}


def _system_user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name if pwd else ""
    except KeyError:  # a container without names
        return ""


def _safe(caster):
    """Read a value as psycopg2 does, or leave it the text it is.

    Python has no infinite days and no days before our era, PostgreSQL has both: that
    is an error of the row, not of the page.
    """

    def cast(text, cr):
        try:
            return caster(text, cr)
        except Exception:
            return text

    return cast

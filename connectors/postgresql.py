# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The rows of a query on a PostgreSQL database."""

import os

import psycopg2
import psycopg2.extensions
import requests.certs
from psycopg2 import sql

from .base import Connector, Page, Row
from .errors import _lt
from .http import is_loopback

CONNECT_TIMEOUT = 10  # seconds
STATEMENT_TIMEOUT = 300  # seconds
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
    ordered = True
    secret_names = ("password",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.connection = None
        self.count = 0

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def fetch(self, cursor=None):
        try:
            self._connect()
            with self.connection.cursor() as cr:
                cr.execute(
                    "SELECT set_config('service_sync.query', %s, true)",
                    [self._query(cursor)],
                )
                cr.execute(OPEN_CURSOR)
            yield from self._pages()
        except psycopg2.Error as error:
            detail = error.diag.message_primary or error
            raise self.error(
                _lt("The database %(database)s on %(host)s refused: %(reason)s"),
                database=self.settings.get("database") or "",
                host=self.settings.get("host") or "",
                reason=detail,
            ) from None
        finally:
            self.close()

    def _pages(self):
        with self.connection.cursor("sync_rows") as rows:
            while records := rows.fetchmany(self.page_size):
                names = [column.name for column in rows.description]
                page = Page()
                for record in records:
                    self.count += 1
                    values = dict(zip(names, record, strict=True))
                    page.rows.append(Row(self.count, values))
                # Rows without a change date come first and have no position.
                page.position = self.cursor_of(page.rows[-1].values)
                yield page

    def _query(self, cursor) -> str:
        text = (self.settings.get("query") or "").strip().rstrip(";")
        if not text:
            raise self.error(_lt("Enter the query that reads the rows."))
        # The line break ends a comment in the last line of the query.
        parts = [sql.SQL("SELECT * FROM (" + text + "\n) AS source")]
        order = [sql.Identifier(self.id_field)]
        if self.changed_field:
            changed = sql.Identifier(self.changed_field)
            order.insert(0, sql.SQL("{} NULLS FIRST").format(changed))
            if cursor:
                since = sql.Literal(cursor.changed_at.isoformat() + "+00:00")
                condition = "WHERE {0} IS NULL OR {0} >= {1}::timestamptz"
                parts.append(sql.SQL(condition).format(changed, since))
        parts.append(sql.SQL("ORDER BY {}").format(sql.SQL(", ").join(order)))
        return sql.SQL(" ").join(parts).as_string(self.connection)

    def _connect(self):
        host = (self.settings.get("host") or "").strip()
        if not host:
            raise self.error(_lt("Enter the host of the database."))
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
                f"-c statement_timeout={STATEMENT_TIMEOUT}s"
                f" -c TimeZone={self.settings.get('timezone') or 'UTC'}"
                " -c default_transaction_read_only=on"
            ),
            **self._encryption(host),
        )
        self.connection.set_session(
            isolation_level=psycopg2.extensions.ISOLATION_LEVEL_REPEATABLE_READ,
            readonly=True,
        )

    def _encryption(self, host) -> dict:
        local = host.startswith("/") or is_loopback(host)
        if local or self.settings.get("allow_insecure"):
            return {"sslmode": "prefer"}
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or requests.certs.where()
        return {"sslmode": "verify-full", "sslrootcert": bundle}

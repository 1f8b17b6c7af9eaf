# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows of a query, on the PostgreSQL server the tests run on."""

import time
from datetime import datetime

import psycopg2

from odoo.sql_db import connection_info_for
from odoo.tests import get_db_name, tagged

from ...connectors import ConnectorError, Cursor, ValueRefused
from ...connectors.postgresql import PostgresqlConnector, _system_user
from ...connectors.values import parse_date
from ..support.sync import SECRET, ConnectorCase

SCHEMA = "sync_peer"


def peer_settings(**extra):
    """How a connector reaches the database the tests run in."""
    _name, info = connection_info_for(get_db_name())
    return {
        "host": info.get("host") or "localhost",
        "port": info.get("port") or 5432,
        "database": get_db_name(),
        "user": info.get("user"),
        "password": info.get("password") or SECRET,
        **extra,
    }


def peer_connection():
    """A connection of its own, as another program would have one."""
    _name, info = connection_info_for(get_db_name())
    connection = psycopg2.connect(**info)
    connection.autocommit = True
    return connection


@tagged("post_install", "-at_install")
class TestPostgresql(ConnectorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = peer_connection()
        cls.addClassCleanup(cls.connection.close)
        cls.sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
        cls.addClassCleanup(cls.sql, f"DROP SCHEMA {SCHEMA} CASCADE")
        cls.sql(
            f"""
            CREATE TABLE {SCHEMA}.sale (
                id int, changed timestamptz, credits numeric, note text);
            INSERT INTO {SCHEMA}.sale
            SELECT n, timestamptz '2026-03-01 10:00+00' + n * interval '1 second', n,
                   '100%% of {{}} %s'
              FROM generate_series(1, 2500) AS n
            """
        )

    @classmethod
    def sql(cls, text):
        with cls.connection.cursor() as cr:
            cr.execute(text)
            return cr.fetchall() if cr.description else None

    def connector(self, query=f"SELECT * FROM {SCHEMA}.sale", **settings):
        connector = PostgresqlConnector(
            peer_settings(query=query, **settings), ["id"], "id", "changed"
        )
        self.addCleanup(connector.close)
        return connector

    def test_pages_in_order_with_positions(self):
        pages = list(self.connector().fetch())
        self.assertEqual([len(page.rows) for page in pages], [1000, 1000, 500])
        ids = [row.values["id"] for page in pages for row in page.rows]
        self.assertEqual(ids, list(range(1, 2501)))
        self.assertEqual(
            pages[0].position, Cursor(datetime(2026, 3, 1, 10, 16, 40), "1000")
        )

    def test_cursor_reads_ties_again(self):
        cursor = Cursor(datetime(2026, 3, 1, 10, 41, 38), "zzz")
        self.assertEqual(self.read_ids(self.connector(), cursor), [2498, 2499, 2500])

    def test_moments_without_zone_are_read_in_the_zone_of_the_source(self):
        query = (
            "SELECT 1 AS id, timestamp '2026-07-01 12:00:00' AS changed"
            " UNION SELECT 2, timestamp '2026-07-01 13:00:00'"
        )
        cursor = Cursor(datetime(2026, 7, 1, 9, 30))
        zone = {"timezone": "Europe/Bucharest"}  # 12:00 there is 9:00 UTC
        self.assertEqual(self.read_ids(self.connector(query, **zone), cursor), [2])
        self.assertEqual(self.read_ids(self.connector(query), cursor), [1, 2])

    def test_rows_without_a_change_date_are_always_read(self):
        query = (
            "SELECT 1 AS id, NULL::timestamptz AS changed"
            " UNION SELECT 2, timestamptz '2026-01-01'"
        )
        cursor = Cursor(datetime(2026, 6, 1))
        self.assertEqual(self.read_ids(self.connector(query), cursor), [1])

    def test_comment_semicolon_and_percent(self):
        query = f"SELECT id, changed, note FROM {SCHEMA}.sale WHERE id < 3 -- 50% ;\n;"
        rows = next(self.connector(query).fetch()).rows
        self.assertEqual(rows[0].values["note"], "100%% of {} %s")

    def test_sql_that_writes_is_refused_by_the_session(self):
        table = f"{SCHEMA}.sale"
        closing = "SELECT 1 AS id, now() AS changed) AS source;"
        for query in (
            f"DELETE FROM {table} RETURNING *",
            f"WITH gone AS (DELETE FROM {table} RETURNING *) SELECT * FROM gone",
            f"SELECT 1 AS id, now() AS changed; DELETE FROM {table}",
            f"{closing} DELETE FROM {table}; SELECT * FROM (SELECT 1",
            f"{closing} COMMIT; BEGIN READ WRITE; DELETE FROM {table}; COMMIT; --",
            f"{closing} ROLLBACK; BEGIN READ WRITE; DELETE FROM {table}; COMMIT; --",
            "SELECT 1 AS id, now() AS changed,"
            " set_config('transaction_read_only', 'off', true)",
            f"SELECT 1 AS id, now() AS changed, setval('{SCHEMA}.counter', 9)",
            f"SELECT 1 AS id, now() AS changed INTO {SCHEMA}.other",
        ):
            with self.subTest(query=query):
                self.sql(f"CREATE SEQUENCE IF NOT EXISTS {SCHEMA}.counter")
                self.assertIn("refused", self.refused(self.connector(query)))
                count = self.sql(f"SELECT count(*) FROM {table}")[0][0]
                self.assertEqual(count, 2500)
                (last,) = self.sql(f"SELECT last_value FROM {SCHEMA}.counter")[0]
                self.assertEqual(last, 1)

    def test_what_cannot_be_read(self):
        table = {
            "SyntaxError": {"query": "SELEC 1"},
            "has no column “changed”: its columns are id": {"query": "SELECT 1 AS id"},
            "Enter the query": {"query": " "},
            "Enter the host": {"host": ""},
        }
        for expected, settings in table.items():
            with self.subTest(expected=expected):
                self.assertIn(expected, self.refused(self.connector(**settings)))

    def test_errors_do_not_quote_the_query(self):
        """It is for Settings administrators, and so is what an error says of it."""
        table = {
            "InvalidTextRepresentation": "SELECT 'topsecret'::int AS id, 1 AS changed",
            "UndefinedTable": "SELECT * FROM topsecret",
            "DivisionByZero": "SELECT 1 / (n - 5) AS id, n AS changed, 'topsecret'"
            " AS x FROM generate_series(1, 9) AS n",
        }
        for expected, query in table.items():
            with self.subTest(query=query), self.assertRaises(ConnectorError) as caught:
                self.read_ids(self.connector(query))
            self.assertIn(expected, str(caught.exception))
            self.assertNotIn("topsecret", str(caught.exception))
        self.assertIn("by zero", caught.exception.private)

    def test_days_python_does_not_have_are_left_as_texts(self):
        query = (
            "SELECT 1 AS id, 'infinity'::timestamptz AS changed, '0044-03-15 BC'::date"
            " AS day UNION SELECT 2, '2026-03-01+00', '-infinity'"
        )
        rows = [r for page in self.connector(query).fetch() for r in page.rows]
        days = {row.values["id"]: row.values["day"] for row in rows}
        self.assertEqual(days[1], "0044-03-15 BC")
        for day in days.values():
            with self.assertRaises(ValueRefused):
                parse_date(day)

    def test_giant_values_stay_at_the_server(self):
        query = (
            "SELECT n AS id, now() AS changed, repeat('x', n * 60000) AS note"
            " FROM generate_series(1, 2) AS n"
        )
        [page] = self.connector(query).fetch()
        self.assertEqual([bool(row.error) for row in page.rows], [False, True])
        self.assertEqual(len(page.rows[0].values["note"]), 60000)
        self.assertEqual(page.rows[1].values["id"], 2)
        self.assertIsNone(page.rows[1].values["note"])

    def test_columns_of_one_name(self):
        query = "SELECT 7 AS id, now() AS changed, 8 AS twice, 9 AS twice"
        self.assertEqual(self.read_ids(self.connector(query)), [7])

    def test_query_that_takes_too_long_ends_with_the_deadline(self):
        query = "SELECT 1 AS id, now() AS changed, pg_sleep(20)"
        connector = self.connector(query)
        connector.deadline = 0.3
        start = time.monotonic()
        self.assertIn("took longer than 0.3", self.refused(connector))
        self.assertLess(time.monotonic() - start, 5)

    def test_nobody_comes_as_the_user_of_the_system(self):
        """A local database may let that user in without a password."""
        for user in (_system_user(), ""):
            for host in ("/var/run/postgresql", "localhost"):
                with self.subTest(user=user, host=host):
                    sentence = self.refused(self.connector(host=host, user=user))
                    self.assertIn("Odoo itself runs as", sentence)

    def test_nobody_listens_and_no_secret_in_the_sentence(self):
        sentence = self.refused(self.connector(host="127.0.0.1", port=1))
        self.assertIn("refused", sentence)

    def test_another_host_must_be_encrypted_and_verified(self):
        far = PostgresqlConnector({"host": "db.example.com"}, [], "id")
        self.assertEqual(far._encryption("db.example.com")["sslmode"], "verify-full")
        ticked = PostgresqlConnector({"allow_insecure": True}, [], "id")
        self.assertEqual(ticked._encryption("db.example.com"), {"sslmode": "prefer"})

    def test_one_snapshot_while_others_write(self):
        connector = self.connector()
        pages = connector.fetch()
        first = next(pages)
        self.sql(f"UPDATE {SCHEMA}.sale SET credits = -1 WHERE id IN (1, 2500)")
        rows = [*first.rows, *(row for page in pages for row in page.rows)]
        self.sql(f"UPDATE {SCHEMA}.sale SET credits = id WHERE id IN (1, 2500)")
        self.assertEqual(len(rows), 2500)
        self.assertTrue(all(row.values["credits"] > 0 for row in rows))

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Two servers on one database, behind PgBouncer, with a replica for what only reads."""

import contextlib
import copy
import json
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import cluster_client, commands, locks, pgbouncer, postgres, say, server
from .databases import Databases, dependencies
from .pytest_run import free_port
from .say import Problem
from .shell import run_script
from .workshop import Workshop

REPLICA = 5433
ENTRIES = 20  # on each server
PATIENCE = 200  # seconds; scheduled actions look around once a minute
RELEVANT = "service_credit"


class Cluster(postgres.Embedded):
    """A server of its own, with a standby that answers what only reads."""

    settings = postgres.SETTINGS + "wal_level = replica\nmax_wal_senders = 4\n"

    def __init__(self, environment):
        super().__init__(environment, "cluster", True)
        self.standby = self.home / "standby"

    @contextlib.contextmanager
    def replicating(self):
        """Run a standby beside the server until the end of the block."""
        shutil.rmtree(self.standby, ignore_errors=True)
        self._give(self.standby)
        copy = [self.programs / "pg_basebackup", "-D", self.standby, "-R", "--no-sync"]
        copy += ["-h", self.sockets, "-U", "postgres", "-c", "fast"]
        self._as_owner(copy, "Copying the server for its standby failed")
        # The log tells what it was asked.
        options = f"-p {REPLICA} -c log_statement=all -c hot_standby=on"
        control = [self.programs / "pg_ctl", "-s", "-w", "-D", self.standby]
        start = [*control, "-l", self.standby / "log", "-o", options, "start"]
        self._as_owner(start, "The standby did not start")
        try:
            yield
        finally:
            self._as_owner([*control, "-m", "fast", "stop"], "Stopping failed")

    def ask(self, query, port, database="postgres", user="postgres"):
        """Run SQL on the server, its standby or PgBouncer, by the port."""
        env = {**commands.environment(), **self.env}
        env.update(PGPORT=str(port), PGUSER=user)
        command = [self.programs / "psql", "-XqAt", "-d", database, "-c", query]
        text = commands.run(command, "PostgreSQL refused", env=env)
        return text.splitlines()

    def asked_on_standby(self):
        """Return how many statements about the addon's tables the standby has had."""
        return (self.standby / "log").read_text(errors="replace").count(RELEVANT)

    def remove(self):
        self.close()
        shutil.rmtree(self.home / "data", ignore_errors=True)
        shutil.rmtree(self.standby, ignore_errors=True)


def main():
    """Play all of it, and check the books at the end."""
    with (
        locks.only_one("cluster"),
        Workshop("test", throw_away=True) as shop,
        contextlib.ExitStack() as stack,
    ):
        databases = Databases(shop)
        databases.clean()
        source = databases.addon(databases.base(dependencies()))
        name = stack.enter_context(databases.scratch(source))
        with say.step("Preparing people, work and a connected system"):
            told = run_script(shop, databases, name, "cluster_data.py")
        data = json.loads(told.splitlines()[-1])
        cluster = Cluster(shop.environment)
        stack.callback(cluster.remove)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with say.step("Starting a primary, a replica and PgBouncer"):
            _copy(shop, cluster, name, folder)
            stack.enter_context(cluster.replicating())
            pool = cluster.home / "pgbouncer"
            shutil.rmtree(pool, ignore_errors=True)
            pool.mkdir()
            stack.callback(shutil.rmtree, pool, ignore_errors=True)
            stack.enter_context(pgbouncer.pooling(cluster, pool))
        # From here on everything asks this server, whose databases have the same names.
        shop = copy.copy(shop)
        shop.server = cluster
        urls = [_serve(stack, shop, name, folder) for _server in range(2)]
        _Play(cluster, name, urls, data).play()
        with say.step("Checking the books"):
            text = run_script(shop, databases, name, "cluster_books.py")
            _expect(text.split(), ["differences", "0"], "the books add up")
    say.tell("   Two servers, a replica and PgBouncer: everything adds up.")
    return 0


def _copy(shop, cluster, name, folder):
    """Copy a database from one server to the other; its stored files stay."""
    dump = folder / "dump"
    programs = cluster.programs
    env = {**commands.environment(), **shop.server.env}
    command = [programs / "pg_dump", "-Fc", "-Z0", "-f", dump, name]
    commands.run(command, "pg_dump failed", env=env)
    cluster.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    cluster.sql(
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
    )
    env = {**commands.environment(), **cluster.env}
    command = [programs / "pg_restore", "--no-owner", "-d", name, dump]
    commands.run(command, "pg_restore failed", env=env)
    cluster.sql("ANALYZE", name)
    dump.unlink()


def _serve(stack, shop, name, folder):
    """Start one more server and return its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = shop.write_config(
        folder / f"{port}.conf",
        name,
        db_replica_host=shop.server.sockets,
        db_replica_port=REPLICA,
        http_port=port,
        http_interface="127.0.0.1",
        max_cron_threads=1,
        log_level="warn",
    )
    command = shop.odoo_command(config)
    log = folder / f"{port}.log"
    env = shop.child_env(PGPORT=pgbouncer.PORT)
    stack.enter_context(server.serving(command, env, log, url))
    return url


def _expect(found, wanted, what):
    if found != wanted:
        raise Problem(f"Not so: {what}. Found {found!r}, not {wanted!r}.")


def _wait_for(ask, wanted, what):
    """Ask until the answer is what is wanted."""
    deadline = time.monotonic() + PATIENCE
    while (found := ask()) != wanted:
        if time.monotonic() > deadline:
            _expect(found, wanted, what)
        time.sleep(0.5)


class _Play:
    """What people and scheduled actions do, on either server."""

    def __init__(self, cluster, name, urls, data):
        self.cluster, self.name, self.data = cluster, name, data
        self.agents = [cluster_client.Client(url, data["agent_key"]) for url in urls]
        self.bosses = [cluster_client.Client(url, data["boss_key"]) for url in urls]
        self.portals = [cluster_client.Portal(url, data["portal"]) for url in urls]

    def play(self):
        for what, step in (
            ("Logging time on both servers at once", self._log_time),
            ("Reading balances from the replica", self._read),
            ("Reading a connected system from both", self._sync),
            ("Having a statement made in the background", self._make_statement),
            ("Looking for what belongs to a connection", self._look_for_session),
        ):
            with say.step(what):
                step()

    def _sql(self, query):
        return self.cluster.ask(query, 5432, self.name)

    def _both(self, do):
        """Do something on both servers at the same time."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(do, range(2)))

    def _available(self):
        [total] = self._sql(
            "SELECT SUM(credits_available) FROM service_credit_purchase"
            f" WHERE commercial_partner_id = {self.data['customer']}"
            " AND is_draft IS NOT TRUE"
        )
        return float(total)

    def _log(self, number):
        ticket = self.data["tickets"][number]
        values = {"name": "Cluster", "ticket_id": ticket, "unit_amount": 0.25}
        return self.agents[number].call(
            "account.analytic.line", "create", vals_list=[values]
        )

    def _log_time(self):
        before = self._available()
        self._both(lambda number: [self._log(number) for _time in range(ENTRIES)])
        _expect(before - self._available(), ENTRIES / 2, "every entry drew its credits")

    def _balance(self, number):
        answer = self.agents[number].call(
            "res.partner", "get_service_credit_balances", ids=[self.data["customer"]]
        )
        [line] = answer[str(self.data["customer"])]
        return line["credits_available"]

    def _read(self):
        """What is marked as reading is answered by the replica, even when it is late;
        the page of the portal, too."""
        asked = self.cluster.asked_on_standby()
        before = self._available()
        for number in range(2):
            _wait_for(lambda n=number: self._balance(n), before, "balances agree")
        self.cluster.ask("SELECT pg_wal_replay_pause()", REPLICA)
        try:
            self._log(0)
            _expect(self._available(), before - 0.25, "time is written")
            for number in range(2):
                _expect(self._balance(number), before, "a late replica answers")
            page = self.portals[1].open("/my/service-credits")
            if f"{before:,.2f}" not in page.replace("\ufeff", ""):
                raise Problem("Not so: the portal's page comes from the replica.")
        finally:
            self.cluster.ask("SELECT pg_wal_replay_resume()", REPLICA)
        for number in range(2):
            what = "the replica follows"
            _wait_for(lambda n=number: self._balance(n), before - 0.25, what)
        if self.cluster.asked_on_standby() <= asked:
            raise Problem("Not so: the log of the replica names the addon's tables.")

    def _sync(self):
        """Whoever is first has the lease; each row is there once."""
        ids = [self.data["source"]]
        self._both(
            lambda number: self.bosses[number].call(
                "service.sync.source", "action_sync_now", ids=ids
            )
        )
        rows = f"FROM service_sync_record WHERE source_id = {ids[0]}"
        once = (
            f"SELECT COUNT(*), COUNT(DISTINCT external_id) {rows} AND state <> 'error'"
        )
        wanted = f"{self.data['rows']}|{self.data['rows']}"
        _wait_for(lambda: self._sql(once), [wanted], "each row is stored once")
        leased = "SELECT COUNT(*) FROM service_sync_source WHERE lease_key IS NOT NULL"
        _wait_for(lambda: self._sql(leased), ["0"], "the lease is given back")

        def is_running():
            [record] = self.bosses[1].call(
                "service.sync.source", "read", ids=ids, fields=["is_running"]
            )
            return record["is_running"]

        _wait_for(is_running, False, "the replica tells that no run is at it")

    def _make_statement(self):
        """Asked for on one server, made by either, downloaded from the other."""
        for _twice in range(2):
            page = self.portals[0].open("/my/service-credits/statement")
            if "Your statement is being made" not in page:
                raise Problem("Not so: a long statement is made in the background.")
        files = "SELECT state, COUNT(*) FROM service_statement_file GROUP BY state"
        _wait_for(lambda: self._sql(files), ["ready|1"], "one statement is made")
        [path] = self._sql("SELECT id FROM service_statement_file")
        path = f"/my/service-credits/statements/files/{path}"
        what = "the file says what is left"
        left = f"{self._available():,.2f}"

        def is_told():
            text = self.portals[1].open(path)
            return text.startswith("%PDF") or left in text

        _wait_for(is_told, True, what)

    def _look_for_session(self):
        locks_of_sessions = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'"
        _expect(self._sql(locks_of_sessions), ["0"], "no lock belongs to a connection")
        config = self.cluster.ask("SHOW CONFIG", pgbouncer.PORT, "pgbouncer", "odoo")
        modes = [line.split("|")[1] for line in config if line.startswith("pool_mode|")]
        _expect(modes, ["transaction"], "connections are lent for a transaction")
        pools = self.cluster.ask("SHOW STATS", pgbouncer.PORT, "pgbouncer", "odoo")
        [stats] = [line.split("|") for line in pools if line.startswith(self.name)]
        if int(stats[1]) < ENTRIES:
            raise Problem(f"Not so: PgBouncer had the transactions ({stats[1]}).")

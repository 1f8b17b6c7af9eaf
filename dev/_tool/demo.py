# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A database with demo data and the addon, served for a person to try."""

import argparse
import json
import socket
import subprocess

from . import commands, databases, locks, paths, say, server
from .first_page import open_first_pages
from .logins import LOGINS
from .say import Problem
from .workshop import Workshop

PORT = 8069
DATABASE = f"{databases.PREFIX}_demo_{paths.CHECKOUT_KEY}"
STATE = paths.CHECKOUT_ROOM / "demo.json"
LOG = paths.CHECKOUT_ROOM / "demo.log"
# Fifty addons install themselves beside ours, most to sell others services (SMS,
# letters, look-ups): nothing of the demo needs them, and the first start waits longer.
ALONE = ("--skip-auto-install",)
# Odoo loads an addon's demo data only if all addons it depends on have theirs. Ours
# uses none of them, and loading them takes half of a first start.
PRETEND = "UPDATE ir_module_module SET demo = true WHERE state = 'installed'"
ADMIT = f"UPDATE ir_module_module SET demo = false WHERE name != '{paths.ADDON}'"
OFFLINE = """
INSERT INTO ir_config_parameter (key, value)
VALUES ('iap.endpoint', 'http://127.0.0.1:9')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
UPDATE ir_cron SET active = false WHERE cron_name = 'Publisher: Update Notification'
"""
# What links in mails and the styles of PDF are fetched from.
ADDRESS = """
INSERT INTO ir_config_parameter (key, value)
VALUES ('web.base.url', '{url}')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value
"""


def main(arguments):
    options = _options(arguments)
    if not (options.shell or options.remove):
        _check_port(options)
    with Workshop("demo", throw_away=False) as shop:
        demo = Demo(shop)
        if options.shell:
            return demo.shell()
        with _alone():
            if options.remove:
                return demo.remove()
            demo.prepare(options.reset)
            if options.language:
                demo.learn(options.language)
            return demo.serve(options.interface, options.port)


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="dev/demo",
        description="Serve Odoo with the addon and demo data. The data stays from one"
        " start to the next; changed code is installed at the next start.",
        allow_abbrev=False,
    )
    once = parser.add_mutually_exclusive_group()
    once.add_argument("--reset", action="store_true", help="start over")
    once.add_argument(
        "--remove",
        action="store_true",
        help="remove the demo database and its files, and start nothing",
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}")
    parser.add_argument(
        "--interface", default="127.0.0.1", help="address to listen on, 127.0.0.1"
    )
    parser.add_argument(
        "--language",
        metavar="CODE",
        help="ro_RO, it_IT, pt_BR, …: load it, to be chosen in My Preferences",
    )
    once.add_argument(
        "--shell", action="store_true", help="Odoo's shell on the demo database instead"
    )
    return parser.parse_args(arguments)


def _check_port(options):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.interface, options.port))
        except (OSError, OverflowError) as error:
            raise Problem(
                f"Port {options.port} on {options.interface} cannot be used"
                f" ({getattr(error, 'strerror', error)}): choose another with --port."
            ) from error
        options.port = probe.getsockname()[1]


def _alone():
    """Let one server at a time use this checkout's demo database."""
    name = f"demo-{paths.CHECKOUT_KEY}"
    if not locks.is_free(name):
        raise Problem(
            "The demo of this checkout already runs"
            f" (on port {_state().get('port', 'unknown')}); stop it first."
        )
    return locks.only_one(name)


def running_port():
    """Return the port of this checkout's running demo, or nothing."""
    if locks.is_free(f"demo-{paths.CHECKOUT_KEY}"):
        return None
    return _state().get("port")


def _state():
    try:
        return json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}


def _remember(**values):
    STATE.parent.mkdir(parents=True, exist_ok=True)
    STATE.write_text(json.dumps({**_state(), **values}))


def base(store):
    """Return the database with the addons ours depends on."""
    return store.base(databases.dependencies(), "demobase", ALONE)


def install(store, name, strict=False, config=None):
    """Install the addon with its demo data."""
    options = ("--with-demo", *ALONE)
    with say.step("Installing the addon with its demo data"):
        store.sql(PRETEND, name)
        log = store.logs / f"{name}.log"
        store.install(name, [paths.ADDON], log, strict, options, config)
        store.sql(ADMIT, name)
        # Nothing about this database is asked or told outside the machine.
        store.sql(OFFLINE, name)


class Demo:
    """The demo database of this checkout."""

    def __init__(self, shop):
        self.shop = shop
        self.databases = databases.Databases(shop)

    # The database

    def exists(self):
        return DATABASE in self.shop.server.databases()

    def prepare(self, reset):
        """Make the database, or bring it up to the checkout's code."""
        self.databases.clean()
        STATE.parent.mkdir(parents=True, exist_ok=True)
        if reset and self.exists():
            say.tell("-> Starting over: the demo database is removed")
            self.databases.drop(DATABASE)
        tree, odoo = databases.tree_hash(), self._versions()
        state = _state() if self.exists() else {}
        if state.get("server", "demo") != self.shop.server.key:
            state = {}
        if not state.get("tree"):
            self._create()
        elif state["odoo"] != odoo:
            self._update("all", "Odoo or its addons changed, updating all of them")
        elif state["tree"] != tree:
            self._update(paths.ADDON, "The code changed, updating the addon")
        _remember(tree=tree, odoo=odoo, server=self.shop.server.key)

    def remove(self):
        """Remove the database and its stored files, and start nothing."""
        found = self.exists()
        self.databases.drop(DATABASE)
        STATE.unlink(missing_ok=True)
        say.tell(
            "-> The demo database is removed" if found else "There is no demo database."
        )
        return 0

    def learn(self, language):
        """Load a language; people choose it in their preferences."""
        self._run("--load-language", language, what=f"Loading {language}")

    def _versions(self):
        return paths.digest(self.shop.odoo.identity, self.shop.pins)

    def _create(self):
        _remember(tree=None)
        source = base(self.databases)
        self.databases.copy(source, DATABASE)
        install(self.databases, DATABASE)

    def _update(self, modules, what):
        self._run("-u", modules, what=what)

    def _run(self, *options, what):
        log = self.databases.logs / f"{DATABASE}.log"
        config = self._config(http_enable=False)
        command = self.shop.odoo_command(config, "--stop-after-init", *options)
        with say.step(what):
            try:
                commands.run(command, "Odoo failed", env=self.shop.child_env(), log=log)
            except Problem as problem:
                raise Problem(
                    f"{what} failed: {databases.last_error(log)} (see {log};"
                    " dev/demo --reset starts over)"
                ) from problem

    def _config(self, **options):
        path = paths.CHECKOUT_ROOM / "demo.conf"
        return self.shop.write_config(
            path, DATABASE, dbfilter=f"^{DATABASE}$", workers=0, **options
        )

    # The server

    def serve(self, interface, port):
        config = self._config(http_interface=interface, http_port=port)
        command = self.shop.odoo_command(config)
        _remember(port=port)
        host = "localhost" if interface == "127.0.0.1" else interface
        url = f"http://{host}:{port}"
        self.databases.sql(ADDRESS.format(url=url), DATABASE)
        try:
            with server.serving(command, self.shop.child_env(), LOG, url) as process:
                with say.step("Preparing the first pages"):
                    open_first_pages(url, "admin", "admin")
                self._welcome(url)
                process.wait()
            raise Problem(f"Odoo ended by itself: {databases.last_error(LOG)} ({LOG})")
        except KeyboardInterrupt:
            say.tell("\nStopping.")
            return 0

    def _welcome(self, url):
        query = "SELECT login FROM res_users WHERE active"
        known = set(self.shop.server.sql(query, DATABASE))
        people = [person for person in LOGINS if person[0] in known]
        print(f"\nOdoo is ready: {url}\n\n  {'login':<12}{'password':<12}who")
        for login, password, what in people:
            print(f"  {login:<12}{password:<12}{what}")
        print("\nCtrl-C stops it; the data stays. dev/demo --reset starts over, and")
        print("dev/demo --remove removes the database.")
        print(f"Log: {LOG}", flush=True)

    def shell(self):
        if not self.exists():
            raise Problem("There is no demo database yet: run dev/demo first.")
        config = self._config(http_enable=False)
        command = self.shop.odoo_command(config, command=["shell"])
        env = self.shop.child_env()
        return subprocess.run([str(part) for part in command], env=env).returncode

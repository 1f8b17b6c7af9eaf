# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Prepared databases, each made once from what names it, and copies of them.

base:   the addons this one depends on
peer:   two of Odoo's own, to synchronize with
addon:  a copy of base with this checkout installed
run:    a copy of addon, for one test run

``odoo-bin db duplicate`` loads a registry for every copy and copies every stored file;
here a copy is one statement, and links.
"""

import contextlib
import os
import re
import secrets
import shutil
import time

from . import commands, locks, paths, say, workshop
from .say import Problem
from .shell import run_script

PREFIX = f"hsc_{paths.CACHE_KEY}"
KEPT = 3  # installed databases kept per checkout
# What an installation does not read.
ASIDE = {
    ".ci",
    ".git",
    ".github",
    "bench",
    "build",
    "dev",
    "dist",
    "docs",
    "node_modules",
    "tests",
}
LOUD = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) \S+ (.*)")
RAISED = re.compile(r"^[\w.]*(Error|Exception|Warning)\b: ")  # a traceback's end
RECIPE = 2  # change when databases made by an older version no longer fit


class Databases:
    """The databases of a workshop."""

    def __init__(self, shop):
        self.shop = shop
        self.sql = shop.server.sql
        self.rooms = shop.data_dir / "filestore"
        self.rooms.mkdir(parents=True, exist_ok=True)
        self.logs = paths.folder("logs")

    # What there is

    def base(self, modules, label="base", options=()):
        """Return the database with these modules installed, made when missing."""
        key = paths.digest(
            RECIPE, self.shop.odoo.identity, self.shop.pins, *sorted(modules), *options
        )
        name = f"{PREFIX}_{label}_{key}"
        if not self._exists(name):
            with locks.only_one(f"{self.shop.server.key}-{name}"):
                if not self._exists(name):
                    what = f"Preparing a database with {len(modules)} addons"
                    with say.step(what):
                        self._make(name, None, modules, False, options)
        return name

    def peer(self):
        """Prepare a small Odoo that others are copied from, named for the tests."""
        name = self.base(["web", "rpc"], "peer", ["--skip-auto-install"])
        os.environ["HELPDESK_PEER"] = name

    def addon(self, base):
        """Return a copy of base with this checkout's addon installed."""
        key = paths.digest(base, tree_hash())
        name = f"{PREFIX}_addon_{paths.CHECKOUT_KEY}_{key}"
        if not self._exists(name):
            with locks.only_one(f"{self.shop.server.key}-{name}"):
                if not self._exists(name):
                    self._drop_older()
                    with say.step("Installing the addon of this checkout"):
                        self._make(name, base, [paths.ADDON], True)
        (self.rooms / name).touch()
        return name

    def compile_assets(self, name):
        """Compile the assets of the web client in an installed database, once."""
        done = self.rooms / name / "assets"
        with locks.only_one(self._copying(name)):
            if not done.exists():
                with say.step("Compiling the assets of the web client"):
                    run_script(self.shop, self, name, "assets.py")
                done.touch()

    @contextlib.contextmanager
    def scratch(self, source, label="run"):
        """Copy a database for the time of one run."""
        name = f"{PREFIX}_{label}_{secrets.token_hex(4)}"
        handle = locks.share(name)
        try:
            self.copy(source, name)
            yield name
        finally:
            with contextlib.suppress(Problem):
                self.drop(name)
            handle.close()
            locks.forget(name)

    def clean(self):
        """Remove what killed runs left behind."""
        # Rooms first: the database of each that is in use is there by then.
        rooms = (*self.rooms.iterdir(), *paths.folder("runs").iterdir())
        databases = self.shop.server.databases()
        passing = re.compile(f"({PREFIX}_(?:run|new)_[0-9a-f]+)")
        for name in sorted(databases):
            # A parallel run has more databases, named after its own.
            found = passing.match(name)
            if found and locks.is_free(found[1]):
                self.drop(name)
                locks.forget(found[1])
        for room in rooms:
            ours = room.name.startswith(PREFIX) and room.name not in databases
            if ours and locks.is_free(room.name):
                shutil.rmtree(room, ignore_errors=True)

    # Making and removing

    def _make(self, name, source, modules, strict, options=()):
        """Install modules into a database that gets its name when it is ready."""
        log = self.logs / f"{name}.log"
        with self.scratch(source, "new") as new:
            self.install(new, modules, log, strict, options)
            # Copies of it start with statistics; nobody gathers them later.
            self.sql("VACUUM ANALYZE", new)
            if self._exists(name):
                return  # another run was faster
            self.drop(name)  # one that lost its files
            self.sql(f"ALTER DATABASE {new} RENAME TO {name}")
            shutil.rmtree(self.rooms / name, ignore_errors=True)
            (self.rooms / new).rename(self.rooms / name)

    def install(self, name, modules, log, strict, options=(), config=None):
        """Run Odoo once to install modules.

        :param strict: whether a warning in the log is a failure too
        :param config: further lines of Odoo's configuration
        """
        config = self.shop.write_config(
            self.logs / f"{name}.conf", name, http_enable=False, **(config or {})
        )
        command = self.shop.odoo_command(
            config, "--stop-after-init", "-i", ",".join(sorted(modules)), *options
        )
        # What power takes away meanwhile is made again: nothing waits for the disk.
        env = self.shop.child_env(PGOPTIONS="-c synchronous_commit=off")
        started = time.monotonic()
        try:
            commands.run(command, "Odoo failed", env=env, log=log)
        except Problem as problem:
            raise Problem(
                f"Installing {', '.join(sorted(modules))} failed after"
                f" {time.monotonic() - started:.0f} s: {last_error(log)} (see {log})"
            ) from problem
        finally:
            config.unlink(missing_ok=True)
        if strict:
            check_log(log)

    def _exists(self, name):
        return name in self.shop.server.databases() and (self.rooms / name).is_dir()

    def copy(self, source, name):
        """Make a database and then its room: `clean` removes rooms without one."""
        with contextlib.closing(locks.share(name)):
            self.drop(name)
            self._create(source, name)
            room = self.rooms / name
            if not source:
                room.mkdir(exist_ok=True)
                return
            # Stored files are named by their contents and never change.
            shutil.copytree(
                self.rooms / source, room, copy_function=_link, dirs_exist_ok=True
            )

    def _create(self, source, name):
        if not source:
            self.sql(
                f"CREATE DATABASE {name} TEMPLATE template0"
                " ENCODING 'UTF8' LC_COLLATE 'C'"
            )
            return
        # A template may have no guest while it is copied: one copy at a time.
        with locks.only_one(self._copying(source)):
            self.sql(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")

    def _copying(self, source):
        return f"{self.shop.server.key}-copy-{source}"

    def drop(self, name):
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(self.rooms / name, ignore_errors=True)

    def _drop_older(self):
        mine = [
            room
            for room in self.rooms.glob(f"{PREFIX}_addon_{paths.CHECKOUT_KEY}_*")
            if room.is_dir()
        ]
        mine.sort(key=lambda room: room.stat().st_mtime)
        for room in mine[: -(KEPT - 1)]:
            self.drop(room.name)
            (self.logs / f"{room.name}.log").unlink(missing_ok=True)


def _link(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def tree_hash():
    """Name the state of the checkout's files that an installation reads."""
    parts = []
    for folder, folders, files in os.walk(paths.CHECKOUT):
        aside = ASIDE if folder == str(paths.CHECKOUT) else set()
        folders[:] = sorted(set(folders) - aside - {"__pycache__"})
        for name in sorted(files):
            if name.endswith((".pyc", ".md", ".po~")):
                continue
            path = os.path.join(folder, name)
            with open(path, "rb") as content:
                parts += [path, content.read()]
    return paths.digest(*parts)


def dependencies():
    return list(workshop.manifest()["depends"])


def check_log(log):
    """Raise on every warning that Odoo wrote while installing the addon."""
    lines = log.read_text().splitlines()
    loud = [line for line in lines if LOUD.match(line)]
    if loud:
        for line in loud:
            say.tell(line)
        raise Problem(f"Installing the addon gave {len(loud)} warnings (see {log}).")


def last_error(log):
    """Return the line of a log that tells best what went wrong."""
    lines = [line.strip() for line in log.read_text().splitlines() if line.strip()]
    for telling in (RAISED, LOUD):
        found = [line for line in lines if telling.match(line)]
        if found:
            return found[-1]
    return lines[-1] if lines else "Odoo said nothing"

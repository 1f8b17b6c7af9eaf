# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A second Odoo: a database of its own, served by a process of its own."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import odoo.cli
from odoo import SUPERUSER_ID, Command, api, fields
from odoo.modules.registry import Registry
from odoo.sql_db import close_db
from odoo.tests import get_db_name
from odoo.tools import config

START_SECONDS = 240
MODULES = "web,rpc"
# A database with these modules, from which a peer is copied, when dev/test has one.
TEMPLATE = os.environ.get("HELPDESK_PEER")


class OdooPeer:
    """What the tests know of the other Odoo.

    :param url: where it answers
    :param database: its name
    :param key: an API key of its administrator
    """

    def __init__(self, url, database):
        self.url, self.database = url, database
        self.key = self.work(self._prepare)

    def work(self, do):
        """Do something in the other database, in one transaction."""
        # Loading another database must not run the tests of its addons.
        with patch.dict(config._runtime_options, test_enable=False):
            registry = Registry(self.database)
        with registry.cursor() as cr:
            result = do(api.Environment(cr, SUPERUSER_ID, {}))
            cr.commit()
        registry.signal_changes()  # the server learns of new models
        return result

    def _prepare(self, env):
        """Add a model of its own, as a business that sells packs would have one."""
        model = env["ir.model"].create(
            {
                "name": "Pack Sold",
                "model": "x_pack",
                "field_id": [
                    Command.create(
                        {
                            "name": name,
                            "field_description": name,
                            "ttype": kind,
                            "relation": relation,
                        }
                    )
                    for name, kind, relation in (
                        ("x_partner_id", "many2one", "res.partner"),
                        ("x_credits", "float", False),
                        ("x_void", "boolean", False),
                        ("x_active", "boolean", False),
                    )
                ],
                "access_ids": [
                    Command.create(
                        {
                            "name": "everybody",
                            "group_id": env.ref("base.group_user").id,
                            "perm_read": True,
                        }
                    )
                ],
            }
        )
        self.model = model.model
        admin = env.ref("base.user_admin")
        return (
            env["res.users.apikeys"]
            .with_user(admin)
            ._generate("rpc", "sync", fields.Datetime.now() + timedelta(days=1))
        )


@contextmanager
def odoo_peer(modules=MODULES):
    """Create the database, serve it, and remove both."""
    database = f"{get_db_name()}_peer"
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "odoo", "-c", _write_config(folder)]
        command += ["-d", database]
        if TEMPLATE and modules == MODULES:
            _do(f'CREATE DATABASE "{database}" TEMPLATE "{TEMPLATE}"')
        else:
            command += ["-i", modules, "--skip-auto-install"]
        command += [f"--http-port={port}", "--http-interface=127.0.0.1"]
        with open(f"{folder}/log", "w") as log:
            process = subprocess.Popen(
                [*command, "--max-cron-threads=0", f"--db-filter=^{database}$"],
                env={**os.environ, "PYTHONPATH": _python_path()},
                stdout=log,
                stderr=log,
            )
        try:
            _wait(f"http://127.0.0.1:{port}/web/health", process, f"{folder}/log")
            yield OdooPeer(f"http://127.0.0.1:{port}", database)
        finally:
            process.terminate()
            process.wait(30)
            Registry.delete(database)
            close_db(database)
            _do(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def _python_path():
    found = os.path.dirname(os.path.dirname(os.path.dirname(odoo.cli.__file__)))
    return os.pathsep.join(filter(None, [found, os.environ.get("PYTHONPATH")]))


def _write_config(folder):
    names = ("db_host", "db_port", "db_user", "db_password")
    values = {name: config[name] for name in names if config[name]}
    values["addons_path"] = ",".join(config["addons_path"])
    values["data_dir"] = folder
    path = os.path.join(folder, "odoo.conf")
    with open(path, "w") as file:
        file.write("[options]\n")
        file.writelines(f"{name} = {value}\n" for name, value in values.items())
    return path


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(url, process, log):
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=60):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    with open(log) as file:
        raise AssertionError(f"The other Odoo did not start:\n{file.read()[-3000:]}")


def _do(query):
    from ..sync.test_connectors_postgresql import peer_connection

    connection = peer_connection()
    with connection.cursor() as cr:
        cr.execute(query)
    connection.close()

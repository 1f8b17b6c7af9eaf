# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""All that is needed to run Odoo, brought together once per command."""

import ast
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import commands, odoo_source, paths, postgres, python_env

LEASH = Path(__file__).with_name("leash.py")
ODOO_BIN = Path(__file__).with_name("scripts") / "odoo_bin.py"


class Workshop:
    """Odoo, the Python environment and a database server, ready to be used.

    :param name: the server's name; each has databases of its own
    :param throw_away: whether the databases may be lost with the machine's power
    :param extra: names of further requirement files with addons
    """

    def __init__(self, name, throw_away, extra=()):
        with ThreadPoolExecutor() as pool:  # the network is the slow part
            odoo = pool.submit(odoo_source.get)
            self.environment = python_env.get(extra)
            self.odoo = odoo.result()
        self.pins = python_env.pins("odoo", "addons", *extra)
        self.server = postgres.get(self.environment, name, throw_away)
        self.data_dir = paths.folder("odoo-data", self.server.key)
        self.link = paths.addon_link()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.server.close()

    def addons_path(self, with_ours=True):
        folders = [*self.odoo.addons, self.environment.addons]
        if with_ours:
            folders.append(self.link.parent)
        return ",".join(str(folder) for folder in folders)

    def child_env(self, **extra):
        env = {"PYTHONPATH": str(self.odoo.python_path()), **self.server.env, **extra}
        env = commands.environment(**env)
        # A reload starts Python by its bare name.
        env["PATH"] = f"{self.environment.python.parent}:{env.get('PATH', os.defpath)}"
        return env

    def write_config(self, path, database, **options):
        """Write a configuration file for Odoo, so that no other one is read."""
        values = {
            "db_name": database,
            "addons_path": self.addons_path(),
            "data_dir": self.data_dir,
            "list_db": False,
            "admin_passwd": "admin",
            **{key.lstrip("-"): value for key, value in self._db_options()},
            **options,
        }
        lines = [f"{key} = {value}" for key, value in values.items()]
        path.write_text("[options]\n" + "\n".join(lines) + "\n")
        return path

    def _db_options(self):
        return [arg.split("=", 1) for arg in self.server.args]

    def odoo_command(self, config, *args, command=()):
        python = self.environment.python
        return [python, LEASH, python, ODOO_BIN, *command, "-c", config, *args]


def manifest():
    path = paths.CHECKOUT / "__manifest__.py"
    return ast.literal_eval(path.read_text())


def stop_politely():
    """Turn a termination signal into an ordinary end, so that we clean up."""

    def end(number, _frame):
        raise SystemExit(128 + number)

    # A shell starts its background jobs deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)

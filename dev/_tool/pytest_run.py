# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Pytest on a database, started where Odoo finds the addon."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from . import browser, paths, workshop

MOST = 4  # processes; each takes a database and half a gigabyte
# Options of pytest whose value could look like a path.
WITH_VALUE = {"-k", "-m", "-p", "-o", "-n", "--deselect", "--durations", "--maxfail"}


class Run:
    """One run of pytest on one database."""

    def __init__(self, shop, database, with_browser=True):
        self.shop = shop
        self.room = paths.folder("runs", database)
        config = shop.write_config(self.room / "odoo.conf", database)
        python = shop.environment.python
        self.command = [
            *(python, workshop.LEASH, python, "-m", "pytest"),
            "-p_tool.pytest_guard",
            f"--rootdir={shop.link}",
            f"--config-file={shop.link / 'pyproject.toml'}",
            f"--odoo-config={config}",
            f"--override-ini=cache_dir={paths.CHECKOUT_ROOM / 'pytest'}",
        ]
        self.env = shop.child_env()
        self.env["PYTHONPATH"] += f":{paths.CHECKOUT / 'dev'}"
        # In parallel, each process makes a database of its own with createdb.
        path = [str(shop.server.programs), self.env["PATH"]]
        if with_browser:
            self.command.append("--odoo-http")
            path.insert(0, str(browser.folder_for_path()))
        self.env["PATH"] = ":".join(path)

    def show(self, arguments):
        """Run the tests in sight and return pytest's exit code."""
        if not arguments:
            arguments = parallel()
        return self._run(_on_the_link(arguments, self.shop.link))

    def _run(self, arguments):
        process = subprocess.Popen(
            [str(part) for part in (*self.command, *arguments)],
            env=self.env,
            cwd=self.shop.link.parent,
            stdin=subprocess.DEVNULL,
        )
        try:
            return process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            shutil.rmtree(self.room, ignore_errors=True)


def parallel():
    """Return the arguments of a whole run: on every core, and what took longest."""
    cores = min(os.cpu_count() or 1, MOST)
    # In the order of the files: by size, the longest stories would all come last.
    order = ["--dist=loadscope", "--no-loadscope-reorder"]
    return ["-n", str(cores), *order, "--durations=15"]


def free_port():
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _end(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _on_the_link(arguments, link):
    """Return pytest's arguments with paths under the addon's technical name."""
    result, paths_given, previous = [], False, ""
    for argument in arguments:
        place, separator, node = argument.partition("::")
        if previous not in WITH_VALUE and not argument.startswith("-"):
            inside = _inside(place)
            if inside is not None:
                argument = f"{link / inside}{separator}{node}"
                paths_given = True
        result.append(argument)
        previous = argument
    return result if paths_given else [*result, str(link / "tests")]


def _inside(place):
    """Return a path relative to the checkout, when there is such a file in it."""
    for base in (paths.CHECKOUT, Path.cwd()):
        path = (base / place).resolve()
        if path.exists() and path.is_relative_to(paths.CHECKOUT):
            return path.relative_to(paths.CHECKOUT)
    return None

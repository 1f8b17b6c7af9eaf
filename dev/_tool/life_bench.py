# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""bench/life: install, upgrade and uninstall on a database with a long history."""

import argparse
import contextlib
import json
import os
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

from . import lifecycle, paths, say
from .databases import Databases, dependencies
from .shell import SCRIPTS, run_script
from .workshop import Workshop

READ = ("account_analytic_line", "sale_order_line", "res_partner", "helpdesk_ticket")
LEDGER = "service_credit_consumption"


def main(arguments):
    options = _options(arguments)
    with Workshop("test", throw_away=True) as shop:
        bench = Bench(shop, options.lines)
        bench.install()
        bench.upgrade()
        bench.show()
    return 0


# Seconds: whoever reads at an installation or its end, and who writes rows meanwhile.
LONGEST = {"r": 10.0, "w": 1.0}
# An uninstallation takes the ledger away: nobody waits for it to write.
LEFT_OUT = {("uninstall", "w")}


def check(lines=100_000):
    """Install, upgrade and uninstall at a smaller size, and refuse long waits.

    :return: the exit code
    """
    with Workshop("test", throw_away=True) as shop:
        bench = Bench(shop, lines)
        bench.install()
        bench.upgrade()
        bench.show()
        complaints = list(bench.get_complaints())
    for complaint in complaints:
        say.tell(f"Error: {complaint}")
    return 1 if complaints else 0


class Bench:
    """The parts of a life, each with its time and who waited how long."""

    def __init__(self, shop, lines):
        self.shop, self.lines = shop, lines
        self.databases = Databases(shop)
        self.databases.clean()
        self.base = self.databases.base(dependencies())
        self.measured = []

    def install(self):
        with self.databases.scratch(self.base) as name:
            run_script(self.shop, self.databases, name, "existing_data.py")
            self._fill(name)
            log = self.databases.logs / f"{name}.log"
            with self._measured("install", name):
                self.databases.install(name, [paths.ADDON], log, strict=True)
            with self._measured("uninstall", name, LEDGER):
                run_script(self.shop, self.databases, name, "uninstall.py")

    def upgrade(self):
        with (
            tempfile.TemporaryDirectory() as folder,
            self.databases.scratch(self.base) as name,
        ):
            with tarfile.open(lifecycle.RELEASE) as archive:
                archive.extractall(Path(folder, paths.ADDON))
            old = {"addons_path": lifecycle.addons_path(self.shop, folder)}
            log = self.databases.logs / f"{name}.log"
            self.databases.install(name, [paths.ADDON], log, strict=True, config=old)
            run_script(self.shop, self.databases, name, "history.py", **old)
            self._fill(name)
            with self._measured(f"upgrade from {lifecycle.OLD}", name, LEDGER):
                lifecycle.update(self.shop, self.databases, name)
            with self._measured("upgrade of the same version", name, LEDGER):
                lifecycle.update(self.shop, self.databases, name)

    def _fill(self, name):
        with say.step(f"Making {self.lines:,} lines"):
            text = (SCRIPTS / "many_lines.sql").read_text()
            self.databases.sql(text.format(lines=self.lines), name)
            self.databases.sql("VACUUM ANALYZE", name)

    @contextlib.contextmanager
    def _measured(self, what, name, *written):
        """Note how long something takes, and how long others wait meanwhile."""
        tries = [part for table in READ for part in ("r", table)]
        tries += [part for table in written for part in ("w", table)]
        python = self.shop.environment.python
        watch = subprocess.Popen(
            [python, SCRIPTS / "waits.py", name, *tries],
            env={**os.environ, **self.shop.server.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started = time.monotonic()
        try:
            with say.step(f"To {what}" if " " not in what else what.capitalize()):
                yield
        finally:
            seconds = time.monotonic() - started
            waits = watch.communicate("")[0]
        self.measured.append((what, seconds, json.loads(waits)))

    def get_complaints(self):
        """Yield a sentence for each wait that is too long."""
        for what, _seconds, waits in self.measured:
            for name, wait in waits.items():
                kind = name[0]
                if wait > LONGEST[kind] and (what, kind) not in LEFT_OUT:
                    yield f"{what}: {name} waited {wait:.1f} s, at most {LONGEST[kind]}"

    def show(self):
        print(f"\n{self.lines:,} lines: seconds, and the longest wait of others")
        for what, seconds, waits in self.measured:
            longest = {
                kind: max((v for k, v in waits.items() if k[0] == kind), default=0)
                for kind in "rw"
            }
            print(
                f"{what}: {seconds:.0f} s; readers {longest['r']:.1f} s,"
                f" writers of the ledger {longest['w']:.1f} s"
            )
            for name, wait in sorted(waits.items()):
                print(f"    {name}: {wait:.1f} s")


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="bench/life",
        description="Measure installing, upgrading and uninstalling on a database with"
        " a long history, and how long others wait for its tables meanwhile.",
    )
    parser.add_argument(
        "--lines", type=int, default=1_000_000, help="default a million time entries"
    )
    return parser.parse_args(arguments)

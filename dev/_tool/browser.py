# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The browser of the browser tests: one on the machine, else Debian's chromium."""

import os
import shutil
import subprocess

from . import commands, locks, paths, say
from .say import Problem

NAMES = ("chromium", "google-chrome", "chromium-browser", "google-chrome-stable")
# Tests talk to this machine only; without these the browser first tries to reach
# its maker, many times, and waits.
QUIET = (
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-features=MediaRouter,OptimizationHints,Translate",
    "--disable-quic",
    "--disable-sync",
    "--password-store=basic",
    "--host-resolver-rules='MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1'",
)
INSTALL = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]


def find():
    """Return the path of a browser, or nothing."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def get():
    """Return the path of a browser, installing it when we may.

    :raise Problem: saying how to install it when we may not
    """
    with locks.only_one("browser"):
        path = find()
        if not path:
            _install()
            path = find()
    if not path:
        raise Problem("Debian's chromium was installed but is not on the PATH.")
    return path


def folder_for_path():
    """Return a folder to put first on the PATH: Odoo looks browsers up by name."""
    script = f'#!/bin/sh\nexec "{get()}" {" ".join(QUIET)} "$@"\n'
    room = paths.folder("browser", paths.digest(script))
    # The first name Odoo tries.
    wrapper = room / "google-chrome"
    if not wrapper.exists():
        new = room / f"new-{os.getpid()}"
        new.write_text(script)
        new.chmod(0o755)
        new.rename(wrapper)
    return room


def _install():
    how = "sudo apt-get install chromium"
    prefix = _privilege()
    if not shutil.which("apt-get") or prefix is None:
        raise Problem(
            "The browser tests need Chromium and this user may not install it:"
            f" {how} (or leave them out with --no-browser)."
        )
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    env = commands.environment(DEBIAN_FRONTEND="noninteractive")
    with say.step("Installing Debian's chromium for the browser tests"):
        try:
            update = [*prefix, "apt-get", "update", "-q", *wait]
            commands.run(update, "apt-get update failed", env=env)
            commands.run([*prefix, *INSTALL, *wait], "apt-get install failed", env=env)
        except Problem as problem:
            raise Problem(f"Chromium could not be installed: {problem}") from problem


def _privilege():
    """Return what to put before a command to run it as root, or nothing."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        done = subprocess.run(["sudo", "-n", "true"], capture_output=True)
        if done.returncode == 0:
            return ["sudo", "-n"]
    return None

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Build the addon's wheel with whool, without the tools of this repository.

whool packs every file under version control, from a folder named like the addon.
This backend hands it a copy that has that name and leaves ``dev``, ``bench``, ``docs``
and the settings of tools out, so any checkout builds, whatever its folder is called.
"""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from whool import buildapi
from whool.buildapi import build_editable, build_sdist  # hooks pip asks for

__all__ = ["build_editable", "build_sdist", "build_wheel"]

ADDON = "helpdesk_service_credit"
#: Top-level names that work on the addon and are not part of it.
TOOLS = {"bench", "dev", "docs"}
#: Hidden files are settings of tools; these two whool reads, and drops itself.
KEEP = {"PKG-INFO", "pyproject.toml"}


def _files(checkout):
    """The addon's files: those under version control, or all of an unpacked sdist."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],
            cwd=checkout,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [
            str(path.relative_to(checkout))
            for path in checkout.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        ]
    for name in filter(None, listed):
        top = Path(name).parts[0]
        if top in KEEP or not (top in TOOLS or top.startswith(".")):
            yield name


@contextmanager
def _addon_folder():
    """Work in a copy of the addon that has the addon's name."""
    checkout = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        addon = Path(folder, ADDON)
        for name in _files(checkout):
            target = addon / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(checkout / name, target)
        os.chdir(addon)
        try:
            yield
        finally:
            os.chdir(checkout)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Write the wheel into ``wheel_directory`` and return its file name (PEP 517)."""
    wheel_directory = str(Path(wheel_directory).resolve())
    with _addon_folder():
        return buildapi.build_wheel(
            wheel_directory, config_settings, metadata_directory
        )

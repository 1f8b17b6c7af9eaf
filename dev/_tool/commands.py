# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Running other programs."""

import os
import subprocess

from . import paths
from .say import Problem

FOREIGN = (
    "OPENERP_SERVER",
    "ODOO_RC",
    "PGDATABASE",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
)


def environment(**extra):
    """Return the environment for a child: ours without what would mislead it."""
    env = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    env["PYTHONPYCACHEPREFIX"] = str(paths.CACHE / "pycache")
    env["PYTHONUNBUFFERED"] = "1"
    env.update({key: str(value) for key, value in extra.items()})
    return env


def run(command, what, env=None, log=None, **options):
    """Run a command quietly and return its output.

    :param what: what fails when it fails, as the start of a sentence
    :param log: file that receives the output instead
    :raise Problem: naming the command's last words
    """
    command = [str(part) for part in command]
    options.update(env=env, stdin=subprocess.DEVNULL, text=True)
    try:
        if log:
            with open(log, "w") as output:
                done = subprocess.run(
                    command, stdout=output, stderr=subprocess.STDOUT, **options
                )
        else:
            done = subprocess.run(command, capture_output=True, **options)
    except FileNotFoundError as error:
        raise Problem(f"{what}: the program {command[0]} is missing.") from error
    if done.returncode:
        where = f"see {log}" if log else last_words(done.stderr or done.stdout)
        raise Problem(f"{what} (exit code {done.returncode}): {where}")
    return done.stdout or ""


def last_words(text):
    """Return what a program said about its failure, on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marks = ("e:", "error", "fatal", "psql: error")
    wrong = [line for line in lines if line.lower().startswith(marks)]
    return " / ".join((wrong or lines)[-3:]) or "it said nothing"

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The whole check: lint, then the tests on a copy of a prepared database."""

import argparse
import subprocess
from pathlib import Path

from . import paths, say
from .databases import Databases, dependencies
from .workshop import Workshop

# Options of pytest whose value could look like a path.
WITH_VALUE = {"-k", "-m", "-p", "-o", "-n", "--deselect", "--durations", "--maxfail"}


def main(arguments):
    options, rest = _options(arguments)
    with Workshop("test", throw_away=True) as shop:
        databases = Databases(shop)
        databases.clean()
        source = databases.addon(databases.base(dependencies()))
        with databases.scratch(source) as name:
            return run_pytest(shop, name, rest)


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="dev/test",
        description="Run the linters and every test, in a real Odoo and browser.",
        epilog="All other arguments go to pytest: dev/test -k prepaid,"
        " dev/test tests/test_service_log.py -x",
        allow_abbrev=False,
    )
    parser.add_argument("--no-lint", action="store_true", help="only tests")
    parser.add_argument("--lint", action="store_true", help="only linters")
    return parser.parse_known_args(arguments)


def run_pytest(shop, database, arguments):
    """Run pytest on the addon and return its exit code."""
    room = paths.folder("runs", database)
    config = shop.write_config(room / "odoo.conf", database)
    command = [
        shop.environment.python,
        "-m",
        "pytest",
        f"--rootdir={shop.link}",
        f"--odoo-config={config}",
        "--odoo-http",
        f"--override-ini=cache_dir={paths.CHECKOUT_ROOM / 'pytest'}",
        *_on_the_link(arguments, shop.link),
    ]
    pyproject = shop.link / "pyproject.toml"
    if pyproject.exists():
        command.insert(3, f"--config-file={pyproject}")
    say.tell("-> Running the tests")
    command = [str(part) for part in command]
    return _run(command, shop)


def _run(command, shop):
    process = subprocess.Popen(command, env=shop.child_env(), cwd=shop.link.parent)
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


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

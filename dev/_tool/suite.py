# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The whole check: lint, then the tests on a copy of a prepared database."""

import argparse
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import browser, lint, paths, say, workshop
from .databases import Databases, dependencies
from .workshop import Workshop

# Options of pytest whose value could look like a path.
WITH_VALUE = {"-k", "-m", "-p", "-o", "-n", "--deselect", "--durations", "--maxfail"}


def main(arguments):
    options, rest = _options(arguments)
    if options.lint:
        lint.check()
        return 0
    with_browser = not options.no_browser
    with_lint = not rest and not options.no_lint
    with ThreadPoolExecutor() as pool:
        aside = [pool.submit(browser.get)] if with_browser else []
        with Workshop("test", throw_away=True) as shop:
            if with_lint:
                aside.append(pool.submit(lint.check, shop.environment))
            databases = Databases(shop)
            databases.clean()
            source = databases.addon(databases.base(dependencies()))
            for task in aside:
                task.result()
            with databases.scratch(source) as name:
                return run_pytest(shop, name, rest, with_browser)


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="dev/test",
        description="Run the linters and every test, in a real Odoo and browser.",
        epilog="All other arguments go to pytest, and then only those tests run,"
        " without the linters: dev/test -k prepaid, dev/test tests/test_ticket.py -x",
        allow_abbrev=False,
    )
    parser.add_argument("--no-lint", action="store_true", help="only tests")
    parser.add_argument("--lint", action="store_true", help="only linters")
    parser.add_argument(
        "--no-browser", action="store_true", help="skip browser tests, and say so"
    )
    return parser.parse_known_args(arguments)


def run_pytest(shop, database, arguments, with_browser=True):
    """Run pytest on the addon and return its exit code."""
    room = paths.folder("runs", database)
    config = shop.write_config(room / "odoo.conf", database)
    command = [
        shop.environment.python,
        workshop.LEASH,
        shop.environment.python,
        "-m",
        "pytest",
        "-p_tool.pytest_guard",
        f"--rootdir={shop.link}",
        f"--odoo-config={config}",
        f"--override-ini=cache_dir={paths.CHECKOUT_ROOM / 'pytest'}",
        *_on_the_link(arguments, shop.link),
    ]
    env = shop.child_env()
    env["PYTHONPATH"] += f":{paths.CHECKOUT / 'dev'}"
    if with_browser:
        command.append("--odoo-http")
        env["PATH"] = f"{browser.folder_for_path()}:{env['PATH']}"
    pyproject = shop.link / "pyproject.toml"
    if pyproject.exists():
        command.append(f"--config-file={pyproject}")
    say.tell("-> Running the tests")
    command = [str(part) for part in command]
    return _run(command, env, shop)


def _run(command, env, shop):
    process = subprocess.Popen(command, env=env, cwd=shop.link.parent)
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

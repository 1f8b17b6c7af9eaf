# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The whole check: lint, then the tests on a copy of a prepared database."""

import argparse
import importlib.util
import os
import re
from concurrent.futures import ThreadPoolExecutor

from . import (
    browser,
    cluster,
    life_bench,
    lifecycle,
    lint,
    long_run,
    neighbours,
    paths,
    say,
)
from .databases import Databases, dependencies
from .pytest_run import Run
from .workshop import Workshop


def main(arguments):
    options, rest = _options(arguments)
    if options.lint:
        lint.check()
        return 0
    if options.rooms:
        print(_rooms().report())
        return 0
    if options.peers:
        return neighbours.peers(rest)
    if options.beside:
        return neighbours.beside(rest)
    if options.cluster:
        return cluster.main()
    if options.lifecycle:
        return lifecycle.main()
    if options.language:
        os.environ["HELPDESK_LANGUAGE"] = options.language
    if options.long:
        with long_run.arguments() as chosen:
            failed = check([*chosen, *rest], True, False)
        return failed if failed or rest else cluster.main() or life_bench.check()
    return check(rest, not options.no_browser, not rest and not options.no_lint)


def check(arguments, with_browser, with_lint):
    """Lint and test this checkout and return pytest's exit code."""
    with ThreadPoolExecutor() as pool:
        aside = [pool.submit(browser.get)] if with_browser else []
        with Workshop("test", throw_away=True) as shop:
            databases = Databases(shop)
            databases.clean()
            if not arguments:
                aside.append(pool.submit(databases.peer))
            base = databases.base(dependencies())
            if with_lint:
                # What follows uses one core; what came before kept both busy.
                aside.append(pool.submit(lint.check, shop.environment))
            source = databases.addon(base)
            result = _run(shop, databases, source, arguments, with_browser, aside)
            if result == 1 and not arguments:
                _look_again(shop, databases, source, with_browser)
            return result


def _look_again(shop, databases, source, with_browser):
    """Play what failed once more: that says what kind of failure it is, no more."""
    say.tell(
        "-> The run has failed. Playing what failed once more, alone and on a fresh"
        " database, to tell what is unstable from what is wrong"
    )
    again = ["--last-failed", "--last-failed-no-failures=none"]
    if _run(shop, databases, source, again, with_browser):
        say.tell("   It fails again: it is wrong.")
    else:
        say.tell("   All of it passes now: it is unstable, and the run has failed.")


def _run(shop, databases, source, arguments, with_browser, aside=()):
    if with_browser and _opens_browser(arguments):
        # Once for this state of the code, instead of once in every browser test.
        databases.compile_assets(source)
    with databases.scratch(source) as name:
        for task in aside:
            task.result()
        say.tell("-> Running the tests")
        return Run(shop, name, with_browser).show(arguments)


def _opens_browser(arguments):
    """Tell whether these arguments of pytest name tests in a browser, or all tests."""
    files = [paths.CHECKOUT / name.partition("::")[0] for name in arguments]
    texts = [file.read_text() for file in files if file.is_file()]
    return not texts or any(re.search("HttpCase|ScreenWalk", text) for text in texts)


def _rooms():
    """Return the rules of rooms, which are part of the tests."""
    path = paths.CHECKOUT / "tests" / "support" / "rooms.py"
    spec = importlib.util.spec_from_file_location("rooms", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SWITCHES = {
    "--no-lint": "only tests",
    "--lint": "only linters",
    "--rooms": "only show which room uses which, and what breaks their rules",
    "--no-browser": "skip browser tests, and say so",
    "--peers": "run the tests of the addons ours builds on, with ours installed",
    "--beside": "run our tests beside other addons, uninstall and install again",
    "--long": "run long walks, storms, races, crash points and the security fuzz",
    "--cluster": "play two servers on one database, with a replica and PgBouncer",
    "--lifecycle": "install on history, adopt another addon's, upgrade, uninstall",
}


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="dev/test",
        description="Run the linters and every test, in a real Odoo and browser.",
        epilog="All other arguments go to pytest, and then only those tests run,"
        " without the linters: dev/test -k prepaid, dev/test tests/time/test_timer.py",
        allow_abbrev=False,
    )
    for name, help_text in SWITCHES.items():
        parser.add_argument(name, action="store_true", help=help_text)
    parser.add_argument(
        "--language",
        metavar="CODE",
        help="play every story in this language: ro_RO, it_IT, pt_BR, …, en_US",
    )
    return parser.parse_known_args(arguments)

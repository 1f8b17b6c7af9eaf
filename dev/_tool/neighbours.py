# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Other people's addons: their tests with ours installed, and ours beside them."""

import contextlib
import re
import subprocess
from pathlib import Path

from . import browser, commands, paths, pytest_run, say
from .databases import Databases, dependencies, last_error
from .say import Problem
from .workshop import LEASH, Workshop

# Addons ours changes, and how many tests each is known to have at least.
PEERS = {"helpdesk_mgmt": 35, "helpdesk_mgmt_project": 6, "sale_timesheet": 79}
BESIDE = (
    "helpdesk_mgmt_crm",
    "helpdesk_mgmt_merge",
    "helpdesk_mgmt_rating",
    "helpdesk_mgmt_sale",
    "helpdesk_mgmt_sale_project",
    "helpdesk_mgmt_sla",
    "helpdesk_type",
    "sale_timesheet_line_exclude",
)
SCRIPTS = Path(__file__).with_name("scripts")
COUNT = re.compile(r"odoo\.tests\.stats: (\w+): (\d+) tests")
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")


def peers(_arguments):
    """Run the tests of the addons ours changes, with ours installed."""
    with Workshop("test", throw_away=True) as shop:
        databases = Databases(shop)
        databases.clean()
        source = databases.addon(databases.base(dependencies()))
        log = databases.logs / f"peers_{paths.CHECKOUT_KEY}.log"
        what = f"Running the tests of {', '.join(PEERS)}"
        with databases.scratch(source) as name, say.step(what):
            _run_odoo_tests(shop, databases, name, log)
    text = log.read_text()
    counts = {addon: int(number) for addon, number in COUNT.findall(text)}
    for addon, least in PEERS.items():
        found = counts.get(addon, 0)
        print(f"{addon}: {found} tests ran, {least} expected")
    results = [list(map(int, found)) for found in RESULT.findall(text)]
    failed, total = sum(map(sum, (row[:2] for row in results))), results[-1][2]
    print(f"{total - failed} passed, {failed} failed", flush=True)
    few = [addon for addon, least in PEERS.items() if counts.get(addon, 0) < least]
    if failed or few:
        raise Problem(
            f"The tests of the addons ours changes are not green (see {log})."
        )
    return 0


def _run_odoo_tests(shop, databases, name, log):
    config = shop.write_config(
        databases.logs / f"{name}.conf", name, http_port=pytest_run.free_port()
    )
    tags = ",".join(f"/{addon}" for addon in PEERS)
    python = shop.environment.python
    command = [python, LEASH, python, SCRIPTS / "run_odoo_tests.py"]
    command += ["-c", config, "--test-tags", tags, "--stop-after-init"]
    env = shop.child_env()
    env["PATH"] = f"{browser.folder_for_path()}:{env['PATH']}"
    with contextlib.suppress(Problem):  # the log tells more
        commands.run(command, "Odoo failed", env=env, log=log)
    if not RESULT.search(log.read_text()):
        raise Problem(f"Odoo ran no tests: {last_error(log)} (see {log})")


def beside(arguments):
    """Run our tests beside the neighbours, then uninstall and install again."""
    with Workshop("test", throw_away=True, extra=["neighbours"]) as shop:
        databases = Databases(shop)
        databases.clean()
        base = databases.base([*dependencies(), *BESIDE], "beside")
        source = databases.addon(base)
        with databases.scratch(source) as name:
            code = pytest_run.Run(shop, name).show(arguments)
        if code:
            return code
        for label, start in (("other addons", base), ("nothing else", None)):
            start = start or databases.base(dependencies())
            with say.step(f"Installing and uninstalling beside {label}"):
                _come_and_go(shop, databases, start)
    say.tell("   The addon comes and goes without a trace.")
    return 0


def _come_and_go(shop, databases, base):
    """Install on a database that already has tickets and time, and uninstall."""
    with databases.scratch(base) as name:
        _script(shop, databases, name, "existing_data.py")
        log = databases.logs / f"{name}.log"
        databases.install(name, [paths.ADDON], log, strict=True)
        _script(shop, databases, name, "uninstall.py")
        databases.install(name, [paths.ADDON], log, strict=True)


def _script(shop, databases, name, script):
    """Run a script in Odoo's shell.

    :raise Problem: with its last words when it fails
    """
    config = databases.logs / f"{name}.conf"
    shop.write_config(config, name, http_enable=False)
    command = shop.odoo_command(config, "--log-level=error", command=["shell"])
    code = f"exec(compile({(SCRIPTS / script).read_text()!r}, {script!r}, 'exec'))\n"
    done = subprocess.run(
        [str(part) for part in command],
        env=shop.child_env(),
        input=code,
        capture_output=True,
        text=True,
    )
    if done.returncode or "Traceback" in done.stderr:
        words = commands.last_words(done.stderr)
        raise Problem(f"{script} failed in Odoo's shell: {words}")

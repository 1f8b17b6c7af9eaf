# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Other people's addons: their tests with ours installed, and ours beside them."""

import re
import subprocess
from pathlib import Path

from . import commands, paths, pytest_run, say
from .databases import Databases, dependencies
from .say import Problem
from .workshop import Workshop

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
SUMMARY = re.compile(r"^=+ (.*) in [\d.]+s.* =+$", re.MULTILINE)
COUNT = re.compile(r"(\d+) (passed|failed|error|skipped)")


def peers(arguments):
    """Run the tests of the addons ours changes, with ours installed."""
    wrong = []
    with Workshop("test", throw_away=True) as shop:
        databases = Databases(shop)
        databases.clean()
        source = databases.addon(databases.base(dependencies()))
        for addon, least in PEERS.items():
            with databases.scratch(source) as name:
                run = pytest_run.Run(shop, name)
                code, text = run.capture([_tests(shop, addon), *arguments])
            passed = _counts(text).get("passed", 0)
            if code or (passed < least and not arguments):
                wrong.append(addon)
            say.tell(f"   {addon}: {passed} passed, at least {least} expected\n")
    if wrong:
        raise Problem(f"With our addon installed, tests fail in {', '.join(wrong)}.")
    return 0


def _tests(shop, addon):
    for folder in (shop.environment.addons, *shop.odoo.addons):
        if (folder / addon).is_dir():
            return folder / addon / "tests"
    return shop.odoo.python_path() / "odoo" / "addons" / addon / "tests"


def _counts(text):
    found = SUMMARY.findall(text)
    return {what: int(n) for n, what in COUNT.findall(found[-1])} if found else {}


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

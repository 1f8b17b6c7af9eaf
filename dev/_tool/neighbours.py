# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Other people's addons: their tests with ours installed, and ours beside them."""

import contextlib
import re

from . import browser, commands, lifecycle, paths, pytest_run, say
from .databases import Databases, dependencies, last_error
from .say import Problem
from .shell import SCRIPTS
from .workshop import LEASH, Workshop

# Addons ours changes, and how many tests each has.
PEERS = {"helpdesk_mgmt": 35, "helpdesk_mgmt_project": 6, "sale_timesheet": 79}
BESIDE = (
    "base_automation",
    "contract",
    "helpdesk_mgmt_crm",
    "helpdesk_mgmt_merge",
    "helpdesk_mgmt_rating",
    "helpdesk_mgmt_sale",
    "helpdesk_mgmt_sale_project",
    "helpdesk_mgmt_sla",
    "helpdesk_type",
    "queue_job",
    "sale_loyalty",
    "sale_timesheet_line_exclude",
    "subscription_oca",
)
# The tests of what these addons extend, too, and of every menu and form; then those
# that need them, whose name keeps them out of other runs.
BESIDE_TESTS = (
    "tests/authorization",
    "tests/funding",
    "tests/selling",
    "tests/time",
    "tests/work",
    "tests/security/test_attack_menus.py",
    "tests/support/beside_contract.py",
    "tests/support/beside_neighbours.py",
    "tests/support/beside_queue.py",
)
# What takes long and plays nothing of theirs.
NOT_BESIDE = ("walk", "storm", "races", "tour", "screen", "morning", "thousands")
FAILED = re.compile(r" (?:FAIL|ERROR): (\w+\.\w+)$", re.MULTILINE)
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")


def peers(tags):
    """Run the tests of the addons ours changes, with ours installed.

    :param tags: Odoo test tags to run instead of all of them
    """
    with Workshop("test", throw_away=True) as shop:
        databases = Databases(shop)
        databases.clean()
        source = databases.addon(databases.base(dependencies()))
        log = databases.logs / f"peers_{paths.CHECKOUT_KEY}.log"
        all_tags = [f"/{addon}" for addon in PEERS]
        what = f"Running the tests of {', '.join(tags or PEERS)}"
        with databases.scratch(source) as name, say.step(what):
            _run_odoo_tests(shop, databases, name, log, tags or all_tags)
    text = log.read_text()
    for line in FAILED.findall(text):
        say.tell(f"   {line}")
    failed, errors, total = map(sum, zip(*_numbers(text), strict=True))
    print(f"{total - failed - errors} passed, {failed + errors} failed", flush=True)
    least = 0 if tags else sum(PEERS.values())
    if failed or errors or total < least:
        raise Problem(f"Of {max(total, least)} tests not all passed (see {log}).")
    return 0


def _numbers(text):
    return [tuple(map(int, found)) for found in RESULT.findall(text)]


def _run_odoo_tests(shop, databases, name, log, tags):
    config = shop.write_config(
        databases.logs / f"{name}.conf", name, http_port=pytest_run.free_port()
    )
    python = shop.environment.python
    command = [python, LEASH, python, SCRIPTS / "run_odoo_tests.py"]
    command += ["-c", config, "--test-tags", ",".join(tags), "--stop-after-init"]
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
        with say.step("Installing and uninstalling beside other addons"):
            lifecycle.come_and_go(shop, databases, base)
        say.tell("   The addon comes and goes without a trace.")
        with databases.scratch(source) as name:
            if not arguments:
                left_out = " and ".join(f"not {word}" for word in NOT_BESIDE)
                arguments = [*pytest_run.parallel(), "-k", left_out, *BESIDE_TESTS]
            return pytest_run.Run(shop, name).show(arguments)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The life of the addon on one database: adopt, install, upgrade, uninstall."""

import contextlib
import difflib
import os
import signal
import tarfile
import tempfile
from pathlib import Path

from . import commands, demo, paths, pytest_run, say, server, workshop
from .databases import Databases, check_log, dependencies, last_error
from .say import Problem
from .shell import run_script
from .workshop import Workshop

OLD = "19.0.1.0.0"
#: The code of a release: what `git archive` gives of it, without tests and tools.
RELEASE = paths.CHECKOUT / "dev" / "releases" / f"{OLD}.tar.xz"
AS_BEFORE = f"""
UPDATE ir_module_module SET latest_version = '{OLD}' WHERE name = '{paths.ADDON}'
"""
DEMO = f"""
SELECT COUNT(*) FROM ir_model_data WHERE module = '{paths.ADDON}' AND name LIKE '%demo%'
"""
MANY = 40  # figures that a history has at least


def main():
    """Play every part once, each on a database of its own."""
    with Workshop("test", throw_away=True) as shop:
        databases = Databases(shop)
        databases.clean()
        base = databases.base(dependencies())
        with say.step("Installing on a database with history, and uninstalling"):
            come_and_go(shop, databases, base)
        with say.step("Adopting the time of another addon"):
            _adopt(shop, databases, base)
        with say.step(f"Upgrading what {OLD} left, and uninstalling"):
            _upgrade(shop, databases, base)
        with say.step(f"Upgrading the demo data of {OLD}"):
            _upgrade_demo(shop, databases, base)
        with say.step("Installing the wheel from Apps"):
            _install_wheel(shop, databases, base)
        for workers in (0, 2):
            with say.step(f"Reloading a server with {workers} workers"):
                _reload(shop, databases, databases.addon(base), workers)
    say.tell("   Nothing was lost and nothing is left.")
    return 0


def come_and_go(shop, databases, base):
    """Install on a database that already has tickets and time, and uninstall."""
    with databases.scratch(base) as name:
        run_script(shop, databases, name, "existing_data.py")
        log = databases.logs / f"{name}.log"
        databases.install(name, [paths.ADDON], log, strict=True)
        run_script(shop, databases, name, "loaded_data.py")
        run_script(shop, databases, name, "uninstall.py")
        databases.install(name, [paths.ADDON], log, strict=True)


def _adopt(shop, databases, base):
    """Install where helpdesk_mgmt_timesheet(_sale) of Odoo 18 left its columns."""
    with databases.scratch(base) as name:
        run_script(shop, databases, name, "adopted_before.py")
        log = databases.logs / f"{name}.log"
        databases.install(name, [paths.ADDON], log, strict=True)
        run_script(shop, databases, name, "adopted_after.py")


def _upgrade(shop, databases, base):
    """Use a released version, upgrade to this one, compare every figure, go on.

    The release is kept as its code, not as a dump: whatever Odoo is tested with makes
    its database, and no clone needs the history of the project.
    """
    new = workshop.manifest()["version"]
    with _release(shop) as old, databases.scratch(base) as name:
        log = databases.logs / f"{name}.log"
        databases.install(name, [paths.ADDON], log, strict=True, config=old)
        run_script(shop, databases, name, "history.py", **old)
        before = run_script(shop, databases, name, "figures.py", **old)
        for again in (False, True):
            if again:  # a migration may be cut off and starts over
                databases.sql(AS_BEFORE, name)
            update(shop, databases, name)
            after = run_script(shop, databases, name, "figures.py")
            if f"version {new}\n" not in after:
                raise Problem(f"The upgrade did not happen: {after}")
            _compare(before, after)
        run_script(shop, databases, name, "upgraded.py")
        run_script(shop, databases, name, "uninstall.py")


def _upgrade_demo(shop, databases, base):
    """Upgrade a release that was installed with demo data: no record comes after those
    it had, as Odoo skips what confirms and invoices their orders."""
    with _release(shop) as old, databases.scratch(base) as name:
        demo.install(databases, name, strict=True, config=old)
        before = databases.sql(DEMO, name)
        update(shop, databases, name)
        if databases.sql(DEMO, name) != before:
            raise Problem(f"The upgrade added demo records to {before}")


@contextlib.contextmanager
def _release(shop):
    """Unpack the release, and give the configuration that uses it."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(RELEASE) as archive:
            archive.extractall(Path(folder, paths.ADDON))
        yield {"addons_path": addons_path(shop, folder)}


def _compare(before, after):
    told = [text.partition("---")[2].splitlines() for text in (before, after)]
    if len(told[0]) < MANY:
        raise Problem(f"The history is too short to tell anything: {before}")
    changed = list(difflib.unified_diff(*told, "before", "after", n=0, lineterm=""))
    if changed:
        raise Problem("Upgrading changed figures:\n" + "\n".join(changed))


def update(shop, databases, name):
    config = databases.logs / f"{name}.conf"
    shop.write_config(config, name, http_enable=False)
    log = databases.logs / f"{name}.log"
    command = shop.odoo_command(config, "--stop-after-init", "-u", paths.ADDON)
    try:
        commands.run(command, "Odoo failed", env=shop.child_env(), log=log)
    except Problem as problem:
        raise Problem(f"Upgrading failed: {last_error(log)} (see {log})") from problem
    check_log(log)


def _reload(shop, databases, source, workers):
    """Let Odoo start itself again, as it does when a request took too long."""
    port, other = pytest_run.free_port(), pytest_run.free_port()
    url = f"http://127.0.0.1:{port}"
    with databases.scratch(source) as name:
        log = databases.logs / f"{name}.log"
        options = {"workers": workers, "http_port": port, "gevent_port": other}
        config = shop.write_config(databases.logs / f"{name}.conf", name, **options)
        command = shop.odoo_command(config)
        with server.serving(command, shop.child_env(), log, url) as process:
            said = log.stat().st_size
            process.send_signal(signal.SIGHUP)
            server.wait_for_words(process, log, "HTTP service", said)
            server.wait(process, url, log)
            if workers:
                server.wait(process, f"http://127.0.0.1:{other}", log)


def addons_path(shop, folder):
    return f"{shop.addons_path(with_ours=False)},{os.fspath(folder)}"


def _install_wheel(shop, databases, base):
    """Build the wheel, install it with pip, and press Activate."""
    pip = [shop.environment.python, "-m", "pip", "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        build = [*pip, "wheel", "--no-deps", "-w", folder, paths.CHECKOUT]
        commands.run(build, "Building the wheel failed")
        [wheel] = Path(folder).glob("odoo_addon_helpdesk_service_credit-*.whl")
        site = Path(folder, "site")
        install = [*pip, "install", "--no-deps", "--target", site, wheel]
        commands.run(install, "Installing the wheel failed")
        addons = site / "odoo" / "addons"
        tools = {"bench", "dev", ".ci", ".git"} & {
            path.name for path in (addons / paths.ADDON).iterdir()
        }
        if tools:
            raise Problem(f"The wheel has {', '.join(sorted(tools))} in it.")
        with databases.scratch(base) as name:
            run_script(
                shop,
                databases,
                name,
                "install_from_apps.py",
                addons_path=addons_path(shop, addons),
            )

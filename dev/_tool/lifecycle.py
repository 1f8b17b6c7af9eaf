# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The life of the addon on one database: adopt, install, upgrade, uninstall."""

import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

from . import commands, paths, pytest_run, say, server
from .databases import Databases, check_log, dependencies, last_error
from .say import Problem
from .shell import run_script
from .workshop import Workshop

#: The shape of a migration script; copied into the version that is tried.
MIGRATION = paths.CHECKOUT / "dev" / "templates" / "post-migration.py"
NEXT = "19.0.99.0.0"


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
        with say.step("Upgrading to the next version, and uninstalling"):
            _upgrade(shop, databases, databases.addon(base))
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


def _upgrade(shop, databases, source):
    """Use the addon, upgrade it with a migration, compare every figure, remove it."""
    with databases.scratch(source) as name:
        run_script(shop, databases, name, "history.py")
        before = run_script(shop, databases, name, "figures.py")
        with _next_version() as folder:
            _update(shop, databases, name, folder)
        after = run_script(shop, databases, name, "figures.py")
        if f"version {NEXT}" not in after or "migrated from" not in after:
            raise Problem(f"The migration did not run: {after}")
        told = [text.split("---")[1] for text in (before, after)]
        if told[0] != told[1]:
            raise Problem(f"Upgrading changed figures: {told[0]} became {told[1]}")
        run_script(shop, databases, name, "uninstall.py")


@contextlib.contextmanager
def _next_version():
    """Make a copy of the addon as its next version, with a migration script."""
    with tempfile.TemporaryDirectory() as folder:
        addon = Path(folder, paths.ADDON)
        aside = shutil.ignore_patterns(".git", "__pycache__", "node_modules")
        shutil.copytree(paths.CHECKOUT, addon, ignore=aside)
        manifest = addon / "__manifest__.py"
        text = manifest.read_text()
        present = text.split('"version": "')[1].split('"')[0]
        manifest.write_text(text.replace(present, NEXT))
        scripts = addon / "migrations" / NEXT
        scripts.mkdir(parents=True)
        shutil.copy(MIGRATION, scripts / MIGRATION.name)
        yield folder


def _update(shop, databases, name, folder):
    config = databases.logs / f"{name}.conf"
    shop.write_config(
        config, name, http_enable=False, addons_path=_addons_path(shop, folder)
    )
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


def _addons_path(shop, folder):
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
        tools = {"bench", "dev", "docs", ".ci", ".git"} & {
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
                addons_path=_addons_path(shop, addons),
            )

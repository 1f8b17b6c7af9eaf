# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Pytest plugin: what a run needs to mean what it says.

A browser test that could not run has failed: Odoo skips it when the browser is
missing, crashes or does not answer in ten seconds, which a busy machine with two
cores needs at times.

Each process of a parallel run has stored files of its own: with one folder for all,
the clean-up after a test class removes the files of every other process, because no
attachment of its own database names them.

To freeze the time, freezegun looks for the clock in every module that is loaded, and
lists all names of five thousand modules each time to see whether there are new ones:
their number tells that as well, in a tenth of the time.
"""

import contextlib
import gc
import os
import shutil
from pathlib import Path

import freezegun.api
import pytest

PATIENCE = 60  # seconds for the browser to start
# Seconds a request may wait for another one: the first compiles the client's assets,
# and those that gave up meanwhile leave a blank page behind.
TURN = 180
# The bases of classes whose tests open a browser or race on a database of their own.
LONG = {"HttpCase", "ScratchCase"}


@contextlib.contextmanager
def own_files(source, name):
    """Link the stored files of a database to those of its copy, while it lives."""
    from odoo.tools import config

    rooms = Path(config["data_dir"]) / "filestore"
    if name == source or not (rooms / source).is_dir():
        yield
        return
    shutil.rmtree(rooms / name, ignore_errors=True)
    # Stored files are named by their contents and never change.
    shutil.copytree(rooms / source, rooms / name, copy_function=os.link)
    try:
        yield
    finally:
        shutil.rmtree(rooms / name, ignore_errors=True)


def pytest_sessionstart(session):
    import pytest_odoo

    from odoo.tests import common

    pytest_odoo._shared_filestore = own_files
    common.CHECK_BROWSER_ITERATIONS = int(PATIENCE / common.CHECK_BROWSER_SLEEP)
    common.BaseCase.test_cursor_lock_timeout = TURN
    freezegun.api._get_module_attributes_hash = _count_names


def _count_names(module):
    return id(module), len(getattr(module, "__dict__", ()))


@pytest.fixture(scope="session", autouse=True)
def settled(load_registry):
    """What is loaded now stays: nothing of it is garbage to look for."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items):
    """What may take long comes first: the others fill the gaps at the end."""
    items.sort(key=lambda item: not _is_long(item))


def _is_long(item):
    bases = {base.__name__ for base in getattr(item.cls, "__mro__", ())}
    if os.environ.get("HELPDESK_LONG"):
        return "walk" in item.nodeid
    return "walk" in item.nodeid or not bases.isdisjoint(LONG)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    from odoo.tests import HttpCase

    report = yield
    is_browser_test = isinstance(getattr(item, "instance", None), HttpCase)
    marked = (getattr(item, "obj", None), getattr(item, "cls", None))
    is_left_out = any(getattr(part, "__unittest_skip__", False) for part in marked)
    if is_browser_test and report.skipped and call.when == "call" and not is_left_out:
        reason = report.longrepr[-1] if report.longrepr else ""
        report.outcome = "failed"
        report.longrepr = f"The browser test did not run. {reason}"
    return report

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Locks between runs on one machine; a lock ends with the process that has it."""

import contextlib
import fcntl

from . import paths, say


def _open(name):
    return open(paths.folder("locks") / f"{name}.lock", "a")  # noqa: SIM115


@contextlib.contextmanager
def only_one(name):
    """Let one process at a time through; the others wait and say so."""
    handle = _open(name)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say.tell(f"   another run is busy with {name}, waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        handle.close()


def share(name):
    """Hold a place among many until the returned handle is closed."""
    handle = _open(name)
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def is_free(name):
    """Tell whether no process holds the lock."""
    with _open(name) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def forget(name):
    (paths.folder("locks") / f"{name}.lock").unlink(missing_ok=True)

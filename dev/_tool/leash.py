# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Run a program that ends when the process that started it does, however it ends."""

import contextlib
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

with contextlib.suppress(AttributeError, OSError):  # only Linux has it
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
os.execv(sys.argv[1], sys.argv[1:])

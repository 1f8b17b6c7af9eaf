# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Run a program that ends when the process that started it does, however it ends."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

try:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
except (AttributeError, OSError):
    pass  # not Linux: the ordinary ways of ending still work
os.execv(sys.argv[1], sys.argv[1:])

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What something was measured on, in words."""

import os


def machine():
    return f"{os.cpu_count()} cores{_model()}, {_memory()} of memory"


def _model():
    """Return the name of the processor, where the system tells it."""
    try:
        with open("/proc/cpuinfo") as lines:
            names = [line for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return f" of {names[0].partition(':')[2].strip()}" if names else ""


def _memory():
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{size / 2**30:.0f} GiB"

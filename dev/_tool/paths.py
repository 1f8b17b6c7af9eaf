# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Where things lie: the checkout, and the cache outside of it."""

import contextlib
import hashlib
import os
from pathlib import Path

ADDON = "helpdesk_service_credit"
CHECKOUT = Path(__file__).resolve().parents[2]
REQUIREMENTS = CHECKOUT / "dev" / "requirements"


def _cache():
    chosen = os.environ.get("HELPDESK_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / ADDON


CACHE = _cache()


def digest(*parts, size=10):
    """Return a short name made of everything in parts."""
    text = "\0".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:size]


CACHE_KEY = digest(CACHE, size=6)
CHECKOUT_KEY = digest(CHECKOUT, size=8)
CHECKOUT_ROOM = CACHE / "checkouts" / CHECKOUT_KEY


def folder(*parts):
    """Return a folder of the cache, made when it is not there yet."""
    path = CACHE.joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


def addon_link():
    """Return the checkout under the addon's technical name.

    The repository root is the addon, whatever the checkout is called.
    """
    link = CHECKOUT_ROOM / "addons" / ADDON
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        with contextlib.suppress(FileExistsError):  # another run was faster
            link.symlink_to(CHECKOUT)
    return link

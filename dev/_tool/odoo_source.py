# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Odoo 19 itself: the one in ODOO_PATH, else Debian's package, unpacked."""

import contextlib
import os
import re
import shutil
from pathlib import Path

from . import commands, locks, paths, say
from .say import Problem

SERIES = (19, 0)
PACKAGE = "odoo-19"
# Debian's package links to these instead of carrying the files itself.
LINKED = (
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-glyphicons-halflings",
)
# Unstable has version 7, whose files have other names; Odoo wants 4.7.
LINKED_STABLE = ("fonts-font-awesome",)
PACKED = "usr/lib/python3/dist-packages/odoo"
# Debian leaves this file out for its licence and the web client's bundle fails
# without it. Only the blurred background of video calls needs its contents.
LEFT_OUT = "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
HAVE_YOUR_OWN = "set ODOO_PATH to an Odoo 19 you already have"


class Odoo:
    """One Odoo 19: where to import it from, its addons, and what names it."""

    def __init__(self, package, identity, addons=()):
        self.package = package
        self.identity = identity
        self.addons = list(addons)

    def python_path(self):
        """Return a folder with the package `odoo` and nothing else in it."""
        room = paths.folder("odoo-path", paths.digest(self.package))
        link = room / "odoo"
        if not link.is_symlink():
            with contextlib.suppress(FileExistsError):  # another run was faster
                link.symlink_to(self.package)
        return room


def get():
    """Return the Odoo to use, fetching it first when needed."""
    chosen = os.environ.get("ODOO_PATH")
    if chosen:
        return _own(Path(chosen).expanduser().absolute())
    return _debian()


def _own(path):
    for package in (path / "odoo", path):
        if (package / "release.py").is_file():
            break
    else:
        raise Problem(
            f"ODOO_PATH is {path}, which is neither a checkout of Odoo nor a folder"
            " with the package odoo in it."
        )
    text = (package / "release.py").read_text()
    found = re.search(r"^version_info = \((\d+), (\d+)", text, re.M)
    if not found or tuple(map(int, found.groups())) != SERIES:
        raise Problem(f"ODOO_PATH is {path}, which is not an Odoo 19.0.")
    addons = [package.parent / "addons"]
    identity = _revision(package) or (package / "release.py").stat().st_mtime_ns
    return Odoo(
        package,
        f"{package} {identity}",
        [folder for folder in addons if (folder / "sale").is_dir()],
    )


def _revision(package):
    if not (package.parent / ".git").exists() or not shutil.which("git"):
        return None
    command = ["git", "-C", package.parent, "rev-parse", "HEAD"]
    return commands.run(command, "Reading the revision of ODOO_PATH failed").strip()


def _debian():
    current = paths.CACHE / "odoo" / "current"
    with locks.only_one("odoo"):
        if not current.exists():
            _fetch(current)
    version = current.resolve().name
    return Odoo(current.resolve() / PACKED, f"debian {version}")


def _fetch(current):
    for tool in ("apt-get", "apt-cache", "dpkg"):
        if not shutil.which(tool):
            raise Problem(
                f"Odoo 19 comes from Debian's packages and {tool} is missing here:"
                f" use a Debian machine, or {HAVE_YOUR_OWN}."
            )
    room = paths.folder("odoo", "download")
    with say.step("Getting Odoo 19 from Debian's packages (140 MB)"):
        apt = _private_apt(room)
        _apt(["apt-get", "-q", "update"], apt)
        version = _version(apt)
        _apt(["apt-get", "-q", "download", f"{PACKAGE}={version}", *LINKED], apt)
        stable(room, LINKED_STABLE)
    with say.step("Unpacking Odoo 19"):
        target = room.parent / version
        shutil.rmtree(target, ignore_errors=True)
        for package in sorted(room.glob("*.deb")):
            unpack = ["dpkg", "-x", package, target]
            commands.run(unpack, f"Unpacking {package.name} failed")
        _put_left_out(target / PACKED)
        _check_links(target / PACKED)
    shutil.rmtree(room)
    current.unlink(missing_ok=True)
    current.symlink_to(target.name)


def _site():
    text = commands.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"],
        "Reading the machine's package sources failed",
    )
    sites = [site.rstrip("/") for site in text.split()]
    for site in sites:
        if site.endswith("/debian"):
            return site
    raise Problem(
        "Odoo 19 comes from Debian's packages and this machine has no Debian source:"
        f" {HAVE_YOUR_OWN}."
    )


def _private_apt(room):
    """Return an apt configuration of our own; the machine's stays untouched."""
    for part in ("lists/partial", "cache/archives/partial"):
        (room / part).mkdir(parents=True, exist_ok=True)
    if not Path(KEYRING).exists():
        raise Problem(
            f"The keys of Debian's archive are missing ({KEYRING}): install the"
            " package debian-archive-keyring."
        )
    sources = room / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {_site()} sid main\n")
    config = room / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "{sources}";\n'
        'Dir::Etc::sourceparts "-";\n'
        f'Dir::State::lists "{room}/lists";\n'
        f'Dir::Cache "{room}/cache";\n'
        'APT::Sandbox::User "root";\n'
        'Acquire::Languages "none";\n'
        'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";\n'
        'Acquire::Retries "3";\n'
    )
    return config


def _apt(command, config):
    env = {**os.environ, "APT_CONFIG": str(config), "LC_ALL": "C.UTF-8"}
    try:
        return commands.run(command, "apt failed", env=env, cwd=config.parent)
    except Problem as problem:
        raise Problem(
            "Odoo 19 could not be fetched from Debian's packages; check the network"
            f" or {HAVE_YOUR_OWN} ({problem})"
        ) from problem


def _version(config):
    text = _apt(["apt-cache", "show", "--no-all-versions", PACKAGE], config)
    found = re.search(r"^Version: (\S+)", text, re.M)
    if not found or not found[1].startswith("19.0"):
        raise Problem(f"Debian's unstable suite has no Odoo 19 now: {HAVE_YOUR_OWN}.")
    return found[1]


def stable(room, packages, needed=None):
    """Fetch packages from the machine's own suite, through its own configuration.

    :param needed: a pattern that finds the packages to fetch too in what
        ``apt-cache depends`` says of them
    :return: the files
    """
    try:
        _download(room, packages, needed)
    except Problem:
        # A machine whose package lists were never fetched, as in most images.
        own = room / "own"
        for part in ("lists/partial", "cache/archives/partial"):
            (own / part).mkdir(parents=True, exist_ok=True)
        config = own / "apt.conf"
        config.write_text(
            f'Dir::State::lists "{own}/lists";\n'
            f'Dir::Cache "{own}/cache";\n'
            'APT::Sandbox::User "root";\n'
        )
        _apt(["apt-get", "-q", "update"], config)
        _download(room, packages, needed, config)
    return sorted(room.glob("*.deb"))


def _download(room, packages, needed, config=None):
    env = {**os.environ, **({"APT_CONFIG": str(config)} if config else {})}
    options = {"cwd": room, "env": env}
    if needed:
        command = ["apt-cache", "depends", *packages]
        text = commands.run(command, "apt failed", **options)
        packages = [*packages, *needed.findall(text)]
    command = ["apt-get", "-q", "download", *packages]
    commands.run(command, "apt failed", **options)


def _put_left_out(package):
    path = package / LEFT_OUT
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("// Not part of Debian's package.\n")


def _check_links(package):
    command = ["find", package / "addons" / "web", "-xtype", "l"]
    text = commands.run(command, "Looking through Odoo failed")
    scripts = [line for line in text.splitlines() if line.endswith(".js")]
    if scripts:
        raise Problem(f"Odoo's web client is incomplete, {scripts[0]} leads nowhere.")

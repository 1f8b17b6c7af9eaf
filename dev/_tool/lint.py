# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The linters, side by side, and the formatters.

Without pre-commit: it needs a repository, which an unpacked archive is not, and the
installation of prettier and our own rules would stay here anyway.
"""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from . import commands, node, paths, python_env, say, sizes
from .say import Problem

PRETTY = (".css", ".js", ".scss", ".xml")
# Tests race real connections, prepare databases, and show figures; the other
# lines are pylint's headings.
TESTS_MAY = re.compile(
    r"tests/.*\[(invalid-commit|print-used|sql-injection)\]|\*{5,}|$"
)
HINT = "dev/format repairs the layout; dev/test --no-lint runs the tests all the same"


def run(environment=None):
    """Run every linter and return the number of those that complain."""
    environment = environment or python_env.get()
    files = project_files()
    jobs = {
        "ruff": lambda: _ruff(environment, "check"),
        "ruff format": lambda: _ruff(environment, "format", "--check"),
        "pylint-odoo": lambda: _pylint(environment),
        "prettier": lambda: _prettier(files, "--check"),
        "sizes": lambda: "\n".join(sizes.complaints(files)),
    }
    with ThreadPoolExecutor(len(jobs)) as pool:
        running = {name: pool.submit(job) for name, job in jobs.items()}
    complaints = {name: future.result() for name, future in running.items()}
    for name, text in complaints.items():
        if text:
            say.tell(f"{name}:\n{text}\n")
    return sum(1 for text in complaints.values() if text)


def check(environment=None):
    """Run every linter.

    :raise Problem: when one of them complains
    """
    wrong = run(environment)
    if wrong:
        raise Problem(f"{wrong} of the linters complain ({HINT}).")
    say.tell("   The linters have no complaint.")


def main_format(arguments):
    """Put the layout of every file in order, or of the files that are named."""
    environment = python_env.get()
    files = [os.path.relpath(name, paths.CHECKOUT) for name in arguments]
    python = [name for name in files if not name.endswith(PRETTY)]
    texts = [_prettier(files or project_files(), "--write")]
    if python or not files:
        texts += [
            _ruff(environment, "check", "--fix", files=python),
            _ruff(environment, "format", files=python),
        ]
    left = "\n".join(filter(None, texts))
    if left:
        say.tell(left)
    return 1 if left else 0


def project_files():
    """Return the checkout's own files, relative to it."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    try:
        text = commands.run(command, "git failed", cwd=paths.CHECKOUT)
    except Problem:  # an unpacked archive
        return [
            os.path.relpath(os.path.join(folder, name), paths.CHECKOUT)
            for folder, _folders, names in os.walk(paths.CHECKOUT)
            for name in names
        ]
    return [name for name in text.splitlines() if (paths.CHECKOUT / name).is_file()]


def _ruff(environment, *arguments, files=()):
    command = [environment.tool("ruff"), *arguments, "--quiet"]
    return _complaint([*command, "--output-format=concise", *(files or ["."])])


def _pylint(environment):
    link = paths.addon_link()
    text = _complaint(
        [environment.tool("pylint"), f"--rcfile={link / '.pylintrc'}", link]
    )
    lines = text.replace(f"{link}/", "").splitlines()
    return "\n".join(line for line in lines if not TESTS_MAY.match(line))


def _prettier(files, mode):
    pretty = [name for name in files if name.endswith(PRETTY)]
    if not pretty:
        return ""
    return _complaint([*node.get().command, mode, *pretty])


def _complaint(command):
    """Run a linter and return what it says when it does not agree."""
    env = commands.environment(RUFF_CACHE_DIR=paths.CHECKOUT_ROOM / "ruff")
    done = subprocess.run(
        [str(part) for part in command],
        cwd=paths.CHECKOUT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return ""
    return (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"

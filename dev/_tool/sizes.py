# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Our own rules: the size of files and functions, a licence line, no test forgotten,
no reference to what is not here. The rules of rooms: tests/support/rooms.py.
"""

import ast
import re

from . import paths

LONGEST_FILE = 520
#: The file of a model has all that it stores and all that guards it.
LONGER = {"models/ledger/service_credit_purchase.py": 660}  # 70 fields
LONGEST_FUNCTION = 40
COUNTED = (".js", ".py", ".scss")
TESTS = "tests/__init__.py"
#: Documents that are not here; comments name docs/design.md by its headings.
ELSEWHERE = re.compile(r"\bdesign,? ?(§|\d)|\bseeds? \d|\bfindings? \d", re.IGNORECASE)
SPEAKS_OF_IT = "dev/_tool/sizes.py"
LICENSE = "# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl)."


def complaints(files):
    """Yield one line for each rule a file breaks."""
    for name in sorted(files):
        text = _text(name)
        if text is None:
            continue
        lines = text.splitlines()
        most = LONGER.get(name, LONGEST_FILE)
        if name.endswith(COUNTED) and len(lines) > most:
            yield f"{name}: {len(lines)} lines, at most {most}"
        for number, line in enumerate(lines, 1):
            if ELSEWHERE.search(line) and name != SPEAKS_OF_IT:
                yield f"{name}:{number}: names a document that is elsewhere"
        if _is_python(name, lines):
            if lines and LICENSE not in lines[:2] and not name.endswith("__init__.py"):
                yield f"{name}: no licence line at the top"
            yield from _functions(name, text)
    yield from _forgotten(files)


def _forgotten(files):
    """Yield the tests that Odoo's own runner would not play."""
    imported = (paths.CHECKOUT / TESTS).read_text().splitlines()
    for name in sorted(files):
        found = re.fullmatch(r"tests/(\w+)/(test_\w+)\.py", name)
        if found and f"from .{found[1]} import {found[2]}" not in imported:
            yield f"{name}: {TESTS} does not import it"


def _text(name):
    if "/lib/" in name or not re.search(r"(\.(js|py|scss|xml)|^dev/\w+)$", name):
        return None
    try:
        return (paths.CHECKOUT / name).read_text()
    except UnicodeDecodeError:
        return None


def _is_python(name, lines):
    return name.endswith(".py") or bool(lines and "python" in lines[0])


def _functions(name, text):
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return  # ruff tells
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = node.end_lineno - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield (
                    f"{name}:{node.lineno}: {node.name} has {length} lines,"
                    f" at most {LONGEST_FUNCTION}"
                )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The rules of rooms, read from the sources: `dev/test --rooms` shows what it finds.

Plain Python without Odoo. `Sources` reads the addon once; each function of `RULES`
yields a line for each place that breaks it.
"""

import ast
import collections
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADDON = "odoo.addons.helpdesk_service_credit."
#: A room uses the rooms before it.
ROOMS = (
    "ledger",
    "authorization",
    "work",
    "funding",
    "time",
    "selling",
    "accounting",
    "alert",
    "sync",
    "base",
)
ABOVE = ("tools", "connectors")  # they use no room
BELOW = ("wizards", "report", "controllers")  # no room uses them
CRUD = ("copy", "copy_data", "create", "default_get", "unlink", "write")
DECLARATIONS = ("Constraint", "Index", "UniqueIndex")
MODELS = ("AbstractModel", "Model", "TransientModel")


class Class:
    """A class that declares or extends a model."""

    def __init__(self, source, node):
        self.source = source
        self.node = node
        values = {}
        self.fields, self.declared = [], []
        functions = [part for part in node.body if isinstance(part, ast.FunctionDef)]
        self.methods = [function.name for function in functions]
        self.guards = [part.name for part in functions if _is_guard(part)]
        for part in node.body:
            if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
                self._read(part.targets[0].id, part.value, values)
        inherit = values.get("_inherit", [])
        self.inherits = [inherit] if isinstance(inherit, str) else list(inherit)
        self.name = values.get("_name") or (self.inherits or [None])[0]
        # With a name of its own among the parents it extends that model.
        self.is_new = "_name" in values and self.name not in self.inherits
        kinds = {base.attr for base in node.bases if isinstance(base, ast.Attribute)}
        self.is_abstract = "AbstractModel" in kinds

    def dependencies(self):
        """Yield the fields of the model itself that computes and relations follow."""
        for node in ast.walk(self.node):
            paths = []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in ("depends", "constrains", "onchange"):
                    paths = node.args
                elif getattr(node.func.value, "id", "") == "fields":
                    paths = [k.value for k in node.keywords if k.arg == "related"]
            for path in paths:
                text = self.source.constant(path)
                if isinstance(text, str):
                    yield text.split(".")[0]

    def _read(self, name, value, values):
        if name in ("_name", "_inherit"):
            values[name] = self.source.constant(value)
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            if getattr(value.func.value, "id", "") == "fields":
                self.fields.append(name)
            elif value.func.attr in DECLARATIONS:
                self.declared.append(name)


class Source:
    """One Python file: its room, the models in it, and what it uses."""

    def __init__(self, root, path):
        self.root, self.path = root, path
        parts = path.relative_to(root).parts
        self.place = "/".join(parts)
        self.room = parts[1] if parts[0] == "models" else parts[0]
        self.tree = ast.parse(path.read_text())
        self.constants = {
            node.targets[0].id: node.value.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        self.classes = [
            Class(self, node)
            for node in self.tree.body
            if isinstance(node, ast.ClassDef)
            and any(getattr(base, "attr", "") in MODELS for base in node.bases)
        ]

    def constant(self, node):
        """Return the text, or the list of texts, an expression stands for."""
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self.constant(part) for part in node.elts]
        if isinstance(node, ast.Name):
            return self.constants.get(node.id)
        return node.value if isinstance(node, ast.Constant) else None

    def imported_rooms(self):
        """Yield the line and the room of each import from another room."""
        for node in ast.walk(self.tree):
            for parts in self._imports(node):
                if parts[:1] == ("models",):
                    parts = parts[1:]
                if parts and parts[0] != self.room:
                    yield node.lineno, parts[0]

    def _imports(self, node):
        """Yield what a node imports of the addon, as folders and a name."""
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = self.path.parents[node.level - 1]
            target = folder.joinpath(*(node.module or "").split("."))
            names = [target] if node.module else [target / n.name for n in node.names]
            yield from (name.relative_to(self.root).parts for name in names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            module = getattr(node, "module", None)
            for name in [module] if module else [part.name for part in node.names]:
                if name.startswith(ADDON):
                    yield tuple(name.removeprefix(ADDON).split("."))

    def texts(self):
        """Yield the line and the words of each string, those that document left out.

        A model may be named far from where it is looked up, in a constant, a field or
        a statement of SQL. A button may name the window that it opens.
        """
        skipped = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Expr):
                skipped.add(node.value)
            elif isinstance(node, ast.Dict):
                skipped.update(
                    value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if getattr(key, "value", None) == "res_model"
                )
            elif node not in skipped and isinstance(getattr(node, "value", 0), str):
                yield node.lineno, node.value

    def used_methods(self):
        """Yield the line and the name of each method called, or named in a string."""
        for node in ast.walk(self.tree):
            name = getattr(getattr(node, "func", None), "attr", "")
            if name and not name.startswith("__"):
                yield node.lineno, name
        for line, text in self.texts():
            if text.startswith("_"):
                yield line, text

    def functions(self):
        """Yield the names of all functions and methods."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef):
                yield node.name

    def new_methods(self):
        """Yield the methods of models that override nothing.

        Those of plain classes need an import.
        """
        for one in self.classes:
            for node in one.node.body:
                if not isinstance(node, ast.FunctionDef) or node.name in CRUD:
                    continue
                if not any(_is_super(part, node.name) for part in ast.walk(node)):
                    yield node.name


def _is_guard(function):
    """Tell whether a method is CRUD, or decides what may be stored or deleted."""
    asked = {getattr(one, "func", one) for one in function.decorator_list}
    names = {getattr(one, "attr", "") for one in asked}
    return function.name in CRUD or not names.isdisjoint(("constrains", "ondelete"))


def _is_super(node, method):
    """Tell whether a node is `super().method`."""
    owner = getattr(getattr(node, "value", None), "func", None)
    is_super = getattr(owner, "id", "") == "super"
    return is_super and getattr(node, "attr", "") == method


class Sources:
    """Every Python file of the addon that is part of it when it runs."""

    def __init__(self, root=ROOT):
        self.files = [
            Source(root, path)
            for folder in ("models", *ABOVE, *BELOW)
            for path in sorted((root / folder).rglob("*.py"))
        ]
        self.classes = [one for source in self.files for one in source.classes]
        self.home = {one.name: one for one in self.classes if one.is_new}
        self.tables = {name.replace(".", "_"): name for name in self.home}

    def named(self, text):
        """Return the models that a string names, itself or by their tables."""
        words = set(re.findall(r"\w+", text)) if " " in text else {text}
        found = {self.tables[word] for word in words & self.tables.keys()}
        return found | ({text} & self.home.keys())

    def methods(self):
        """Return the rooms in which each method is defined."""
        rooms = collections.defaultdict(set)
        for source in self.files:
            for name in source.new_methods():
                rooms[name].add(source.room)
        return rooms

    def uses(self):
        """Yield the file, the line, the room used and by what it is used."""
        methods, functions = self.methods(), collections.defaultdict(set)
        for source in self.files:
            functions[source.room].update(source.functions())
        for source in self.files:
            for line, room in source.imported_rooms():
                yield source, line, room, "import"
            for line, text in source.texts():
                for name in self.named(text):
                    yield source, line, self.home[name].source.room, name
            for line, name in source.used_methods():
                # A hook is defined above, too: its highest room counts.
                if name in methods and name not in functions[source.room]:
                    yield source, line, min(methods[name], key=_rank), name


def _rank(room):
    if room in ABOVE:
        return -1
    return ROOMS.index(room) if room in ROOMS else len(ROOMS)


def downward_uses(sources):
    """A room uses only the rooms before it; wizards, reports and pages use all."""
    for source, line, room, by in sources.uses():
        is_below = source.room in BELOW and room in BELOW
        if room != source.room and _rank(room) >= _rank(source.room) and not is_below:
            yield f"{source.place}:{line}: {source.room} uses {room}: {by}"


def lonely_mixins(sources):
    """A mixin has two users; what has none is plain Python, or what a screen calls."""
    for name, one in sources.home.items():
        if one.is_abstract and not name.startswith("report."):
            users = {
                other.name
                for other in sources.classes
                if name in other.inherits and other.name != name
            }
            is_called = any(not method.startswith("_") for method in one.methods)
            is_service = is_called and not users and not one.fields
            if len(users) < 2 and not is_service:
                yield f"{one.source.place}: {name} has {len(users)} users"


def scattered_models(sources):
    """Fields, constraints, indexes and CRUD of our models: in the model's own file."""
    for one in sources.classes:
        home = sources.home.get(one.name)
        if not home:
            continue
        stem = one.source.path.stem
        is_in_room = one.is_new and one.source.room in ROOMS
        if is_in_room and stem != one.name.replace(".", "_"):
            yield f"{one.source.place}: declares {one.name}"
        if one.source is not home.source:
            for name in (*one.fields, *one.declared, *one.guards):
                yield f"{one.source.place}: {name} of {one.name}"


def core_models(sources):
    """A room extends a model of core in its own file of that name."""
    for one in sources.classes:
        if one.name in sources.home or one.source.room not in ROOMS or one.is_new:
            continue
        stem, name = one.source.path.stem, one.name.replace(".", "_")
        if stem != name and not stem.startswith(f"{name}_"):
            yield f"{one.source.place}: extends {one.name}"
        if stem != name:
            for part in (*one.fields, *one.declared, *one.guards):
                yield f"{one.source.place}: {part} of {one.name}"


def super_chains(sources):
    """No method of a model stands in two files of one room."""
    found = collections.defaultdict(list)
    for one in sources.classes:
        for method in one.methods:
            found[one.source.room, one.name, method].append(one.source.place)
    for (room, name, method), places in found.items():
        if len(places) > 1 and room in ROOMS:
            yield f"{places[1]}: {name}.{method} is also in {places[0]}"


def computed_names(sources):
    """No model or method is looked up by a name that is put together."""
    for source in sources.files:
        for node in ast.walk(source.tree):
            is_getattr = getattr(getattr(node, "func", None), "id", "") == "getattr"
            if getattr(getattr(node, "value", None), "attr", "") == "env":
                name = getattr(node, "slice", None)
            else:
                name = node.args[1] if is_getattr else None
            if isinstance(name, (ast.BinOp, ast.JoinedStr)):
                yield f"{source.place}:{node.lineno}: a computed name"


def passwords(sources):
    """The presence of a value is no permission; tests are told apart in one place."""
    asked = []
    for source in sources.files:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr == "current_test":
                asked.append(f"{source.place}:{node.lineno}: current_test")
            elif isinstance(node, ast.Compare) and isinstance(
                node.ops[0], (ast.In, ast.NotIn)
            ):
                word = getattr(node.left, "value", None)
                if word in ("coverage", "approval_state"):
                    yield f"{source.place}:{node.lineno}: “{word}” as a password"
    yield from asked[1:]


def raising_computes(sources):
    """A compute never raises."""
    for one in sources.classes:
        for node in one.node.body:
            if not isinstance(node, ast.FunctionDef):
                continue
            if node.name.startswith("_compute_") and any(
                isinstance(part, ast.Raise) for part in ast.walk(node)
            ):
                yield f"{one.source.place}: {one.name}.{node.name} raises"


def low_fields(sources):
    """What a field depends on is declared in its own room or above."""
    homes = collections.defaultdict(set)
    for one in sources.classes:
        for field in one.fields:
            homes[one.name, field].add(_rank(one.source.room))
    for one in sources.classes:
        rank = _rank(one.source.room)
        for name in one.dependencies():
            if rank < min(homes.get((one.name, name), {0})):
                yield f"{one.source.place}: {one.name}.{name} is declared below"


RULES = (
    downward_uses,
    lonely_mixins,
    scattered_models,
    core_models,
    super_chains,
    computed_names,
    passwords,
    raising_computes,
    low_fields,
)


def complaints(sources):
    """Return every place that breaks a rule, without the number of its line."""
    found = {line for rule in RULES for line in rule(sources)}
    return {re.sub(r"^(\S+?):\d+: ", r"\1: ", line) for line in found}


def table(sources):
    """Return which room uses which, and how often, as lines of text."""
    counts = collections.Counter(
        (source.room, room) for source, _line, room, _by in sources.uses()
    )
    columns = [*ABOVE, *ROOMS, *BELOW]
    lines = ["uses".ljust(14) + "".join(name[:6].rjust(8) for name in columns)]
    for room in (*ROOMS, *BELOW):
        cells = (counts[room, name] or "." for name in columns)
        lines.append(room.ljust(14) + "".join(str(cell).rjust(8) for cell in cells))
    return lines


def report():
    """Return the table and every complaint as text."""
    sources = Sources()
    lines = [*table(sources)]
    for rule in RULES:
        found = sorted(set(rule(sources)))
        lines += ["", f"{rule.__doc__} {len(found)} places"]
        lines += [f"  {line}" for line in found]
    return "\n".join(lines)

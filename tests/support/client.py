# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the web client asks the server for, without a browser."""

from datetime import date

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tools.safe_eval import datetime, dateutil, safe_eval, time

from .language import ADDON

X2MANY = ("one2many", "many2many")
MANY = ("list", "kanban", "pivot", "graph")


class Undo(Exception):
    """Ends a savepoint whose work is not kept."""


class Client:
    """Opens actions as a user, reads what their views show, presses the buttons.

    `faults` gets a line for each access error, and for each crash, behind something
    that the user was offered.
    """

    def __init__(self, user):
        self.env = user.env(user=user, context={"lang": "en_US", "uid": user.id})
        self.faults = []
        self.opened = self.pressed = 0

    def note(self, where, error):
        text = str(error).strip().replace("\n", " ")[:200]
        fault = f"{where}: {type(error).__name__}: {text}"
        if fault not in self.faults:
            self.faults.append(fault)

    def attempt(self, where, play, *args):
        """Do what the client does and undo it; return what came back."""
        answer = None
        try:
            with self.env.cr.savepoint():
                answer = play(*args)
                self.env.flush_all()
                raise Undo
        except Undo:
            return answer
        except AccessError as error:
            self.note(where, error)
        except UserError:
            pass  # a refusal that says why
        except Exception as error:
            self.note(where, error)
        return None

    def evaluate(self, text, **values):
        if not isinstance(text, str):
            return text or {}
        return safe_eval(
            text or "{}",
            {
                "uid": self.env.uid,
                "context_today": date.today,
                "relativedelta": dateutil.relativedelta.relativedelta,
                "datetime": datetime,
                "time": time,
                "active_id": False,
                "active_ids": [],
                "allowed_company_ids": self.env.companies.ids,
                "current_company_id": self.env.company.id,
                "companies": {"active_id": self.env.company.id},
                "context": dict(self.env.context),
                **values,
            },
        )

    def call(self, model, method, *args, **kwargs):
        """Call as the client does, through the dispatcher of public methods."""
        context = dict(model.env.context)
        return call_kw(model, method, list(args), {**kwargs, "context": context})

    # ------------------------------------------------------------------
    # Menus and actions
    # ------------------------------------------------------------------

    def walk_menus(self):
        for menu in self.env["ir.ui.menu"].load_menus(False).values():
            xmlid = menu.get("xmlid") or ""
            if xmlid.startswith(f"{ADDON}.") and menu.get("action_id"):
                action = self.env[menu["action_model"]].sudo().browse(menu["action_id"])
                self.open(xmlid.split(".")[1], self.load(action))

    def load(self, action):
        if action._name == "ir.actions.act_window":
            return action._get_action_dict()
        if action._name == "ir.actions.server":
            return action.sudo(False).run()
        return action.read()[0]

    def open(self, where, action, depth=0):
        """Open a window and read what each of its views shows first."""
        if not isinstance(action, dict):
            return
        if action.get("type") != "ir.actions.act_window":
            return
        self.opened += 1
        context = self.evaluate(action.get("context"))
        model = self.env[action["res_model"]].with_context(**context)
        domain = self.evaluate(action.get("domain") or "[]") or []
        views = [list(view) for view in self.get_views(action)]
        if action.get("search_view_id"):
            views.append([action["search_view_id"][0], "search"])
        elif not action.get("res_id"):
            views.append([False, "search"])
        loaded = self.attempt(
            where, lambda: self.call(model, "get_views", views, {"load_filters": True})
        )
        if not loaded:
            return
        archs = {
            kind: etree.fromstring(view["arch"])
            for kind, view in loaded["views"].items()
        }
        if action.get("res_id"):
            self.open_form(where, model.browse(action["res_id"]), archs["form"], depth)
            return
        self.search(where, model, domain, archs, context)
        if "form" not in archs:
            return
        if action.get("target") == "new" or not any(kind in archs for kind in MANY):
            self.attempt(f"{where}, new", self.fill, model, archs["form"])
        for record in self.attempt(where, model.search, domain, 0, 3) or ():
            self.open_form(where, record, archs["form"], depth)

    def get_views(self, action):
        """Return the views that the server names where an action names none."""
        modes = (action.get("view_mode") or "list,form").split(",")
        first = (action.get("view_id") or [False])[0]
        return action.get("views") or [
            (first if mode == modes[0] else False, mode) for mode in modes
        ]

    def fill(self, model, arch):
        return self.call(model, "onchange", [], {}, [], self.specify(model, arch))

    # ------------------------------------------------------------------
    # Lists and figures
    # ------------------------------------------------------------------

    def search(self, where, model, domain, archs, context):
        """Read each kind of view with each filter and grouping that is offered."""
        filters, groups = self.get_filters(archs.get("search"), context)
        kinds = [kind for kind in MANY if kind in archs]
        if not kinds:
            return
        for kind in kinds:
            for name, (part, is_default) in filters.items():
                if is_default or kind == kinds[0]:
                    self.attempt(
                        f"{where}, {kind}, filter {name}",
                        self.read_view,
                        model,
                        domain + part,
                        archs[kind],
                    )
        for name in groups:
            self.attempt(
                f"{where}, by {name}",
                self.read_groups,
                model,
                domain,
                [name],
                archs[kinds[0]],
            )

    def get_filters(self, arch, context):
        """Return the domains offered, with none among them, and the groupings."""
        filters, groups = {"none": ([], True)}, []
        for node in arch.iter("filter") if arch is not None else ():
            name = node.get("name")
            inner = self.evaluate(node.get("context"))
            if inner.get("group_by"):
                group = inner["group_by"]
                groups += [group] if isinstance(group, str) else group
            elif node.get("domain"):
                is_default = bool(context.get(f"search_default_{name}"))
                filters[name] = (self.evaluate(node.get("domain")), is_default)
        return filters, groups

    def read_view(self, model, domain, arch):
        group = arch.get("default_group_by")
        if arch.tag in ("pivot", "graph"):
            groups = [
                node.get("name")
                for node in arch.iter("field")
                if node.get("type") != "measure"
            ]
            self.read_groups(model, domain, groups, arch)
        elif group:
            self.read_groups(model, domain, group.split(","), arch)
        spec = self.specify(model, arch)
        return self.call(model, "web_search_read", domain, spec, limit=20)

    def read_groups(self, model, domain, groups, arch):
        sums = [
            f"{node.get('name')}:sum"
            for node in arch.iter("field")
            if (node.get("sum") or node.get("type") == "measure")
            and "aggregator" in model.fields_get([node.get("name")])[node.get("name")]
        ]
        aggregates = ["__count", *sums]
        groups = [self.get_group(model, name) for name in groups]
        self.call(model, "formatted_read_group", domain, groups, aggregates)
        spec = self.specify(model, arch)
        if arch.tag in ("list", "kanban"):
            self.call(
                model,
                "web_read_group",
                domain,
                groups,
                aggregates,
                auto_unfold=True,
                unfold_read_specification=spec,
            )

    def get_group(self, model, name):
        is_date = model._fields[name.split(":")[0]].type in ("date", "datetime")
        return f"{name}:month" if is_date and ":" not in name else name

    def specify(self, model, arch):
        """Return the specification of the fields that a view shows."""
        spec = {}
        for node in arch.iter("field"):
            if not self.is_of(arch, node):
                continue
            field = model._fields[node.get("name")]
            spec[field.name] = self.specify_field(model, field, node)
        return spec

    def is_of(self, arch, node):
        """Tell whether no field stands between the view and the node."""
        for parent in node.iterancestors():
            if parent is arch:
                return True
            if parent.tag == "field":
                return False
        return True

    def specify_field(self, model, field, node):
        if field.type == "many2one":
            return {"fields": {"display_name": {}}}
        if field.type not in X2MANY:
            return {}
        comodel = model.env[field.comodel_name]
        widget = node.get("widget") or ""
        if "tags" in widget or "avatar" in widget:
            return {"fields": {"display_name": {}}}
        inner = {}
        for view in node:
            if view.tag in ("list", "kanban"):
                inner |= self.specify(comodel, view)
        context = self.evaluate_leniently(node.get("context"))
        return {"fields": inner, "limit": 40, "context": context} if inner else {}

    def evaluate_leniently(self, text):
        try:
            return self.evaluate(text)
        except Exception:
            return {}  # follows from the values of the form

    # ------------------------------------------------------------------
    # Forms and buttons
    # ------------------------------------------------------------------

    def open_form(self, where, record, arch, depth=0, only_own=False):
        """Read a form, and press each button that it shows."""
        where = f"{where}, {record._name}"
        spec = self.specify(record, arch)
        values = self.read_form(where, record, spec, only_own)
        if values is None or depth > 1:
            return
        known = {
            name: value.get("id") if isinstance(value, dict) else value
            for name, value in values.items()
        }
        for node in arch.iter("button"):
            # A button without a name only closes the window.
            if not node.get("name") or not self.is_of(arch, node):
                continue
            if not self.is_shown(node, known):
                continue
            if only_own and not self.is_own(record, node):
                continue
            self.pressed += 1
            label = f"{where}, button {node.get('name')}"
            self.attempt(label, self.press, label, record, node, depth)

    def read_form(self, where, record, spec, only_own):
        try:
            with self.env.cr.savepoint():
                return self.call(record, "web_read", record.ids, spec)[0]
        except AccessError as error:
            if not only_own:
                self.note(where, error)
                return None
        # Core's own forms are refused in parts: the rest is still shown.
        values = {"id": record.id}
        for name, part in spec.items():
            field = record._fields[name]
            try:
                with self.env.cr.savepoint():
                    values |= self.call(record, "web_read", record.ids, {name: part})[0]
            except AccessError as error:
                if field._module == ADDON:
                    self.note(f"{where}, {name}", error)
                values[name] = False
        return values

    def is_shown(self, node, values):
        for part in [node, *node.iterancestors()]:
            hidden = part.get("invisible")
            if hidden and self.evaluate(hidden, **values):
                return False
        return True

    def is_own(self, record, node):
        name = node.get("name") or ""
        if node.get("type") == "object":
            method = getattr(type(record), name, None)
            return (getattr(method, "__module__", "") or "").startswith(
                f"odoo.addons.{ADDON}"
            )
        action = name.isdecimal() and self.env["ir.actions.actions"].sudo().browse(
            int(name)
        )
        xmlid = action and action.get_external_id()[action.id]
        return bool(xmlid) and xmlid.startswith(f"{ADDON}.")

    def press(self, label, record, node, depth):
        context = self.evaluate_leniently(node.get("context"))
        context |= {
            "active_id": record.id,
            "active_ids": record.ids,
            "active_model": record._name,
        }
        record = record.with_context(**context)
        if node.get("type") == "object":
            answer = self.call(record, node.get("name"), record.ids)
        else:
            action = self.env["ir.actions.actions"].sudo().browse(int(node.get("name")))
            action = self.env[action.type].sudo().browse(action.id)
            answer = self.load(action.with_context(**context))
        self.open(label, answer, depth + 1)

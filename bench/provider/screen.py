# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Ask the server what the web client asks when a screen is opened."""

import itertools
from ast import literal_eval
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo.fields import Domain
from odoo.tools.safe_eval import safe_eval

DEFAULT = "search_default_"
LIMIT = {"list": 80, "kanban": 40}
COUNT_LIMIT = 10001
LINES = 40
X2MANY = "one2many", "many2many"


class Screen:
    """An action's view, with the filters it opens with.

    :param action: external id of an action of ours or core's
    :param filters: names of filters of its search view, instead of those it opens with
    :param domain: what is searched besides
    :param by: what is grouped by, instead of the filters' and the view's
    """

    def __init__(
        self, env, action, view=None, filters=None, domain=(), by=None, **extra
    ):
        values = env["ir.actions.actions"]._for_xml_id(action)
        self.names = _get_names(env)
        context = self._evaluate(values.get("context") or "{}") | extra
        defaults = {
            key.removeprefix(DEFAULT): context.pop(key)
            for key in list(context)
            if key.startswith(DEFAULT)
        }
        self.model = env[values["res_model"]].with_context(**context)
        self.kind = view or values["view_mode"].split(",")[0]
        self._get_views(values)
        self.domain = Domain(self._evaluate(values.get("domain") or "[]"))
        self.domain &= Domain(list(domain))
        self.by = []
        for name in defaults if filters is None else filters:
            self._apply(name, defaults.get(name))
        if by is not None:
            self.by = list(by)
        elif not self.by and self.arch.get("default_group_by"):
            self.by = [self.arch.get("default_group_by").split(",")[0]]

    def _get_views(self, values):
        views = {kind: view_id for view_id, kind in values.get("views", [])}
        search = values.get("search_view_id") or (False,)
        asked = [(views.get(self.kind, False), self.kind), (search[0], "search")]
        got = self.model.get_views(asked)["views"]
        self.arch = etree.fromstring(got[self.kind]["arch"])
        self.search = etree.fromstring(got["search"]["arch"])

    def _evaluate(self, text):
        return safe_eval(text, dict(self.names)) if text else text

    def _apply(self, name, value):
        """Switch a filter or a field of the search view on."""
        for node in self.search.xpath("//filter[@name=$name]", name=name):
            if node.get("domain"):
                self.domain &= Domain(self._evaluate(node.get("domain")))
            if node.get("date"):
                self.domain &= _period(node.get("date"), node.get("default_period"))
            context = self._evaluate(node.get("context") or "{}")
            if "group_by" in context:
                groups = context["group_by"]
                self.by += [groups] if isinstance(groups, str) else groups
            return
        if value is not None and name in self.model._fields:
            self.domain &= Domain(name, "=", value)

    # ------------------------------------------------------------------
    # What is asked
    # ------------------------------------------------------------------

    def load(self):
        """Ask what the view asks, and return how many cells or records came."""
        return getattr(self, f"_load_{self.kind}")()

    def _load_list(self):
        if self.by:
            return len(self._group()["groups"])
        found = self.model.web_search_read(
            self.domain,
            self._specify(self.arch),
            limit=int(self.arch.get("limit") or LIMIT[self.kind]),
            order=self.arch.get("default_order") or None,
            count_limit=COUNT_LIMIT,
        )
        return len(found["records"])

    def _load_kanban(self):
        if not self.by:
            return self._load_list()
        groups = self._group(
            auto_unfold=True,
            unfold_read_specification=self._specify(self.arch),
            unfold_read_default_limit=40,
        )["groups"]
        return sum(len(group.get("__records", ())) for group in groups)

    def _group(self, **options):
        sums = [
            f"{node.get('name')}:sum"
            for node in self.arch.xpath("//field[@sum]")
            if self.model._fields[node.get("name")].store
        ]
        by = [self._with_interval(name) for name in self.by]
        return self.model.web_read_group(
            self.domain, by, sums, limit=LIMIT.get(self.kind, 80), **options
        )

    def _load_pivot(self):
        rows = self.by or self._fields_of("row")
        columns = self._fields_of("col")
        sets = [
            [*row, *column]
            for row, column in itertools.product(_sections(rows), _sections(columns))
        ]
        result = self.model.formatted_read_grouping_sets(
            self.domain, sets, self._measures()
        )
        return sum(map(len, result))

    def _load_graph(self):
        by = self.by or [
            self._with_interval(node.get("name"), node)
            for node in self.arch.xpath("//field[not(@type='measure')]")
            if not node.get("invisible")
        ]
        return len(self.model.formatted_read_group(self.domain, by, self._measures()))

    def _fields_of(self, kind):
        return [
            self._with_interval(node.get("name"), node)
            for node in self.arch.xpath("//field[@type=$kind]", kind=kind)
        ]

    def _with_interval(self, name, node=None):
        field = self.model._fields.get(name)
        if field is not None and field.type in ("date", "datetime"):
            interval = (node is not None and node.get("interval")) or "month"
            return f"{name}:{interval}"
        return name

    def _measures(self):
        names = [
            node.get("name") for node in self.arch.xpath("//field[@type='measure']")
        ]
        sums = [
            f"{name}:{self.model._fields[name].aggregator or 'sum'}" for name in names
        ]
        return [*dict.fromkeys(sums), "__count"]

    def _specify(self, arch):
        return specify(self.model, arch)


class FormScreen:
    """A record's form.

    :param view: external id of the view, else the first one
    """

    def __init__(self, env, model, view=None, **context):
        self.model = env[model].with_context(**context)
        view_id = env.ref(view).id if view else False
        got = self.model.get_views([(view_id, "form")])["views"]["form"]
        self.fields = specify(self.model, etree.fromstring(got["arch"]))

    def open(self, record_id):
        """Read what the form shows."""
        return self.model.browse(record_id).web_read(self.fields)[0]

    def new(self):
        """Ask for the values that a new record starts with."""
        return self.model.browse().onchange({}, [], self.fields)["value"]

    def save(self, record_id, values):
        """Save, and read what the form shows then."""
        return self.model.browse(record_id).web_save(values, self.fields)[0]


def specify(model, arch):
    """Return what the web client reads for a view: of lists in a form the first page,
    with the columns of the list."""
    wanted = {}
    for node in arch.xpath(".//field"):
        inner = [up.tag for up in node.iterancestors()]
        inner = inner[: len(inner) - len(list(arch.iterancestors())) - 1]
        field = model._fields.get(node.get("name"))
        if {"field", "groupby"} & set(inner) or field is None:
            continue
        wanted[field.name] = {}
        if field.type == "many2one":
            wanted[field.name] = {"fields": {"display_name": {}}}
        elif field.type in X2MANY:
            wanted[field.name] = _specify_list(model.env[field.comodel_name], node)
    return wanted


def _specify_list(model, node):
    if "tags" in (node.get("widget") or "") or node.xpath("ancestor::list"):
        return {"fields": {"display_name": {}}}
    for kind in ("list", "kanban"):
        for inner in node.xpath(f"./{kind}"):
            limit = int(inner.get("limit") or LINES)
            return {"fields": specify(model, inner), "limit": limit}
    return {"fields": {}, "limit": LINES}


def _get_names(env):
    """Return what domains and contexts of actions and filters are made of."""
    return {
        "uid": env.uid,
        "active_id": False,
        "active_ids": [],
        "allowed_company_ids": env.companies.ids,
        "context_today": date.today,
        "datetime": _Dates(datetime=datetime, timedelta=timedelta, time=time),
        "relativedelta": relativedelta,
        "time": _Dates(strftime=lambda form: date.today().strftime(form)),
    }


class _Dates:
    def __init__(self, **names):
        self.__dict__.update(names)


def _sections(names):
    return [names[:count] for count in range(len(names) + 1)]


def _period(field, chosen):
    """Return the domain of a period such as ``month`` or ``year-1``."""
    domains = []
    for name in (chosen or "month").split(","):
        unit, _dash, back = name.partition("-")
        back = literal_eval(back or "0")
        start = date.today().replace(day=1)
        if unit == "year":
            start = start.replace(month=1) - relativedelta(years=back)
            end = start + relativedelta(years=1)
        else:
            start -= relativedelta(months=back)
            end = start + relativedelta(months=1)
        domains.append(Domain(field, ">=", start) & Domain(field, "<", end))
    return Domain.OR(domains)

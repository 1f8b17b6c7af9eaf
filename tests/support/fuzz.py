# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the fuzz tests share: a world, the people in it, every method, and junk.

`dev/test --long` plays every call of every person, `HELPDESK_SEED` another selection.
"""

import inspect
import linecache
import math
import os
import random
import traceback

from psycopg2.errors import NotNullViolation

from odoo import Command, fields
from odoo.exceptions import RedirectWarning, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import new_test_user
from odoo.tools import SQL, groupby

from .funding import FundingCommon
from .played import LONG, played
from .roles import ROLES, create_roles

MODULE = "helpdesk_service_credit"
ADDON = f"odoo.addons.{MODULE}"
SEED = int(os.environ.get("HELPDESK_SEED", 19))
#: What a stranger may send for a parameter.
JUNK = (None, False, 0, -1, 1e9, "", "x", "' OR 1=1", [], [[1, 1]], {}, {"id": 1}, True)
#: Numbers that nothing can count with, and days that are none or the last.
ODD = (
    math.nan,
    math.inf,
    1e308,
    2**63,
    "nan",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
)
#: What people get instead of an answer; anything else is a crash.
REFUSALS = (UserError, RedirectWarning)
# Further tables whose rows outsiders must not move.
TABLES = (
    "account_analytic_line",
    "helpdesk_ticket",
    "mail_activity",
    "mail_followers",
    "mail_message",
    "res_company",
    "sale_order_line",
)
SECRETS = ("Secret terms", "Secret reason", "Secret source")
SOME_ROLES = ("agent_all", "operator", "credit_manager", "seller_all", "lead_demo")
QUIET = ("odoo.sql_db", "odoo.models", "odoo.addons.base.models.ir_model")


def fits(method, arguments):
    """Tell whether a method takes so many arguments at all."""
    try:
        inspect.signature(method).bind(None, *arguments)
    except TypeError:
        return False
    return True


def is_ours(error):
    """Tell whether code of the addon fell over, or made something else do so.

    What it passes on to `super` as it came is for core to read.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        frame
        for frame in frames
        if f"/addons/{MODULE}/" in frame.filename
        and f"/addons/{MODULE}/tests/" not in frame.filename
    ]
    if not ours:
        return False
    last = ours[-1]
    lines = range(last.lineno, (last.end_lineno or last.lineno) + 1)
    statement = "".join(linecache.getline(last.filename, line) for line in lines)
    return last is frames[-1] or "super(" not in statement


class FuzzCommon(FundingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(SEED)
        cls.good_values = {}
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls._create_world()
        portal = {"partner_id": cls.other_customer.id}
        elsewhere = {
            "company_id": cls.company_b.id,
            "company_ids": [Command.set(cls.company_b.ids)],
        }
        roles = create_roles(cls)
        cls.insiders = [roles[name] for name in (ROLES if LONG else SOME_ROLES)]
        cls.outsiders = (
            cls.env.ref("base.public_user"),
            new_test_user(cls.env, "portal_b", "base.group_portal", **portal),
            new_test_user(
                cls.env,
                "seller_b",
                "sales_team.group_sale_salesman_all_leads",
                **elsewhere,
            ),
            new_test_user(
                cls.env, "agent_b", "helpdesk_mgmt.group_helpdesk_user", **elsewhere
            ),
        )

    @classmethod
    def _create_world(cls):
        """One record of every model, all of the main company's customer."""
        item = cls._sell(cls.time_product, 10)
        cls._authorize(item, 10)
        today = fields.Date.today()
        purchase = cls.env["service.credit.purchase"].create(
            {
                "partner_id": cls.customer.id,
                "credits": 10,
                "value_per_credit": 100,
                "paid_per_credit": 80,
                "date_start": today,
                "date_expiry": fields.Date.add(today, years=1),
                "description": "Secret terms",
                "is_draft": False,
            }
        )
        cls._log(cls.ticket, 2, date=today)
        cls.request = cls.env["service.authorization"].create(
            {"sale_line_id": item.id, "hours": 2, "reason": "Secret reason"}
        )
        cls.env["service.sync.source"].create(
            {"name": "Secret source", "connector": "json", "target": "purchase"}
        )
        cls._warn(purchase)
        cls.purchase = purchase
        cls.tokens = [
            record._portal_ensure_token()
            for record in (cls.request, purchase, cls.ticket)
        ]
        cls.env.flush_all()

    @classmethod
    def _warn(cls, purchase):
        today = fields.Date.today()
        cls.env["service.credit.alert"].create(
            {
                "commercial_partner_id": cls.customer.id,
                "partner_id": cls.customer.id,
                "company_id": purchase.company_id.id,
                "currency_id": purchase.currency_id.id,
                "purchase_id": purchase.id,
                "kind": "percent",
                "level": 90,
                "cycle": today,
                "date": today,
            }
        )

    def _own_models(self):
        return [
            model
            for model in self.env.registry.models.values()
            if model._original_module == "helpdesk_service_credit"
            and not model._abstract
        ]

    def _public_methods(self, names):
        """Yield the model, the name and the function of all that can be called."""
        for name in sorted(names):
            model = self.env[name]
            for method in sorted(dir(type(model))):
                if method.startswith("_"):
                    continue
                try:
                    function = get_public_method(model, method)
                except (UserError, AttributeError):
                    continue
                if inspect.isfunction(function):
                    yield name, method, function

    def _own_methods(self):
        """Public methods the addon defines, on its own models and on others'."""
        base = self.env.registry["base"]
        names = [
            name
            for name, model in self.env.registry.models.items()
            if not model._abstract
        ]
        return [
            (name, method, function)
            for name, method, function in self._public_methods(names)
            if (function.__module__ or "").startswith(ADDON)
            and not hasattr(base, method)
        ]

    def _inherited_methods(self):
        """Public methods of core that the addon's own models have."""
        names = [model._name for model in self._own_models()]
        own = {(name, method) for name, method, _function in self._own_methods()}
        return [
            (name, method, function)
            for name, method, function in self._public_methods(names)
            if (name, method) not in own
        ]

    def _some(self, methods):
        """Return each method of a few of the models that have it; in the long run of
        all of them."""
        if LONG:
            return methods
        chosen = set()
        for _method, group in groupby(methods, lambda call: call[1]):
            chosen |= {
                call[:2] for call in self.random.sample(group, min(3, len(group)))
            }
        return [call for call in methods if call[:2] in chosen]

    def _state(self):
        """Return a digest of every table an outsider must leave alone."""
        self.env.flush_all()
        tables = {
            model._table
            for model in self._own_models()
            if model._auto and not model._transient
        } | set(TABLES)
        digests = {}
        for table in sorted(tables):
            digests[table] = self.env.execute_query(
                SQL(
                    "SELECT md5(string_agg(t::text, '|' ORDER BY t.id)) FROM %s t",
                    SQL.identifier(table),
                )
            )
        return digests

    def _attempt(self, user, name, method, arguments):
        """Call as the web does.

        :return: the answer, or the refusal
        :raise Exception: whatever else it raised
        """
        model = self.env[name].with_user(user)
        # sudo: the id of a record a stranger guesses
        ids = self.env[name].sudo().search([], limit=1).ids or [10**9]
        arguments = list(arguments)
        if not getattr(getattr(type(model), method), "_api_model", False):
            arguments.insert(0, ids)
        try:
            with self.env.cr.savepoint():
                answer = call_kw(model, method, arguments, {})
                self.env.flush_all()
                return answer
        except REFUSALS as refusal:
            return refusal

    def _assert_tells_nothing(self, answer):
        """The answer has no text of the main company's customer and no key."""
        for secret in (*SECRETS, *self.tokens):
            self.assertNotIn(secret, repr(answer))

    def _assert_tells_no_key(self, answer):
        """The key of a request answers in the customer's name."""
        self.assertNotIn(self.tokens[0], repr(answer))

    def _sensible(self, name, function):
        """Return arguments that a method of core may well answer."""
        names = list(self.env[name]._fields)
        known = {
            "domain": [],
            "field_names": names[:1],
            "fields_spec": {field: {} for field in names},
            "fields": names,
            "fields_list": names,
            "fields_to_export": names,
            "groupby": names[:1],
            "specification": {field: {} for field in names},
            "vals": {"create_uid": self.env.uid},
            "vals_list": [{}],
            "values": {},
        }
        parameters = list(inspect.signature(function).parameters.values())[1:]
        return [
            known.get(parameter.name, self.random.choice(JUNK))
            for parameter in parameters
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            and (parameter.default is parameter.empty or parameter.name in known)
        ]

    def _try_core(self, user, name, method, arguments, is_colleague=False):
        """Call a method of core; it may be unable to read junk, our part of it not."""
        try:
            answer = self._attempt(user, name, method, arguments)
        except NotNullViolation:
            return  # the web says in a sentence which required field is empty
        except Exception as error:
            self.env.cr.execute("SELECT 1")  # the savepoint is closed
            if is_ours(error):
                raise
            return
        if is_colleague:
            self._assert_tells_no_key(answer)
        else:
            self._assert_tells_nothing(answer)

    def _try_and_undo(self, user, name, method, arguments):
        savepoint = self.env.cr.savepoint()
        try:
            self._try_core(user, name, method, arguments, is_colleague=True)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _count(self, what, calls, methods):
        played("fuzz", what, calls=calls, methods=len(methods))

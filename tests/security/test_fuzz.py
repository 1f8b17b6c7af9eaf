# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whatever anybody calls: nothing of others moves, no secret is told, nothing crashes.

`HELPDESK_LONG` plays every call of every person, `HELPDESK_SEED` another selection.
"""

import inspect
import itertools
import os
import random
import traceback

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import RedirectWarning, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL, groupby, mute_logger

from ..support.funding import FundingCommon
from ..support.roles import ROLES, create_roles

MODULE = "helpdesk_service_credit"
ADDON = f"odoo.addons.{MODULE}"
LONG = bool(os.environ.get("HELPDESK_LONG"))
SEED = int(os.environ.get("HELPDESK_SEED", 19))
#: What a stranger may send for a parameter.
JUNK = (None, False, 0, -1, 1e9, "", "x", "' OR 1=1", [], [[1, 1]], {}, {"id": 1}, True)
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
CALLS_OUT = ("action_sync_now",)  # has transactions of its own
QUIET = ("odoo.sql_db", "odoo.models", "odoo.addons.base.models.ir_model")


def fits(method, arguments):
    """Tell whether a method takes so many arguments at all."""
    try:
        inspect.signature(method).bind(None, *arguments)
    except TypeError:
        return False
    return True


def is_ours(error):
    """Tell whether an error was raised in a file of the addon."""
    last = traceback.extract_tb(error.__traceback__)[-1].filename
    return f"/addons/{MODULE}/" in last


@tagged("post_install", "-at_install")
class TestSecurityFuzz(HttpCase, FundingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(SEED)
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

    def _rounds(self):
        rounds = [(), (False,), ("x",), (self.request.id, "x")]
        if LONG:
            rounds += [(value,) for value in JUNK]
            rounds += self.random.sample(list(itertools.product(JUNK, repeat=2)), 20)
        return rounds

    def _sensible(self, name, function):
        """Return arguments that a method of core may well answer."""
        names = list(self.env[name]._fields)
        known = {
            "domain": [],
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

    @mute_logger(*QUIET)
    def test_outsiders_change_and_learn_nothing_by_our_methods(self):
        methods = self._own_methods()
        self.assertGreater(len(methods), 60)
        before, calls = self._state(), 0
        for user in self.outsiders:
            for call, arguments in itertools.product(methods, self._rounds()):
                name, method, function = call
                if not fits(function, arguments):
                    continue
                with self.subTest(f"{user.login}: {name}.{method}{arguments}"):
                    self._assert_tells_nothing(
                        self._attempt(user, name, method, arguments)
                    )
                calls += 1
            self.assertEqual(self._state(), before, user.login)
        self.assertGreater(calls, 4 * len(methods))
        self._count("outsiders", calls, methods)

    @mute_logger(*QUIET)
    def test_outsiders_change_and_learn_nothing_by_methods_of_core(self):
        methods = self._inherited_methods()
        self.assertGreater(len(methods), 1000)
        before, calls = self._state(), 0
        for name, group in groupby(methods, lambda call: call[0]):
            for _name, method, function in group:
                arguments = self._sensible(name, function)
                people = (
                    self.outsiders if LONG else [self.random.choice(self.outsiders)]
                )
                for user in people:
                    with self.subTest(f"{user.login}: {name}.{method}{arguments}"):
                        self._try_core(user, name, method, arguments)
                    calls += 1
            self.assertEqual(self._state(), before, name)
        self._count("outsiders, core", calls, methods)

    @mute_logger(*QUIET)
    def test_colleagues_learn_no_key_by_methods_of_core(self):
        readers = ("portal.mixin", "mail.thread", "mail.activity.mixin")
        names = {
            method
            for reader in readers
            for _name, method, _function in self._public_methods([reader])
            if not hasattr(self.env.registry["base"], method)
        }
        methods = [call for call in self._inherited_methods() if call[1] in names]
        self.assertGreater(len(methods), 50)
        for user, call in itertools.product(self.insiders, methods):
            name, method, function = call
            self.random.seed(f"{SEED} {name}.{method}")
            arguments = self._sensible(name, function)
            with self.subTest(f"{user.login}: {name}.{method}{arguments}"):
                savepoint = self.env.cr.savepoint()
                try:
                    self._try_core(user, name, method, arguments, is_colleague=True)
                finally:
                    savepoint.close(rollback=True)
                    self.env.invalidate_all()

    def _try_core(self, user, name, method, arguments, is_colleague=False):
        """Call a method of core; it may be unable to read junk, our part of it not."""
        try:
            answer = self._attempt(user, name, method, arguments)
        except Exception as error:
            self.env.cr.execute("SELECT 1")  # the savepoint is closed
            if is_ours(error) and not hasattr(self.env.registry["base"], method):
                raise
            return
        if is_colleague:
            self._assert_tells_no_key(answer)
        else:
            self._assert_tells_nothing(answer)

    @mute_logger(*QUIET)
    def test_no_method_of_ours_crashes_for_anybody(self):
        methods, calls = self._own_methods(), 0
        for user in self.insiders:
            for call, arguments in itertools.product(methods, self._rounds()):
                name, method, function = call
                if method in CALLS_OUT or not fits(function, arguments):
                    continue
                with self.subTest(f"{user.login}: {name}.{method}{arguments}"):
                    savepoint = self.env.cr.savepoint()
                    try:
                        answer = self._attempt(user, name, method, arguments)
                        self._assert_tells_no_key(answer)
                    finally:
                        savepoint.close(rollback=True)
                        self.env.invalidate_all()
                calls += 1
        self._count("insiders", calls, methods)

    def _count(self, what, calls, methods):
        if LONG:
            of = f"{calls} calls of {len(methods)} methods"
            print(f"fuzz, {what}: {of}, seed {SEED}")

    @mute_logger(*QUIET)
    def test_outsiders_read_and_write_no_record(self):
        before = self._state()
        for user, model in itertools.product(self.outsiders, self._own_models()):
            with self.subTest(user=user.login, model=model._name):
                for method, arguments in (
                    ("write", [{"create_uid": user.id}]),
                    ("unlink", []),
                    ("create", [[{}]]),
                    ("copy", []),
                ):
                    try:
                        self._attempt(user, model._name, method, arguments)
                    except IntegrityError:
                        # Odoo makes a sentence of it: what is required is missing.
                        self.assertEqual(method, "create")
                self._assert_reads_nothing(user, model)
        self.assertEqual(self._state(), before)

    def _assert_reads_nothing(self, user, model):
        shared = ("service.type",)  # of no customer and no company
        if model._transient or model._name in shared:
            return
        try:
            found = self.env[model._name].with_user(user).search([])
            seen = found.filtered(
                lambda row: "company_id" in row and row.company_id == self.company
            )
            self.assertFalse(seen.sudo())
        except UserError:
            return

    def test_outsiders_learn_nothing_by_any_route(self):
        before = self._state()
        for login in (None, "portal_b"):
            self.authenticate(login, login)
            for url, token in itertools.product(
                (
                    f"/my/service-credits/{self.purchase.id}",
                    f"/my/authorizations/{self.request.id}",
                    f"/my/authorizations/{self.request.id}/decline",
                    f"/my/authorizations/{self.request.id}/ask",
                    "/my/service-credits",
                    "/my/service-credits/statement",
                    "/my/authorizations",
                    "/my/service-credits/page/99999",
                    "/my/service-credits/999999999",
                ),
                ("", "guessed", "%00", "x" * 5000),
            ):
                with self.subTest(login=login, url=url, token=token[:10]):
                    answer = self.url_open(f"{url}?access_token={token}")
                    self.assertLess(answer.status_code, 500)
                    for secret in ("Secret", self.purchase.name, "Azure"):
                        self.assertNotIn(secret, answer.text)
        self.assertEqual(self._state(), before)

    def test_answers_without_the_token_are_refused(self):
        before = self._state()
        for token in (None, False, "", "guessed", 1, []):
            answer = self.make_jsonrpc_request(
                f"/my/authorizations/{self.request.id}/approve",
                {"access_token": token, "name": "Mallory", "signature": "AAAA"},
            )
            self.assertEqual(list(answer), ["error"])
        self.assertEqual(self._state(), before)
        self.assertEqual(self.request.state, "requested")

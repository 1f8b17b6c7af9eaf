# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import itertools
import os
import random

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..support.funding import FundingCommon

ADDON = "odoo.addons.helpdesk_service_credit"
LONG = bool(os.environ.get("HELPDESK_LONG"))
SEED = int(os.environ.get("HELPDESK_SEED", 19))
#: What a stranger may send for a parameter.
JUNK = (None, False, 0, -1, 1e9, "", "x", "' OR 1=1", [], [[1, 1]], {}, {"id": 1}, True)
#: What an outsider gets instead of an answer: a sentence (the web client makes one of
#: a constraint of the database too), or "wrong arguments".
REFUSALS = (UserError, IntegrityError, TypeError)
# Further tables whose rows outsiders must not move.
TABLES = ("account_analytic_line", "helpdesk_ticket", "sale_order_line", "res_company")


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
        cls.purchase = purchase
        cls.env.flush_all()

    def _own_models(self):
        return [
            model
            for model in self.env.registry.models.values()
            if model._original_module == "helpdesk_service_credit"
            and not model._abstract
        ]

    def _own_methods(self):
        """Public methods the addon defines, on its own models and on others'."""
        base = self.env.registry["base"]
        for name, model in sorted(self.env.registry.models.items()):
            if model._abstract:
                continue
            for method in sorted(dir(model)):
                function = getattr(model, method)
                home = getattr(function, "__module__", "") or ""
                is_own = home.startswith(ADDON) and not hasattr(base, method)
                if is_own and not method.startswith("_"):
                    yield name, method

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
        """Call as the web does; return the name of what was raised, if anything."""
        model = self.env[name].with_user(user)
        # sudo: the id of a record a stranger guesses
        ids = self.env[name].sudo().search([], limit=1).ids or [10**9]
        arguments = list(arguments)
        if not getattr(getattr(type(model), method), "_api_model", False):
            arguments.insert(0, ids)
        try:
            with self.env.cr.savepoint():
                call_kw(model, method, arguments, {})
                self.env.flush_all()
        except REFUSALS as refusal:
            return type(refusal).__name__
        return None

    def _rounds(self):
        rounds = [(), (False,), ("x",), (self.request.id, "x")]
        if LONG:
            rounds += [(value,) for value in JUNK]
            rounds += self.random.sample(list(itertools.product(JUNK, repeat=2)), 20)
        return rounds

    @mute_logger("odoo.sql_db", "odoo.models", "odoo.addons.base.models.ir_model")
    def test_outsiders_change_nothing_by_any_public_method(self):
        methods = list(self._own_methods())
        self.assertGreater(len(methods), 60)
        before, calls = self._state(), 0
        for user in self.outsiders:
            for (name, method), arguments in itertools.product(methods, self._rounds()):
                what = f"{user.login}: {name}.{method}{arguments}"
                with self.subTest(what):
                    self._attempt(user, name, method, arguments)
                    calls += 1
            self.assertEqual(self._state(), before, user.login)
        if LONG:
            print(f"fuzz: {calls} calls of {len(methods)} methods, seed {SEED}")

    @mute_logger("odoo.sql_db", "odoo.models", "odoo.addons.base.models.ir_model")
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
                    self._attempt(user, model._name, method, arguments)
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
            self.assertNotIn("force_refresh", answer or {})
        self.assertEqual(self._state(), before)
        self.assertEqual(self.request.state, "requested")

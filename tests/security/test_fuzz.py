# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whatever anybody calls: nothing moves, no secret is told, and nothing crashes."""

import itertools
import math

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import groupby, mute_logger

from ..support.fuzz import JUNK, ODD, QUIET, SEED, FuzzCommon, fits
from ..support.played import LONG

CALLS_OUT = ("action_sync_now",)  # has transactions of its own


@tagged("post_install", "-at_install")
class TestSecurityFuzz(FuzzCommon, HttpCase):
    def _rounds(self):
        rounds = [(), (False,), ("x",), (math.nan,), (self.request.id, "x")]
        if LONG:
            rounds += [(value,) for value in (*JUNK, *ODD)]
            rounds += self.random.sample(list(itertools.product(JUNK, repeat=2)), 20)
        return rounds

    def _calls(self, methods):
        """Yield model, method and arguments: in an ordinary run once, for each user
        with other arguments."""
        for name, method, function in methods:
            rounds = [values for values in self._rounds() if fits(function, values)]
            if not LONG:
                rounds = self.random.sample(rounds, min(1, len(rounds)))
            for arguments in rounds:
                yield name, method, arguments

    @mute_logger(*QUIET)
    def test_outsiders_change_and_learn_nothing_by_our_methods(self):
        methods = self._own_methods()
        self.assertGreater(len(methods), 60)
        before, calls = self._state(), 0
        for user in self.outsiders:
            for name, method, arguments in self._calls(methods):
                with self.subTest(f"{user.login}: {name}.{method}{arguments}"):
                    self._assert_tells_nothing(
                        self._attempt(user, name, method, arguments)
                    )
                calls += 1
            self.assertEqual(self._state(), before, user.login)
        self.assertGreater(calls, 3 * len(methods))
        self._count("outsiders", calls, methods)

    @mute_logger(*QUIET)
    def test_outsiders_change_and_learn_nothing_by_methods_of_core(self):
        methods = self._inherited_methods()
        self.assertGreater(len(methods), 1000)
        methods = self._some(methods)
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
                self._try_and_undo(user, name, method, arguments)

    @mute_logger(*QUIET)
    def test_no_method_of_ours_crashes_for_anybody(self):
        methods, calls = self._own_methods(), 0
        for user in self.insiders:
            for name, method, arguments in self._calls(methods):
                if method in CALLS_OUT:
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

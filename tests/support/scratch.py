# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import threading
import time
from unittest.mock import patch

import psycopg2
from passlib.context import CryptContext

from odoo import SUPERUSER_ID, api, fields, sql_db
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests.common import BaseCase, get_db_name
from odoo.tools import config

from odoo.addons.base.models.res_users import ResUsersPatchedInTest

from .books import assert_books
from .played import played

QUICK_PASSWORDS = CryptContext(["pbkdf2_sha512", "plaintext"], pbkdf2_sha512__rounds=1)


class ScratchCase(BaseCase):
    """A copy of the test database, for what really commits.

    Ledger rows cannot be deleted again, so the database is thrown away instead.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = get_db_name()
        # The same name for each class: the registry of the first one fits them all.
        cls.scratch, cls.sequence = f"{cls.source}_scratch", None
        cls.addClassCleanup(cls._drop)
        # As in Odoo's own cases: what hides passwords is meant to take its time.
        cls.classPatch(
            ResUsersPatchedInTest, "_crypt_context", lambda self: QUICK_PASSWORDS
        )
        cls._copy()
        # The registry of a server, not one that looks for tests while it loads.
        with patch.dict(config.options.maps[0], {"test_enable": False}):
            cls.registry = Registry(cls.scratch)
        cls.registry.clear_all_caches()
        cls.registry.cache_invalidated.clear()
        cls.registry.setup_signaling()
        cls.sequence = cls.registry.registry_sequence
        with cls._env() as env:
            cls._prepare(env)

    def tearDown(self):
        """Whatever was interrupted or came together, the books add up afterwards."""
        with self._env() as env:
            assert_books(self, env)
        super().tearDown()

    @classmethod
    def _prepare(cls, env):
        """Record what the tests of the class start from; it is committed."""

    @classmethod
    def _env(cls):
        return ScratchEnv(cls.registry)

    @classmethod
    def _copy(cls, patience=20):
        """Copy the test database; no one may be connected to it meanwhile."""
        cls._server(f'DROP DATABASE IF EXISTS "{cls.scratch}" WITH (FORCE)')
        until = time.monotonic() + patience
        while True:
            sql_db.close_db(cls.source)
            try:
                return cls._server(
                    f'CREATE DATABASE "{cls.scratch}" TEMPLATE "{cls.source}"'
                    " STRATEGY FILE_COPY"
                )
            except psycopg2.errors.ObjectInUse:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    @classmethod
    def _drop(cls):
        registry = Registry.registries.get(cls.scratch)
        if registry and registry.registry_sequence != cls.sequence:
            Registry.delete(cls.scratch)  # a test has changed the models
        sql_db.close_db(cls.scratch)
        cls._server(f'DROP DATABASE IF EXISTS "{cls.scratch}" WITH (FORCE)')

    @classmethod
    def _server(cls, query):
        _name, info = sql_db.connection_info_for("postgres")
        connection = psycopg2.connect(**info)
        connection.autocommit = True
        try:
            connection.cursor().execute(query)
        finally:
            connection.close()

    def _race(self, *jobs):
        """Run each job, ``job(env)``, in a thread with a connection of its own, like
        a request: replayed on a serialization failure.

        :return: list of what each job returned or raised
        """
        played("races", type(self).__name__, races=1, connections=len(jobs))
        results = [None] * len(jobs)
        barrier = threading.Barrier(len(jobs))

        def work(index, job):
            try:
                with self.registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    cr.execute("SELECT 1")  # the snapshot is taken before the start
                    barrier.wait(30)
                    results[index] = retrying(lambda: job(env), env)
            except Exception as error:
                results[index] = error

        threads = [threading.Thread(target=work, args=args) for args in enumerate(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        self.assertFalse(any(thread.is_alive() for thread in threads), "hanging")
        return results


class ScratchEnv:
    """A superuser environment whose work is committed at the end of the block."""

    def __init__(self, registry):
        self._registry = registry

    def __enter__(self):
        self._cr = self._registry.cursor()
        return api.Environment(self._cr, SUPERUSER_ID, {})

    def __exit__(self, error, *_details):
        try:
            if not error:
                self._cr.commit()
        finally:
            self._cr.close()


def buy(env, customer, credits, **values):
    """Record a purchase of ``customer`` that is usable for a month."""
    today = fields.Date.context_today(customer)
    return env["service.credit.purchase"].create(
        {
            "partner_id": customer.id,
            "credits": credits,
            "value_per_credit": 100,
            "paid_per_credit": 80,
            "date_start": fields.Date.subtract(today, days=10),
            "date_expiry": fields.Date.add(today, days=30),
            **values,
        }
    )

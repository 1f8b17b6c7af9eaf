# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Secrets and rights, over the doors a user has."""

import json
import logging
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import config, mute_logger

from ...connectors import CONNECTORS
from ...models.sync.service_sync_source_connection import answer_deadline
from ..support.peers import http_peer
from ..support.sync import SECRET, SyncCommon, SyncMixin
from .test_connectors_postgresql import peer_settings

_logger = logging.getLogger(__name__)
SECRETS = ("api_key", "header_secret", "password", "query")


@tagged("post_install", "-at_install")
class TestSyncSecurity(SyncCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "sync_manager",
            "base.group_user,helpdesk_service_credit.group_service_credit_manager,"
            "base.group_allow_export",
        )
        cls.user = new_test_user(
            cls.env,
            "sync_user",
            "base.group_user,helpdesk_service_credit.group_service_credit_user",
        )
        cls.admin = new_test_user(cls.env, "sync_admin", "base.group_system")
        cls.source = cls.csv_source(
            "id,customer,credits\n1,ACME-1,5\n2,??,5\n",
            **dict.fromkeys(SECRETS, SECRET),
        )

    def test_a_preset_is_a_name(self):
        values = {"name": "Odd", "connector": "json", "target": "purchase"}
        sources = self.env["service.sync.source"]
        for odd in ({"id": 1}, [[1, 1]]):
            with self.subTest(odd), self.assertRaises(ValidationError):
                sources.create({**values, "preset": odd})
            with self.subTest(odd), self.assertRaises(ValidationError):
                self.source.write({"preset": odd})

    def test_secrets_are_for_settings_administrators(self):
        self.assertEqual(self.source.with_user(self.admin).api_key, SECRET)
        source = self.source.with_user(self.manager)
        self.assertEqual(source.name, "Webshop")
        for name in SECRETS:
            with self.subTest(name=name):
                with self.assertRaises(AccessError):
                    source.read([name])
                with self.assertRaises(AccessError):
                    source.export_data([name])
                with self.assertRaises(AccessError):
                    source._read_group([], [name])
                with self.assertRaises(AccessError):
                    source.formatted_read_group([], [name], ["__count"])
                with self.assertRaises(AccessError):
                    source.search([(name, "=", SECRET)])
                with self.assertRaises(AccessError):
                    source.search([], order=name)
                self.assertNotIn(name, source.fields_get())
        values = json.dumps(source.read(), default=str)
        self.assertNotIn(SECRET, values)

    def test_secrets_are_never_exported(self):
        """Not for administrators either, and not by way of another record."""
        self.source.action_sync_now()
        admin = self.admin
        admin.group_ids += self.env.ref("base.group_allow_export")
        source = self.source.with_user(admin)
        for name in ("api_key", "header_secret", "password"):
            with self.subTest(name=name):
                info = source.fields_get([name], ["exportable", "string"])[name]
                self.assertFalse(info["exportable"])
                label = info["string"]
                with self.assertRefused(AccessError, says="never exported"):
                    source.export_data(["name", name])
                with self.assertRefused(AccessError, label):
                    source.run_ids.export_data([f"source_id/{name}"])
        self.assertEqual(source.export_data(["name"])["datas"], [["Webshop"]])

    def test_secrets_leave_no_trace(self):
        self.source.write({"api_key": SECRET + "2", "password": SECRET + "3"})
        self.env.flush_all()
        messages = self.source.message_ids
        text = "".join(
            m.body + str(m.tracking_value_ids.mapped("id")) for m in messages
        )
        self.assertNotIn(SECRET, text)
        copied = self.source.copy()
        self.assertFalse(copied.api_key or copied.header_secret or copied.password)

    def test_secret_echoed_by_the_other_side_is_masked(self):
        def script(handler, request):
            secret = request.headers["X-Secret"]
            handler.send(
                b"no", status=302, headers={"Location": f"http://x/?k={secret}"}
            )

        with http_peer(script) as peer, self.assertLogs(level="DEBUG") as logs:
            _logger.debug("assertLogs wants one line")
            source = self.json_source(peer)
            source.action_sync_now()
        self.assertTrue(source.last_error)
        self.assertNotIn(SECRET, source.last_error + source.status_text)
        self.assertNotIn(SECRET, "".join(source.run_ids.mapped("error")))
        self.assertNotIn(SECRET, "".join(logs.output))

    def test_manager_runs_but_does_not_configure(self):
        source = self.source.with_user(self.manager)
        source.action_sync_now()
        self.assertEqual(len(self.targets(self.source)), 1)
        source.action_reset()
        source.action_cancel()
        self.assertEqual(self.source.state, "cancelled")
        source.action_resume()
        preview = source.action_preview()
        self.assertEqual(preview["res_model"], "service.sync.preview")
        record = self.records(self.source)["2"].with_user(self.manager)
        record.partner_id = self.customer
        record.action_retry()
        self.assertEqual(record.state, "imported")
        for values in (
            {"url": "https://evil.test"},
            {"state": "active"},
            {"name": "x"},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                source.write(values)
        with self.assertRaises(AccessError):
            source.mapping_ids.write({"source_field": "x"})
        with self.assertRaises(AccessError):
            source.create({"name": "x"})

    def test_where_a_source_stands_is_not_typed(self):
        """Not by administrators either, nor by defaults of a context."""
        values = {
            "state": "stopped",
            "last_sync": "2026-01-01",
            "last_change": "2026-01-01",
            "error_count": 4,
            "last_error": "Mine",
            "cursor_moment": "2026-01-01T00:00:00",
            "cursor_external_id": "x",
            "generation": 7,
            "pass_number": 7,
            "lease_key": "x",
            "lease_until": "2099-01-01",
        }
        source = self.source.with_user(self.admin)
        self.assertEqual(set(values), set(source._guarded_fields))
        for name, value in values.items():
            with self.subTest(name=name):
                with self.assertRaises(AccessError):
                    source.write({name: value})
                with self.assertRaises(AccessError):
                    source.create({"name": "x", name: value})
                typed = source.with_context(**{f"default_{name}": value})
                self.assertNotEqual(typed.create({"name": "x"})[name], value)

    def test_what_a_database_says_of_the_query_is_for_administrators(self):
        self.source.write(
            {**peer_settings(), "connector": "postgresql", "query": "SELECT topsecret"}
        )
        mine = self.source.with_user(self.manager)
        mine.action_sync_now()
        self.assertIn("UndefinedColumn", mine.last_error)
        self.assertNotIn("topsecret", mine.last_error + mine.run_ids.error)
        for user, shown in ((self.manager, False), (self.admin, True)):
            action = self.source.with_user(user).action_preview()
            preview = self.env[action["res_model"]].browse(action["res_id"])
            self.assertEqual("topsecret" in preview.table, shown)

    def test_every_setting_of_a_connector_is_a_field(self):
        """Secrets are for administrators, and the form shows what is used."""
        Source = self.env["service.sync.source"]
        for kind, reader in CONNECTORS.items():
            with self.subTest(kind=kind):
                self.assertFalse(set(reader.setting_names) - set(Source._fields))
                self.assertFalse(set(reader.secret_names) - set(reader.setting_names))
                for name in reader.secret_names:
                    self.assertEqual(Source._fields[name].groups, "base.group_system")
                form = Form(Source)
                form.connector = kind
                self.assertEqual(form.setting_names.split(), list(reader.setting_names))
                for name in ("url", "api_key", "header_secret", "file", "query"):
                    shown = not form._get_modifier(name, "invisible")
                    self.assertEqual(shown, name in reader.setting_names, name)

    def test_answers_end_before_the_server_ends_the_worker(self):
        for request, cron, manual, expected in (
            (120, -1, True, 60),
            (120, -1, False, 60),
            (120, 600, False, 300),
            (120, 3600, False, 300),
            (0, -1, True, 300),
            (120, 0, False, 300),
            (20, -1, True, 10),
        ):
            limits = {"limit_time_real": request, "limit_time_real_cron": cron}
            with patch.dict(config.options, limits):
                self.assertEqual(answer_deadline(manual), expected)

    def test_others_see_and_do_nothing(self):
        for user in (self.user, self.env.ref("base.public_user")):
            source = self.source.with_user(user)
            for method in (
                "action_sync_now",
                "action_reset",
                "action_cancel",
                "action_resume",
                "action_preview",
            ):
                with self.subTest(method=method), self.assertRaises(AccessError):
                    getattr(source, method)()
            with self.assertRaises(AccessError):
                source.read(["name"])
            with self.assertRaises(AccessError):
                self.env["service.sync.record"].with_user(user).search([])

    def test_companies_do_not_mix(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self.csv_source("id\n", company_id=company.id)
        foreign.action_sync_now()
        env = self.env(user=self.manager)
        self.assertNotIn(foreign.id, env["service.sync.source"].search([]).ids)
        with self.assertRaises(AccessError):
            foreign.with_user(self.manager).action_cancel()
        self.assertFalse(
            env["service.sync.run"].search([("source_id", "=", foreign.id)])
        )

    def test_imports_go_to_the_company_of_the_source(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        source = self.csv_source(
            "id,customer,credits\n1,ACME-1,5\n", company_id=company.id
        )
        source.action_sync_now()
        self.assertEqual(self.targets(source)["1"].company_id, company)

    def test_addresses_and_domains_are_checked(self):
        with self.assertRaises(ValidationError):
            self.source.domain = "__import__('os').getcwd()"
        source = self.csv_source("", url="http://example.com/rows.csv")
        source.action_sync_now()
        self.assertIn("is not encrypted", source.last_error)

    def test_numbers_of_a_system_are_bounded(self):
        table = {
            "interval_minutes": (525600, "The interval .* at most 525600 minutes"),
            "overlap_minutes": (525600, "read again at most 525600 minutes"),
            "retention_days": (36500, "the archive for at most 36500 days"),
        }
        for name, (most, expected) in table.items():
            self.source[name] = most
            for value in (most + 1, 2**31 - 1):
                with self.subTest(name=name, value=value), mute_logger("odoo.sql_db"):
                    with (
                        self.assertRaises(IntegrityError) as caught,
                        self.env.cr.savepoint(),
                    ):
                        self.source[name] = value
                        self.source.flush_recordset()
                    text = self.source._sql_error_to_message(caught.exception)
                    self.assertRegex(text, expected)
        self.source.cursor_moment = "2026-01-01T00:00:00"
        self.source.action_sync_now()
        self.assertFalse(self.source.error_count)
        self.env["service.sync.record"]._gc_removed()


@tagged("post_install", "-at_install")
class TestSyncRpc(SyncMixin, HttpCase):
    def test_secret_over_rpc_and_export(self):
        source = self.csv_source("", api_key=SECRET)
        new_test_user(
            self.env,
            "sync_rpc",
            "base.group_user,helpdesk_service_credit.group_service_credit_manager,"
            "base.group_allow_export",
            password="sync_rpc_password",
        )
        self.authenticate("sync_rpc", "sync_rpc_password")

        def call(method, *args, **kwargs):
            answer = self.make_jsonrpc_request(
                f"/web/dataset/call_kw/service.sync.source/{method}",
                {
                    "model": "service.sync.source",
                    "method": method,
                    "args": args,
                    "kwargs": kwargs,
                },
            )
            self.assertNotIn(SECRET, json.dumps(answer))
            return answer

        self.assertTrue(call("read", [source.id]))
        self.assertTrue(call("web_read", [source.id], specification={"name": {}}))
        for method, args, kwargs in (
            ("read", [[source.id], ["api_key"]], {}),
            ("web_read", [[source.id]], {"specification": {"api_key": {}}}),
            ("search_read", [[], ["api_key"]], {}),
            ("export_data", [[source.id], ["api_key"]], {}),
            ("formatted_read_group", [[], ["api_key"], ["__count"]], {}),
            ("search_count", [[("api_key", "=like", "s%")]], {}),
        ):
            with (
                self.subTest(method=method),
                self.assertRaises(JsonRpcException),
                self.allow_logs(),
            ):
                call(method, *args, **kwargs)

    def allow_logs(self):
        return self.assertLogs("odoo.http", "WARNING")

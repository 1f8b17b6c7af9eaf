# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What people choose for rows: what is remembered, and what they may choose."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged

from ...models.sync import service_sync_source_action
from ...models.sync.service_sync_customer import FIELDS
from ..support.sync import SyncCommon, SyncMixin

MANAGER = (
    "helpdesk_service_credit.group_service_credit_manager,"
    "helpdesk_mgmt.group_helpdesk_manager"
)
TIME = {
    "external_id": "id",
    "employee_id": "who",
    "unit_amount": "hours",
    "date": "day",
    "ticket_id": "ticket",
}


class ChoiceMixin(SyncMixin):
    """A row that names an unknown employee and ticket, and records to choose."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "choosing", MANAGER, password="choosing")
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.here, cls.foreign = (
            {
                "partner_id": cls.env["res.partner"].create(
                    {"name": "Birch Works", "company_id": company.id}
                ),
                "employee_id": cls.env["hr.employee"].create(
                    {"name": "Emil", "company_id": company.id}
                ),
                "ticket_id": cls.env["helpdesk.ticket"].create(
                    {
                        "name": "Printer on fire",
                        "description": "Smoke.",
                        "company_id": company.id,
                    }
                ),
            }
            for company in (cls.env.company, cls.elsewhere)
        )
        cls.source = cls.csv_source(
            "id,who,hours,day,ticket\n1,ghost,1:00,2026-03-02,HT99999\n",
            TIME,
            target="time_entry",
        )
        cls.source.action_sync_now()
        cls.record = cls.source.record_ids


@tagged("post_install", "-at_install")
class TestSyncChoices(ChoiceMixin, SyncCommon):
    def get_remembered(self, source, kind):
        return self.env["service.sync.customer"].search(
            [("source_id", "=", source.id), ("kind", "=", kind)]
        )

    def test_choice_remembers_nothing_else(self):
        """Also on a row that can't be tried, because a field of it was not kept."""
        self.env["service.sync.mapping"].create(
            {
                "source_id": self.source.id,
                "target_field": "name",
                "source_field": "never sent",
            }
        )
        record = self.record.with_user(self.manager)
        record.employee_id = self.here["employee_id"]
        remembered = self.get_remembered(self.source, "employee")
        self.assertEqual(remembered.employee_id, self.here["employee_id"])
        later = self.env["hr.employee"].create({"name": "Ella"})
        remembered.employee_id = later
        record.ticket_id = self.here["ticket_id"]
        self.assertTrue(self.get_remembered(self.source, "ticket"))
        self.assertEqual(remembered.employee_id, later)

    def test_nothing_of_another_company_is_used(self):
        Choice = self.env["service.sync.customer"]
        for kind, name in FIELDS.items():
            for key, records in (("here", self.here), ("foreign", self.foreign)):
                Choice._remember(self.source, kind, key, records[name])
            with self.subTest(kind):
                self.assertEqual(
                    Choice._find_choices(self.source, kind, {"here", "foreign"}),
                    {"here": self.here[name]},
                )

    def test_who_reads_all_companies_chooses_of_all(self):
        self.manager.company_ids = [Command.link(self.elsewhere.id)]
        allowed = (self.env.company | self.elsewhere).ids
        record = self.record.with_user(self.manager)
        record = record.with_context(allowed_company_ids=allowed)
        record.ticket_id = self.foreign["ticket_id"]
        self.assertEqual(record.ticket_id, self.foreign["ticket_id"])

    def choose_for_many(self, partner):
        """Choose a customer for five rows, of which a request imports two."""
        lines = "".join(f"{number},??,5\n" for number in range(1, 6))
        source = self.csv_source(f"id,customer,credits\n{lines}")
        source.action_sync_now()
        rows = source.record_ids.with_user(self.manager).sorted("id")
        with patch.object(service_sync_source_action, "MOST_CHOSEN", 2):
            rows[0].partner_id = partner
        return source, rows

    def test_one_choice_imports_no_more_than_a_page(self):
        source, rows = self.choose_for_many(self.customer)
        self.assertEqual(rows[0].state, "imported")
        self.assertEqual([row.partner_id for row in rows], [self.customer] * 5)
        waiting = rows.filtered(lambda row: row.state == "error")
        self.assertEqual(len(waiting), 3)
        waiting[0].action_retry()
        source.action_sync_now()
        self.assertEqual(len(self.targets(source)), 5)

    def test_retry_keeps_what_was_remembered_later(self):
        first = self.here["partner_id"]
        source, rows = self.choose_for_many(first)
        waiting = rows.filtered(lambda row: row.state == "error")
        remembered = self.get_remembered(source, "customer")
        remembered.partner_id = self.customer
        waiting[0].action_retry()
        self.assertEqual(remembered.partner_id, self.customer)
        remembered.unlink()
        waiting[1].action_retry()
        lots = self.targets(source)
        self.assertEqual(lots[waiting[0].external_id].partner_id, self.customer)
        self.assertEqual(lots[waiting[1].external_id].partner_id, first)

    def test_imported_by_a_choice_or_retry_as_by_a_run(self):
        source = self.csv_source("id,customer,credits\n1,ACME-1,5\n2,??,5\n3,?!,5\n")
        # Tests keep no log of their own.
        manager = self.env(user=self.manager, context={})
        source.with_env(manager).action_sync_now()
        rows = self.records(source)
        rows["2"].with_env(manager).partner_id = self.customer
        rows["3"].partner_id = self.customer
        rows["3"].with_env(manager).action_retry()
        lots = self.targets(source)
        self.assertEqual(set(lots), {"1", "2", "3"})
        self.assertFalse([lot.message_ids for lot in lots.values() if lot.message_ids])

    def test_a_context_proposes_nothing_for_rows(self):
        source = self.csv_source("id,customer,credits\n1,ACME-1,5\n")
        proposing = source.with_context(default_description="Forged", default_ref="X")
        proposing.action_sync_now()
        lot = self.targets(source)["1"]
        self.assertNotEqual(lot.description, "Forged")
        self.assertFalse(
            [key for key in proposing._for_import().env.context if "default_" in key]
        )


@tagged("post_install", "-at_install")
class TestSyncChoicesRpc(ChoiceMixin, HttpCase):
    """People choose what they can read; it is used as the company, not as them."""

    def call(self, model, method, *args):
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": {}},
        )

    def get_doors(self, kind):
        """Return ``(record, method, what goes before the choice)`` of each way in."""
        preview = self.env["service.sync.preview"].with_user(self.manager)
        preview = preview.create({"source_id": self.source.id})
        key = {"kind": kind, "key": "x"}
        of_source = {"source_id": self.source.id, **key}
        remembered = self.env["service.sync.customer"].create(
            {**of_source, FIELDS[kind]: self.here[FIELDS[kind]].id}
        )
        found = preview.choice_ids[:1]
        self.assertTrue(found)
        return (
            (self.record, "write", {}),
            (remembered, "write", {}),
            (remembered, "create", {**of_source, "key": "y"}),
            (found, "write", {}),
            (found, "create", {"preview_id": preview.id, **key}),
        )

    def test_only_what_one_reads_is_chosen(self):
        self.authenticate("choosing", "choosing")
        for kind, name in FIELDS.items():
            for record, method, values in self.get_doors(kind):
                at = [record.ids] if method == "write" else []
                before = record[name]
                with self.subTest(name, model=record._name, method=method):
                    foreign = {**values, name: self.foreign[name].id}
                    with (
                        self.assertRaises(JsonRpcException) as caught,
                        self.assertLogs("odoo.http", "WARNING"),
                    ):
                        self.call(record._name, method, *at, foreign)
                    self.assertIn(AccessError.__name__, str(caught.exception))
                    self.env.invalidate_all()
                    self.assertEqual(record[name], before)
                    own = {**values, name: self.here[name].id}
                    self.assertTrue(self.call(record._name, method, *at, own))

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the office trips over when it connects a system."""

from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ...models.sync.store import Store
from ..support.sync import SyncCommon

MAPPING = {
    "external_id": "id",
    "partner_id": "customer",
    "credits": "credits",
    "value_per_credit": "price",
    "date_start": "start",
    "date_expiry": "end",
}
HEAD = "id;customer;credits;price;start;end\n"
DAYS = "2026-01-01;2026-12-31"


@tagged("post_install", "-at_install")
class TestOfficeConnects(SyncCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.env["res.users"].create(
            {
                "name": "Marta Manager",
                "login": "office_manager",
                "group_ids": [
                    (
                        4,
                        cls.env.ref(
                            "helpdesk_service_credit.group_service_credit_manager"
                        ).id,
                    )
                ],
            }
        )

    def sync(self, *lines, **values):
        source = self.csv_source(HEAD + "\n".join(lines), MAPPING, **values)
        source.action_sync_now()
        return source

    def as_manager(self, record):
        return record.with_user(self.manager)

    # --- What a field is read from, and what it becomes ---

    def test_columns_of_a_file_are_suggested(self):
        source = self.csv_source(HEAD + "1;10001;5;100;2026-01-01;2026-12-31", MAPPING)
        columns = HEAD.strip().split(";")
        self.assertEqual(source.get_source_columns(), columns)
        with self.assertRaises(AccessError):
            self.as_manager(source).get_source_columns()
        source.header_line = 9
        self.assertEqual(source.get_source_columns(), [])

    def test_fields_of_the_other_kind_are_not_offered(self):
        source = self.csv_source(HEAD, MAPPING)
        with Form(source) as form, form.mapping_ids.new() as line:
            self.assertIn("price", line.target_fields)
            self.assertNotIn("unit_amount", line.target_fields)
            line.source_field, line.target_field = "note", "description"
        source.mapping_ids.unlink()
        source.target = "time_entry"
        with Form(source) as form, form.mapping_ids.new() as line:
            self.assertIn("unit_amount", line.target_fields)
            self.assertNotIn("price", line.target_fields)
            line.source_field, line.target_field = "hours", "unit_amount"

    # --- All that is wrong with a row at once ---

    def test_row_tells_all_its_faults(self):
        source = self.sync("1;10001;lots;-5,0;2026-01-01;soon")
        record = self.records(source)["1"]
        reasons = record.error.split("\n")
        self.assertEqual(len(reasons), 4, record.error)
        for word, reason in zip(
            ("10001", "lots", "-5.0", "soon"), reasons, strict=True
        ):
            self.assertIn(word, reason)
        self.assertEqual(record.customer_key, "10001", "to be chosen all the same")
        preview = self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )
        for word in ("10001", "lots", "-5.0", "soon"):
            self.assertIn(word, preview.table)

    def test_end_before_start_is_told_with_the_customer(self):
        source = self.sync("1;10001;5;1;2026-12-31;2026-01-01")
        reasons = self.records(source)["1"].error.split("\n")
        self.assertEqual(len(reasons), 2, reasons)
        self.assertIn("expire before it starts", reasons[1])

    def test_row_without_id_tells_the_rest_too(self):
        source = self.sync(f";10001;5;1;{DAYS}")
        reasons = source.record_ids.error.split("\n")
        self.assertEqual(len(reasons), 2, reasons)

    def test_time_tells_all_its_faults(self):
        text = "id;who;hours;day;ticket\n1;ghost;26:xx;soon;HT99999\n"
        mapping = {
            "external_id": "id",
            "employee_id": "who",
            "unit_amount": "hours",
            "date": "day",
            "ticket_id": "ticket",
        }
        source = self.csv_source(text, mapping, target="time_entry")
        source.action_sync_now()
        record = self.records(source)["1"]
        for word in ("ghost", "26:xx", "soon", "HT99999"):
            self.assertIn(word, record.error)
        self.assertEqual(len(record.error.split("\n")), 4, record.error)

    def test_preview_shows_what_could_be_read_of_a_bad_row(self):
        source = self.csv_source(f"{HEAD}1;10001;12.0;1;{DAYS}\n", MAPPING)
        preview = self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )
        self.assertEqual(preview.error_count, 1)
        self.assertIn(">12<", preview.table, "as in rows that are imported")
        self.assertIn("31 Dec 2026", preview.table)

    # --- Choosing once ---

    def test_choice_on_a_row_imports_all_that_name_the_same(self):
        source = self.sync(
            f"1;10001;5;1;{DAYS}",
            f"2;10001;6;1;{DAYS}",
            f"3;10001;lots;1;{DAYS}",
            f"4;10002;7;1;{DAYS}",
        )
        rows = self.records(source)
        self.assertEqual(source.failed_count, 4)
        self.as_manager(rows["1"]).partner_id = self.customer
        self.assertEqual(
            [rows[key].state for key in "1234"],
            ["imported", "imported", "error", "error"],
        )
        self.assertEqual(rows["3"].partner_id, self.customer)
        self.assertNotIn("10001", rows["3"].error, "that reason is gone")
        self.assertIn("lots", rows["3"].error)
        self.assertFalse(rows["4"].partner_id)
        lots = self.env["service.credit.purchase"].browse(
            (rows["1"] | rows["2"]).mapped("res_id")
        )
        self.assertEqual(lots.partner_id, self.customer)
        self.assertEqual(sorted(lots.mapped("credits")), [5, 6])
        self.as_manager(rows["1"]).action_retry()
        self.assertEqual(len(self.targets(source)), 2, "nothing twice")

    def test_choice_on_a_row_that_cannot_be_tried_is_kept(self):
        """A field that was mapped meanwhile was not kept with the row."""
        source = self.sync(f"1;10001;5;1;{DAYS}")
        record = self.records(source)["1"]
        self.env["service.sync.mapping"].create(
            {
                "source_id": source.id,
                "target_field": "description",
                "source_field": "never sent",
            }
        )
        self.as_manager(record).partner_id = self.customer
        self.assertEqual((record.state, record.partner_id), ("error", self.customer))
        with self.assertRaises(UserError):
            self.as_manager(record).action_retry()

    def test_one_import_for_any_number_of_rows(self):
        source = self.sync(*(f"{n};10001;5;1;{DAYS}" for n in range(1, 31)))
        calls, store = [], Store.store

        def count(this, rows, again=False):
            calls.append(len(rows))
            return store(this, rows, again)

        with patch.object(Store, "store", count):
            self.as_manager(source.record_ids[0]).partner_id = self.customer
        self.assertEqual(calls, [30])
        self.assertFalse(source.failed_count)

    def test_choice_needs_the_right_to_run_the_system(self):
        source = self.sync(f"1;10001;5;1;{DAYS}")
        reader = self.env["res.users"].create(
            {"name": "Rita Reader", "login": "office_reader"}
        )
        with self.assertRaises(AccessError):
            source.record_ids.with_user(reader).partner_id = self.customer

    def test_customer_is_chosen_in_the_preview(self):
        text = HEAD + f"1;10001;5;1;{DAYS}\n2;10001;6;1;{DAYS}\n3;ACME-1;6;1;{DAYS}\n"
        source = self.csv_source(text, MAPPING)
        preview = self.env["service.sync.preview"].with_user(self.manager)
        preview = preview.browse(self.as_manager(source).action_preview()["res_id"])
        self.assertEqual(preview.error_count, 2)
        self.assertEqual(
            preview.choice_ids.mapped(lambda c: (c.kind, c.key)),
            [("customer", "10001")],
        )
        with self.assertRaises(UserError):
            preview.action_remember()
        with Form(preview) as form, form.choice_ids.edit(0) as choice:
            choice.partner_id = self.customer
        action = preview.action_remember()
        preview = preview.browse(action["res_id"])
        self.assertFalse(preview.error_count)
        self.assertFalse(preview.choice_ids)
        self.assertFalse(self.records(source), "nothing is imported")
        source.action_sync_now()
        self.assertEqual(len(self.targets(source)), 3)

    # --- Drafts, labels, buttons ---

    def test_drafts_say_so_and_are_confirmed_together(self):
        lines = [f"1;ACME-1;5;1;{DAYS}", f"2;ACME-1;6;1;{DAYS}"]
        source = self.sync(*lines, create_as_draft=True)
        rows = source.record_ids
        self.assertEqual(set(rows.mapped("result")), {"Imported as Draft"})
        self.assertEqual(source.draft_count, 2)
        self.assertIn("Imported as drafts: 2.", source.status_text)
        action = self.as_manager(source).action_open_drafts()
        self.assertEqual(action["context"]["search_default_draft"], 1)
        self.assertEqual(
            rows.search([("source_id", "=", source.id), ("is_draft", "=", True)]), rows
        )
        self.as_manager(rows).action_confirm_drafts()
        lots = self.env["service.credit.purchase"].browse(rows.mapped("res_id"))
        self.assertEqual(lots.mapped("is_draft"), [False, False])
        self.assertEqual(set(rows.mapped("result")), {"Imported"})
        self.assertFalse(
            rows.search([("source_id", "=", source.id), ("is_draft", "=", True)])
        )
        self.assertEqual(
            len(rows.search([("source_id", "=", source.id), ("is_draft", "=", False)])),
            2,
        )
        source.invalidate_recordset()
        self.assertNotIn("draft", source.status_text)
        with self.assertRaises(UserError):
            self.as_manager(rows).action_confirm_drafts()

    def get_arch(self, model, kind):
        return etree.fromstring(self.env[model].get_view(view_type=kind)["arch"])

    def test_list_and_form_offer_the_same_on_a_stopped_system(self):
        source = "service.sync.source"
        for name in ("action_sync_now", "action_resume"):
            with self.subTest(name):
                (row,) = self.get_arch(source, "list").xpath(
                    f"/list/button[@name='{name}']"
                )
                (button,) = self.get_arch(source, "form").xpath(
                    f"//header/button[@name='{name}']"
                )
                plain = button.get("invisible").removesuffix(" or not id")
                self.assertEqual(row.get("invisible"), plain)

    def test_counts_of_the_list_say_that_they_are_of_the_last_run(self):
        arch = self.get_arch("service.sync.source", "list")
        for name in ("created_count", "updated_count", "unchanged_count"):
            (field,) = arch.xpath(f"//field[@name='{name}']")
            self.assertIn("Last Run", field.get("string"))

    def test_port_is_shown_as_it_is_typed(self):
        (port,) = self.get_arch("service.sync.source", "form").xpath(
            "//field[@name='port']"
        )
        self.assertIn("'enable_formatting': false", port.get("options"))

    def test_reset_leaves_a_note(self):
        source = self.sync(f"1;ACME-1;5;1;{DAYS}")
        before = source.message_ids
        self.as_manager(source).action_reset()
        self.assertIn("Reset", (source.message_ids - before).body)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Customers are found by rule or chosen by a person, never guessed."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..support.sync import SyncCommon

MAPPING = {
    "external_id": "id",
    "partner_id": "customer",
    "partner_email": "mail",
    "credits": "credits",
}


@tagged("post_install", "-at_install")
class TestSyncCustomer(SyncCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Partner = cls.env["res.partner"]
        cls.birch = cls.Partner.create(
            {"name": "Birch Works", "is_company": True, "vat": "BE0477472701"}
        )
        cls.env["ir.model.data"].create(
            {
                "module": "webshop",
                "name": "partner_77",
                "model": "res.partner",
                "res_id": cls.birch.id,
            }
        )

    def find(self, customer="", mail="", **values):
        """Import one row; return its record."""
        source = self.csv_source(
            f"id,customer,mail,credits\n1,{customer},{mail},5\n", MAPPING, **values
        )
        source.action_sync_now()
        return self.records(source)["1"]

    def found(self, *args, **values):
        record = self.find(*args, **values)
        self.assertFalse(record.error)
        lot = self.env["service.credit.purchase"].browse(record.res_id)
        return lot.partner_id

    def test_by_each_method(self):
        table = [
            ("webshop.partner_77", "", self.birch),
            ("partner_77", "", self.birch),
            ("BE0477472701", "", self.birch),
            ("be 0477.472.701", "", self.birch),
            ("ACME-1", "", self.customer),
            ("", "office@azure.test", self.customer),
            ("", "Azure <OFFICE@azure.test>", self.customer),
            ("office@azure.test", "", self.customer),
            ("unknown", "office@azure.test", self.customer),
        ]
        for customer, mail, expected in table:
            with self.subTest(customer=customer, mail=mail):
                self.assertEqual(self.found(customer, mail), expected)

    def test_order_can_be_set(self):
        self.birch.ref = "X-1"
        self.customer.vat = "X-1"
        self.assertEqual(self.found("X-1", match_order="vat,reference"), self.customer)
        self.assertEqual(self.found("X-1", match_order="reference,vat"), self.birch)
        self.assertIn("No customer", self.find("X-1", match_order="email").error)
        for order in ("", "vat,vat", "vat;email", "name"):
            with self.subTest(order=order), self.assertRaises(ValidationError):
                self.csv_source("id\n", match_order=order)

    def test_ambiguous_is_an_error_and_names_them(self):
        self.birch.ref = "ACME-1"
        record = self.find("ACME-1")
        self.assertIn("can be 2 customers", record.error)
        self.assertIn("Azure Mills", record.error)
        self.assertIn("Birch Works", record.error)
        self.assertEqual(record.customer_key, "ACME-1")

    def test_contacts_of_one_company_are_that_company(self):
        for name in ("Nora", "Nils"):
            self.Partner.create(
                {"name": name, "parent_id": self.birch.id, "email": "team@birch.test"}
            )
        self.assertEqual(self.found("", "team@birch.test"), self.birch)

    def test_archived_and_foreign_customers_are_not_found(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.Partner.create({"name": "A", "ref": "X-2", "company_id": company.id})
        self.Partner.create({"name": "B", "ref": "X-2", "active": False})
        self.assertIn("No customer", self.find("X-2").error)

    def test_solved_by_hand_once_and_remembered(self):
        text = "id,customer,mail,credits\n1,??,,5\n2,??,,6\n"
        source = self.csv_source(text, MAPPING)
        source.action_sync_now()
        records = self.records(source)
        self.assertEqual(source.failed_count, 2)
        records["1"].partner_id = self.birch
        records["1"].action_retry()
        self.assertEqual(records["1"].state, "imported")
        records["2"].action_retry()
        self.assertEqual(self.targets(source)["2"].partner_id, self.birch)
        key = self.env["service.sync.customer"].search([("source_id", "=", source.id)])
        self.assertEqual((key.key, key.partner_id), ("??", self.birch))

    def test_remembered_wins_over_rules_and_can_be_corrected(self):
        source = self.csv_source("id,customer,mail,credits\n1,ACME-1,,5\n", MAPPING)
        remembered = self.env["service.sync.customer"].create(
            {"source_id": source.id, "key": "ACME-1", "partner_id": self.birch.id}
        )
        source.action_sync_now()
        self.assertEqual(self.targets(source)["1"].partner_id, self.birch)
        remembered.partner_id = self.customer
        self.assertEqual(remembered.partner_id, self.customer)

    def test_only_the_customer_of_a_row_can_be_edited(self):
        record = self.find("??")
        admin = self.env.ref("base.user_admin")
        record.with_user(admin).partner_id = self.birch
        for values in ({"state": "imported"}, {"external_id": "2"}, {"res_id": 1}):
            with self.subTest(values=values), self.assertRaises(UserError):
                record.with_user(admin).write(values)

    def test_queries_do_not_grow_with_rows(self):
        self.csv_source("id\n")  # warm caches

        def queries(count):
            rows = "".join(f"{n},ACME-1,,5\n" for n in range(count))
            source = self.csv_source(f"id,customer,mail,credits\n{rows}", MAPPING)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            source.action_sync_now()
            self.env.flush_all()
            created = self.env.cr.sql_log_count - before
            source.action_reset()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            source.action_sync_now()
            self.env.flush_all()
            return created, self.env.cr.sql_log_count - before

        queries(5)
        few, many = queries(20), queries(400)
        # Two statements draw the number of each purchase; all the rest is by hundreds.
        self.assertLessEqual(many[0] - few[0], 2 * 380 + 40)
        self.assertLessEqual(many[1], few[1] + 3, "re-reading is flat")

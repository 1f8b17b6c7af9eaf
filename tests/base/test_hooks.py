# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from lxml import etree

from odoo.modules.module import Manifest, load_script
from odoo.tests import TransactionCase, tagged

from ...hooks import CHECKS, COLUMNS, _add_columns, _fill_columns
from ..support.rooms import ROOT

OURS = """
    SELECT f.model, f.name
    FROM ir_model_fields f
    JOIN ir_model_data d ON d.model = 'ir.model.fields' AND d.res_id = f.id
    WHERE f.name != 'id'
    GROUP BY f.id
    HAVING array_agg(DISTINCT d.module) = ARRAY['helpdesk_service_credit'::varchar]
"""
TYPES = {"double precision": "float8", "VARCHAR": "varchar"}


@tagged("post_install", "-at_install")
class TestHooks(TransactionCase):
    def test_large_tables_get_all_of_our_columns_at_once(self):
        """A column that is added later keeps readers out until everything is there."""
        self.env.cr.execute(OURS)
        found = {table: {} for table in COLUMNS}
        for model, name in self.env.cr.fetchall():
            table = self.env[model]._table if model in self.env else None
            field = table in found and self.env[model]._fields.get(name)
            if field and field.store and field.column_type:
                kind = field.column_type[1]
                found[table][name] = TYPES.get(kind, kind)
        wanted = {
            table: {name: kind.split()[0] for name, kind in columns.items()}
            for table, columns in COLUMNS.items()
        }
        self.assertEqual(found, wanted)

    def test_large_tables_get_all_of_our_checks_at_once(self):
        ours = self.env["ir.model.constraint"].search(
            [
                ("module.name", "=", "helpdesk_service_credit"),
                ("definition", "=like", "CHECK%"),
            ]
        )
        found = {
            (self.env[check.model.model]._table, check.name, check.definition)
            for check in ours
        }
        self.assertEqual({row for row in found if row[0] in COLUMNS}, set(CHECKS))

    def test_the_upgrade_makes_checks_of_the_models(self):
        path = ROOT / "migrations" / "19.0.2.0.0" / "large.py"
        made = load_script(str(path), "migrate_large").CHECKS
        self.assertLessEqual(set(made), set(CHECKS))

    def test_an_upgrade_adds_no_demo_records(self):
        """Odoo skips their calls then: orders stay quotations, and what is booked on
        them is refused."""
        for name in Manifest.for_addon("helpdesk_service_credit")["demo"]:
            with self.subTest(name=name):
                root = etree.parse(ROOT / name).getroot()
                records = root.findall(".//record")
                created = [
                    record.get("id")
                    for record in records
                    if record.get("forcecreate") != "0"
                ]
                self.assertTrue(records)
                self.assertEqual(created, [])

    def test_indexes_that_a_migration_makes_are_those_of_the_model(self):
        """Odoo makes an index that it does not know anew, and keeps writers out."""
        path = ROOT / "migrations" / "19.0.2.0.0" / "ledger.py"
        migration = load_script(str(path), "migrate_ledger")
        rows = self.env["service.credit.consumption"]
        index = rows._table_objects["service_credit_consumption_of_sales"]
        wanted = index.get_definition(self.env.registry)
        self.assertEqual(f"INDEX {migration.OF_SALES}", wanted)

    def test_an_installation_that_was_interrupted(self):
        """What came and changed before the next attempt counts like all else."""
        cr = self.env.cr
        self.patch(cr, "commit", lambda: None)
        names = ("is_billable", "billing_factor", "credits", "hours_billed")
        lines = self.env["account.analytic.line"].create(
            [{"name": name, "unit_amount": 2} for name in ("Kept", "Changed")]
        )
        self.env.flush_all()
        for name in names:
            cr.execute(f"ALTER TABLE account_analytic_line DROP COLUMN {name} CASCADE")
        _add_columns(cr)
        _fill_columns(cr)
        cr.execute(
            """
            UPDATE account_analytic_line SET unit_amount = 3, date = '2026-05-04'
            WHERE id = %s;
            INSERT INTO account_analytic_line
                (name, date, unit_amount, amount, company_id)
            VALUES ('New', '2026-05-04', 4, 0, %s) RETURNING id
            """,
            [lines[1].id, self.env.company.id],
        )
        ids = [*lines.ids, cr.fetchone()[0]]
        _add_columns(cr)
        _fill_columns(cr)
        cr.execute(
            f"SELECT {', '.join(names)}, period_date = date"
            " FROM account_analytic_line WHERE id = ANY(%s) ORDER BY id",
            [ids],
        )
        self.assertEqual(
            cr.fetchall(), [(True, 1, 0, hours, True) for hours in (2, 3, 4)]
        )

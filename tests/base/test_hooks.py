# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import TransactionCase, tagged

from ...hooks import COLUMNS
from ...models.time.account_analytic_line import TIMES_OF_DAY

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

    def test_checks_are_those_of_the_model(self):
        entries = self.env["account.analytic.line"]
        check = entries._table_objects["account_analytic_line_times_of_day"]
        self.assertEqual(check.get_definition(self.env.registry), TIMES_OF_DAY)

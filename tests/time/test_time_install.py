# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged
from odoo.tools import SQL
from odoo.tools.sql import column_exists

from ...hooks import pre_init_hook
from ..support.common import ServiceCreditCommon

MODULE = "helpdesk_service_credit"


@tagged("post_install", "-at_install")
class TestTimeInstall(ServiceCreditCommon):
    """Installing on a database that holds millions of entries."""

    def test_no_column_is_computed_entry_by_entry(self):
        """The ORM computes new columns of all entries, but for those it finds there."""
        self._log(self._create_ticket(), 1.5)
        self.env.flush_all()
        lines = self.env["account.analytic.line"]
        names = [
            name
            for name, field in lines._fields.items()
            if field.store
            and field.compute
            and field.column_type
            and field._modules[0] == MODULE
        ]
        self.assertIn("credits", names)
        for name in names:
            column = SQL.identifier(name)
            self.cr.execute(
                SQL("ALTER TABLE account_analytic_line DROP COLUMN %s CASCADE", column)
            )
        self.patch(self.cr, "commit", lambda: None)
        pre_init_hook(self.env)
        for name in names:
            with self.subTest(name):
                self.assertTrue(column_exists(self.cr, lines._table, name))
        self.cr.execute(
            "SELECT DISTINCT credits, is_billable, billing_factor, "
            "hours_billed = unit_amount, period_date = date FROM account_analytic_line"
        )
        self.assertEqual(self.cr.fetchall(), [(0, True, 1, True, True)])

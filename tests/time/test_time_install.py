# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from unittest.mock import patch

from odoo import models
from odoo.tests import tagged
from odoo.tools import SQL
from odoo.tools.sql import column_exists

from ..support.common import ServiceCreditCommon

MODULE = "helpdesk_service_credit"


@tagged("post_install", "-at_install")
class TestTimeInstall(ServiceCreditCommon):
    """Installing on a database that holds millions of entries."""

    def test_no_column_is_computed_entry_by_entry(self):
        """The ORM computes new columns of all entries, but for those it finds there."""
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
        with patch.object(models.BaseModel, "_auto_init"):
            lines._auto_init()
        for name in names:
            with self.subTest(name):
                self.assertTrue(column_exists(self.cr, lines._table, name))
        self.cr.execute(
            "SELECT DISTINCT credits, is_billable FROM account_analytic_line"
        )
        self.assertEqual(self.cr.fetchall() or [(0, True)], [(0, True)])

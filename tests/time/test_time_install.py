# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.modules.module import get_module_path, load_script
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
        entry = self._log(self._create_ticket(), 1.5)
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
        self.cr.execute(
            "SELECT ticket_team_id FROM account_analytic_line WHERE id = %s", [entry.id]
        )
        self.assertEqual(self.cr.fetchall(), [(self.team.id,)])

    def test_an_upgrade_notes_the_teams_and_mends_the_rules(self):
        entries = self._log(self._create_ticket()) | self._log(self._create_ticket())
        self.env.flush_all()
        path = f"{get_module_path(MODULE)}/migrations/19.0.2.0.0/time.py"
        script = load_script(path, "migrate_time_test")
        before = {}
        for name, (old, new) in script.RULES.items():
            rule = self.env.ref(f"{MODULE}.{name}")
            before[rule] = rule.domain_force
            self.assertIn(new, rule.domain_force)
            rule.domain_force = rule.domain_force.replace(new, old)
        self.cr.execute(
            "ALTER TABLE account_analytic_line DROP COLUMN ticket_team_id CASCADE"
        )
        commits = []
        self.patch(self.cr, "commit", lambda: commits.append(1))
        script.before(self.cr)
        self.assertTrue(commits)
        self.env.invalidate_all()
        self.assertEqual(entries.ticket_team_id, self.team)
        script.after(self.env)
        for rule, domain in before.items():
            self.assertEqual(rule.domain_force, domain)
        own = self.env.ref(f"{MODULE}.account_analytic_line_rule_agent_own")
        own.domain_force = "[('user_id', '=', user.id)]"
        script.after(self.env)
        self.assertEqual(own.domain_force, "[('user_id', '=', user.id)]")

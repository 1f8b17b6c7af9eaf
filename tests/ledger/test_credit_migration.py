# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from pathlib import Path

from odoo.modules.module import get_module_path, load_script
from odoo.tests import tagged

from ..support.credit import CreditCommon, take_back

SCRIPT = "migrations/19.0.2.0.0/ledger.py"
# As 19.0.1.0.0 kept them: whatever was written off had expired.
OLD = """
    ALTER TABLE service_credit_consumption DISABLE TRIGGER USER;
    UPDATE service_credit_consumption SET consumption_type = 'expiry'
    WHERE consumption_type = 'withdrawal';
    ALTER TABLE service_credit_consumption ENABLE TRIGGER USER;
    UPDATE service_credit_allocation SET allocation_type = 'expiry'
    WHERE allocation_type = 'withdrawal';
    ALTER TABLE service_credit_purchase
    DROP CONSTRAINT service_credit_purchase_balance_adds_up;
    UPDATE service_credit_purchase
    SET credits_expired = credits_expired + credits_withdrawn,
        state = CASE state WHEN 'withdrawn' THEN 'expired' ELSE state END;
    ALTER TABLE service_credit_purchase DROP COLUMN credits_withdrawn
"""


@tagged("post_install", "-at_install")
class TestCreditMigration(CreditCommon):
    """What sales took back before is a withdrawal afterwards; nothing else changes."""

    def _read(self, lots):
        self.env.flush_all()
        self.cr.execute(
            "SELECT id, credits_allocated, credits_expired, credits_withdrawn, state"
            " FROM service_credit_purchase WHERE id = ANY(%s) ORDER BY id",
            [lots.ids],
        )
        return self.cr.fetchall()

    def test_expiries_of_undone_sales_become_withdrawals(self):
        self.company.service_credit_grace_days = 5
        expired = self._buy(start=-30, expiry=-9)
        undone = self._buy(expiry=90)
        in_grace = self._buy(start=-30, expiry=-2)
        smaller = self._buy(expiry=90)
        used_up = self._buy(4, expiry=40)
        untouched = self._buy(expiry=90, is_draft=True)
        expired.action_expire()
        for lot in undone | in_grace:
            take_back(lot)
            lot._write_past_the_lock({"is_withdrawn": True})
        take_back(smaller, 3)
        take_back(used_up, 1)
        self._draw(self._create_ticket(), 3)
        lots = expired | undone | in_grace | smaller | used_up | untouched
        before = self._read(lots)
        self.assertEqual(
            [state for *_figures, state in before],
            ["expired", "withdrawn", "withdrawn", "open", "used", "draft"],
        )
        types = [row.consumption_type for row in lots.consumption_ids]
        self.env.flush_all()
        self.cr.execute(OLD)
        script = load_script(
            str(Path(get_module_path("helpdesk_service_credit")) / SCRIPT), "ledger"
        )
        script.before(self.cr)
        self.env.invalidate_all()
        self.assertEqual(self._read(lots), before)
        self.assertEqual([row.consumption_type for row in lots.consumption_ids], types)
        self.assertEqual(
            set(undone.consumption_ids.allocation_id.mapped("allocation_type")),
            {"withdrawal"},
        )
        script.before(self.cr)
        self.assertEqual(self._read(lots), before, "safe to repeat")

    def test_branches_see_what_is_above_and_own_rules_stay(self):
        """Rules are never updated by themselves; one that was changed here is kept."""
        rules = {
            name: self.env.ref(
                f"helpdesk_service_credit.service_credit_{name}_rule_company"
            )
            for name in ("purchase", "consumption")
        }
        old = '[("company_id", "in", company_ids)]'
        wanted = {name: (r.domain_force, r.perm_read) for name, r in rules.items()}
        self.assertEqual(wanted["purchase"], (old, False))
        module = load_script(
            str(Path(get_module_path("helpdesk_service_credit"), SCRIPT)), "branches"
        )
        for rule in rules.values():
            rule.write({"domain_force": old, "perm_read": True})
        for _again in range(2):
            module.after(self.env)
            found = {name: (r.domain_force, r.perm_read) for name, r in rules.items()}
            self.assertEqual(found, wanted)
        own = {"domain_force": "[(1, '=', 1)]", "perm_read": True}
        rules["purchase"].write(own)
        module.after(self.env)
        self.assertTrue(rules["purchase"].perm_read)

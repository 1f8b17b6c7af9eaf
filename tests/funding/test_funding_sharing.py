# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged

from ..support.funding import FundingCommon


@tagged("post_install", "-at_install")
class TestFundingSharing(FundingCommon):
    """Time that credits of another customer pay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.partner"].create(
            {"name": "Repairs Ltd", "is_company": True, "parent_id": cls.customer.id}
        )
        cls.ticket = cls._create_ticket(partner_id=cls.branch.id)

    def test_the_note_says_whose_credits_pay(self):
        pool = self._buy(5, sharing="group", priority=0)
        own = self._buy(1, partner_id=self.branch.id)
        entry = self._work(2)
        self.assertEqual((entry.coverage, entry.credits), ("credits", 2))
        owner = self.customer.name
        self.assertIn(f"credits from {own.name} (", entry.coverage_note)
        self.assertIn(f"the customer's own, before {pool.name}", entry.coverage_note)
        self.assertIn(f"credits from {pool.name} of {owner} (", entry.coverage_note)
        entry.unit_amount = 3
        self.assertIn(f"from {own.name} (", entry.coverage_note)
        self.assertIn(f"from {pool.name} of {owner} (", entry.coverage_note)
        self.assertEqual(pool.credits_available, 3)
        self._assert_adds_up()

    def test_what_is_added_later_is_drawn_for_the_same_customer(self):
        pool = self._buy(5, sharing="group")
        self._buy(50)
        entry = self._work(2)
        entry.unit_amount = 4
        self.assertEqual(entry.consumption_ids.purchase_id, pool)
        self.assertEqual(
            entry.consumption_ids.allocation_id.commercial_partner_id, self.branch
        )
        entry.unlink()
        self.assertEqual(pool.credits_available, 5)

    def test_what_a_product_shares_pays_at_once(self):
        """Also where it was known before that nobody shares anything."""
        product = self._create_service(
            "Pool",
            "ordered_prepaid",
            service_credits=5,
            service_credit_sharing="group",
            uom_id=self.env.ref("uom.product_uom_unit").id,
        )
        self.assertEqual(self._work(1).coverage, "non_billable")
        pool = self._buy(5, product_id=product.id)
        self.assertEqual(pool.sharing, "group")
        entry = self._work(1)
        self.assertEqual(entry.consumption_ids.purchase_id, pool)

    def test_what_is_passed_over_says_whose_it_is(self):
        self.team.over_limit_policy = "overage"
        pool = self._buy(5, sharing="group", expiry="2026-05-01")
        entry = self._work(2)
        self.assertEqual(entry.coverage, "overage")
        self.assertIn(
            f"{pool.name} of {self.customer.name} expired on", entry.coverage_note
        )

    def test_the_preview_is_what_is_posted(self):
        self._buy(1, sharing="group", expiry="2026-08-31", priority=10)
        self._buy(1, sharing="group")
        vals = {
            "ticket_id": self.ticket.id,
            "name": "Work",
            "unit_amount": 2,
            "date": "2026-05-04",
            "employee_id": self.employee.id,
        }
        note = self.env["account.analytic.line"]._preview_entry(vals)["note"]
        self.assertEqual(self._work(2).coverage_note, note)

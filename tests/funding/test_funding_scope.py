# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..support.funding import FundingCommon


@tagged("post_install", "-at_install")
class TestFundingScope(FundingCommon):
    """Credits for some work only, and credits that are used first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.training, cls.audit = cls.env["service.type"].create(
            [{"name": "Courses"}, {"name": "Inspection"}]
        )

    def test_the_note_names_the_priority(self):
        usual = self._buy(expiry="2026-06-30")
        first = self._buy(priority=10)
        note = self._work(1).coverage_note
        self.assertIn(f"{first.name} (expires 12/31/2026, before {usual.name}", note)
        self.assertIn("by priority", note)

    def test_the_note_names_what_was_passed_over(self):
        limited = self._buy(expiry="2026-06-30", service_type_ids=self.training.ids)
        usual = self._buy()
        entry = self._work(1, service_type_id=self.audit.id)
        self.assertEqual(entry.consumption_ids.purchase_id, usual)
        self.assertIn(f"{limited.name} is only for Courses", entry.coverage_note)
        entry = self._work(1, service_type_id=self.training.id)
        self.assertEqual(entry.consumption_ids.purchase_id, limited)
        self.assertNotIn("only for", entry.coverage_note)

    def test_the_refusal_names_it_too(self):
        limited = self._buy(service_type_ids=self.training.ids)
        with self.assertRefused(
            ValidationError, says=f"{limited.name} is only for Courses"
        ):
            self._work(1)
        self.team.over_limit_policy = "overage"
        entry = self._work(1)
        self.assertEqual(entry.coverage, "overage")
        self.assertIn("only for Courses", entry.coverage_note)

    def test_another_type_asks_again_where_credits_are_not_for_it(self):
        limited = self._buy(expiry="2026-06-30", service_type_ids=self.training.ids)
        usual = self._buy()
        entry = self._work(2, service_type_id=self.training.id)
        entry.service_type_id = self.audit
        self.assertEqual(limited.credits_available, 10)
        self.assertEqual((entry.credits, usual.credits_available), (2, 8))
        # Credits for any work stay where they are: the past does not move.
        entry.service_type_id = self.training
        self.assertEqual(usual.credits_available, 8)
        self._assert_adds_up()

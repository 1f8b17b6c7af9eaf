# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..support.approval import ApprovalCommon


@tagged("post_install", "-at_install")
class TestApprovalFunding(ApprovalCommon):
    """Time that waits holds what pays for it; rejecting gives it back."""

    def test_pending_reserves_credits(self):
        """Logging draws, rejecting gives back, submitting anew draws again."""
        purchase = self._buy(credits=10)
        entry = self._enter(hours=4)
        self.assertEqual(entry.coverage, "credits")
        self.assertEqual(purchase.credits_available, 6)
        entry.action_submit()
        with self.assertRefused(UserError, says="why"):
            entry.with_user(self.leader).action_reject(" ")
        entry.with_user(self.leader).action_reject("Too long")
        self.assertEqual(purchase.credits_available, 10)
        self.assertEqual(entry.approval_state, "rejected")
        self.assertEqual(entry.coverage, "non_billable")
        self.assertIn("Too long", entry.coverage_note)
        activity = self.ticket.activity_ids
        self.assertEqual(activity.user_id, self.agent)
        self.assertIn("Too long", activity.note)
        entry.unit_amount = 3
        self.assertEqual(entry.approval_state, "draft")
        self.assertFalse(entry.approval_note)
        self.assertEqual(entry.coverage, "credits")
        self.assertEqual(purchase.credits_available, 7)
        entry.action_submit()
        entry.with_user(self.leader).action_reject("No")
        entry.action_submit()
        self.assertEqual(purchase.credits_available, 7)
        entry.with_user(self.leader).action_reject("No")
        entry.name = "A better description"
        self.assertEqual(entry.approval_state, "draft")
        self.assertEqual(purchase.credits_available, 7)
        self._assert_adds_up()

    def test_rejected_asks_again_whether_it_fits(self):
        """What was given back may be gone: then the correction is refused."""
        purchase = self._buy(credits=4)
        entry = self._enter_submitted(hours=4)
        entry.with_user(self.leader).action_reject("Who was this?")
        self._enter(self.outsider, hours=4)
        self.assertEqual(purchase.credits_available, 0)
        with self.assertRaises(ValidationError):
            entry.action_submit()
        self.assertEqual(entry.approval_state, "rejected")

    def test_pending_reserves_authorized_hours(self):
        item = self._sell(self.time_product, hours=0)
        self._authorize(item, 5)
        self.ticket.sale_line_id = item
        entry = self._enter_submitted(hours=4)
        self.assertEqual(item.authorized_hours_left, 1)
        self.assertEqual(item.qty_delivered, 0)
        with self.assertRaises(ValidationError):
            self._enter(hours=2)
        entry.with_user(self.leader).action_reject("No")
        self.assertEqual(item.authorized_hours_left, 5)
        self._enter(hours=2)

    def test_pending_reserves_prepaid_hours(self):
        """Remaining hours count what waits, delivered hours do not."""
        item = self._sell(hours=10)
        ticket = self._create_ticket(user_id=self.agent.id)
        self.assertEqual(ticket.sale_line_id, item)
        entry = self._enter_submitted(hours=4, ticket=ticket)
        self.assertEqual((item.qty_delivered, item.remaining_hours), (0, 6))
        self.assertEqual(ticket.remaining_hours_so, 6)
        self._approve(entry)
        self.assertEqual((item.qty_delivered, item.remaining_hours), (4, 6))
        other = self._enter_submitted(hours=1, ticket=ticket)
        other.with_user(self.leader).action_reject("No")
        self.assertEqual((item.qty_delivered, item.remaining_hours), (4, 6))

    def test_split_time_keeps_its_state(self):
        """The entries of one piece of work wait together."""
        self._buy(credits=1)
        item = self._sell(self.time_product, hours=0)
        self.ticket.sale_line_id = item
        self._enter(hours=3)
        entries = self.ticket.timesheet_ids
        self.assertEqual(set(entries.mapped("coverage")), {"credits", "sale_line"})
        self.assertEqual(set(entries.mapped("approval_state")), {"draft"})
        self.assertEqual(item.qty_delivered, 0)
        self.ticket.with_user(self.agent).action_submit_time()
        self._approve(entries)
        self.assertEqual(item.qty_delivered, 2)
        self._assert_adds_up()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..support.approval import ApprovalCommon


@tagged("post_install", "-at_install")
class TestApprovalTodo(ApprovalCommon):
    """The to-do "Time rejected" lasts until the time is dealt with."""

    def _reject(self, count=1):
        entries = self.env["account.analytic.line"]
        for _index in range(count):
            entries |= self._enter_submitted()
        entries.with_user(self.leader).action_reject("Too long")
        activity = entries.sudo().approval_activity_id
        self.assertEqual(activity, self.ticket.activity_ids)
        self.assertEqual(len(activity), 1)
        return entries.with_user(self.agent), activity

    def test_submitted_again(self):
        """A correction leaves it, submitting ends it; another rejection makes one."""
        entry, activity = self._reject()
        entry.unit_amount = 2
        self.assertTrue(activity.exists())
        entry.action_submit()
        self.assertFalse(activity.exists())
        entry.with_user(self.leader).action_reject("Still too long")
        activity = self.ticket.activity_ids
        self.assertIn("Still too long", activity.note)
        entry.action_submit()
        self.assertFalse(activity.exists())

    def test_last_of_several(self):
        entries, activity = self._reject(3)
        entries[0].action_submit()
        entries[1].unlink()
        self.assertTrue(activity.exists())
        entries[2].action_submit()
        self.assertFalse(activity.exists())

    def test_approved_without_submitting(self):
        """Where the team asks nobody any more, drafts are approved."""
        entry, activity = self._reject()
        entry.with_user(self.leader).action_reset_approval()
        self.assertTrue(activity.exists())
        self.team.require_approval = False
        self._approve(entry)
        self.assertFalse(activity.exists())

    def test_deleted(self):
        entry, activity = self._reject()
        entry.unlink()
        self.assertFalse(activity.exists())

    def test_moved(self):
        """It is about the time, wherever that is: also where nobody approves it."""
        free_team = self.team.copy({"name": "Free", "require_approval": False})
        free = self._create_ticket(team_id=free_team.id, user_id=self.agent.id)
        elsewhere = self._create_ticket(user_id=self.agent.id)
        entry, activity = self._reject()
        entry.ticket_id = elsewhere
        self.assertTrue(activity.exists())
        entry.action_submit()
        self.assertFalse(activity.exists())
        for is_draft in (False, True):
            with self.subTest(is_draft=is_draft):
                entry, activity = self._reject()
                if is_draft:
                    entry.unit_amount = 2
                entry.ticket_id = free
                self.assertFalse(entry.approval_state)
                self.assertFalse(activity.exists())

    def test_done_by_hand(self):
        """What was done stays in the history."""
        entry, activity = self._reject()
        activity.action_feedback()
        entry.action_submit()
        self.assertTrue(activity.exists())
        self.assertFalse(activity.active)

    def test_not_typed(self):
        """Nobody ends other to-dos by naming them on an entry."""
        other = self.ticket.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.leader.id
        )
        entry = self._enter()
        with self.assertRaises(AccessError):
            entry.approval_activity_id = other
        with self.assertRaises(AccessError):
            self._enter(approval_activity_id=other.id)

    def test_queries_are_flat(self):
        costs = []
        for count in (2, 20):
            entries, activity = self._reject(count)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            entries._end_rejection()
            self.env.flush_all()
            costs.append(self.env.cr.sql_log_count - before)
            self.assertFalse(activity.exists())
        self.assertLessEqual(costs[1], costs[0], costs)

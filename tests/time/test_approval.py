# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..support.approval import ApprovalCommon


@tagged("post_install", "-at_install")
class TestApproval(ApprovalCommon):
    """Draft, submitted, approved or rejected: who may do what, and what it does."""

    def test_off_by_default(self):
        """Teams that do not ask for it have entries without any state."""
        self.assertFalse(self.env["helpdesk.ticket.team"].new({}).require_approval)
        self.team.require_approval = False
        self.assertFalse(self._enter().approval_state)

    def test_history_counts_as_approved(self):
        """Switched on, it asks about new time only; switched off, what waits waits."""
        self.team.require_approval = False
        item = self._sell(self.time_product, hours=0)
        self.ticket.sale_line_id = item
        before = self._enter(hours=2)
        self.team.require_approval = True
        after = self._enter(hours=3)
        self.assertFalse(before.approval_state)
        self.assertEqual(after.approval_state, "draft")
        self.assertEqual(item.qty_delivered, 2)
        self.team.require_approval = False
        self.assertEqual(after.approval_state, "draft")
        self.assertEqual(item.qty_delivered, 2)
        after.action_submit()
        self._approve(after)
        self.assertEqual(item.qty_delivered, 5)

    def test_switched_off_there_is_a_way_on(self):
        """The team says how much waits; an approver decides, nothing does by itself."""
        item = self._sell(self.time_product, hours=0)
        self.ticket.sale_line_id = item
        draft, submitted = self._enter(hours=2), self._enter_submitted(hours=1)
        self.assertFalse(self.team.waiting_time_text)
        with self.assertRefused(UserError, self.ticket):
            self._approve(draft)
        manager = self.team.with_user(self.helpdesk_manager)
        with Form(manager) as form:
            form.require_approval = False
            self.assertIn("2 (3:00 h)", form.waiting_time_text)
        action = manager.action_view_waiting_time()
        waiting = self.env["account.analytic.line"].with_user(self.helpdesk_manager)
        waiting = waiting.search(action["domain"])
        self.assertEqual(waiting, draft | submitted)
        self.assertEqual(item.qty_delivered, 0)
        own = self._enter(self.helpdesk_manager)
        self.assertFalse(own.approval_state, "new time asks nobody")
        waiting.action_approve()
        self.assertEqual(item.qty_delivered, 4)
        self.assertEqual(draft.approval_user_id, self.helpdesk_manager)
        self.team.invalidate_recordset()
        self.assertFalse(self.team.waiting_time_text)

    def test_flow(self):
        entry = self._enter()
        self.assertEqual(entry.approval_state, "draft")
        entry.action_submit()
        self.assertEqual(entry.approval_state, "submitted")
        entry.action_withdraw()
        self.assertEqual(entry.approval_state, "draft")
        entry.unit_amount = 2
        entry.action_submit()
        self._approve(entry)
        self.assertEqual(entry.approval_state, "approved")
        self.assertEqual(entry.approval_user_id, self.leader)
        self.assertTrue(entry.approval_date)
        entry.with_user(self.helpdesk_manager).action_reset_approval()
        self.assertEqual(entry.approval_state, "draft")
        self.assertFalse(entry.approval_user_id)
        entry.unlink()

    def test_wrong_moments(self):
        """Each action names the entry and says what it takes; the batch is whole."""
        entry, draft = self._enter_submitted(), self._enter()
        with self.assertRefused(UserError, says="can't be submitted"):
            (draft | entry).action_submit()
        self.assertEqual(draft.approval_state, "draft")
        with self.assertRefused(UserError, says="can't be withdrawn"):
            draft.action_withdraw()
        with self.assertRefused(UserError, says="can't be approved.*“Draft”"):
            self._approve(entry | draft)
        self.assertEqual(entry.approval_state, "submitted")
        self.team.require_approval = False
        with self.assertRefused(UserError, says="not needed"):
            self._enter().action_submit()

    def test_approvers(self):
        """The leader, the approvers and helpdesk managers; nobody else."""
        for user in (self.leader, self.approver, self.helpdesk_manager):
            with self.subTest(user=user.login):
                entry = self._enter_submitted()
                listed = self.env["account.analytic.line"].with_user(user)
                self.assertIn(entry, listed.search([("may_approve", "=", True)]))
                self._approve(entry, user)
                self.assertEqual(entry.approval_user_id, user)
        entry = self._enter_submitted()
        with self.assertRefused(AccessError, says="You can't approve"):
            self._approve(entry, self.outsider)
        with self.assertRaises(AccessError):
            entry.with_user(self.outsider).action_reject("no")
        with self.assertRaises(AccessError):
            entry.with_user(self.outsider).action_reset_approval()
        with self.assertRaises(AccessError):
            entry.with_user(self.outsider).action_withdraw()

    def test_nobody_approves_their_own(self):
        for user in (self.leader, self.helpdesk_manager):
            with self.subTest(user=user.login):
                ticket = self._create_ticket(user_id=user.id)
                entry = self._enter_submitted(user, ticket=ticket)
                self.assertFalse(entry.may_approve)
                for act in (
                    entry.action_approve,
                    lambda entry=entry: entry.action_reject("mine"),
                    entry.action_reset_approval,
                ):
                    with self.assertRefused(AccessError, says="is your own"):
                        act()
                self._approve(entry, self.approver)
        # Logged by the approver for another person, it is that person's.
        entry = self._enter(self.helpdesk_manager, employee_id=self.agent_employee.id)
        entry.action_submit()
        self._approve(entry, self.helpdesk_manager)

    def test_states_are_not_typed(self):
        """Neither RPC nor import writes a state, an approver's neither."""
        entry = self._enter_submitted()
        for user in (self.agent, self.helpdesk_manager):
            for values in (
                {"approval_state": "approved"},
                {"approval_user_id": self.leader.id},
                {"approval_note": "x"},
            ):
                with (
                    self.subTest(user=user.login, values=values),
                    self.assertRaises(AccessError),
                ):
                    entry.with_user(user).write(values)
        with self.assertRaises(AccessError):
            self._enter(approval_state="approved")
        result = (
            self.env["account.analytic.line"]
            .with_user(self.agent)
            .load(
                ["ticket_id/.id", "name", "unit_amount", "approval_state"],
                [[str(self.ticket.id), "Call", "1", "approved"]],
            )
        )
        self.assertTrue(result["messages"])
        self.assertEqual(entry.copy().approval_state, "draft")

    def test_locked(self):
        """Submitted and approved time changes for nobody, the internal note does."""
        changes = (
            {"unit_amount": 8},
            {"date": "2026-05-05"},
            {"is_billable": False},
            {"name": "Other"},
            {"employee_id": self.outsider.employee_id.id},
            {"ticket_id": self._create_ticket().id},
        )
        for approve in (False, True):
            entry = self._enter_submitted()
            if approve:
                self._approve(entry)
            for user in (
                self.agent,
                self.helpdesk_manager,
                self.env.ref("base.user_root"),
            ):
                for values in changes:
                    with (
                        self.subTest(approve=approve, user=user.login, values=values),
                        self.assertRaises(UserError),
                    ):
                        entry.with_user(user).write(values)
            self.assertTrue(entry.readonly_timesheet)
            with self.assertRefused(UserError, says="reset|withdraw"):
                entry.sudo().unlink()
            entry.internal_note = "For us"
        with self.assertRefused(UserError, says="approver of team First Line"):
            entry.unit_amount = 3

    def test_ticket_says_what_is_not_submitted(self):
        ticket = self.ticket.with_user(self.agent)
        self._enter(hours=2)
        self._enter(self.outsider, hours=5)
        self.assertEqual(ticket.unsubmitted_hours, 2)
        form = Form(ticket)
        with form.timesheet_ids.new() as line:
            line.unit_amount = 1
            self.assertEqual(line.approval_state, "draft")
        form.save()
        ticket.action_submit_time()
        self.assertEqual(ticket.unsubmitted_hours, 0)
        submitted = self.ticket.timesheet_ids.filtered(
            lambda line: line.approval_state == "submitted"
        )
        self.assertEqual(submitted.user_id, self.agent)

    def test_moved_time(self):
        """Another team's rule holds for drafts; merged tickets keep decisions."""
        free_team = self.team.copy(
            {"name": "Free", "require_approval": False, "allow_timesheet": True}
        )
        free = self._create_ticket(team_id=free_team.id, user_id=self.agent.id)
        entry = self._enter()
        entry.ticket_id = free
        self.assertFalse(entry.approval_state)
        entry.ticket_id = self.ticket
        self.assertEqual(entry.approval_state, "draft")
        entry.action_submit()
        approved = self._enter_submitted()
        self._approve(approved)
        target = self._create_ticket()
        target._absorb_timesheets(self.ticket)
        self.assertEqual(target.timesheet_ids, entry | approved)
        self.assertEqual(entry.approval_state, "submitted")
        self.assertEqual(approved.approval_state, "approved")

    def test_mass_approval_is_flat(self):
        """A hundred entries cost no more queries than ten."""
        costs = []
        for count in (10, 100):
            entries = self.env["account.analytic.line"]
            for _index in range(count):
                entries |= self._enter()
            entries.action_submit()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._approve(entries)
            self.env.flush_all()
            costs.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(costs[1], costs[0] + 2, costs)

    def test_menu(self):
        """Only those who approve see the menu, and nobody while no team asks."""
        menu = self.env.ref("helpdesk_service_credit.helpdesk_time_to_approve_menu")

        def sees(user):
            menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
            return menu.id in menus

        for user in (self.leader, self.approver, self.helpdesk_manager):
            self.assertTrue(sees(user), user.login)
        self.assertFalse(sees(self.outsider))
        self.team.approver_ids = self.outsider
        self.assertTrue(sees(self.outsider))
        self.assertFalse(sees(self.approver))
        self.team.require_approval = False
        self.assertFalse(sees(self.leader))

    def test_only_other_approvers_clear_the_caches_of_all_workers(self):
        self._enter()
        cleared = []
        self.patch(type(self.env.registry), "clear_cache", lambda *a: cleared.append(a))
        self.team.write({"require_approval": True, "user_id": self.leader.id})
        self.team.write({"approver_ids": [(4, self.approver.id)], "active": True})
        self.assertFalse(cleared)
        self.team.approver_ids = [(3, self.approver.id)]
        self.assertTrue(cleared)

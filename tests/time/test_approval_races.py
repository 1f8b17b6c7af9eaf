# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..support.books import assert_books
from ..support.credit import get_differences
from ..support.played import LONG
from ..support.scratch import ScratchCase, buy

ROUNDS = 3 if LONG else 1


@tagged("post_install", "-at_install")
class TestApprovalRaces(ScratchCase):
    """Approvers and authors at the same entry at once, with real commits.

    The second one decides about what the first one left, or is told why not.
    """

    def tearDown(self):
        with self._env() as env:
            assert_books(self, env)
        super().tearDown()

    @classmethod
    def _prepare(cls, env):
        people = {}
        for login in ("author", "lea", "pat"):
            user = new_test_user(env, login, "helpdesk_mgmt.group_helpdesk_user")
            env["hr.employee"].create({"name": login, "user_id": user.id})
            people[login] = user.id
        cls.people = people
        team = env["helpdesk.ticket.team"].create(
            {
                "name": "Race",
                "allow_timesheet": True,
                "allow_billable": True,
                "use_service_credits": True,
                "require_approval": True,
                "user_id": people["lea"],
                "approver_ids": [Command.link(people["pat"])],
            }
        )
        cls.team_id = team.id
        cls.hour_id = env.ref("uom.product_uom_hour").id

    def _enter(self, env, by_credits=False):
        """Return the id of a submitted entry of one hour, and of what pays for it."""
        customer = env["res.partner"].create({"name": "Racer", "is_company": True})
        payer = buy(env, customer, 10) if by_credits else self._sell(env, customer)
        ticket = env["helpdesk.ticket"].create(
            {
                "name": "Race",
                "description": "-",
                "team_id": self.team_id,
                "partner_id": customer.id,
                "sale_line_id": False if by_credits else payer.id,
            }
        )
        lines = self._as(env["account.analytic.line"], "author")
        entry = lines.create(
            {"ticket_id": ticket.id, "name": "Call", "unit_amount": 1.0}
        )
        entry.action_submit()
        return entry.id, payer.id

    def _sell(self, env, customer):
        product = env["product.product"].create(
            {
                "name": "Time",
                "type": "service",
                "uom_id": self.hour_id,
                "list_price": 100,
                "taxes_id": [Command.clear()],
            }
        )
        product.product_tmpl_id.service_policy = "delivered_timesheet"
        order = env["sale.order"].create(
            {
                "partner_id": customer.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        order.action_confirm()
        return order.order_line

    def _as(self, records, login):
        return records.with_user(self.people[login]) if login else records

    def _job(self, entry_id, login, *steps):
        """Return a job that does the steps, each ``step(entry)``, in one go."""

        def job(env):
            entry = self._as(env["account.analytic.line"].browse(entry_id), login)
            for step in steps:
                step(entry)
            return "done"

        return job

    def _check_refused(self, results, count, message):
        """Exactly `count` were refused, in one sentence that says `message`."""
        refused = [result for result in results if result != "done"]
        self.assertEqual(len(refused), count, results)
        for result in refused:
            self.assertIsInstance(result, UserError, repr(result))
            self.assertRegex(str(result), message)

    def test_several_approve_at_once(self):
        """One decides; the others are told that it is decided."""
        with self._env() as env:
            entry_id, item_id = self._enter(env)
        approve = [
            self._job(entry_id, login, lambda entry: entry.action_approve())
            for login in ("lea", "pat", "lea", "pat")
        ]
        self._check_refused(self._race(*approve), 3, "can't be approved.*“Approved”")
        with self._env() as env:
            entry = env["account.analytic.line"].browse(entry_id)
            self.assertEqual(entry.approval_state, "approved")
            self.assertIn(entry.approval_user_id.login, ("lea", "pat"))
            item = env["sale.order.line"].browse(item_id)
            self.assertEqual(item.qty_delivered, 1)

    def test_approving_while_the_author_edits(self):
        """What is approved is what was submitted, never what is typed meanwhile."""
        for _round in range(ROUNDS):
            with self._env() as env:
                entry_id, item_id = self._enter(env)
            results = self._race(
                self._job(entry_id, "lea", lambda entry: entry.action_approve()),
                self._job(
                    entry_id,
                    "author",
                    lambda entry: entry.action_withdraw(),
                    lambda entry: entry.write({"unit_amount": 8}),
                ),
            )
            self._check_refused(results, 1, "can.t be (approved|withdrawn)")
            with self._env() as env:
                entry = env["account.analytic.line"].browse(entry_id)
                item = env["sale.order.line"].browse(item_id)
                state = (entry.approval_state, entry.unit_amount, item.qty_delivered)
                expected = (
                    ("approved", 1, 1) if results[0] == "done" else ("draft", 8, 0)
                )
                self.assertEqual(state, expected)

    def test_editing_while_it_is_submitted_and_approved(self):
        """A draft that a user submits cannot be edited by another window."""
        for _round in range(ROUNDS):
            with self._env() as env:
                entry_id, _item_id = self._enter(env)
                self._as(
                    env["account.analytic.line"].browse(entry_id), "author"
                ).action_withdraw()
            results = self._race(
                self._job(entry_id, "author", lambda entry: entry.action_submit()),
                self._job(entry_id, "author", lambda e: e.write({"unit_amount": 8})),
            )
            with self._env() as env:
                entry = env["account.analytic.line"].browse(entry_id)
                self.assertEqual(results[0], "done")
                self.assertEqual(entry.approval_state, "submitted")
                self.assertEqual(entry.unit_amount, 8 if results[1] == "done" else 1)

    def test_approving_and_rejecting(self):
        """The credits stay with approved time, and go back from rejected time."""
        for _round in range(ROUNDS):
            with self._env() as env:
                entry_id, purchase_id = self._enter(env, by_credits=True)
            results = self._race(
                self._job(entry_id, "lea", lambda entry: entry.action_approve()),
                self._job(entry_id, "pat", lambda entry: entry.action_reject("No")),
            )
            self._check_refused(results, 1, "can.t be (approved|rejected)")
            with self._env() as env:
                entry = env["account.analytic.line"].browse(entry_id)
                purchase = env["service.credit.purchase"].browse(purchase_id)
                approved = results[0] == "done"
                self.assertEqual(
                    (entry.approval_state, entry.credits, purchase.credits_available),
                    ("approved", 1, 9) if approved else ("rejected", 0, 10),
                )
                differences = get_differences(env)
                self.assertFalse(differences)

    def test_approving_and_resetting(self):
        """Either way the author gets it back: a reset takes approved time too."""
        for _round in range(ROUNDS):
            with self._env() as env:
                entry_id, item_id = self._enter(env)
            results = self._race(
                self._job(entry_id, "lea", lambda entry: entry.action_approve()),
                self._job(entry_id, "pat", lambda entry: entry.action_reset_approval()),
            )
            self.assertEqual(results[1], "done")
            with self._env() as env:
                entry = env["account.analytic.line"].browse(entry_id)
                self.assertEqual(entry.approval_state, "draft")
                item = env["sale.order.line"].browse(item_id)
                self.assertEqual(item.qty_delivered, 0)

    def test_resetting_and_invoicing(self):
        """No invoice bills time that waits for approval."""
        for _round in range(ROUNDS):
            with self._env() as env:
                entry_id, item_id = self._enter(env)
                self._as(
                    env["account.analytic.line"].browse(entry_id), "lea"
                ).action_approve()

            def invoice(env, item_id=item_id):
                env["sale.order.line"].browse(item_id).order_id._create_invoices()
                return "done"

            results = self._race(
                self._job(entry_id, "pat", lambda entry: entry.action_reset_approval()),
                invoice,
            )
            self._check_refused(results, 1, "is billed by|No items are available")
            with self._env() as env:
                entry = env["account.analytic.line"].browse(entry_id)
                self.assertEqual(
                    (entry.approval_state, bool(entry.timesheet_invoice_id)),
                    ("draft", False) if results[0] == "done" else ("approved", True),
                )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import functools
import os
import signal
from unittest.mock import patch

from odoo import fields, sql_db
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.ledger.drawing import DrawRequest, draw_credits
from ..support.credit import get_differences, give_back, transfer
from ..support.played import LONG, played
from ..support.scratch import ScratchCase, buy

WORKERS = 8
MEMBERS = 10
ROUNDS = 10 if LONG else 1


def race(test):
    """Run a test once, or many times in the long run, each for another customer."""

    @functools.wraps(test)
    def rounds(self):
        test(self)
        for _round in range(1, ROUNDS):
            self.customer_id = self.customer_ids.pop()
            test(self)

    return rounds


@tagged("post_install", "-at_install")
class TestCreditRaces(ScratchCase):
    """Real connections and real commits, on a database of their own."""

    @classmethod
    def _prepare(cls, env):
        cls.customer_ids = (
            env["res.partner"]
            .create(
                [{"name": f"Racer {n}", "is_company": True} for n in range(12 * ROUNDS)]
            )
            .ids
        )
        env.company.service_credit_manual_selection = True

    def setUp(self):
        super().setUp()
        self.customer_id = self.customer_ids.pop()

    def _customer(self, env):
        return env["res.partner"].browse(self.customer_id)

    def _request(self, env, credits, ticket=None, **values):
        customer = self._customer(env)
        ticket = ticket or env["helpdesk.ticket"].create(
            {"name": "Race", "description": "-", "partner_id": customer.id}
        )
        return DrawRequest(
            **{
                "work": ticket,
                "partner": customer,
                "company": env.company,
                "currency": env.company.currency_id,
                "date": fields.Date.context_today(customer),
                "credits": credits,
                "strict": True,
                **values,
            }
        )

    def _drawing(self, credits, **values):
        def job(env):
            request = self._request(env, credits, **values)
            [plan] = draw_credits(env, [request])
            return plan.credits

        return job

    def _check_ledger(self, available, allocated):
        with self._env() as env:
            purchases = env["service.credit.purchase"].search(
                [("commercial_partner_id", "=", self.customer_id)]
            )
            self.assertEqual(sum(purchases.mapped("credits_available")), available)
            self.assertEqual(sum(purchases.mapped("credits_allocated")), allocated)
            self.assertFalse(get_differences(env))

    def _check_outcomes(self, results):
        """Return how much the winners drew; losers were refused in one sentence."""
        for result in results:
            if not isinstance(result, float):
                self.assertIs(type(result), UserError, repr(result))
                self.assertIn("available", str(result))
        return [result for result in results if isinstance(result, float)]

    @race
    def test_one_purchase(self):
        with self._env() as env:
            buy(env, self._customer(env), 10)
        results = self._race(*[self._drawing(2.0)] * WORKERS)
        self.assertEqual(self._check_outcomes(results), [2.0] * 5)
        self._check_ledger(available=0, allocated=10)

    @race
    def test_branches_of_the_seller(self):
        """Branches draw the last credits of the company above them."""
        with self._env() as env:
            buy(env, self._customer(env), 10)
            branches = env["res.company"].create(
                [
                    {"name": f"Branch {n} of {self.customer_id}", "parent_id": 1}
                    for n in range(4)
                ]
            )

        def drawing(company_id):
            def job(env):
                company = env["res.company"].browse(company_id)
                ticket = env["helpdesk.ticket"].create(
                    {"name": "Race", "description": "-", "company_id": company_id}
                )
                request = self._request(env, 2.0, ticket=ticket, company=company)
                [plan] = draw_credits(env, [request])
                return plan.credits

            return job

        results = self._race(*map(drawing, branches.ids * 2))
        self.assertEqual(self._check_outcomes(results), [2.0] * 5)
        self._check_ledger(available=0, allocated=10)

    @race
    def test_members_of_a_group_at_once(self):
        """Each has credits of its own first; then all draw from one pool."""
        with self._env() as env:
            owner = self._customer(env)
            buy(env, owner, 12).sharing = "group"
            members = env["res.partner"].create(
                [
                    {"name": f"Member {n}", "is_company": True, "parent_id": owner.id}
                    for n in range(MEMBERS)
                ]
            )
            for member in members:
                buy(env, member, 1)
            member_ids = members.ids

        def job_of(member_id):
            def job(env):
                member = env["res.partner"].browse(member_id)
                ticket = env["helpdesk.ticket"].create(
                    {"name": "Race", "description": "-", "partner_id": member.id}
                )
                request = self._request(env, 3.0, ticket, partner=member)
                return draw_credits(env, [request])[0].credits

            return job

        results = self._race(*map(job_of, member_ids))
        # Two of the pool each: six find enough, and the others take nothing.
        self.assertEqual(self._check_outcomes(results), [3.0] * 6)
        self._check_ledger(available=0, allocated=12)

    @race
    def test_transfers_and_draws_at_once(self):
        """Credits are given or used, and neither twice."""
        with self._env() as env:
            owner = self._customer(env)
            purchase_id = buy(env, owner, 10).id
            member_id = (
                env["res.partner"]
                .create({"name": "Member", "is_company": True, "parent_id": owner.id})
                .id
            )

        def give(env):
            purchase = env["service.credit.purchase"].browse(purchase_id)
            member = env["res.partner"].browse(member_id)
            return transfer(purchase, member, 2, "Race").credits

        jobs = [give, self._drawing(2.0)] * (WORKERS // 2)
        results = self._race(*jobs)
        for result in results:
            if not isinstance(result, float):
                self.assertIs(type(result), UserError, repr(result))
        self.assertEqual([one for one in results if isinstance(one, float)], [2.0] * 5)
        with self._env() as env:
            purchase = env["service.credit.purchase"].browse(purchase_id)
            received = purchase.search([("origin_id", "=", purchase_id)])
            given = sum(received.mapped("credits_available"))
            self.assertEqual(given, purchase.credits_transferred)
            self.assertEqual(given + purchase.credits_allocated, 10)

    @race
    def test_transferred_back_once(self):
        with self._env() as env:
            owner = self._customer(env)
            member = env["res.partner"].create(
                {"name": "Member", "is_company": True, "parent_id": owner.id}
            )
            purchase = buy(env, owner, 10)
            purchase_id = purchase.id
            received_id = transfer(purchase, member, 4, "Race").id

        def back(env):
            received = env["service.credit.purchase"].browse(received_id)
            return transfer(received, self._customer(env), 4, "Back").id

        results = self._race(*[back] * 4)
        self.assertEqual([one for one in results if one == purchase_id], [purchase_id])
        with self._env() as env:
            purchase = env["service.credit.purchase"].browse(purchase_id)
            self.assertEqual(purchase.credits_available, 10)

    @race
    def test_overlapping_purchases_in_opposite_order(self):
        with self._env() as env:
            ids = [buy(env, self._customer(env), 6).id for _ in range(3)]
        turns = [[0, 1], [1, 0], [1, 2], [2, 1], [0, 2], [2, 0], [2, 0, 1], [1, 0, 2]]
        jobs = [
            self._drawing(
                float(len(turn)), selection=[[ids[position], 1] for position in turn]
            )
            for turn in turns
        ]
        drawn = self._check_outcomes(self._race(*jobs))
        self.assertEqual(len(drawn), WORKERS, "there was enough for everybody")
        self._check_ledger(available=0, allocated=18)

    @race
    def test_first_draws_of_one_ticket(self):
        """They open the same allocation, each with a purchase of its own."""
        with self._env() as env:
            ids = [buy(env, self._customer(env), 1).id for _ in range(4)]
            ticket_id = self._request(env, 1).work.id

        def drawing(purchase_id):
            def job(env):
                ticket = env["helpdesk.ticket"].browse(ticket_id)
                request = self._request(
                    env, 1.0, ticket=ticket, selection=[[purchase_id, 1]]
                )
                [plan] = draw_credits(env, [request])
                return plan.credits

            return job

        results = self._race(*map(drawing, ids))
        self.assertEqual(results, [1.0] * 4)
        with self._env() as env:
            allocation = env["service.credit.allocation"].search(
                [("ticket_id", "=", ticket_id)]
            )
            self.assertEqual(allocation.mapped("credits"), [4])
        self._check_ledger(available=0, allocated=4)

    @race
    def test_the_same_credits_are_given_back_once(self):
        """Also when the winner draws them again, so that no balance differs."""
        with self._env() as env:
            buy(env, self._customer(env), 10)
            request = self._request(env, 5)
            [plan] = draw_credits(env, [request])
            row_ids, ticket_id = plan.rows.ids, request.work.id

        def job(env):
            rows = env["service.credit.consumption"].browse(row_ids)
            back = give_back(rows)
            if back:
                ticket = env["helpdesk.ticket"].browse(ticket_id)
                request = self._request(env, 5, ticket=ticket)
                draw_credits(env, [request])
            return len(back)

        self.assertEqual(sorted(self._race(*[job] * 4)), [0, 0, 0, 1])
        self._check_ledger(available=5, allocated=5)

    @race
    def test_expiring_and_drawing(self):
        with self._env() as env:
            today = fields.Date.context_today(self._customer(env))
            purchase_id = buy(env, self._customer(env), 4, date_expiry=today).id

        def expire(env):
            env["service.credit.purchase"].browse(purchase_id).action_expire()
            return 0.0

        results = self._race(expire, *[self._drawing(3.0)] * 2)
        drawn = sum(r for r in results[1:] if isinstance(r, float))
        with self._env() as env:
            purchase = env["service.credit.purchase"].browse(purchase_id)
            self.assertEqual(purchase.credits_allocated, drawn)
            self.assertEqual(purchase.credits_expired, 4 - drawn)
            self.assertFalse(get_differences(env))

    # ------------------------------------------------------------------
    # Killing
    # ------------------------------------------------------------------

    def _run_killed(self, job, statement):
        """Run ``job`` in a process that dies before its n-th statement.

        :return: whether it was killed; False when it finished and committed
        """
        sql_db.close_db(self.scratch)
        process = os.fork()
        if process == 0:
            self._die_at(job, statement)
        _process, status = os.waitpid(process, 0)
        return os.WIFSIGNALED(status)

    def _die_at(self, job, statement):
        """The child: never returns."""
        execute = sql_db.Cursor.execute
        count = 0

        def counting(cursor, *args, **kwargs):
            nonlocal count
            count += 1
            if count == statement:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(cursor, *args, **kwargs)

        try:
            with self._env() as env, patch.object(sql_db.Cursor, "execute", counting):
                job(env)
                env.cr.flush()
                if count < statement:
                    env.cr.commit()
        finally:
            os._exit(0)

    @mute_logger("odoo.sql_db")
    def _check_all_or_nothing(self, job, state):
        """Kill ``job`` before each of its statements: ``state(env)`` stays as it was;
        only the run that is not killed changes it."""
        with self._env() as env:
            before = state(env)
        for statement in range(1, 200):
            killed = self._run_killed(job, statement)
            with self._env() as env:
                after = state(env)
                differences = get_differences(env)
            self.assertFalse(differences)
            if not killed:
                self.assertNotEqual(after, before)
                played("crash points", self._testMethodName, kills=statement - 1)
                return statement
            self.assertEqual(after, before, f"killed before statement {statement}")
        return self.fail("the job never came to its end")

    def _state(self, env):
        purchases = env["service.credit.purchase"].search(
            [("commercial_partner_id", "=", self.customer_id)]
        )
        return (
            purchases.mapped("credits_available"),
            env["service.credit.consumption"].search_count([]),
            env["service.credit.allocation"].search_count([]),
        )

    def test_killed_while_drawing(self):
        with self._env() as env:
            for _ in range(3):
                buy(env, self._customer(env), 2)
            ticket_id = self._request(env, 1).work.id

        def job(env):
            ticket = env["helpdesk.ticket"].browse(ticket_id)
            request = self._request(env, 5, ticket=ticket)
            draw_credits(env, [request])

        self.assertGreater(self._check_all_or_nothing(job, self._state), 8)

    def test_killed_while_giving_back_and_expiring(self):
        with self._env() as env:
            today = fields.Date.context_today(self._customer(env))
            purchase_id = buy(env, self._customer(env), 6, date_expiry=today).id
            [plan] = draw_credits(env, [self._request(env, 4)])
            row_ids = plan.rows.ids

        def job(env):
            give_back(env["service.credit.consumption"].browse(row_ids), 1)
            env["service.credit.purchase"].browse(purchase_id).action_expire()

        self.assertGreater(self._check_all_or_nothing(job, self._state), 8)

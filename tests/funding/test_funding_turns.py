# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import threading
import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.service.model import retrying
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL

from odoo.addons.helpdesk_service_credit.tools import turns

from ..support.common import ServiceCreditCommon
from ..support.people import create_employees, create_users
from ..support.played import LONG, played
from ..support.scratch import ScratchCase, buy

AGENTS = 8
ENTRIES = 125 if LONG else 3
HOURS = 0.75
ENTRY = "account.analytic.line"
GROUPS = "helpdesk_mgmt.group_helpdesk_user,hr_timesheet.group_hr_timesheet_user"


class TurnCase(ScratchCase):
    @classmethod
    def _prepare(cls, env):
        logins = {f"turn_{number}": GROUPS for number in range(AGENTS)}
        agents = env["res.users"].union(*create_users(env, logins))
        create_employees(agents)
        cls.agent_ids = agents.ids
        team = env["helpdesk.ticket.team"].create(
            {
                "name": "Turn Desk",
                "allow_timesheet": True,
                "allow_billable": True,
                "use_service_credits": True,
                "over_limit_policy": "overage",
            }
        )
        cls.team_id = team.id

    def _begin(self, lots):
        """Give a new customer so many lots of one credit, and a ticket to each agent.

        :return: ids of the lots in drawing order, which they were not bought in, and
            of the tickets
        """
        with self._env() as env:
            customer = env["res.partner"].create({"name": "Busy", "is_company": True})
            ticket = {
                "name": "Turn",
                "description": "-",
                "team_id": self.team_id,
                "partner_id": customer.id,
            }
            tickets = env["helpdesk.ticket"].create([ticket] * AGENTS)
            today = fields.Date.context_today(customer)
            days = [fields.Date.add(today, days=1 + lots - n) for n in range(lots)]
            bought = [buy(env, customer, 1, date_expiry=day).id for day in days]
            return bought[::-1], tickets.ids

    def _log(self, env, number, ticket_id):
        env[ENTRY].with_user(self.agent_ids[number]).create(
            {"ticket_id": ticket_id, "name": "Work", "unit_amount": HOURS}
        )

    @contextmanager
    def _request(self, number, ticket_id):
        """Log an entry over a connection of its own, as a request does, until the end
        of the block."""
        calls = []

        def log(env):
            calls.append("called")
            self._log(env, number, ticket_id)

        def work():
            try:
                with self.registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    retrying(lambda: log(env), env)
            except Exception as error:
                calls.append(error)

        request = threading.Thread(target=work)
        request.start()
        yield calls
        request.join(60)
        self.assertFalse(request.is_alive(), "hanging")

    def _wait_until_waiting(self, event):
        """Wait until a connection waits for a lock of this kind."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with self.registry.cursor() as cr:
                cr.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE wait_event = %s"
                    " AND datname = current_database()",
                    [event],
                )
                if cr.fetchone():
                    return
            time.sleep(0.02)
        self.fail("Nobody waits.")

    def _get_drawn(self, lot_ids):
        """Return `(position of the lot, credits)` of the rows, oldest first."""
        with self._env() as env:
            rows = env["service.credit.consumption"].search(
                [("purchase_id", "in", lot_ids)], order="id"
            )
            return [(lot_ids.index(row.purchase_id.id), row.credits) for row in rows]


@tagged("post_install", "-at_install")
class TestFundingTurns(TurnCase):
    """Who comes upon another writer for the same customer begins after it."""

    def setUp(self):
        super().setUp()
        # Nobody sleeps a random time before another try.
        sleep = AssertionError("slept before another try")
        clock = patch("odoo.service.model.time")
        self.enterContext(clock).sleep.side_effect = sleep

    def _hold(self, hold, event):
        """Let one agent log while another transaction goes on, which then commits.

        :param hold: what the other transaction does: ``hold(env, tickets, lots)``
        :param event: what PostgreSQL says the agent waits for
        :return: how the agent's request went, and the rows drawn
        """
        lot_ids, ticket_ids = self._begin(3)
        with self._env() as env:
            hold(env, ticket_ids, lot_ids)
            env.flush_all()
            with self._request(1, ticket_ids[1]) as calls:
                self._wait_until_waiting(event)
                env.cr.commit()
        return calls, self._get_drawn(lot_ids)

    def test_an_import_begins_again_too(self):
        """Core's import catches what goes wrong with a row; this is nobody's fault."""
        answers = []

        def load(env, number, ticket_id):
            lines = env[ENTRY].with_user(self.agent_ids[number])
            row = [str(ticket_id), "Work", str(HOURS)]
            names = ["ticket_id/.id", "name", "unit_amount"]
            answers.append(turns.play(env, lambda: lines.load(names, [row])))

        def hold(env, tickets, _lots):
            self._log(env, 0, tickets[0])
            self.enterContext(patch.object(self, "_log", load))

        calls, drawn = self._hold(hold, "advisory")
        self.assertEqual(calls, ["called"])
        self.assertEqual([answer["messages"] for answer in answers], [[]])
        self.assertEqual(drawn, [(0, 0.75), (0, 0.25), (1, 0.5)])

    def test_what_was_committed_is_not_played_again(self):
        """A system that is synchronized in a request commits page by page."""
        lot_ids, ticket_ids = self._begin(3)
        with self._env() as env, self._env() as other:
            self._log(other, 0, ticket_ids[0])
            other.flush_all()
            calls = []

            def log():
                calls.append("called")
                env.cr.commit()
                turns.take(env, SQL("SELECT %s AS id", busy.id))

            busy = env["helpdesk.ticket"].browse(ticket_ids[1]).commercial_partner_id
            turns.play(env, log)
        self.assertEqual(calls, ["called"])

    def test_waits_and_begins_once(self):
        calls, drawn = self._hold(
            lambda env, tickets, lots: self._log(env, 0, tickets[0]), "advisory"
        )
        self.assertEqual(calls, ["called"])
        # To the last credit of what expires soonest, then on.
        self.assertEqual(drawn, [(0, 0.75), (0, 0.25), (1, 0.5)])

    def test_rows_stop_who_could_not_see_a_turn(self):
        def withdraw(env, _tickets, lots):
            env["service.credit.purchase"].browse(lots[0])._write_off(0.5)

        calls, drawn = self._hold(withdraw, "transactionid")
        self.assertEqual(calls, ["called"])
        self.assertEqual(drawn, [(0, 0.5), (0, 0.5), (1, 0.25)])

    def test_patience_ends_at_the_rows(self):
        self.patch(turns, "PATIENCE", "50ms")
        calls, drawn = self._hold(
            lambda env, tickets, lots: self._log(env, 0, tickets[0]), "transactionid"
        )
        self.assertEqual(calls, ["called"])
        self.assertEqual(drawn, [(0, 0.75), (0, 0.25), (1, 0.5)])

    def test_other_customers_do_not_wait(self):
        _lots, others = self._begin(1)
        lot_ids, ticket_ids = self._begin(1)
        with self._env() as env:
            self._log(env, 0, others[0])
            with self._request(1, ticket_ids[1]) as calls:
                pass
        self.assertEqual(calls, ["called"])
        self.assertEqual(self._get_drawn(lot_ids), [(0, 0.75)])

    def test_turn_ends_with_the_transaction(self):
        lot_ids, ticket_ids = self._begin(3)
        with self._env() as env:
            self._log(env, 0, ticket_ids[0])
            with self._request(1, ticket_ids[1]):
                self._wait_until_waiting("advisory")
                env.cr.rollback()
        with self._request(2, ticket_ids[2]) as calls:
            pass
        self.assertEqual(calls, ["called"])
        self.assertEqual(self._get_drawn(lot_ids), [(0, 0.75), (0, 0.25), (1, 0.5)])


@tagged("post_install", "-at_install")
class TestFundingTurnsStorm(TurnCase):
    """Eight agents log all the time for one customer, as eight requests would."""

    def test_no_failure_and_the_exact_order(self):
        count = AGENTS * ENTRIES
        lot_ids, ticket_ids = self._begin(round(count * HOURS) + 1)
        failures = []

        def work(number):
            for _entry in range(ENTRIES):
                try:
                    with self.registry.cursor() as cr:
                        env = api.Environment(cr, SUPERUSER_ID, {})
                        retrying(
                            lambda env=env: self._log(env, number, ticket_ids[number]),
                            env,
                        )
                except Exception as error:
                    failures.append(error)

        agents = [threading.Thread(target=work, args=[n]) for n in range(AGENTS)]
        for agent in agents:
            agent.start()
        for agent in agents:
            agent.join()
        played("storms", type(self).__name__, entries=count)
        self.assertEqual(failures, [])
        with self._env() as env:
            entries = env[ENTRY].search([("ticket_id", "in", ticket_ids)])
            self.assertEqual(len(entries), count)
            self.assertEqual(sum(entries.mapped("credits")), count * HOURS)
            self.assertEqual(set(entries.mapped("coverage")), {"credits"})
        drawn, used = self._get_drawn(lot_ids), 0.0
        for position, credits in drawn:
            # Each row takes from the first lot that has something left.
            self.assertEqual(position, int(used))
            used += credits
        self.assertEqual(used, count * HOURS)


@tagged("post_install", "-at_install")
class TestFundingTurnsRequest(ServiceCreditCommon, HttpCase):
    """A request that has read something before begins again as a whole."""

    def test_request_begins_again(self):
        self.team.use_service_credits = True
        ticket = self.env["helpdesk.ticket"].create(
            {
                "name": "Turn",
                "description": "-",
                "team_id": self.team.id,
                "partner_id": self.customer.id,
            }
        )
        buy(self.env, self.customer, 5)
        taken, take = [], turns.take
        wait = self.enterContext(patch.object(turns, "_wait", return_value=True))

        def take_or_wait(env, customers):
            taken.append(env.uid)
            take(env, customers)
            if len(taken) == 1:
                env[ENTRY].sudo().create({"name": "Undone", "unit_amount": 1})
                raise turns.Contended

        self.patch(turns, "take", take_or_wait)
        self.authenticate("agent_anna", "agent_anna")
        entry_id = self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{ENTRY}/create",
            {
                "model": ENTRY,
                "method": "create",
                "args": [{"ticket_id": ticket.id, "name": "Once", "unit_amount": 2}],
                "kwargs": {},
            },
        )
        self.assertEqual(taken, [self.agent.id] * 2)
        self.assertEqual(wait.call_args.args[1], {self.customer.id})
        self.assertEqual(ticket.timesheet_ids.ids, [entry_id])
        self.assertEqual(ticket.timesheet_ids.credits, 2)
        self.assertFalse(self.env[ENTRY].search([("name", "=", "Undone")]))

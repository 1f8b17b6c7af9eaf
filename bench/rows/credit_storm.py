# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Many agents logging at once for one customer, over real connections."""

import json
import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from datetime import date, timedelta

from measure import Row
from world import World

from odoo import SUPERUSER_ID, api, sql_db
from odoo.service.model import retrying
from odoo.tools import mute_logger

AGENTS = 8
MANY = 16
ENTRIES = 5
REPEAT = 3
WARM_UP = 5  # entries of each process before: a worker of a server lives long
WORK = 24  # entries of one agent alone, and of eight together
HOURS = 0.5
# Credits for half of what is logged: the rest is overage.
CREDITS = AGENTS * ENTRIES * HOURS / 2
ENTRY = "account.analytic.line"
_ERRORS = Counter()  # what reached an agent, by row and side


class Storm:
    """Agents and works, committed: other connections have to see them."""

    def __init__(self, env):
        self.registry = env.registry
        # Nobody must wait for what the rows before made.
        env.cr.commit()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            employees = [self._employ(env, number) for number in range(MANY)]
            self.agents = [employee.user_id.id for employee in employees]
            place = World(env, employees[0])
            place.team.over_limit_policy = "overage"
            self.task = self._get_values(place.task_entry(place.task()))
            self.half = self._on_credits(place, [CREDITS / 2] * 2)
            self.enough = self._on_credits(place, [100_000])

    def _employ(self, env, number):
        groups = "helpdesk_mgmt.group_helpdesk_user", "project.group_project_user"
        name = f"storm_{number}_{time.monotonic()}"
        user = env["res.users"].create(
            {
                "name": name,
                "login": name,
                "group_ids": [(4, env.ref(group).id) for group in groups],
            }
        )
        return env["hr.employee"].create({"name": user.name, "user_id": user.id})

    def _get_values(self, values):
        # Each agent logs their own time.
        return {name: values[name] for name in values if name != "employee_id"}

    def _on_credits(self, place, lots):
        """Return the values of an entry of a new customer with such purchases."""
        customer = place.env["res.partner"].create({"name": "Storm"})
        ticket = place.env["helpdesk.ticket"].create(
            {
                "name": "Storm",
                "description": "-",
                "team_id": place.team.id,
                "partner_id": customer.id,
                "use_service_credits": True,
            }
        )
        place.env["service.credit.purchase"].create(
            [
                {
                    "partner_id": customer.id,
                    "credits": credits,
                    "value_per_credit": 100,
                    "date_expiry": date.today() + timedelta(30 * number),
                }
                for number, credits in enumerate(lots, 1)
            ]
        )
        return self._get_values(place.ticket_entry(ticket))

    def play(self, values, agents, entries):
        """Let agents log at once, each in a process with a connection of its own, as
        the workers of a server do.

        :return: the seconds of each entry, those of all together, and the counts
        """
        start = multiprocessing.get_context("fork").Barrier(agents)
        pipes = [
            self._fork(user_id, values, entries, start)
            for user_id in self.agents[:agents]
        ]
        seconds, begins, ends, counts = [], [], [], Counter()
        for pid, pipe in pipes:
            with os.fdopen(pipe) as file:
                begin, end, own, counted = json.load(file)
            os.waitpid(pid, 0)
            begins.append(begin)
            ends.append(end)
            seconds += own
            counts.update(counted)
        return sorted(seconds), max(ends) - min(begins), counts

    def _fork(self, user_id, values, entries, start):
        read, write = os.pipe()
        if pid := os.fork():
            os.close(write)
            return pid, read
        try:
            # The connections of the parent are the parent's.
            sql_db._Pool = None
            self.registry._db = sql_db.db_connect(self.registry.db_name)
            with mute_logger("odoo.sql_db", "odoo.service.model"):
                result = self._work(user_id, values, entries, start)
            with os.fdopen(write, "w") as file:
                json.dump(result, file)
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(0)

    def _work(self, user_id, values, entries, start):
        counts, seconds = Counter(), []
        with self.registry.cursor() as cr:  # what any worker has in memory
            for _entry in range(WARM_UP):
                api.Environment(cr, user_id, {})[ENTRY].create([dict(values)])
                cr.rollback()
        start.wait()
        begin = time.monotonic()
        for _entry in range(entries):
            before = time.monotonic()
            try:
                with self.registry.cursor() as cr:
                    env = api.Environment(cr, user_id, {})

                    def log(env=env):
                        counts["tries"] += 1
                        env[ENTRY].create([dict(values)])

                    retrying(log, env)
                counts["logged"] += 1
            except Exception as error:
                counts[f"errors ({type(error).__name__})"] += 1
            seconds.append(time.monotonic() - before)
        return begin, time.monotonic(), seconds, counts


def play(row, name, agents, entries, figure):
    """Return an action: agents log at once on one work of the storm.

    :param figure: what is measured: ``(seconds of each, seconds of all) -> number``
    """

    def action(_env, storm):
        values = getattr(storm, name)
        before = read(storm, values)
        seconds, whole, counts = storm.play(values, agents, entries)
        check(read(storm, values), before, name, counts)
        told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
        print(f"      {name}, {agents} at once: {told}", file=sys.stderr)
        _ERRORS[row, name] += agents * entries - counts["logged"]
        return figure(seconds, whole)

    return action


def read(storm, values):
    name = "ticket_id" if "ticket_id" in values else "task_id"
    with storm.registry.cursor() as cr:
        cr.execute(
            "SELECT COALESCE(sum(unit_amount), 0), COALESCE(sum(credits), 0)"
            f" FROM account_analytic_line WHERE {name} = %s",
            [values[name]],
        )
        return [float(number) for number in cr.fetchone()]


def check(after, before, name, counts):
    """Refuse hours that were lost, and credits that nobody has."""
    hours = after[0] - before[0]
    is_over = name == "half" and after[1] > CREDITS
    if abs(hours - counts["logged"] * HOURS) > 0.001 or is_over:
        raise AssertionError(f"lost or over: {counts}, {hours:g} h")


def get_p95(seconds, _whole):
    return seconds[-(-len(seconds) * 19 // 20) - 1] * 1000


def per_entry(entries):
    return lambda _seconds, whole: whole * 1000 / entries


def has_no_error(row):
    return not any(count for (what, _side), count in _ERRORS.items() if what == row)


ROWS = [
    Row(
        name="credit-storm",
        what=f"{AGENTS} agents log {ENTRIES} entries each at once for one customer, on"
        " one task and on one ticket whose credits pay half; replays included, per"
        " entry",
        prepare=Storm,
        stock=play("storm", "task", AGENTS, ENTRIES, per_entry(AGENTS * ENTRIES)),
        ours=play("storm", "half", AGENTS, ENTRIES, per_entry(AGENTS * ENTRIES)),
        target="nothing over, lost or refused",
        holds=lambda result: not _ERRORS["storm", "half"],
        unit="ms",
        repeat=REPEAT,
        warm_up=0,
    ),
    Row(
        name="credit-storm-workers",
        what=f"{WORK} entries for one customer on credits, by one agent, and by"
        f" {AGENTS} at once, per entry",
        prepare=Storm,
        stock=play("workers", "enough", 1, WORK, per_entry(WORK)),
        ours=play("workers", "enough", AGENTS, WORK // AGENTS, per_entry(WORK)),
        target="<= 1.11x (0.9x throughput), none refused",
        holds=lambda result: result.ratio <= 1 / 0.9 and has_no_error("workers"),
        unit="ms",
        repeat=7,
        warm_up=1,
    ),
    Row(
        name="credit-storm-lot",
        what=f"{MANY} agents log {ENTRIES} entries each at once, on one prepaid item of"
        " a stock task and on one purchase of credits: what 19 of 20 entries took",
        prepare=Storm,
        stock=play("lot", "task", MANY, ENTRIES, get_p95),
        ours=play("lot", "enough", MANY, ENTRIES, get_p95),
        target="<= 1.5x, none refused",
        holds=lambda result: result.ratio <= 1.5 and not _ERRORS["lot", "enough"],
        unit="ms",
        repeat=REPEAT,
        warm_up=0,
    ),
]

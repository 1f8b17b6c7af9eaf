# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Many agents logging at once for one customer, over real connections."""

import sys
import threading
from collections import Counter
from datetime import date, timedelta

from measure import WARM_UP, Row
from world import World

from odoo import SUPERUSER_ID, api
from odoo.service.model import retrying
from odoo.tools import mute_logger

AGENTS = 8
ENTRIES = 5
REPEAT = 3
HOURS = 0.5
ROUNDS = REPEAT + WARM_UP
# Credits for half of what is logged: the rest is overage.
CREDITS = AGENTS * ENTRIES * HOURS / 2
_ERRORS = Counter()  # what reached an agent, by side


class Storm:
    """What a round needs, committed: other connections have to see it."""

    def __init__(self, env):
        self.registry = env.registry
        # Nobody must wait for what the rows before made.
        env.cr.commit()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            employees = [self._employ(env, number) for number in range(AGENTS)]
            self.agents = [employee.user_id.id for employee in employees]
            place = World(env, employees[0])
            place.team.over_limit_policy = "overage"
            self.stock = [place.task_entry(place.task()) for _ in range(ROUNDS)]
            self.ours = [self._ticket_entry(place) for _ in range(ROUNDS)]

    def _employ(self, env, number):
        groups = "helpdesk_mgmt.group_helpdesk_user", "project.group_project_user"
        user = env["res.users"].create(
            {
                "name": f"Storm {number}",
                "login": f"storm_{number}",
                "group_ids": [(4, env.ref(group).id) for group in groups],
            }
        )
        return env["hr.employee"].create({"name": user.name, "user_id": user.id})

    def _ticket_entry(self, place):
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
                    "credits": CREDITS / 2,
                    "value_per_credit": 100,
                    "date_expiry": date.today() + timedelta(days),
                }
                for days in (30, 60)
            ]
        )
        return place.ticket_entry(ticket)


def play(side):
    def action(_env, storm):
        values = getattr(storm, side).pop()
        # Each agent logs their own time.
        values.pop("employee_id")
        counts = Counter()
        barrier = threading.Barrier(AGENTS)
        agents = [
            threading.Thread(target=work, args=(storm, user, values, barrier, counts))
            for user in storm.agents
        ]
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            for agent in agents:
                agent.start()
            for agent in agents:
                agent.join()
        with storm.registry.cursor() as cr:
            check(cr, side, values, counts)

    return action


def work(storm, user_id, values, barrier, counts):
    barrier.wait()
    for _entry in range(ENTRIES):
        try:
            with storm.registry.cursor() as cr:
                env = api.Environment(cr, user_id, {})

                def log(env=env):
                    counts["tries"] += 1
                    env["account.analytic.line"].create([dict(values)])

                retrying(log, env)
            counts["logged"] += 1
        except Exception as error:
            counts[f"errors ({type(error).__name__})"] += 1


def check(cr, side, values, counts):
    name = "ticket_id" if "ticket_id" in values else "task_id"
    cr.execute(
        "SELECT sum(unit_amount), sum(credits) FROM account_analytic_line "
        f"WHERE {name} = %s",
        [values[name]],
    )
    hours, credits = cr.fetchone()
    told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    print(f"      {side}: {told}; {hours:g} h, {credits:g} credits", file=sys.stderr)
    _ERRORS[side] += AGENTS * ENTRIES - counts["logged"]
    if hours != counts["logged"] * HOURS or (side == "ours" and credits > CREDITS):
        raise AssertionError(f"lost or over: {counts}")


ROWS = [
    Row(
        name="credit-storm",
        what=f"{AGENTS} agents log {ENTRIES} entries each at once for one customer, on"
        " one task and on one ticket whose credits pay half; replays included",
        prepare=Storm,
        stock=play("stock"),
        ours=play("ours"),
        target="nothing over, lost or refused",
        holds=lambda result: not _ERRORS["ours"],
        work=AGENTS * ENTRIES,
        repeat=REPEAT,
    ),
]

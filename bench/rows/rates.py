# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Logging time that rates weigh by the time of day."""

from measure import OFTEN, Row
from world import world

from .credit_entry import FEW, ticket_on_credits

ENTRY = "account.analytic.line"
FACTORS = {"always": 1.1, "inside": 1.2, "outside": 1.5}


def prepare(env):
    """Return values of an entry that no rate is for, and of one that five are for."""
    place, kind = world(env), env["service.type"].create({"name": "On Call"})
    env["service.rate"].create(
        [
            {
                "name": f"{applies} {number}",
                "factor": factor + number / 100,
                "applies": applies,
                "service_type_ids": [(6, 0, kind.ids)],
            }
            for number in range(2)
            for applies, factor in FACTORS.items()
        ][:5]
    )
    plain = place.ticket_entry(ticket_on_credits(env, FEW))
    return plain, {**plain, "service_type_id": kind.id, "time_start": 17}


def log(which):
    return lambda env, data: env[ENTRY].create([dict(data[which])])


ROWS = [
    Row(
        name="rates-entry",
        what="one entry on credits that five rates and a schedule weigh, against one "
        "that no rate is for",
        prepare=prepare,
        stock=log(0),
        ours=log(1),
        target="<= 1.1x",
        holds=lambda result: result.ratio <= 1.1,
        repeat=OFTEN,
    )
]

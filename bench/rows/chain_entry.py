# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Logging time that goes along the chain of payers, and editing much of it at once."""

from measure import Row
from world import World, world

from .credit_entry import ticket_on_credits

BATCH = 1_000
ENTRY = "account.analytic.line"
PAYERS = ["credits", "sale_line", "sale_line", "overage"]


def prepare(hours):
    """Return values of entries on a stock task, and on a ticket with a chain.

    :param hours: what each of two packs and the credits have left: where it is 0, they
        are passed over, and the last pack pays
    """

    def prepared(env):
        # A team of its own: the other rows go on without a chain.
        place = World(env, world(env).employee)
        place.team.write(
            {
                "prepaid_limit": "closed",
                "sale_line_preference": "oldest",
                "over_limit_policy": "overage",
                "use_service_credits": True,
            }
        )
        ticket = ticket_on_credits(env, 1)
        ticket.team_id = place.team
        sell(env, place, ticket.partner_id, 10)
        sell(env, place, ticket.partner_id, 10)
        ours = {**place.ticket_entry(ticket), "unit_amount": 31}
        if not hours:
            sell(env, place, ticket.partner_id, 1_000)
            env[ENTRY].create([{**ours, "unit_amount": 30}])
            ours["unit_amount"] = 1
        return place.task_entry(place.task()), ours

    return prepared


def sell(env, place, customer, hours):
    values = {"product_id": place._product().id, "product_uom_qty": hours}
    order = env["sale.order"].create(
        {"partner_id": customer.id, "order_line": [(0, 0, values)]}
    )
    order.action_confirm()


def stock(number):
    return lambda env, data: env[ENTRY].create([dict(data[0])] * number)


def ours(payers):
    def action(env, data):
        entry = env[ENTRY].create([dict(data[1])])
        pieces = entry | env[ENTRY].search([("split_from_id", "=", entry.id)])
        if sorted(pieces.mapped("coverage")) != payers:
            raise AssertionError(f"paid by {pieces.mapped('coverage')}")

    return action


def many(env):
    _stock, chained = prepare(0)(env)
    entries = env[ENTRY].create([{**chained, "unit_amount": 0.5}] * BATCH)
    return {**chained, "unit_amount": 0.5}, entries


ROWS = [
    Row(
        name="chain-entry-one",
        what="one entry past used up credits and packs to the pack that pays, against "
        "one on a stock task with an item",
        prepare=prepare(0),
        stock=stock(1),
        ours=ours(["sale_line"]),
        target="<= 1.5x",
        holds=lambda result: result.ratio <= 1.5,
    ),
    Row(
        name="chain-entry-split",
        what="one entry that credits, two packs and the policy share, against as many "
        "on a stock task with an item",
        prepare=prepare(10),
        stock=stock(len(PAYERS)),
        ours=ours(PAYERS),
        target="<= 1.5x",
        holds=lambda result: result.ratio <= 1.5,
    ),
    Row(
        name="chain-entry-edit-1000",
        what=f"{BATCH:,} entries edited in one write against their creation",
        prepare=many,
        stock=lambda env, data: env[ENTRY].create([dict(data[0])] * BATCH),
        ours=lambda env, data: data[1].write({"unit_amount": 0.75}),
        target="<= 2x",
        holds=lambda result: result.ratio <= 2,
        work=BATCH,
        repeat=5,
    ),
]

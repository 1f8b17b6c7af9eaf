# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Logging time that goes along the chain of payers, and editing much of it at once."""

from measure import Row
from world import World, world

from .credit_entry import ticket_on_credits

BATCH = 1_000
CREDITS, PACK = 10, 5  # hours
ENTRY = "account.analytic.line"
PAYERS = ["credits", "overage", "sale_line", "sale_line"]


def prepare(is_used_up):
    """Return values of entries on a stock task, and on a ticket with a chain.

    :param is_used_up: credits and both packs are passed over, and a third pack pays
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
        for _pack in range(2):
            sell(env, place, ticket.partner_id, PACK)
        used = CREDITS + 2 * PACK
        ours = {**place.ticket_entry(ticket), "unit_amount": used + 1}
        if is_used_up:
            sell(env, place, ticket.partner_id, 1_000)
            env[ENTRY].create([{**ours, "unit_amount": used}])
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


def ours(env, data):
    return env[ENTRY].create([dict(data[1])])


def paid_by(payers):
    def check(entry):
        pieces = entry | entry.search([("split_from_id", "=", entry.id)])
        if sorted(pieces.mapped("coverage")) != payers:
            raise AssertionError(f"paid by {pieces.mapped('coverage')}")

    return check


def many(env):
    _stock, chained = prepare(True)(env)
    entries = env[ENTRY].create([{**chained, "unit_amount": 0.5}] * BATCH)
    return {**chained, "unit_amount": 0.5}, entries


ROWS = [
    Row(
        name="chain-entry-one",
        what="one entry past used up credits and packs to the pack that pays, against "
        "one on a stock task with an item",
        prepare=prepare(True),
        stock=stock(1),
        ours=ours,
        check=paid_by(["sale_line"]),
        target="<= 1.5x",
        holds=lambda result: result.ratio <= 1.5,
    ),
    Row(
        name="chain-entry-split",
        what="one entry that credits, two packs and the policy share, against as many "
        "on a stock task with an item",
        prepare=prepare(False),
        stock=stock(len(PAYERS)),
        ours=ours,
        check=paid_by(PAYERS),
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

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Logging time that draws service credits, against a stock task with an item."""

from measure import OFTEN, Row
from world import world

from .credit_ledger import customer_with

FEW = 10
MANY = 10_000
BATCH = 1_000
PURCHASES = 50  # of 10 credits: what the batch draws
SHARED = 200
MEMBERS = 10
ENTRY = "account.analytic.line"


def ticket_on_credits(env, purchases, entries=0):
    """Return a ticket whose customer has so many open purchases of 10 credits."""
    ticket = ticket_of(env, customer_with(env, purchases))
    place = world(env)
    place.log_many(place.ticket_entry(ticket), entries)
    return ticket


def ticket_of(env, customer):
    return env["helpdesk.ticket"].create(
        {
            "name": "Bench Credits",
            "description": "Slow",
            "team_id": world(env).team.id,
            "partner_id": customer.id,
            "use_service_credits": True,
        }
    )


def own_and_shared(env):
    """Return values of an entry of a customer with purchases of its own, and of one
    of a member whose group shares as many."""
    group = customer_with(env, SHARED, sharing="group")
    members = env["res.partner"].create(
        [
            {"name": f"Member {n}", "is_company": True, "parent_id": group.id}
            for n in range(MEMBERS)
        ]
    )
    tickets = ticket_on_credits(env, SHARED), ticket_of(env, members[-1])
    return [world(env).ticket_entry(ticket) for ticket in tickets]


def beside_stock(purchases):
    def prepared(env):
        place = world(env)
        ticket = ticket_on_credits(env, purchases)
        return place.task_entry(place.task()), place.ticket_entry(ticket)

    return prepared


def beside_ticket(env):
    """Return values of an entry on a ticket, and of one on a task: both on credits."""
    place = world(env)
    ticket = ticket_on_credits(env, FEW)
    project = env["project.project"].create(
        {
            "name": "Bench Credits",
            "partner_id": customer_with(env, FEW).id,
            "allow_billable": True,
            "use_service_credits": True,
        }
    )
    task = env["project.task"].create({"name": "Bench", "project_id": project.id})
    of_task = {**place.task_entry(task), "project_id": project.id}
    return place.ticket_entry(ticket), of_task


def few_and_many_purchases(env):
    tickets = [ticket_on_credits(env, number) for number in (1, MANY)]
    return [world(env).ticket_entry(ticket) for ticket in tickets]


def few_and_many_entries(env):
    tickets = [ticket_on_credits(env, MANY, entries) for entries in (FEW, MANY)]
    return [world(env).ticket_entry(ticket) for ticket in tickets]


def log(side, number=1):
    def action(env, data):
        entries = env[ENTRY].create([dict(data[side])] * number)
        asks = any(entry._asks_payers() for entry in entries[:1])
        if asks and set(entries.mapped("coverage")) != {"credits"}:
            raise AssertionError("not paid by credits")

    return action


def is_flat(result):
    return result.ratio <= 1.3 and not result.more_queries


ROWS = [
    Row(
        name="credit-entry-one",
        what="one entry drawing credits against one on a stock task with an item",
        prepare=beside_stock(FEW),
        stock=log(0),
        ours=log(1),
        target="<= 1.1x, p95 too",
        holds=lambda result: result.worst_ratio <= 1.1,
        repeat=OFTEN,
    ),
    Row(
        name="credit-entry-task",
        what="one entry drawing credits on a task against one on a ticket",
        prepare=beside_ticket,
        stock=log(0),
        ours=log(1),
        target="<= 1.05x",
        holds=lambda result: result.ratio <= 1.05,
        repeat=OFTEN,
    ),
    Row(
        name="credit-entry-10000-purchases",
        what=f"the same with {MANY:,} open purchases against 1",
        prepare=few_and_many_purchases,
        stock=log(0),
        ours=log(1),
        target="same queries, <= 1.3x",
        holds=is_flat,
        repeat=OFTEN,
    ),
    Row(
        name="credit-entry-after-10000",
        what=f"the same after {MANY:,} entries on the ticket against {FEW}",
        prepare=few_and_many_entries,
        stock=log(0),
        ours=log(1),
        target="same queries, <= 1.3x",
        holds=is_flat,
        repeat=OFTEN,
    ),
    Row(
        name="credit-entry-shared",
        what=f"one of {MEMBERS} members that share {SHARED} purchases, against a "
        "customer with as many of its own",
        prepare=own_and_shared,
        stock=log(0),
        ours=log(1),
        target="<= 1.2x",
        holds=lambda result: result.ratio <= 1.2,
    ),
    Row(
        name="credit-entry-batch-1000",
        what=f"{BATCH:,} entries in one create drawing from {PURCHASES} purchases",
        prepare=beside_stock(PURCHASES),
        stock=log(0, BATCH),
        ours=log(1, BATCH),
        target=">= 0.9x throughput, >= 200 per s",
        holds=lambda result: (
            1 / result.worst_ratio >= 0.9 and BATCH / result.ours.p95 >= 200
        ),
        work=BATCH,
        repeat=9,
    ),
]

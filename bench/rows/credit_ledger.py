# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The ledger of service credits: drawing, many at once, and expiring."""

import gc
import sys
from datetime import date, timedelta

import psutil
from measure import Row

from odoo.models import BaseModel

MANY = 10_000
BATCH = 1_000
DUE = 100_000
PORTION = 1_000
PURCHASE = "service.credit.purchase"
ALLOCATION = "service.credit.allocation"
CONSUMPTION = "service.credit.consumption"

# Copies of a purchase that the addon recorded, without the wait.
COPY_PURCHASE = """
    INSERT INTO service_credit_purchase
    SELECT copy.*
    FROM service_credit_purchase AS first,
         generate_series(2, %(number)s) AS n,
         jsonb_populate_record(first, jsonb_build_object(
             'id', nextval('service_credit_purchase_id_seq'),
             'name', 'BENCH/' || n,
             'date_expiry', %(expiry)s::date + n %% 200
         )) AS copy
    WHERE first.id = %(first)s
"""

# What expiring means, in three statements and nothing else.
EXPIRE_IN_SQL = """
    WITH due AS (
        SELECT * FROM service_credit_purchase
        WHERE commercial_partner_id = %(partner)s AND state = 'open'
    ), opened AS (
        INSERT INTO service_credit_allocation (
            name, allocation_type, commercial_partner_id, customer_key, company_id,
            currency_id, credits, value, paid
        )
        SELECT due.name, 'expiry', commercial_partner_id, commercial_partner_id,
               company_id, currency_id, credits_available, value_available,
               paid_available
        FROM due RETURNING id, name
    ), posted AS (
        INSERT INTO service_credit_consumption (
            allocation_id, purchase_id, company_id, currency_id, consumption_type,
            credits, value_per_credit, paid_per_credit, value, paid, date, user_id
        )
        SELECT opened.id, due.id, company_id, currency_id, 'expiry',
               credits_available, value_per_credit, paid_per_credit,
               value_available, paid_available, current_date, %(user)s
        FROM due JOIN opened USING (name)
    )
    UPDATE service_credit_purchase purchase
    SET credits_expired = purchase.credits_available, credits_available = 0,
        value_available = 0, paid_available = 0, state = 'expired'
    FROM due WHERE purchase.id = due.id
"""


def customer_with(env, number, expiry=30, **values):
    customer = env["res.partner"].create({"name": f"Owner of {number}"})
    today = date.today()
    first = env[PURCHASE].create(
        {
            "partner_id": customer.id,
            "date_start": today - timedelta(400),
            "date_expiry": today + timedelta(expiry + 1),
            "credits": 10,
            "value_per_credit": 100,
            "paid_per_credit": 80,
            "is_draft": False,
            **values,
        }
    )
    env.flush_all()
    env.cr.execute(
        COPY_PURCHASE,
        {
            "first": first.id,
            "expiry": today + timedelta(expiry),
            "number": number,
        },
    )
    env.cr.execute("ANALYZE service_credit_purchase")
    return customer


def milestones_of(env, customer, number):
    project = env["project.project"].create(
        {"name": "Bench", "partner_id": customer.id, "company_id": env.company.id}
    )
    return env["project.milestone"].create(
        [
            {"name": f"M{n}", "project_id": project.id, "service_credits": 5}
            for n in range(number)
        ]
    )


def prepare_one(env):
    return [milestones_of(env, customer_with(env, n), 1) for n in (10, MANY)]


def prepare_many(env):
    return milestones_of(env, customer_with(env, MANY), BATCH)


def prepare_due(env):
    return customer_with(env, DUE, expiry=-300)


def allocate(milestones):
    milestones.action_allocate_service_credits()


def create_plain(env, milestones):
    """As many records of the ledger's models, created and nothing else."""
    customer = milestones.project_id.partner_id
    common = {"company_id": env.company.id, "currency_id": env.company.currency_id.id}
    purchases = env[PURCHASE].search(
        [("partner_id", "=", customer.id)], limit=BATCH // 2
    )
    allocations = BaseModel.create(
        env[ALLOCATION],
        [
            {
                "name": milestone.name,
                "allocation_type": "allocation",
                "commercial_partner_id": customer.id,
                "customer_key": customer.id,
                "milestone_id": milestone.id,
                **common,
            }
            for milestone in milestones
        ],
    )
    BaseModel.create(
        env[CONSUMPTION],
        [
            {
                "allocation_id": allocation.id,
                "purchase_id": purchases[index // 2].id,
                "consumption_type": "consumption",
                "credits": 5,
                "value_per_credit": 100,
                "paid_per_credit": 80,
                "value": 500,
                "paid": 400,
                "date": date.today(),
                "user_id": env.uid,
                **common,
            }
            for index, allocation in enumerate(allocations)
        ],
    )


def forget_plans(env):
    """Foreign keys are checked by plans made when the tables were still small: no
    statistics renew them here, and going through 100,000 rows for each takes hours."""
    env.cr.execute("DISCARD PLANS")


def expire_in_sql(env, customer):
    forget_plans(env)
    env.cr.execute(EXPIRE_IN_SQL, {"partner": customer.id, "user": env.uid})


def expire(env, customer):
    """What the scheduled action does, but for the commits; memory has to stay flat."""
    forget_plans(env)
    memory = []
    domain = [("partner_id", "=", customer.id), ("state", "=", "open")]
    last_id = 0
    while batch := env[PURCHASE].search(
        [*domain, ("id", ">", last_id)], order="id", limit=PORTION
    ):
        last_id = batch[-1].id
        batch._write_off(kind="expiry")
        env.flush_all()
        env.invalidate_all()
        if len(memory) == 9:
            gc.collect()  # not each time: it takes longer than the portion
        memory.append(psutil.Process().memory_info().rss / 2**20)
    told = f"{memory[9]:.0f} MiB after ten portions, {memory[-1]:.0f} after the last"
    print(f"      {told}", file=sys.stderr)
    if memory[-1] > memory[9] * 1.1:
        raise AssertionError(f"memory grows: {told}")


ROWS = [
    Row(
        name="credit-allocate-one",
        what=f"one milestone of a customer with 10 purchases, and with {MANY:,}",
        prepare=prepare_one,
        stock=lambda env, data: allocate(data[0]),
        ours=lambda env, data: allocate(data[1]),
        target="<= 1.3x, same queries",
        holds=lambda result: result.ratio <= 1.3 and not result.more_queries,
    ),
    Row(
        name="credit-allocate-1000",
        what=f"{BATCH:,} plain allocations and rows; {BATCH:,} milestones allocated",
        prepare=prepare_many,
        stock=create_plain,
        ours=lambda env, data: allocate(data),
        target=">= 0.5x throughput",
        holds=lambda result: 1 / result.ratio >= 0.5,
        work=BATCH,
        repeat=5,
    ),
    Row(
        name="credit-expire-100000",
        what=f"{DUE:,} purchases expired by one SQL statement, and by the ledger",
        prepare=prepare_due,
        stock=expire_in_sql,
        ours=expire,
        target="within 2x",
        holds=lambda result: result.ratio <= 2,
        work=DUE,
        repeat=1,
        warm_up=0,  # the first portions of so many
    ),
]

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Purchases from a PostgreSQL query, against Odoo's own import of the same rows."""

from contextlib import contextmanager

from measure import Row
from world import world

from odoo import Command, modules
from odoo.sql_db import connection_info_for

MANY = 10_000
PURCHASE = "service.credit.purchase"
QUERY = f"""
    SELECT 'P' || n AS id, 'BENCH-1' AS customer, n % 90 + 1 AS credits, 80 AS value,
           timestamptz '2026-01-01 00:00+00' + n * interval '1 second' AS changed
      FROM generate_series(1, {MANY}) AS n
"""
MAPPING = {
    "external_id": "id",
    "changed_at": "changed",
    "partner_id": "customer",
    "credits": "credits",
    "value_per_credit": "value",
}


@contextmanager
def one_transaction():
    """Keep a cycle from committing, as in tests: the measurement is undone."""
    modules.module.current_test, before = True, modules.module.current_test
    try:
        yield
    finally:
        modules.module.current_test = before


def create_source(env, query=QUERY):
    _name, info = connection_info_for(env.cr.dbname)
    return env["service.sync.source"].create(
        {
            "name": "Bench",
            "connector": "postgresql",
            "host": info.get("host") or "localhost",
            "port": info.get("port") or 5432,
            "user": info.get("user"),
            "password": info.get("password"),
            "database": env.cr.dbname,
            "query": query,
            "no_expiry": "validity",
            "mapping_ids": [
                Command.create({"source_field": field, "target_field": target})
                for target, field in MAPPING.items()
            ],
        }
    )


def prepare(env):
    customer = world(env).customer
    customer.ref = "BENCH-1"
    fields = ["id", "partner_id/.id", "credits", "value_per_credit"]
    rows = [
        [f"bench.p{n}", str(customer.id), str(n % 90 + 1), "80"]
        for n in range(1, MANY + 1)
    ]
    return create_source(env), fields, rows


def prepare_known(env):
    data = prepare(env)
    read(env, data)
    data[0].action_reset()
    return (create_source(env), *data)


def read(env, data):
    with one_transaction():
        data[0]._run_cycle()
    failed, stored = data[0].failed_count, data[0].record_count
    if failed or stored != MANY:
        raise AssertionError(f"{stored} rows stored, {failed} failed")


def load(env, data):
    _source, fields, rows = data
    quiet = env[PURCHASE].with_context(tracking_disable=True)
    result = quiet.load(fields, rows)
    if not result["ids"]:
        raise AssertionError(result["messages"][:3])


ROWS = [
    Row(
        name="sync-new-10000",
        what=f"{MANY:,} new purchases from a PostgreSQL query against load() of them",
        prepare=prepare,
        stock=load,
        ours=read,
        target=">= 1x throughput",
        holds=lambda result: result.ratio <= 1,
        work=MANY,
        repeat=1,
    ),
    Row(
        name="sync-again-10000",
        what=f"{MANY:,} unchanged rows read again against the first time",
        prepare=prepare_known,
        stock=read,
        ours=lambda env, data: read(env, data[1:]),
        target=">= 10x throughput",
        holds=lambda result: result.ratio <= 0.1,
        work=MANY,
        repeat=1,
    ),
]

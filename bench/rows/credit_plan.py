# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Allotments: the next period of many that were sold."""

from datetime import date, timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from measure import Row

from odoo.models import BaseModel

from .credit_ledger import PURCHASE, forget_plans

PLANS = 10_000
PORTION = 500
MOST_SECONDS = 60
PLAN = "service.credit.plan"

# Copies of what the addon recorded, without the wait: each plan has its own order.
COPY = """
    INSERT INTO {table}
    SELECT copy.*
    FROM {table} AS first, generate_series(1, %(number)s) AS n,
         jsonb_populate_record(first, jsonb_build_object('id', %(base)s + n, {values}))
             AS copy
    WHERE first.id = %(first)s
"""
BASE = 10_000_000


def copy(env, record, values):
    env.cr.execute(
        COPY.format(table=record._table, values=values),
        {"number": PLANS, "base": BASE, "first": record.id},
    )
    env.cr.execute(f"ANALYZE {record._table}")


def plans_of_orders(env):
    """Return a sold plan; the first month of so many like it ends today."""
    product = env["product.product"].create(
        {
            "name": "Ten Hours a Month",
            "type": "service",
            "invoice_policy": "delivery",
            "service_type": "manual",
            "list_price": 800,
            "service_credits": 10,
            "service_credit_period": "month",
            "service_credit_rollover": "limit",
            "service_credit_rollover_credits": 4,
        }
    )
    line = {"product_id": product.id, "product_uom_qty": 12}
    order = env["sale.order"].create(
        {
            "partner_id": env["res.partner"].create({"name": "Owner of Plans"}).id,
            "order_line": [(0, 0, line)],
        }
    )
    order.action_confirm()
    plan = order.order_line.service_credit_plan_ids
    tomorrow = date.today() + timedelta(1)
    days = {
        "date_start": tomorrow - relativedelta(months=1),
        "next_start": tomorrow,
        "next_date": date.today(),
    }
    env.flush_all()
    copy(env, order, "'name', 'BENCH/' || n")
    copy(env, order.order_line, f"'order_id', {BASE} + n")
    moved = ", ".join(f"'{name}', '{day}'" for name, day in days.items())
    of_order = f"'sale_line_id', {BASE} + n, 'sale_order_id', {BASE} + n"
    copy(env, plan, f"'name', 'BENCH/' || n, {of_order}, {moved}")
    env.invalidate_all()
    return plan


def create_plain(env, plan):
    """As many purchases created and nothing else."""
    forget_plans(env)
    period = plan._get_period(0)
    values = {"name": "BENCH", "sale_credits": 10, **plan._prepare_period(period)}
    for start in range(0, PLANS, PORTION):
        BaseModel.create(
            env[PURCHASE],
            [
                {**values, "plan_id": BASE + n, "sale_line_id": BASE + n}
                for n in range(start + 1, start + PORTION + 1)
            ],
        )
        env.flush_all()
        env.invalidate_all()


def create_periods(env, _plan):
    """What the scheduled action does, but for the commits."""

    def go_on(*_args, **_values):
        env.flush_all()
        env.invalidate_all()
        return 1.0

    forget_plans(env)
    with patch.object(type(env["ir.cron"]), "_commit_progress", go_on):
        env[PLAN]._cron_run()
    made = env[PURCHASE].search_count([("plan_id", ">", BASE)])
    if made != PLANS:
        raise AssertionError(f"{made} of {PLANS} periods were created")


ROWS = [
    Row(
        name="credit-plan-10000",
        what=f"{PLANS:,} plain purchases; the next periods of {PLANS:,} sold plans",
        prepare=plans_of_orders,
        stock=create_plain,
        ours=create_periods,
        target=f"<= {MOST_SECONDS} s",
        holds=lambda result: result.ours.median <= MOST_SECONDS,
        work=PLANS,
        repeat=1,
        warm_up=0,
    ),
]

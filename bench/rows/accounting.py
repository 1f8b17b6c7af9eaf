# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Posting an invoice of credits, and recognizing a month of them."""

from datetime import timedelta

from measure import Row

from odoo.tools import SQL

PURCHASE = "service.credit.purchase"
COPIED = (
    "purchase_id",
    "allocation_id",
    "company_id",
    "currency_id",
    "consumption_type",
    "credits",
    "value_per_credit",
    "paid_per_credit",
    "value",
    "paid",
    "date",
    "user_id",
)
LINES = 200
PURCHASES = 1000
ROWS_EACH = 100


def prepare_accounts(env):
    company = env.company
    if not company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", company)
    company.write(company._suggest_service_credit_accounts())


def prepare_invoices(env):
    """Return two draft invoices of as many lines: of a plain product, of credits."""
    prepare_accounts(env)
    customer = env["res.partner"].create({"name": "Bench Payer", "is_company": True})
    return [prepare_invoice(env, customer, credits) for credits in (0, 10)]


def prepare_invoice(env, customer, credits):
    product = env["product.product"].create(
        {
            "name": "Bench Pack",
            "type": "service",
            "list_price": 100,
            "service_credits": credits,
            "service_credit_creation": "open" if credits else "manual",
            "invoice_policy": "order",
        }
    )
    line = {"product_id": product.id, "product_uom_qty": 1}
    order = env["sale.order"].create(
        {"partner_id": customer.id, "order_line": [(0, 0, line)] * LINES}
    )
    order.action_confirm()
    return order._create_invoices()


def prepare_month(env):
    """Return the recognition of a month of 100,000 rows of invoiced purchases."""
    prepare_accounts(env)
    customer = env["res.partner"].create({"name": "Bench Month", "is_company": True})
    product = env["product.product"].create(
        {"name": "Bench Month Pack", "type": "service", "service_credits": 200}
    )
    today = env.company._get_today()
    terms = {
        "partner_id": customer.id,
        "product_id": product.id,
        "credits": 200,
        "value_per_credit": 10,
        "paid_per_credit": 10,
        "date_start": today - timedelta(30),
        "is_draft": False,
    }
    purchases = env[PURCHASE].create([terms] * PURCHASES)
    invoice_purchases(env, purchases)
    use_purchases(env, purchases)
    return env["service.credit.recognition"].create({"date": today})


def invoice_purchases(env, purchases):
    """Post an invoice with a line for each purchase."""
    line = {"product_id": purchases.product_id.id, "price_unit": 2000, "tax_ids": False}
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": purchases.partner_id.id,
            "invoice_date": purchases[0].date_start,
            "invoice_line_ids": [
                (0, 0, {**line, "service_credit_purchase_id": purchase.id})
                for purchase in purchases
            ],
        }
    )
    invoice.action_post()


def use_purchases(env, purchases):
    """Use a credit of each purchase many times, by copies of the first rows."""
    company, customer = env.company, purchases.partner_id
    ticket = env["helpdesk.ticket"].create(
        {"name": "Bench", "description": "Bench", "partner_id": customer.id}
    )
    allocation = {
        "name": ticket.name,
        "allocation_type": "allocation",
        "commercial_partner_id": customer.id,
        "company_id": company.id,
        "currency_id": company.currency_id.id,
        "ticket_id": ticket.id,
    }
    row = {
        "allocation": allocation,
        "consumption_type": "consumption",
        "credits": 1,
        "date": company._get_today(),
    }
    rows = env["service.credit.consumption"]._post(
        [{**row, "purchase": purchase} for purchase in purchases]
    )
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            INSERT INTO service_credit_consumption (%(names)s)
            SELECT %(names)s FROM service_credit_consumption, generate_series(2, %(n)s)
            WHERE id IN %(ids)s
            """,
            names=SQL(", ").join(map(SQL.identifier, COPIED)),
            n=ROWS_EACH,
            ids=tuple(rows.ids),
        )
    )
    env.cr.execute("ANALYZE")  # Autovacuum does it where the rows are committed.


ROWS = [
    Row(
        name="invoice-200",
        what=f"posting an invoice of {LINES} lines of credits against plain ones",
        prepare=prepare_invoices,
        stock=lambda env, data: data[0].action_post(),
        ours=lambda env, data: data[1].action_post(),
        target="< 1.3x",
        holds=lambda result: result.ratio < 1.3,
        work=LINES,
        repeat=5,
    ),
    Row(
        name="recognize-100k",
        what=f"recognizing {PURCHASES * ROWS_EACH:,} ledger rows against their sums",
        prepare=prepare_month,
        stock=lambda env, data: env["service.credit.consumption"]._read_group(
            [("company_id", "=", data.company_id.id)], ["purchase_id"], ["paid:sum"]
        ),
        ours=lambda env, data: data.action_prepare(),
        target="< 60 s",
        holds=lambda result: result.ours.median < 60,
        repeat=1,
        warm_up=0,
    ),
]

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Creating the purchases of an order: against as many plain records."""

from measure import Row

MANY = 200
PURCHASE = "service.credit.purchase"


def prepare(env):
    product = env["product.product"].create(
        {
            "name": "Bench Credits",
            "type": "service",
            "list_price": 100,
            "service_credits": 10,
        }
    )
    line = {"product_id": product.id, "product_uom_qty": 1, "discount": 10}
    customer = env["res.partner"].create({"name": "Bench Buyer"})
    order = env["sale.order"].create(
        {"partner_id": customer.id, "order_line": [(0, 0, line)] * MANY}
    )
    order.action_confirm()
    action = order.action_create_service_credit_purchases()
    plain = {
        "partner_id": customer.id,
        "credits": 10,
        "value_per_credit": 10,
        "paid_per_credit": 9,
        "description": "Bench",
        "is_draft": False,
    }
    return plain, env[action["res_model"]].browse(action["res_id"])


ROWS = [
    Row(
        name="selling-200",
        what=f"purchases of an order of {MANY} lines against {MANY} plain ones",
        prepare=prepare,
        stock=lambda env, data: env[PURCHASE].create([dict(data[0])] * MANY),
        ours=lambda env, data: data[1].action_create(),
        target="< 2x",
        holds=lambda result: result.ratio < 2,
        work=MANY,
        repeat=5,
    ),
]

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is sold already stays usable, and what was credited already stays as it is."""

from odoo.tools.sql import column_exists, create_column

# Read by the default of products while their own column is filled.
RELEASES = (
    ("res_company", "service_credit_release"),
    ("product_template", "service_credit_release"),
    ("service_credit_purchase", "release"),
)
OLD_CREDIT_NOTES = """
    UPDATE account_move move SET service_credit_effect = 'keep'
    WHERE move.move_type = 'out_refund' AND move.state = 'posted'
      AND move.service_credit_effect IS NULL
      AND EXISTS (
        SELECT FROM account_move_line line
        JOIN sale_order_line_invoice_rel link ON link.invoice_line_id = line.id
        JOIN service_credit_purchase purchase
             ON purchase.sale_line_id = link.order_line_id
        WHERE line.move_id = move.id
      )
"""

# What salespeople see, by the path from a model to the purchase.
PATHS = {
    "purchase": "",
    "consumption": "purchase_id.",
    "allocation": "consumption_ids.purchase_id.",
    "movement": "purchase_id.",
    "balance": "purchase_id.",
}
OWN_SALES = (
    "'|', '&', ('{0}sale_order_id', '!=', False), "
    "('{0}sale_order_id.user_id', 'in', [user.id, False]), "
    "('{0}opportunity_id.user_id', '=', user.id)"
)
SALES = "('{0}sale_order_id', '!=', False), ('{0}opportunity_id', '!=', False)"
RULES = {"salesman": OWN_SALES, "salesman_all": f"'|', {SALES}"}
# Reports look up once what was sold: a path would be joined line by line.
FIELDS = {"salesman": "is_own_sale", "salesman_all": "is_sale"}
REPORTS = ("movement", "balance")
OWN_CUSTOMERS = "'|', ('user_id', '=', user.id), '&', ('user_id', '=', False), "
ORDERS = "('{0}sale_order_id', '!=', False)"
CUSTOMERS = "'|', '|', ('user_id', '!=', False), "


def before(cr):
    """Credits of orders could be used as soon as they were confirmed."""
    for table, column in RELEASES:
        if not column_exists(cr, table, column):
            create_column(cr, table, column, "varchar")
            cr.execute(f"UPDATE {table} SET {column} = 'order'")
    # Before, a credit note withdrew no credits: those that exist keep to that.
    if not column_exists(cr, "account_move", "service_credit_effect"):
        create_column(cr, "account_move", "service_credit_effect", "varchar")
        cr.execute(OLD_CREDIT_NOTES)


def after(env):
    """Show salespeople what other customers received of their sales, and look up what
    they sold once for a report: rules are never updated, and one that was changed here
    is left alone."""
    for name, old, new in (*_get_rules(), *_get_report_rules()):
        rule = env.ref(f"helpdesk_service_credit.service_credit_{name}", False)
        if rule and rule.domain_force == f"[{old}]":
            rule.domain_force = f"[{new}]"


def _get_rules():
    """Yield ``(name, old domain, new domain)`` of each rule of salespeople."""
    for model, path in PATHS.items():
        for name, sold in RULES.items():
            rule, new = f"{model}_rule_{name}", _join(sold, path)
            if model in REPORTS:
                new = f"('{FIELDS[name]}', '=', True)"
            yield rule, sold.format(path), new
    for model in ("forecast", "alert"):
        for name, own, sold, joined in (
            ("salesman", OWN_CUSTOMERS, ORDERS, ORDERS),
            ("salesman_all", CUSTOMERS, SALES, f"'|', {SALES}"),
        ):
            new = _join(joined, "purchase_id.")
            if name == "salesman_all":
                new = new.removeprefix("'|', ")
            yield (
                f"{model}_rule_{name}",
                own + sold.format("purchase_id."),
                own + new,
            )


def _get_report_rules():
    """Yield the same for rules on reports that were made since the last release."""
    for model in REPORTS:
        for name, sold in RULES.items():
            old = _join(sold, PATHS[model])
            yield f"{model}_rule_{name}", old, f"('{FIELDS[name]}', '=', True)"


def _join(sold, path):
    """Return the domain of purchases, or of those that their credits came from."""
    return f"'|', {sold.format(path)}, {sold.format(f'{path}origin_id.')}"

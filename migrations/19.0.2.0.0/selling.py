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

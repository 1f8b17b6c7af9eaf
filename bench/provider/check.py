# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Does the provider add up? The addon's own questions to its books, and more."""

import sys

from odoo.tools import SQL

from odoo.addons.helpdesk_service_credit.models.alert.books import find_differences

#: What must find nothing: what is stored, and what it should be.
QUESTIONS = {
    "hours of tickets": """
        SELECT t.id, t.total_hours, s.hours FROM helpdesk_ticket t
        LEFT JOIN (
            SELECT ticket_id, SUM(unit_amount) AS hours FROM account_analytic_line
            WHERE project_id IS NOT NULL GROUP BY ticket_id
        ) s ON s.ticket_id = t.id
        WHERE ABS(COALESCE(t.total_hours, 0) - COALESCE(s.hours, 0)) > 0.001
    """,
    "worth of used-up purchases": """
        SELECT id, value_available, 0 FROM service_credit_purchase
        WHERE credits_available = 0 AND (value_available <> 0 OR paid_available <> 0)
    """,
    "state of purchases": """
        SELECT id, 0, 0 FROM service_credit_purchase
        WHERE state <> CASE WHEN is_draft THEN 'draft' WHEN credits_available > 0
            THEN 'open' WHEN credits_expired > 0 THEN 'expired' ELSE 'used' END
    """,
    "rows within the term of their purchase": """
        SELECT r.id, 0, 0 FROM service_credit_consumption r
        JOIN service_credit_purchase p ON p.id = r.purchase_id
        WHERE r.consumption_type IN ('consumption', 'adjustment')
          AND (r.date < p.date_start OR r.date > p.date_expiry)
    """,
    "customer of entries and purchases": """
        SELECT l.id, l.partner_id, p.commercial_partner_id
        FROM service_credit_consumption r
        JOIN account_analytic_line l ON l.id = r.timesheet_id
        JOIN service_credit_purchase p ON p.id = r.purchase_id
        WHERE l.partner_id <> p.commercial_partner_id
    """,
    "company of entries, tickets and items": """
        SELECT l.id, l.company_id, t.company_id
        FROM account_analytic_line l JOIN helpdesk_ticket t ON t.id = l.ticket_id
        LEFT JOIN sale_order_line i ON i.id = l.so_line
        WHERE l.company_id <> t.company_id OR l.company_id <> i.company_id
           OR l.so_line <> t.sale_line_id
    """,
    "teams of entries": """
        SELECT l.id, l.ticket_team_id, t.team_id
        FROM account_analytic_line l LEFT JOIN helpdesk_ticket t ON t.id = l.ticket_id
        WHERE l.ticket_team_id IS DISTINCT FROM t.team_id
    """,
    "invoiced hours": """
        SELECT i.id, i.qty_invoiced, s.hours FROM sale_order_line i
        JOIN (
            SELECT so_line, SUM(hours_billed) AS hours FROM account_analytic_line
            WHERE timesheet_invoice_id IS NOT NULL GROUP BY so_line
        ) s ON s.so_line = i.id
        WHERE i.qty_invoiced <> s.hours
    """,
    "what was invoiced of purchases": """
        SELECT p.id, p.invoiced_total, s.amount FROM service_credit_purchase p
        LEFT JOIN (
            SELECT r.order_line_id, SUM(l.price_subtotal) AS amount
            FROM sale_order_line_invoice_rel r
            JOIN account_move_line l ON l.id = r.invoice_line_id
            WHERE l.parent_state = 'posted' GROUP BY 1
        ) s ON s.order_line_id = p.sale_line_id
        WHERE p.invoiced_total <> COALESCE(s.amount, 0)
    """,
    "sums of invoices": """
        SELECT m.id, m.amount_total, s.amount FROM account_move m
        JOIN (
            SELECT move_id, SUM(price_subtotal) AS amount, SUM(balance) AS balance
            FROM account_move_line GROUP BY move_id
        ) s ON s.move_id = m.id
        WHERE m.move_type = 'out_invoice'
          AND (m.amount_total <> s.amount OR s.balance <> 0)
    """,
}


def check(env):
    """Return how many questions found something, and say which."""
    companies = env["res.company"].search([])
    found = {}
    for difference in find_differences(env, companies):
        found.setdefault(difference.rule, []).append(tuple(difference)[1:])
    for name, query in QUESTIONS.items():
        if rows := env.execute_query(SQL(query)):
            found[name] = rows
    env.user.company_ids = companies
    allowed = env["service.credit.reconciliation"].with_context(
        allowed_company_ids=companies.ids
    )
    if rows := allowed._get_differences():
        found["reconciliation"] = rows
    for name, rows in found.items():
        print(f"{name}: {len(rows)} differences, such as {rows[:2]}", file=sys.stderr)
    return len(found)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The people of the demo database: login, password and what they do."""

LOGINS = (
    ("agent", "agent", "helpdesk agent: tickets, timer, Log Service"),
    ("seller", "seller", "salesperson: orders, opportunities, purchases"),
    ("accountant", "accountant", "accountant: invoices, credits still owed"),
    ("lead", "lead", "team leader: every ticket of the teams, tasks, overage"),
    ("customer", "customer", "customer: the portal, under My Account"),
    ("admin", "admin", "administrator: settings, connected systems"),
)

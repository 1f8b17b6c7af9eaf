# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One real record of every kind and team: sold, logged, expired and invoiced through
the addon, so that every stored column of those that are made of it is right."""

from datetime import timedelta

from odoo import Command

EARLY = 4 * 365
TEAMS = 10  # per company
SELLERS = 4  # per company


class FirstWork:
    """The first records.

    :param base: the companies, teams and products they are of
    """

    def __init__(self, base):
        self.base = base
        self.env = base.env

    def do(self):
        for number, company in enumerate(self.base.companies):
            self._work(number, company)

    def _work(self, number, company):
        """Sell, open tickets and log time once per team of a company."""
        # A customer of its own: those of the figures have only what is multiplied.
        customer = self.env["res.partner"].create(
            {
                "name": f"First Customer of {company.name}",
                "is_company": True,
                "email": f"first{number}@example.com",
            }
        )
        env = self.env(context=dict(self.env.context, allowed_company_ids=company.ids))
        start = self.base.today - timedelta(EARLY + 10)
        purchase = env["service.credit.purchase"].create(
            {
                "partner_id": customer.id,
                "company_id": company.id,
                "credits": 1000,
                "value_per_credit": 100,
                "paid_per_credit": 80,
                "date_start": start,
                "date_expiry": self.base.today + timedelta(3650),
                "is_draft": False,
            }
        )
        self.base.keep("purchase", [purchase])
        items = self._order(env, number, customer)
        self.base.keep("pack", items[2].service_credit_purchase_ids[:1])
        teams = self.base.teams[number * TEAMS : (number + 1) * TEAMS]
        self._log(env, customer, teams, items)
        self._expire(env, company, customer)
        self._bill(items[0], company, "invoice")
        self._bill(items[2], company, "bill")

    def _order(self, env, number, customer):
        """Return a confirmed item of each product, on orders of their own."""
        self.env.cr.execute(
            "SELECT id FROM size_template WHERE kind = 'seller' AND place = %s",
            [number * SELLERS],
        )
        seller = env["res.users"].browse(self.env.cr.fetchone())
        orders = env["sale.order"].create(
            [
                {
                    "partner_id": customer.id,
                    "company_id": env.company.id,
                    "user_id": seller.id,
                    "order_line": [
                        Command.create(
                            {"product_id": product.id, "product_uom_qty": 1000}
                        )
                    ],
                }
                for product in self.base.products
            ]
        )
        orders.action_confirm()
        for kind, order in zip(("time", "prepaid", "pack"), orders, strict=True):
            self.base.keep(f"order_{kind}", order)
            self.base.keep(f"item_{kind}", order.order_line)
        return orders.order_line

    def _log(self, env, customer, teams, items):
        """Log an entry of every way to pay in each team."""
        kinds = {
            "credits": {"partner_id": customer.id},
            "time": {"sale_line_id": items[0].id, "use_service_credits": False},
            "prepaid": {"sale_line_id": items[1].id, "use_service_credits": False},
            "free": {"partner_id": customer.id},
            "overage": {"partner_id": self._meet_spent(env).id},
        }
        for kind, values in kinds.items():
            tickets = self._open_tickets(
                env, teams, {"partner_id": customer.id, **values}
            )
            extra = {"is_billable": False} if kind == "free" else {}
            entries = self._enter(env, tickets, extra)
            self.base.keep(f"ticket_{kind}", tickets)
            self.base.keep(f"entry_{kind}", entries)
            if kind == "credits":
                self._talk(tickets[0])
                rows = entries.sudo().consumption_ids
                self.base.keep("row", rows)
                self.base.keep("allocation", rows.allocation_id)

    def _meet_spent(self, env):
        """Return a customer whose credits are over: only who bought something can go
        over a limit."""
        customer = env["res.partner"].create({"name": "Without credits"})
        env["service.credit.purchase"].create(
            {
                "partner_id": customer.id,
                "company_id": env.company.id,
                "credits": 1,
                "value_per_credit": 100,
                "date_start": self.base.today - timedelta(EARLY),
                "date_expiry": self.base.today - timedelta(EARLY - 30),
                "is_draft": False,
            }
        )
        return customer

    def _open_tickets(self, env, teams, values):
        return env["helpdesk.ticket"].create(
            [
                {
                    "name": f"Question about {team.name}",
                    "description": "<p>It does not work as described.</p>",
                    "team_id": team.id,
                    "user_id": team.user_ids[:1].id,
                    **values,
                }
                for team in teams
            ]
        )

    def _enter(self, env, tickets, values):
        return env["account.analytic.line"].create(
            [
                {
                    "ticket_id": ticket.id,
                    "name": "Looked into it",
                    "unit_amount": 1,
                    "date": self.base.today - timedelta(1),
                    "employee_id": ticket.user_id.employee_ids[:1].id,
                    "service_type_id": self.base.types[0].id,
                    **values,
                }
                for ticket in tickets
            ]
        )

    def _talk(self, ticket):
        """Keep a message and a follower of a ticket."""
        author = ticket.partner_id
        message = ticket.with_context(tracking_disable=False).message_post(
            body="It does not work.",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=author.id,
        )
        self.base.keep("message", message)
        ticket.message_subscribe(author.ids)
        self.base.keep("follower", ticket.message_follower_ids[:1])

    def _expire(self, env, company, customer):
        """Let one purchase expire."""
        purchase = env["service.credit.purchase"].create(
            {
                "partner_id": customer.id,
                "company_id": company.id,
                "credits": 1,
                "value_per_credit": 100,
                "date_start": self.base.today - timedelta(100),
                "date_expiry": self.base.today - timedelta(50),
                "is_draft": False,
            }
        )
        row = purchase._write_off(kind="expiry")
        self.base.keep("lapse", row)
        self.base.keep("expiry", row.allocation_id)

    def _bill(self, item, company, kind):
        """Invoice what can be invoiced of an item."""
        invoice = item.order_id.with_company(company)._create_invoices()
        invoice.invoice_date = self.base.today
        invoice.action_post()
        self.base.keep(kind, invoice)
        self.base.keep(f"{kind}_item", invoice.invoice_line_ids[:1])
        term = invoice.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )
        self.base.keep(f"{kind}_term", term)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, fields

from .common import ServiceCreditCommon
from .people import create_users


class SellingCommon(ServiceCreditCommon):
    """An opportunity, products that sell credits, and a salesperson with sales
    rights only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.env.user)
        cls.pack = cls._create_credit_product("Credit Pack")
        cls.plain = cls._create_service("Advice", "ordered_prepaid")
        logins = dict.fromkeys(
            ("salesman_sia", "salesman_ben"), "sales_team.group_sale_salesman"
        )
        cls.salesman, cls.colleague = create_users(cls.env, logins)
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Support for Azure",
                "type": "opportunity",
                "partner_id": cls.customer.id,
                "user_id": cls.salesman.id,
            }
        )

    @classmethod
    def _create_credit_product(cls, name="Pack", credits=10.0, **values):
        """A service of 100.00 untaxed per unit that carries ``credits``."""
        values = {"uom_id": cls.env.ref("uom.product_uom_unit").id, **values}
        return cls._create_service(
            name, "ordered_prepaid", service_credits=credits, **values
        )

    @classmethod
    def _quote(cls, *lines, **values):
        """Return a quotation on the opportunity; a line is a dict or a product."""
        return cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "opportunity_id": cls.lead.id,
                "user_id": cls.salesman.id,
                "order_line": [
                    Command.create(
                        line
                        if isinstance(line, dict)
                        else {"product_id": line.id, "product_uom_qty": 1}
                    )
                    for line in lines or [cls.pack]
                ],
                **values,
            }
        )

    @classmethod
    def _open_window(cls, record):
        action = record.action_create_service_credit_purchases()
        return record.env[action["res_model"]].browse(action["res_id"])

    @classmethod
    def _buy(cls, record):
        """Create all purchases of an order or opportunity through the window."""
        cls._open_window(record).action_create()
        items = record.order_line if record._name == "sale.order" else None
        items = items or record.order_ids.order_line
        return items.sudo().service_credit_purchase_ids

    @classmethod
    def _ordered(cls, *lines, **values):
        """Return the open purchases of a confirmed order."""
        order = cls._quote(*lines, **values)
        order.action_confirm()
        return cls._buy(order)

    def _invoice(self, lot, **changes):
        """Return a posted invoice of all that can be invoiced of the purchase's order.

        :param changes: values of the invoice line
        """
        invoice = lot.sale_order_id._create_invoices(final=True)
        if changes:
            lines = invoice.invoice_line_ids & lot.sale_line_id.invoice_lines
            lines.write(changes)
        invoice.action_post()
        return invoice

    def _credit(self, invoice, withdraw=True, modify=False, **changes):
        """Reverse an invoice with core's window; the credit note stays a draft.

        :param changes: values of its lines
        """
        window = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        window.withdraw_service_credits = withdraw
        window.reverse_moves(is_modify=modify)
        note = window.new_move_ids
        if changes:
            note.invoice_line_ids.write(changes)
        return note

    def _pay(self, invoice, amount=None):
        """Register a payment; without an amount, of all that is open."""
        window = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({})
        )
        if amount is not None:
            window.amount = amount
        return window._create_payments()

    @classmethod
    def _use(cls, hours, **values):
        """Spend so many credits of the customer on a ticket."""
        cls.team.use_service_credits = True
        ticket = cls._create_ticket(**values)
        ticket.use_service_credits = True
        return cls._log(ticket, hours)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, fields
from odoo.tests import new_test_user

from .selling import SellingCommon


class AccountingCommon(SellingCommon):
    """A company with accounts for service credits, and an accountant."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_accounts()
        cls._set_accounts(cls.company)
        cls.liability = cls.company.service_credit_liability_account_id
        cls.breakage = cls.company.service_credit_breakage_account_id
        cls.accountant = new_test_user(
            cls.env, "accountant_ada", "account.group_account_user"
        )
        cls.team.use_service_credits = True

    @classmethod
    def _set_accounts(cls, company):
        company.write(company._suggest_service_credit_accounts())

    @classmethod
    def _sell_credits(cls, units=1, price=1000.0, date=None, **values):
        """Return the open purchase of an order that was confirmed but not invoiced."""
        line = {
            "product_id": cls.pack.id,
            "product_uom_qty": units,
            "price_unit": price,
        }
        purchase = cls._ordered(line, **values)
        if date:
            purchase.write({"date_start": date})
        return purchase

    @classmethod
    def _invoice(cls, purchase, date=None, post=True):
        """Return the invoice of the whole order."""
        invoice = purchase.sale_order_id._create_invoices()
        invoice.invoice_date = date or cls.today
        if post:
            invoice.action_post()
        return invoice

    @classmethod
    def _record_credits(cls, **values):
        """Return an open purchase of ten credits that no order sold."""
        return cls.env["service.credit.purchase"].create(
            {
                "partner_id": cls.customer.id,
                "credits": 10,
                "value_per_credit": 100,
                "paid_per_credit": 100,
                "date_start": cls.today,
                "date_expiry": fields.Date.add(cls.today, days=200),
                "is_draft": False,
                **values,
            }
        )

    @classmethod
    def _invoice_by_hand(cls, purchase, amount, date=None):
        """Return a posted invoice without an order; its item names the purchase."""
        item = {
            "name": "Credits",
            "price_unit": amount,
            "tax_ids": [],
            "service_credit_purchase_id": purchase.id,
        }
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": purchase.partner_id.id,
                "company_id": purchase.company_id.id,
                "currency_id": purchase.currency_id.id,
                "invoice_date": date or cls.today,
                "invoice_line_ids": [Command.create(item)],
            }
        )
        invoice.action_post()
        return invoice

    @classmethod
    def _credit(cls, invoice, date=None, lines=None):
        """Return the posted credit note of an invoice; `lines` is {line: quantity}."""
        note = invoice._reverse_moves([{"invoice_date": date or cls.today}])
        if lines is not None:
            note.invoice_line_ids.quantity = lines
        note.action_post()
        return note

    def _recognize(self, date=None, post=True, company=None):
        recognition = self.env["service.credit.recognition"].create(
            {
                "company_id": (company or self.company).id,
                "date": date or self.today,
            }
        )
        recognition.action_prepare()
        if post and recognition.move_id:
            recognition.move_id.action_post()
        return recognition

    def _spend(self, credits, date=None):
        ticket = self._create_ticket()
        ticket.use_service_credits = True
        return self._log(ticket, credits, date=date or self.today)

    def _balance(self, account, date=None, company=None):
        """Return what posted items make of an account, as a liability."""
        domain = [
            ("account_id", "=", account.id),
            ("parent_state", "=", "posted"),
            ("company_id", "=", (company or self.company).id),
        ]
        if date:
            domain.append(("date", "<=", date))
        lines = self.env["account.move.line"].search(domain)
        return -sum(lines.mapped("balance"))

    def _books(self, date=None, **context):
        """Return the lines of the reconciliation on a date."""
        books = self.env["service.credit.books"].with_context(
            service_credit_date_to=str(date or self.today), **context
        )
        self.env.flush_all()
        self.env.invalidate_all()
        # With all figures at once: to read them later, the whole report is made again.
        return books.search_fetch([])

    def _assert_in_the_books(self, date=None):
        """What the lines say of each account is the balance of the account, and each
        line adds up."""
        lines = self._books(date)
        for company, of_company in lines.grouped("company_id").items():
            for account, of_account in of_company.grouped("account_id").items():
                balance = self._balance(account, date, company)
                owed = sum(of_account.mapped("owed_company"))
                self.assertAlmostEqual(owed, balance, 2)
        for line in lines.filtered("purchase_id"):
            self.assertAlmostEqual(
                line.invoiced - line.credited + line.opening,
                line.revenue + line.breakage + line.owed,
                2,
            )
        return lines

    def _day(self, offset):
        return fields.Date.add(self.today, days=offset)

    @classmethod
    def _create_currency(cls, name, rate):
        currency = (
            cls.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", name)])
        )
        currency.active = True
        currency.rate_ids = [
            Command.clear(),
            Command.create({"name": "2020-01-01", "rate": rate}),
        ]
        return currency

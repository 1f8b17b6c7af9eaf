# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import os
import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from ...models.ledger.drawing import DrawRequest, draw_credits
from ..support.accounting import AccountingCommon
from ..support.books_model import Books, decimal, get_unclaimed, get_waiting
from ..support.credit import give_back, take_back, transfer
from ..support.played import LONG, played
from ..support.random_walk import SEED

STEPS = 60
DOCUMENTS = int(os.environ.get("HELPDESK_DOCUMENTS", 1_500 if LONG else 60))
KINDS = ("order", "invoice", "invoice", "credit", "draw", "draw", "draw", "back")
KINDS += ("withdraw", "expire", "discount", "transfer", "recognize", "recognize")
KINDS += ("pay", "pay", "take_back", "take_back", "post_again", "record", "by_hand")
KINDS += ("by_hand", "before", "opening", "allot")

# What counts as a document: the model, and which of its records.
COUNTED = {
    "orders": ("sale.order", []),
    "invoices": ("account.move", [("move_type", "=", "out_invoice")]),
    "credit_notes": ("account.move", [("move_type", "=", "out_refund")]),
    "entries": ("account.move", [("move_type", "=", "entry")]),
    "taken_back": ("account.move", [("state", "in", ("draft", "cancel"))]),
    "by_hand": (
        "account.move",
        [
            ("move_type", "!=", "entry"),
            ("line_ids.service_credit_purchase_id", "!=", False),
        ],
    ),
    "opening_entries": (
        "account.move",
        [
            ("move_type", "=", "entry"),
            ("line_ids.service_credit_purchase_id", "!=", False),
        ],
    ),
    "payments": ("account.payment", []),
    "allotments": ("service.credit.plan", []),
    "recognitions": ("service.credit.recognition", []),
    "movements": ("service.credit.consumption", []),
}


@tagged("post_install", "-at_install")
class TestAccountWalk(AccountingCommon):
    """Random documents in two companies, a branch and three currencies: after every
    recognition the accounts say what a model in plain Python says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.abroad = cls.env["res.company"].create({"name": "Azure Abroad"})
        cls.env["account.chart.template"].try_loading("generic_coa", cls.abroad)
        cls.branch = cls.env["res.company"].create(
            {"name": "Azure Branch", "parent_id": cls.company.id}
        )
        cls.companies = cls.company | cls.abroad | cls.branch
        for company in cls.companies:
            cls._set_accounts(company)
            company.service_credit_late_days = 36500
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.companies.ids}
        )
        cls.pack.service_credit_creation = "open"
        cls.monthly = cls._create_credit_product(
            "Ten Hours a Month", service_credit_period="month"
        )
        cls.daughter = cls.env["res.partner"].create(
            {"name": "Daughter", "is_company": True, "parent_id": cls.customer.id}
        )
        cls.tickets = {
            company: cls._create_ticket(company_id=company.id)
            for company in cls.companies
        }
        cls.lists = cls.env["product.pricelist"]
        for name in ("USD", "EUR", "CHF"):
            currency = cls._create_currency(name, 1.0)
            if currency != cls.company.currency_id:
                currency.rate_ids = [
                    Command.create({"name": cls._back(days), "rate": rate})
                    for days, rate in ((400, 0.9), (150, 1.1), (100, 1.37), (50, 0.83))
                ]
            cls.lists |= cls.lists.create(
                {"name": name, "currency_id": currency.id, "company_id": False}
            )

    @classmethod
    def _back(cls, days):
        return cls.today - timedelta(days)

    def test_the_accounts_say_what_the_model_says(self):
        walks, documents = 0, Counter()
        before = self._count_documents()
        while documents.total() < DOCUMENTS:
            self.dice = random.Random(SEED + walks)
            savepoint = self.env.cr.savepoint()
            with self.subTest(seed=SEED + walks):
                self._walk()
            documents += self._count_documents() - before
            savepoint.rollback()
            savepoint.close(rollback=False)
            self.env.invalidate_all()
            walks += 1
        played(
            "walks",
            type(self).__name__,
            walks=walks,
            steps=walks * STEPS,
            documents=documents.total(),
            **documents,
        )

    def _count_documents(self):
        return Counter(
            {
                name: self.env[model].search_count(domain)
                for name, (model, domain) in COUNTED.items()
            }
        )

    def _walk(self):
        self.purchases = self.env["service.credit.purchase"]
        self.recorded = self.purchases
        self.payments = {}
        self.clock = self._back(200)
        self._step_order()
        for _step in range(STEPS):
            self.clock = min(self.clock + timedelta(self.dice.randrange(9)), self.today)
            getattr(self, f"_step_{self.dice.choice(KINDS)}")()
        self._step_recognize()

    def _choose(self):
        # A draw makes the periods that it needs.
        self.purchases |= self.purchases.plan_id.purchase_ids
        return self.dice.choice(self.purchases)

    def _step_order(self):
        company = self.dice.choice(self.companies)
        purchase = self._order(company, self.pack, self.dice.randrange(1, 4))
        expiry = self.clock + timedelta(self.dice.randrange(20, 300))
        purchase.write({"date_start": self.clock, "date_expiry": expiry})
        purchase.release = self.dice.choice(("order", "order", "invoice", "payment"))
        return purchase

    def _order(self, company, product, units):
        """Return the purchases of a confirmed order."""
        line = {
            "product_id": product.id,
            "product_uom_qty": units,
            "price_unit": self.dice.randrange(1000, 99999) / 100,
        }
        order = self.env["sale.order"].with_company(company)
        order = order.create(
            {
                "partner_id": self.customer.id,
                "company_id": company.id,
                "pricelist_id": self.dice.choice(self.lists).id,
                "order_line": [Command.create(line)],
            }
        )
        order.action_confirm()
        purchases = order.order_line.service_credit_purchase_ids
        self.purchases |= purchases
        return purchases

    def _step_allot(self):
        """Sell months, from the clock on: those that have begun have purchases."""
        company = self.dice.choice(self.companies)
        with freeze_time(f"{self.clock} 12:00"):
            first = self._order(company, self.monthly, self.dice.randrange(2, 6))
        first.plan_id._create_periods(self.clock + timedelta(self.dice.randrange(90)))
        self.purchases |= first.plan_id.purchase_ids

    def _step_before(self):
        """Invoice a purchase on another account, as before there was one for it."""
        purchase = self._step_order()
        invoice = purchase.sale_order_id._create_invoices()
        invoice.invoice_date = self.clock
        invoice.invoice_line_ids.account_id = self._get_income(invoice.company_id)
        invoice.action_post()

    def _step_opening(self):
        """Move what is still owed of them to the account."""
        lines = self._books(self.clock).filtered(
            lambda line: line.reason == "elsewhere" and line.ledger_owed > 0
        )
        if lines:
            moves = self.env["account.move"]
            action = lines.action_move_to_account()
            moves.search(action["domain"]).action_post()

    def _step_record(self):
        """Record a purchase that no order sold."""
        expiry = self.clock + timedelta(self.dice.randrange(20, 300))
        price = self.dice.randrange(1000, 9999) / 100
        purchase = self._record_credits(
            company_id=self.dice.choice(self.companies).id,
            currency_id=self.dice.choice(self.lists).currency_id.id,
            credits=self.dice.randrange(1, 30),
            value_per_credit=price,
            paid_per_credit=price,
            date_start=self.clock,
            date_expiry=expiry,
        )
        self.recorded |= purchase
        self.purchases |= purchase

    def _step_by_hand(self):
        """Invoice a recorded purchase, or one that others received of it, by hand; or
        credit what was invoiced so."""
        if not self.recorded:
            return
        purchase = self.dice.choice(self.recorded)
        purchase |= purchase.search([("origin_id", "=", purchase.id)])
        invoice = purchase.service_credit_item_ids.move_id.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and move.state == "posted"
                and not move.reversal_move_ids
            )
        )[:1]
        if not invoice or self.dice.random() < 0.3:
            purchase = self.dice.choice(purchase)
            part = self.dice.choice((0.5, 1, 1, 1.1))
            amount = round(purchase.paid_total * part, 2)
            self._invoice_by_hand(purchase, amount, self.clock)
            return
        note = invoice._reverse_moves([{"invoice_date": self.clock}])
        note.service_credit_effect = self._choose_effect()
        note.invoice_line_ids.price_unit *= self.dice.choice((0.25, 0.5, 1))
        note.action_post()

    def _choose_effect(self):
        return self.dice.choice(("keep", "withdraw", "replace"))

    def _get_documents(self, *states):
        """Return the documents of a purchase."""
        purchase = self._choose()
        moves = purchase._get_sale_invoices().sorted("id")
        return moves.filtered(lambda move: move.state in states)

    def _step_pay(self):
        """Pay an invoice, or a part of it; or take a payment back."""
        invoices = self._get_documents("posted").filtered(
            lambda move: move.move_type == "out_invoice" and move.amount_residual > 0
        )
        for invoice in invoices[-1:]:
            paid = self.payments.get(invoice, 0.0)
            if paid and self.dice.random() < 0.3:
                payments = invoice.matched_payment_ids
                payments.action_draft()
                payments.action_cancel()
                self.payments.pop(invoice)
                continue
            amount = round(invoice.amount_residual * self.dice.choice((0.3, 0.5, 1)), 2)
            if amount and paid < invoice.amount_residual:
                self._pay(invoice, amount)
                self.payments[invoice] = paid + amount

    def _step_take_back(self):
        """Reset an invoice or a credit note to draft, or cancel it."""
        documents = self._get_documents("posted")
        if documents:
            document = self.dice.choice(documents)
            if document.matched_payment_ids.move_id:
                # Its entry stays, and pays nothing any more.
                self.payments.pop(document, None)
            document.button_draft()
            if self.dice.random() < 0.3:
                document.button_cancel()

    def _step_post_again(self):
        self._get_documents("draft").action_post()

    def _step_invoice(self):
        item = self._choose().sale_line_id
        if item.qty_to_invoice <= 0:
            return
        invoice = item.order_id._create_invoices()
        invoice.invoice_date = self.clock
        line = invoice.invoice_line_ids.filtered("product_id")
        if self.dice.random() < 0.3:
            line.quantity = self.dice.randrange(1, int(item.qty_to_invoice or 1) + 1)
        if self.dice.random() < 0.3:
            line.price_unit *= self.dice.choice((0.7, 0.95, 1.2))
        invoice.action_post()

    def _step_credit(self):
        invoices = self._choose().sale_line_id.invoice_lines.move_id.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and move.state == "posted"
                and not move.reversal_move_ids
            )
        )
        for invoice in invoices[:1]:
            date = max(self.clock, invoice.invoice_date)
            note = invoice._reverse_moves([{"invoice_date": date}])
            line = note.invoice_line_ids.filtered("product_id")
            kind = self._choose_effect()
            note.service_credit_effect = kind
            if kind == "keep":
                (note.invoice_line_ids - line).unlink()
                line.price_unit *= self.dice.choice((0.1, 0.25, 0.5))
            elif len(note.invoice_line_ids) == 1 and self.dice.random() < 0.7:
                part = self.dice.randrange(1, 100) / 100
                line.quantity = max(round(line.quantity * part, 2), 0.01)
            note.action_post()

    def _step_draw(self):
        """Use credits where they were sold, or in the branch of that company."""
        purchase = self._choose()
        company = purchase.company_id
        if company == self.company and self.dice.random() < 0.3:
            company = self.branch
        request = DrawRequest(
            work=self.tickets[company],
            partner=self.dice.choice((self.customer, self.daughter)),
            company=company,
            currency=purchase.currency_id,
            date=self.clock - timedelta(self.dice.randrange(4)),
            credits=self.dice.randrange(1, 900) / 100,
        )
        waiting = {lot: self._get_waiting(lot) for lot in self.purchases}
        usable = {lot: lot.credits_available - float(waiting[lot]) for lot in waiting}
        for row in draw_credits(self.env, [request])[0].rows or ():
            if row.purchase_id in usable:
                self.assertLessEqual(row.credits, usable[row.purchase_id] + 0.001)

    def _step_transfer(self):
        """Give credits to a company of the group, or back."""
        family = self._choose()
        family |= family.search([("origin_id", "=", family.id)])
        purchase = self.dice.choice(family)
        customer = self.customer | self.daughter
        customer -= purchase.commercial_partner_id
        if not purchase._get_transfer_obstacle():
            most = purchase._get_usable_credits()
            credits = min(self.dice.randrange(1, 900) / 100, most)
            transfer(purchase, customer, credits, "As agreed")

    def _step_back(self):
        rows = self._choose().consumption_ids.filtered(
            lambda row: row.credits > 0 and row.consumption_type == "consumption"
        )
        rows = rows.filtered(
            lambda row: row not in self._choose().consumption_ids.reversed_id
        )
        given = self.purchases.consumption_ids.reversed_id
        if rows - given:
            give_back((rows - given)[:1])

    def _step_expire(self):
        """Write off what has lapsed by today, long after the clock of the walk."""
        purchase = self._choose()
        if purchase.date_expiry < self.today and purchase.credits_available:
            purchase.action_expire()

    def _step_discount(self):
        """Invoice all of an order with a discount line, which lowers revenue."""
        item = self._choose().sale_line_id
        if item.qty_to_invoice <= 0:
            return
        invoice = item.order_id._create_invoices()
        invoice.invoice_date = self.clock
        discount = self.dice.randrange(100, 900) / 100
        # What is left can be a hundredth of a unit, and no invoice is below 0.
        discount = min(discount, round(invoice.amount_untaxed / 2, 2))
        invoice.invoice_line_ids = [
            Command.create(
                {
                    "name": "Discount",
                    "price_unit": -discount,
                    "tax_ids": [Command.clear()],
                    "account_id": self._get_income(invoice.company_id).id,
                }
            )
        ]
        invoice.action_post()

    def _get_income(self, company):
        product = self.pack.with_company(company).product_tmpl_id
        return product.get_product_accounts()["income"]

    def _step_withdraw(self):
        purchase = self._choose()
        credits = min(purchase.credits_available, self.dice.randrange(1, 5))
        if credits > 0 and self.dice.random() < 0.4:
            take_back(purchase.sudo(), credits)

    def _step_recognize(self):
        for company in self.companies:
            recognition = self._recognize(date=self.clock, company=company)
            if self.dice.random() < 0.2 and recognition.line_ids:
                recognition.action_cancel()
                recognition.action_prepare()
                recognition.move_id.action_post()
            self._compare(company)
        self._assert_in_the_books(self.clock)

    def _compare(self, company):
        self.env.flush_all()
        recognized = {}
        lines = self.env["service.credit.recognition.line"].search(
            [("company_id", "=", company.id), ("state", "=", "posted")]
        )
        for line in lines:
            figures = recognized.setdefault(line.purchase_id, [Decimal()] * 4)
            for index, name in enumerate(
                ("revenue", "breakage", "revenue_company", "breakage_company")
            ):
                figures[index] += decimal(line[name])
        owed = Decimal()
        self._choose()
        for purchase in self.purchases.filtered(lambda lot: lot.company_id == company):
            books = Books(purchase, self.clock)
            expected = books.get()
            found = tuple(recognized.get(purchase, [Decimal()] * 4))
            self.assertEqual(found, expected, purchase.name)
            owed += books.net_company - expected[2] - expected[3]
            self.assertAlmostEqual(
                purchase.credits_waiting, float(self._get_waiting(purchase)), 2
            )
        periods = self.purchases.filtered(
            lambda lot: lot.plan_id and lot.company_id == company
        )
        for item in periods.sale_line_id:
            owed += get_unclaimed(item)
        account = company.service_credit_liability_account_id
        balance = self._balance(account, self.clock, company)
        self.assertAlmostEqual(balance, float(owed), 2)

    def _get_waiting(self, purchase):
        is_sold = purchase.sale_line_id and not purchase.plan_id
        return get_waiting(purchase, self.payments) if is_sold else Decimal()

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import os
import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from odoo import Command
from odoo.tests import tagged

from ...models.ledger.drawing import DrawRequest, draw_credits
from ..support.accounting import AccountingCommon
from ..support.credit import give_back
from ..support.played import LONG, played
from ..support.random_walk import SEED

STEPS = 40
DOCUMENTS = int(os.environ.get("HELPDESK_DOCUMENTS", 1_500 if LONG else 120))
KINDS = ("order", "invoice", "invoice", "credit", "draw", "draw", "draw", "back")
KINDS += ("withdraw", "expire", "discount", "transfer", "recognize", "recognize")


# What counts as a document: the model, and which of its records.
COUNTED = {
    "orders": ("sale.order", []),
    "invoices": ("account.move", [("move_type", "=", "out_invoice")]),
    "credit_notes": ("account.move", [("move_type", "=", "out_refund")]),
    "entries": ("account.move", [("move_type", "=", "entry")]),
    "recognitions": ("service.credit.recognition", []),
    "movements": ("service.credit.consumption", []),
}


def decimal(value):
    return Decimal(str(round(value, 6)))


def cents(value):
    """Round an exact number: a quotient with 28 digits may lie just below the half."""
    whole = int(abs(Fraction(value)) * 100 + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole) / 100


class Books:
    """What of one purchase is revenue, breakage and owed on a date, in plain Python.

    It reads documents and ledger rows one by one and keeps no sums of its own.
    """

    def __init__(self, purchase, day):
        self.purchase, self.date = purchase, day
        self.total = decimal(purchase.paid_total)
        self.used = self.expired = self.withdrawn = Decimal()
        self.credits_withdrawn = Decimal()
        self._read_rows(purchase, self.total)
        # Whoever has them, transferred credits were sold with this purchase.
        for received in purchase.search([("origin_id", "=", purchase.id)]):
            self._read_rows(received, Decimal())
        self.invoiced = self.credited = Decimal()
        self.invoiced_company = self.credited_company = self.units = Decimal()
        self.discount = Decimal()
        for item in purchase.sale_line_id.invoice_lines:
            self._read_item(item)

    def _read_rows(self, purchase, total):
        lapse = purchase.date_expiry + timedelta(1)
        start = max(purchase.date_start, purchase.date_received or date.min)
        within = Decimal()
        for row in purchase.consumption_ids:
            day, paid = max(start, row.date), decimal(row.paid)
            if row.consumption_type == "transfer":
                within += paid
            elif row.consumption_type == "withdrawal":
                within += paid
                if min(day, lapse) <= self.date:
                    self.withdrawn += paid
                    self.credits_withdrawn += decimal(row.credits)
            elif day < lapse:
                within += paid
                paid = paid if day <= self.date else 0
                if row.consumption_type == "expiry":
                    self.expired += paid
                else:
                    self.used += paid
        if lapse <= self.date:
            self.expired += total - within

    def _read_item(self, item):
        if item.parent_state != "posted" or item.date > self.date:
            return
        if item.move_type == "out_refund":
            self.credited += decimal(item.amount_currency)
            self.credited_company += decimal(item.balance)
            if item.move_id.service_credit_effect != "keep":
                self.units -= decimal(item.quantity)
        else:
            self.invoiced -= decimal(item.amount_currency)
            self.invoiced_company -= decimal(item.balance)
            self.units += decimal(item.quantity)
        for other in item.move_id.invoice_line_ids - item:
            self.discount -= decimal(other.amount_currency)

    def get(self):
        """Return revenue and breakage, then the same in the company's currency."""
        discount = -self.discount
        net = self.invoiced - self.credited - discount
        net_company = self.invoiced_company - self.credited_company
        kept = self.total - self.withdrawn
        waiting = min(net - kept, self.withdrawn - self.credited)
        earnable = net - max(waiting, 0)
        part = self.get_part()
        revenue = gone = Decimal()
        if kept > 0:
            spent = self.used + self.expired
            earnable, whole = Fraction(earnable), Fraction(kept) * part
            revenue = cents(earnable * min(Fraction(self.used) / whole, 1))
            gone = cents(earnable * min(Fraction(spent) / whole, 1))
        breakage = gone - revenue
        if gone == net and (revenue or not breakage):
            broken = cents(Fraction(breakage) * self.rate)
            return revenue + discount, breakage, net_company - broken, broken
        if gone == net:
            return revenue + discount, breakage, Decimal(), net_company
        rate = self.rate
        revenue += discount
        company = [cents(Fraction(value) * rate) for value in (revenue, breakage)]
        return revenue, breakage, *company

    def get_part(self):
        """Return how much of what is sold was invoiced."""
        ordered = decimal(self.purchase.sale_line_id.product_uom_qty)
        invoiced = self.units * decimal(self.purchase.service_credits_per_unit)
        live = decimal(self.purchase.credits) - self.credits_withdrawn
        if self.units >= ordered or invoiced <= 0 or live <= 0:
            return 1
        return min(Fraction(invoiced) / Fraction(live), 1)

    @property
    def rate(self):
        if not self.invoiced:
            return 1
        return Fraction(self.invoiced_company) / Fraction(self.invoiced)


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
        self.clock = self._back(200)
        self._step_order()
        for _step in range(STEPS):
            self.clock = min(self.clock + timedelta(self.dice.randrange(9)), self.today)
            getattr(self, f"_step_{self.dice.choice(KINDS)}")()
        self._step_recognize()

    def _choose(self):
        return self.dice.choice(self.purchases)

    def _step_order(self):
        company = self.dice.choice(self.companies)
        order = (
            self.env["sale.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": company.id,
                    "pricelist_id": self.dice.choice(self.lists).id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.pack.id,
                                "product_uom_qty": self.dice.randrange(1, 4),
                                "price_unit": self.dice.randrange(1000, 99999) / 100,
                            }
                        )
                    ],
                }
            )
        )
        order.action_confirm()
        purchase = order.order_line.service_credit_purchase_ids
        expiry = self.clock + timedelta(self.dice.randrange(20, 300))
        purchase.write({"date_start": self.clock, "date_expiry": expiry})
        self.purchases |= purchase

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
            lambda move: move.move_type == "out_invoice" and not move.reversal_move_ids
        )
        for invoice in invoices[:1]:
            date = max(self.clock, invoice.invoice_date)
            note = invoice._reverse_moves([{"invoice_date": date}])
            line = note.invoice_line_ids.filtered("product_id")
            kind = self.dice.choice(("keep", "withdraw", "replace"))
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
        draw_credits(self.env, [request])

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
            purchase._transfer(customer, credits, "As agreed")

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
            purchase.sudo()._write_off(credits)

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
        for purchase in self.purchases.filtered(lambda lot: lot.company_id == company):
            books = Books(purchase, self.clock)
            expected = books.get()
            found = tuple(recognized.get(purchase, [Decimal()] * 4))
            self.assertEqual(found, expected, purchase.name)
            owed += books.invoiced_company - books.credited_company
            owed -= expected[2] + expected[3]
        account = company.service_credit_liability_account_id
        balance = self._balance(account, self.clock, company)
        self.assertAlmostEqual(balance, float(owed), 2)

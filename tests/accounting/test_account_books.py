# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import format_date

from ..support.accounting import AccountingCommon
from ..support.credit import take_back


@tagged("post_install", "-at_install")
class TestServiceCreditBooks(AccountingCommon):
    """What is owed by the ledger is the balance of the account, or it says why not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.purchase = cls._sell_credits()
        cls.income = cls.pack.product_tmpl_id.get_product_accounts()["income"]

    def _line(self, purchase=None, date=None):
        lines = self._assert_in_the_books(date)
        return lines.filtered(
            lambda line: line.purchase_id == (purchase or self.purchase)
        )

    def _assert_line(self, reason, owed, ledger_owed, **figures):
        line = self._line()
        self.assertEqual(line.reason, reason)
        self.assertEqual((line.owed, line.ledger_owed), (owed, ledger_owed))
        for name, value in figures.items():
            self.assertEqual(line[name], value, name)
        self.assertEqual(bool(line.way_out), reason != "agrees")
        return line

    def test_recognized_books_agree(self):
        self._invoice(self.purchase)
        self._assert_line("agrees", 1000, 1000)
        self._spend(4)
        self._assert_line("recognize", 1000, 600)
        recognition = self._recognize(post=False)
        self._assert_line("recognize", 1000, 600)
        recognition.move_id.action_post()
        self._assert_line("agrees", 600, 600, revenue=400, invoiced=1000)

    def test_any_earlier_date_agrees_too(self):
        self._invoice(self.purchase, date=self._day(-20))
        self.purchase.date_start = self._day(-20)
        self._spend(4, date=self._day(-15))
        self._recognize(date=self._day(-10))
        self._spend(2, date=self._day(-5))
        self._recognize()
        line = self._line(date=self._day(-10))
        self.assertEqual((line.reason, line.owed, line.revenue), ("agrees", 600, 400))
        line = self._line()
        self.assertEqual((line.reason, line.owed, line.revenue), ("agrees", 400, 600))

    def test_the_account_is_one_click_away(self):
        """Also what belongs to no purchase, and only what is posted by the date."""
        self._invoice(self.purchase, date=self._day(-20))
        self._spend(4)
        self._recognize()
        self._invoice(self._sell_credits(price=300), post=False)
        for date, expected in ((self._day(-1), 1000), (self.today, 600)):
            lines = self._books(date).with_user(self.accountant)
            action = lines.browse().action_view_account()
            items = self.env["account.move.line"].with_user(self.accountant)
            items = items.search(action["domain"])
            self.assertEqual(-sum(items.mapped("balance")), expected)
            self.assertEqual(sum(lines.mapped("owed_company")), expected)
            self.assertEqual(items.account_id, self.liability)

    def test_the_items_of_a_purchase_hold_its_recognitions(self):
        """They add up to its balance, as long as an entry holds no other purchase."""
        self._invoice(self.purchase)
        self._spend(4)
        recognition = self._recognize()
        line = self._line().with_user(self.accountant)
        items = self.env["account.move.line"].with_user(self.accountant)
        items = items.search(line.action_view_items()["domain"])
        self.assertIn(recognition.move_id, items.move_id)
        self.assertEqual(-sum(items.mapped("balance")), line.owed_company)

    def test_without_accounts_it_says_what_comes_first(self):
        way_out = self._line().way_out
        self.company.service_credit_breakage_account_id = False
        self.assertNotEqual(self._line().way_out, way_out)
        self.assertIn(self.company.name, self._line().way_out)

    def test_a_line_leads_to_its_purchase(self):
        action = self._line().with_user(self.accountant).action_view_purchase()
        self.assertEqual(action["res_id"], self.purchase.id)

    def test_a_purchase_leads_to_its_line(self):
        purchase = self.purchase.with_user(self.accountant)
        self.assertTrue(purchase.is_in_books)
        self.purchase.company_id.service_credit_liability_account_id = False
        purchase.invalidate_recordset(["is_in_books"])
        self.assertFalse(purchase.is_in_books, "without accounts, nothing changes")

    def test_owed_and_movements_say_the_same(self):
        self._invoice(self.purchase)
        self._spend(4)
        self._recognize()
        self.env.flush_all()
        balance = self.env["service.credit.balance"].search(
            [("purchase_id", "=", self.purchase.id)]
        )
        self.assertEqual(self._line().ledger_owed, balance.paid_closing)

    def test_what_was_not_invoiced_says_so(self):
        line = self._assert_line("not_invoiced", 0, 1000)
        self.assertIn("Invoice the order", line.way_out)

    def test_what_was_invoiced_elsewhere_says_so(self):
        invoice = self._invoice(self.purchase, post=False)
        invoice.invoice_line_ids.account_id = self.income
        invoice.action_post()
        self._assert_line("elsewhere", 0, 1000)

    def test_a_part_and_another_price_say_so(self):
        self._spend(1)
        invoice = self._invoice(self.purchase, post=False)
        invoice.invoice_line_ids.price_unit = 700
        invoice.action_post()
        self._recognize()
        self._assert_line("price", 630, 900)

    def test_a_part_of_the_invoice_says_so(self):
        purchase = self._sell_credits(units=10, price=100)
        invoice = self._invoice(purchase, post=False)
        invoice.invoice_line_ids.quantity = 3
        invoice.action_post()
        line = self._line(purchase)
        self.assertEqual((line.reason, line.difference), ("part", -700))

    def test_amounts_of_two_currencies_are_not_subtracted(self):
        francs = self._create_currency("CHF", 2.0)
        invoice = self._invoice(self.purchase, post=False)
        invoice.currency_id = francs
        invoice.invoice_line_ids.price_unit = 2000
        invoice.action_post()
        line = self._assert_line("currency", 2000, 1000, difference=0)
        self.assertEqual(line.currency_id, francs)
        self.assertEqual(line.ledger_currency_id, self.purchase.currency_id)
        groups = self._books()._read_group(
            [("reason", "=", "currency")], ["difference"]
        )
        self.assertEqual(groups, [(False,)])

    def test_a_purchase_on_two_accounts_is_compared_once(self):
        other = self.liability.copy({"name": "Owed too", "code": "2129"})
        purchase = self._sell_credits(units=10, price=100)
        for quantity, account in ((4, self.liability), (6, other)):
            invoice = self._invoice(purchase, post=False)
            invoice.invoice_line_ids.quantity = quantity
            invoice.invoice_line_ids.account_id = account
            invoice.action_post()
        lines = self._line(purchase)
        self.assertEqual(sorted(lines.mapped("owed")), [400, 600])
        self.assertEqual(sorted(lines.mapped("ledger_owed")), [0, 1000])
        self.assertEqual(lines.mapped("difference"), [0, 0])
        self.assertEqual(set(lines.mapped("reason")), {"agrees"})

    def test_withdrawn_credits_wait_for_their_credit_note(self):
        invoice = self._invoice(self.purchase)
        self._spend(4)
        take_back(self.purchase.sudo(), 3)
        self._recognize()
        self._assert_line("withdrawn", 600, 300, revenue=400)
        note = invoice._reverse_moves([{"invoice_date": self.today}])
        note.invoice_line_ids.price_unit = 300
        note.service_credit_effect = "keep"
        note.action_post()
        self._assert_line("agrees", 300, 300, credited=300)

    def test_items_without_a_purchase_say_so(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": self.today,
                "invoice_line_ids": [
                    Command.create({"product_id": self.pack.id, "price_unit": 500})
                ],
            }
        )
        invoice.action_post()
        rest = self._assert_in_the_books().filtered(
            lambda line: line.reason == "no_purchase"
        )
        self.assertEqual(rest.owed_company, 500)
        rest = rest.with_user(self.accountant)
        items = self.env["account.move.line"].search(rest.action_view_items()["domain"])
        self.assertEqual(items, invoice.invoice_line_ids)
        invoice.invoice_line_ids.service_credit_purchase_id = self.purchase
        line = self._line()
        self.assertEqual(line.invoiced, 500)
        self.assertNotIn("no_purchase", self._books().mapped("reason"))

    def _open_in_mid_life(self):
        """Return the invoice of a purchase on another account, of which four were used,
        and the draft of the opening entry."""
        invoice = self._invoice(self.purchase, date=self._day(-20), post=False)
        invoice.invoice_line_ids.account_id = self.income
        invoice.action_post()
        self.purchase.date_start = self._day(-20)
        self._spend(4, date=self._day(-15))
        line = self._line(date=self._day(-10))
        self.assertEqual((line.reason, line.ledger_owed), ("elsewhere", 600))
        action = line.with_user(self.accountant).action_move_to_account()
        return invoice, self.env["account.move"].search(action["domain"])

    def test_an_opening_entry_starts_in_mid_life(self):
        """The revenue of before is not recognized once more."""
        _invoice, entry = self._open_in_mid_life()
        self.assertEqual((entry.state, entry.date), ("draft", self._day(-10)))
        self.assertEqual(
            {item.account_id: item.balance for item in entry.line_ids},
            {self.income: 600, self.liability: -600},
        )
        entry.action_post()
        self._assert_line("agrees", 600, 600, opening=600)
        self._spend(2)
        recognition = self._recognize()
        self.assertEqual(recognition.line_ids.revenue, 200)
        self._assert_line("agrees", 400, 400)

    def test_a_refund_after_the_opening_entry(self):
        """It takes what is owed from the account to which it was moved, and the rest
        back from revenue."""
        for used, revenue in ((0, -400), (2, -400), (6, 0)):
            with self.subTest(used=used):
                self.purchase = self._sell_credits()
                invoice, entry = self._open_in_mid_life()
                entry.action_post()
                if used:
                    self._spend(used)
                    self._recognize()
                note = self._credit(invoice, lines=1 if used < 6 else 0.6)
                item = note.invoice_line_ids
                self.assertEqual(item.account_id, self.liability)
                self._recognize()
                self._assert_line("agrees", 0, 0, revenue=revenue)

    def _post_opening_entry(self, purchase, owed, date):
        """Post an entry made by hand, of what is owed for a purchase."""
        items = (
            (self.liability, -owed, purchase),
            (self.income, owed, purchase.browse()),
        )
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": date,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "balance": balance,
                            "service_credit_purchase_id": lot.id,
                        }
                    )
                    for account, balance, lot in items
                ],
            }
        )
        entry.action_post()

    def test_what_was_used_elsewhere_is_no_revenue(self):
        """The opening entry of what is left is spread over the rest."""
        purchase = self.env["service.credit.purchase"].create(
            {
                "partner_id": self.customer.id,
                "credits": 10,
                "opening_used": 4,
                "value_per_credit": 100,
                "paid_per_credit": 100,
                "product_id": self.pack.id,
                "date_start": self._day(-60),
                "date_expiry": self._day(20),
                "is_draft": False,
            }
        )
        take_back(self.purchase.sudo())
        line = self._line(purchase, date=self._day(-40))
        self.assertEqual((line.reason, line.ledger_owed), ("not_invoiced", 600))
        self.assertIn("names the purchase", line.way_out)
        self._post_opening_entry(purchase, 600, self._day(-40))
        line = self._line(purchase, date=self._day(-40))
        self.assertEqual((line.reason, line.owed, line.revenue), ("agrees", 600, 0))
        self.assertFalse(self._recognize(date=self._day(-30)).line_ids)
        self._spend(2)
        recognition = self._recognize()
        self.assertEqual(recognition.line_ids.revenue, 200)
        self.assertEqual(
            recognition.line_ids.consumption_ids.mapped("consumption_type"),
            ["consumption"],
        )
        items = recognition.line_ids.with_user(self.accountant).action_view_invoices()
        items = self.env["account.move.line"].search(items["domain"])
        self.assertEqual(set(items.mapped("balance")), {-600, 200})
        line = self._line(purchase)
        self.assertEqual((line.reason, line.owed), ("agrees", 400))

    def test_what_it_says_to_press_is_there(self):
        books = self.env["service.credit.books"].with_user(self.accountant)
        arch = etree.fromstring(books.get_view(view_type="list")["arch"])
        buttons = [button.get("name") for button in arch.findall("header/button")]
        self.assertEqual(
            buttons,
            [
                "action_move_to_account",
                "action_view_account",
                "action_view_balance_sheet",
            ],
        )

    def test_the_balance_sheet_has_the_same_balance_of_the_account(self):
        self._invoice(self.purchase)
        self._spend(4)
        self._recognize()
        action = self._books().with_user(self.accountant).action_view_balance_sheet()
        items = self.env["account.move.line"].search(action["domain"])
        balances = {
            account: sum(own.mapped("balance"))
            for account, own in items.grouped("account_id").items()
        }
        self.assertEqual(balances[self.liability], -600)
        self.assertNotIn(self.income, balances)

    def test_what_was_not_invoiced_cannot_be_moved(self):
        with self.assertRefused(UserError, says="another account"):
            self._line().action_move_to_account()

    def test_a_purchase_stands_on_liability_items_only(self):
        invoice = self._invoice(self.purchase, post=False)
        with self.assertRefused(ValidationError, self.income):
            invoice.invoice_line_ids.write(
                {
                    "account_id": self.income.id,
                    "service_credit_purchase_id": self.purchase.id,
                }
            )

    def test_a_full_refund_leaves_nothing(self):
        invoice = self._invoice(self.purchase)
        self._spend(4)
        self._recognize()
        self._credit(invoice)
        recognition = self._recognize()
        self.assertEqual(recognition.line_ids.revenue, -400)
        self.assertEqual(self._balance(self.liability), 0)

    def test_accountants_read_and_agents_do_not(self):
        self._invoice(self.purchase)
        books = self.env["service.credit.books"]
        self.assertTrue(books.with_user(self.accountant).search([]))
        for user in (self.agent, self.salesman):
            with self.assertRaises(AccessError):
                books.with_user(user).search([])
        with self.assertRaises(UserError):
            books.with_context(service_credit_date_to="soon").search([])

    def test_the_window_opens_the_books_of_its_date(self):
        window = self.env["service.credit.owed"].create({"date_to": self._day(-1)})
        action = window.action_open_books()
        self.assertEqual(
            action["context"]["service_credit_date_to"], str(self._day(-1))
        )

    def test_the_menu_opens_the_books_of_today_and_says_so(self):
        menu = self.env.ref("helpdesk_service_credit.service_credit_books_menu")
        action = menu.action.with_user(self.accountant).run()
        day = format_date(self.env, self.company._get_today())
        self.assertIn(day, action["name"])
        self.assertEqual(action["context"], {"search_default_differs": 1})
        with self.assertRaises(AccessError):
            menu.action.with_user(self.agent).run()


@tagged("post_install", "-at_install")
class TestOneTruth(AccountingCommon):
    """Statement, Owed, Movements, Breakage, the recognitions and the account say the
    same of every date, in the currency of a purchase and in the company's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.service_credit_late_days = 36500
        cls.francs = cls._create_currency("CHF", 2.0)
        pricelist = cls.env["product.pricelist"].create(
            {"name": "Francs", "currency_id": cls.francs.id}
        )
        cls.purchases = cls.env["service.credit.purchase"]
        for expiry, currency in ((-10, pricelist), (-5, pricelist.browse())):
            line = {"product_id": cls.pack.id, "price_unit": 1000.0, "discount": 10}
            purchase = cls._ordered(line, pricelist_id=currency.id)
            start, expiry = cls._day(cls, -90), cls._day(cls, expiry)
            purchase.write({"date_start": start, "date_expiry": expiry})
            cls._invoice(purchase, date=start)
            cls.purchases += purchase

    def _get_movements(self, purchase, date):
        self.env.flush_all()
        groups = self.env["service.credit.movement"]._read_group(
            [("purchase_id", "=", purchase.id), ("date", "<=", date)],
            ["movement_type"],
            ["paid:sum"],
        )
        return dict.fromkeys(("used", "expired", "withdrawn"), 0) | dict(groups)

    def _get_balances(self, date):
        """Return what Owed says on a date, by purchase."""
        balances = self.env["service.credit.balance"].with_context(
            service_credit_date_to=str(date)
        )
        lines = balances.search([("purchase_id", "in", self.purchases.ids)])
        return {line.purchase_id: line for line in lines}

    def _get_closings(self, date):
        """Return what the statement of the customer says last, by currency."""
        statement = self.env["service.credit.statement"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "date_from": self._day(-90),
                "date_to": date,
            }
        )
        return {
            section["currency"]: tuple(section["closing"].values())
            for section in statement._get_sections()
        }

    def _assert_one_truth(self, date):
        self._recognize(date=date)
        balances = self._get_balances(date)
        books = self._assert_in_the_books(date).grouped("purchase_id")
        for purchase in self.purchases:
            movements = self._get_movements(purchase, date)
            lines = self.env["service.credit.recognition.line"].search(
                [("purchase_id", "=", purchase.id)]
            )
            rate = 0.5 if purchase.currency_id == self.francs else 1
            for kind, name in (("used", "revenue"), ("expired", "breakage")):
                self.assertAlmostEqual(sum(lines.mapped(name)), movements[kind], 2)
                self.assertAlmostEqual(
                    sum(lines.mapped(f"{name}_company")), movements[kind] * rate, 2
                )
            balance, line = balances[purchase], books[purchase]
            withdrawn = movements["withdrawn"]
            gone = movements["used"] + movements["expired"] + withdrawn
            self.assertAlmostEqual(balance.paid_closing, movements["bought"] - gone, 2)
            self.assertAlmostEqual(line.ledger_owed, balance.paid_closing, 2)
            # No credit note was made for what was withdrawn: it stays on the account.
            self.assertAlmostEqual(line.owed, line.ledger_owed + withdrawn, 2)
            self.assertAlmostEqual(line.owed_company, line.owed * rate, 2)
            self.assertEqual(line.reason, "withdrawn" if withdrawn else "agrees")
            closing = balance.credits_closing, balance.value_closing
            self.assertEqual(self._get_closings(date)[purchase.currency_id], closing)

    def _walk_through_the_dates(self):
        for days, credits in ((-80, 1.5), (-50, 2.5), (-12, 3), (-7, 1)):
            self._spend(credits, date=self._day(days))
        for purchase in self.purchases:
            take_back(purchase.sudo(), 1)
        for days in (-85, -60, -12, -10, -9, -5, -4, -3, -2, 0):
            with self.subTest(days=days):
                self._assert_one_truth(self._day(days))
        return self.env["service.credit.recognition.line"].search([])

    def test_on_any_date(self):
        lines = self._walk_through_the_dates()
        self.assertEqual(self.purchases.mapped("credits_allocated"), [7, 1])
        # What was withdrawn of each after its term is none of it.
        self.assertEqual(sum(lines.mapped("credits_expired")), 2 + 8)

    def test_on_any_date_in_the_days_of_grace(self):
        """What is withdrawn in the days of grace is no breakage, then or later."""
        self.company.service_credit_grace_days = 7
        self._walk_through_the_dates()
        lines = self.env["service.credit.recognition.line"].search([])
        first, second = self.purchases
        lost = {
            purchase: sum(own.mapped("breakage"))
            for purchase, own in lines.grouped("purchase_id").items()
        }
        self.assertEqual(self.purchases.mapped("credits_allocated"), [8, 0])
        # The grace of the second is not over.
        self.assertEqual((lost[first], lost[second]), (90, 0))

    def test_withdrawn_in_the_days_of_grace_is_no_breakage(self):
        purchase = self.purchases[0]
        self.company.service_credit_grace_days = 15
        take_back(purchase.sudo(), 4)
        breakage = self._recognize().line_ids.filtered(
            lambda line: line.purchase_id == purchase
        )
        self.assertEqual(breakage.breakage, 0)
        self.company.service_credit_grace_days = 0
        breakage = self._recognize().line_ids.filtered(
            lambda line: line.purchase_id == purchase
        )
        self.assertEqual((breakage.breakage, breakage.credits_expired), (540, 6))

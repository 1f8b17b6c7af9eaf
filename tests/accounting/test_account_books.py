# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..support.accounting import AccountingCommon


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
        self._assert_line("not_invoiced", 0, 1000)

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

    def test_withdrawn_credits_wait_for_their_credit_note(self):
        invoice = self._invoice(self.purchase)
        self._spend(4)
        self.purchase.sudo()._write_off(3)
        self._recognize()
        self._assert_line("withdrawn", 600, 300, revenue=400)
        note = invoice._reverse_moves([{"invoice_date": self.today}])
        note.invoice_line_ids.price_unit = 300
        if "keep_service_credits" in note:
            note.keep_service_credits = True
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
        items = self.env["account.move.line"].search(rest.action_view_items()["domain"])
        self.assertEqual(items, invoice.invoice_line_ids)
        invoice.invoice_line_ids.service_credit_purchase_id = self.purchase
        line = self._line()
        self.assertEqual(line.invoiced, 500)
        self.assertNotIn("no_purchase", self._books().mapped("reason"))

    def test_an_opening_entry_starts_in_mid_life(self):
        """The revenue of before is not recognized once more."""
        invoice = self._invoice(self.purchase, date=self._day(-20), post=False)
        invoice.invoice_line_ids.account_id = self.income
        invoice.action_post()
        self.purchase.date_start = self._day(-20)
        self._spend(4, date=self._day(-15))
        self.env["account.move"].create(
            {
                "date": self._day(-10),
                "journal_id": self.company.service_credit_journal_id.id,
                "line_ids": [
                    Command.create({"account_id": self.income.id, "debit": 600}),
                    Command.create(
                        {
                            "account_id": self.liability.id,
                            "credit": 600,
                            "service_credit_purchase_id": self.purchase.id,
                        }
                    ),
                ],
            }
        ).action_post()
        self._assert_line("agrees", 600, 600, opening=600)
        self._spend(2)
        recognition = self._recognize()
        self.assertEqual(recognition.line_ids.revenue, 200)
        self._assert_line("agrees", 400, 400)

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


@tagged("post_install", "-at_install")
class TestCompanies(AccountingCommon):
    def test_each_company_recognizes_its_own(self):
        purchase = self._sell_credits()
        self._invoice(purchase)
        self._spend(4)
        other = self.env["res.company"].create({"name": "Azure Abroad"})
        self.env["account.chart.template"].try_loading("generic_coa", other)
        self._set_accounts(other)
        self.assertFalse(self._recognize(company=other).line_ids)
        self.assertEqual(self._recognize().revenue, 400)
        self.assertFalse(
            self._books(allowed_company_ids=other.ids).filtered("purchase_id")
        )


@tagged("post_install", "-at_install")
class TestRevenue(AccountingCommon):
    """What credits paid is revenue of the project and of the analysis of time."""

    def test_the_project_and_the_analysis_count_the_value(self):
        self._sell_credits()
        entry = self._spend(4)
        self.env.flush_all()
        items = entry.project_id._get_profitability_items(with_action=False)
        revenue = {line["id"]: line["invoiced"] for line in items["revenues"]["data"]}
        self.assertEqual(revenue["service_credits"], 400)
        self.assertEqual(items["revenues"]["total"]["invoiced"], 400)
        line = self.env["timesheets.analysis.report"].browse(entry.id)
        self.assertEqual(line.timesheet_revenues, 400)
        self.assertEqual(line.margin, 400 + entry.amount)

    def test_another_currency_is_converted(self):
        francs = self._create_currency("CHF", 2.0)
        pricelist = self.env["product.pricelist"].create(
            {"name": "Francs", "currency_id": francs.id}
        )
        self._sell_credits(pricelist_id=pricelist.id)
        entry = self._spend(4)
        self.env.flush_all()
        line = self.env["timesheets.analysis.report"].browse(entry.id)
        self.assertEqual(line.timesheet_revenues, 200)


@tagged("post_install", "-at_install")
class TestSettings(AccountingCommon):
    def test_the_chart_of_accounts_suggests(self):
        self.assertEqual(self.liability.code, "212000")
        self.assertIn("Deferred", self.liability.name)
        self.assertEqual(self.breakage.account_type, "income_other")
        self.assertEqual(self.company.service_credit_journal_id.type, "general")

    def test_accounts_of_another_kind_are_refused(self):
        with self.assertRefused(ValidationError, self.breakage):
            self.company.service_credit_liability_account_id = self.breakage
        with self.assertRefused(ValidationError, self.liability):
            self.company.service_credit_breakage_account_id = self.liability
        sales = self.env["account.journal"].search([("type", "=", "sale")], limit=1)
        with self.assertRefused(ValidationError, sales):
            self.company.service_credit_journal_id = sales

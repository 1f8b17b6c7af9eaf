# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, timedelta

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import format_date

from ..support.accounting import AccountingCommon
from ..support.credit import take_back


@tagged("post_install", "-at_install")
class TestRecognition(AccountingCommon):
    """What was paid for credits becomes revenue when they are used."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.purchase = cls._sell_credits()
        cls.income = cls.pack.product_tmpl_id.get_product_accounts()["income"]

    def _amounts(self, recognition):
        return {line.account_id: -line.balance for line in recognition.move_id.line_ids}

    def test_an_invoice_waits_on_the_liability_account(self):
        invoice = self._invoice(self.purchase)
        self.assertEqual(invoice.invoice_line_ids.account_id, self.liability)
        self.assertEqual(self._balance(self.liability), 1000)

    def test_without_accounts_nothing_changes(self):
        self.company.service_credit_journal_id = False
        invoice = self._invoice(self.purchase)
        self.assertEqual(invoice.invoice_line_ids.account_id, self.income)
        with self.assertRefused(UserError, self.company.name, says="Choose a journal"):
            self._recognize()

    def test_other_products_keep_their_account(self):
        order = self._quote(self.pack, self.plain)
        order.action_confirm()
        invoice = order._create_invoices()
        accounts = {
            line.product_id: line.account_id for line in invoice.invoice_line_ids
        }
        self.assertEqual(accounts, {self.pack: self.liability, self.plain: self.income})

    def test_lines_without_a_product_do_not_wait_with_the_credits(self):
        """Core would take the account of the lines, or invoices, before."""
        for _time in range(2):
            order = self._quote(self.pack, self.pack)
            order.action_confirm()
            invoice = order._create_invoices()
            invoice.invoice_line_ids = [
                Command.create({"name": "Loyal", "price_unit": -10}),
                Command.create({"name": "Travel", "price_unit": 30}),
            ]
            rest = invoice.invoice_line_ids.filtered(lambda line: not line.product_id)
            self.assertEqual(rest.account_id, invoice.journal_id.default_account_id)
            invoice.action_post()
        chosen = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Credits", "service_credit_purchase_id": purchase.id}
                    )
                    for purchase in self.purchase
                ],
            }
        )
        self.assertEqual(chosen.invoice_line_ids.account_id, self.liability)

    def test_the_fiscal_position_maps_the_account(self):
        abroad = self.liability.copy({"name": "Owed abroad", "code": "2129"})
        position = self.env["account.fiscal.position"].create(
            {
                "name": "Abroad",
                "account_ids": [
                    Command.create(
                        {
                            "account_src_id": self.liability.id,
                            "account_dest_id": abroad.id,
                        }
                    )
                ],
            }
        )
        order = self._quote(self.pack, fiscal_position_id=position.id)
        order.action_confirm()
        self._buy(order)
        invoice = order._create_invoices()
        self.assertEqual(invoice.invoice_line_ids.account_id, abroad)
        invoice.action_post()
        self._spend(4)
        # The purchase of the class was not invoiced, so it is drawn first for nothing.
        self._spend(10)
        self.assertEqual(self._amounts(self._recognize())[abroad], -40.0)

    def test_used_credits_become_revenue(self):
        self._invoice(self.purchase)
        self._spend(4)
        recognition = self._recognize(post=False)
        self.assertEqual(recognition.state, "draft")
        self.assertEqual(recognition.move_id.state, "draft")
        self.assertEqual(
            self._amounts(recognition), {self.liability: -400, self.income: 400}
        )
        line = recognition.line_ids
        self.assertEqual(line.purchase_id, self.purchase)
        self.assertEqual(
            (line.credits_used, line.credits_left, line.revenue, line.owed),
            (4, 6, 400, 600),
        )
        self.assertEqual(line.consumption_ids, self.purchase.consumption_ids)
        recognition.move_id.action_post()
        self.assertEqual(recognition.state, "posted")
        self.assertEqual(self._balance(self.liability), 600)

    def test_its_rows_are_asked_for_and_not_listed(self):
        """Whatever their number: a list of ids would travel with every page."""
        self._invoice(self.purchase)
        self._spend(4)
        first = self._recognize()
        self._spend(1)
        second = self._recognize()
        rows = self.env["service.credit.consumption"].with_user(self.accountant)
        for record, taken in (
            (first, first.line_ids.consumption_ids),
            (second.line_ids, second.line_ids.consumption_ids),
            (first | second, self.purchase.consumption_ids),
        ):
            domain = record.with_user(self.accountant).action_view_rows()["domain"]
            self.assertNotIn("id", [leaf[0] for leaf in domain])
            self.assertEqual(rows.search(domain).sudo(), taken.sorted("id", True))
            self.assertTrue(taken)
        second.action_cancel()
        domain = second.action_view_rows()["domain"]
        self.assertFalse(rows.search(domain))

    def test_a_second_one_prepares_nothing(self):
        self._invoice(self.purchase)
        self._spend(4)
        self._recognize()
        again = self._recognize()
        self.assertFalse(again.line_ids)
        self.assertFalse(again.move_id)
        self.assertEqual(again.action_prepare()["tag"], "display_notification")

    def test_preparing_again_takes_what_is_new(self):
        self._invoice(self.purchase)
        self._spend(4)
        recognition = self._recognize(post=False)
        first = recognition.move_id
        self._spend(1)
        recognition.action_prepare()
        self.assertFalse(first.exists())
        self.assertEqual(recognition.line_ids.revenue, 500)
        self.assertEqual(len(recognition.line_ids.consumption_ids), 2)

    def test_a_correction_of_a_closed_month_comes_with_the_open_one(self):
        self._invoice(self.purchase)
        entry = self._spend(4)
        self._recognize()
        entry.unlink()
        correction = self._recognize()
        self.assertEqual(correction.line_ids.revenue, -400)
        self.assertEqual(self._balance(self.liability), 1000)

    def test_expired_credits_are_breakage(self):
        self._invoice(self.purchase)
        self._spend(4)
        end = self.purchase.date_expiry
        recognition = self._recognize(date=self._day((end - self.today).days + 1))
        self.assertEqual(
            self._amounts(recognition),
            {self.liability: -1000, self.income: 400, self.breakage: 600},
        )
        self.assertEqual(recognition.line_ids.breakage, 600)

    def test_what_was_never_invoiced_is_not_recognized(self):
        self._spend(4)
        self.assertFalse(self._recognize().line_ids)
        self._invoice(self.purchase)
        late = self._recognize()
        self.assertEqual(late.line_ids.revenue, 400)
        self.assertEqual(late.line_ids.consumption_ids, self.purchase.consumption_ids)

    def test_another_price_on_the_invoice_is_recognized_to_the_end(self):
        self._spend(4)
        invoice = self._invoice(self.purchase, post=False)
        invoice.invoice_line_ids.price_unit = 700
        invoice.action_post()
        self.assertEqual(self._recognize().line_ids.revenue, 280)
        self._spend(6)
        self._recognize()
        self.assertEqual(self._balance(self.liability), 0)

    def test_a_part_of_the_invoice_recognizes_no_more_than_it_holds(self):
        purchase = self._sell_credits(units=10, price=100)
        invoice = self._invoice(purchase, post=False)
        invoice.invoice_line_ids.quantity = 3
        invoice.action_post()
        self._spend(10)
        self._spend(24)
        self._spend(16)
        revenue = self._recognize().line_ids
        self.assertEqual(revenue.revenue, 300)

    def test_a_price_reduction_takes_back_its_share_of_revenue(self):
        invoice = self._invoice(self.purchase)
        self._spend(4)
        self._recognize()
        note = invoice._reverse_moves([{"invoice_date": self.today}])
        note.invoice_line_ids.price_unit = 100
        note.service_credit_effect = "keep"
        note.action_post()
        self.assertEqual(self._recognize().line_ids.revenue, -40)

    def test_a_credit_note_of_unused_credits_takes_back_no_revenue(self):
        purchase = self._sell_credits(units=10, price=100)
        invoice = self._invoice(purchase, date=self._day(-3))
        purchase.date_start = self._day(-3)
        take_back(self.purchase.sudo())
        self._spend(20, date=self._day(-3))
        self.assertEqual(self._recognize(date=self._day(-3)).line_ids.revenue, 200)
        self._credit(invoice, date=self._day(-1), lines=3)
        self.assertFalse(self._recognize(date=self._day(-1)).revenue)
        self.assertEqual(self._balance(self.liability), 500)
        self.assertFalse(self._recognize().revenue)
        self.assertEqual(purchase.credits_withdrawn, 30)

    def test_money_returned_for_used_credits_takes_back_revenue(self):
        purchase = self._sell_credits(units=10, price=100)
        invoice = self._invoice(purchase)
        take_back(self.purchase.sudo())
        self._spend(20)
        self._spend(20)
        self._recognize()
        self._credit(invoice, lines=8)
        self.assertEqual(self._recognize().line_ids.revenue, -200)
        self.assertEqual(self._balance(self.liability), 0)

    def test_an_invoice_that_is_replaced_changes_nothing(self):
        purchase = self._sell_credits(units=10, price=100)
        invoice = self._invoice(purchase, post=False)
        invoice.invoice_line_ids.quantity = 3
        invoice.action_post()
        take_back(self.purchase.sudo())
        self._spend(10)
        self.assertEqual(self._recognize().line_ids.revenue, 100)
        note = invoice._reverse_moves([{"invoice_date": self.today}])
        note.service_credit_effect = "replace"
        note.action_post()
        again = self._invoice(purchase, post=False)
        again.invoice_line_ids.quantity = 3
        again.action_post()
        self.assertFalse(self._recognize().line_ids.revenue)

    def test_a_discount_line_is_shared_out(self):
        invoice = self._invoice(self.purchase, post=False)
        invoice.invoice_line_ids = [
            Command.create({"name": "Discount", "price_unit": -100, "quantity": 1})
        ]
        discount = invoice.invoice_line_ids.filtered(lambda line: not line.product_id)
        discount.account_id = self.income
        invoice.action_post()
        self._spend(4)
        recognition = self._recognize()
        # 900 are paid for the credits: 360 are used, and the discount is no loss.
        self.assertEqual(self._balance(self.liability), 540)
        self.assertEqual(recognition.line_ids.revenue, 460)

    def test_the_rate_is_that_of_the_invoice(self):
        dollars = self._create_currency("CHF", 2.0)
        pricelist = self.env["product.pricelist"].create(
            {"name": "Francs", "currency_id": dollars.id}
        )
        purchase = self._sell_credits(pricelist_id=pricelist.id)
        self._invoice(purchase, date=self._day(-1))
        dollars.rate_ids = [Command.create({"name": self.today, "rate": 4.0})]
        self._spend(10)
        self._spend(4)
        recognition = self._recognize()
        line = recognition.line_ids
        self.assertEqual(line.currency_id, dollars)
        self.assertEqual((line.revenue, line.revenue_company), (400, 200))
        item = recognition.move_id.line_ids.filtered(
            lambda item: item.account_id == self.liability
        )
        self.assertEqual((item.amount_currency, item.balance), (400, 200))

    def test_the_analytic_distribution_of_the_order_is_on_the_entry(self):
        plan = self.env["account.analytic.plan"].create({"name": "Lines of Business"})
        account = self.env["account.analytic.account"].create(
            {"name": "Support", "plan_id": plan.id}
        )
        item = self.purchase.sale_line_id
        item.analytic_distribution = {str(account.id): 100}
        self._invoice(self.purchase)
        self._spend(4)
        lines = self._recognize().move_id.line_ids
        self.assertEqual(
            lines.mapped("analytic_distribution"), [{str(account.id): 100}] * 2
        )

    def test_a_new_one_proposes_no_day_that_is_recognized(self):
        recognitions = self.env["service.credit.recognition"]
        ended = self.today.replace(day=1) - timedelta(days=1)
        self.assertEqual(recognitions._default_date(), ended)
        self._invoice(self.purchase)
        self._spend(4)
        self._recognize(post=False)
        self.assertEqual(recognitions._default_date(), self.today)

    def test_a_locked_date_is_refused_with_the_first_day_that_works(self):
        self._invoice(self.purchase)
        self.company.fiscalyear_lock_date = self.today
        works = format_date(self.env, self._day(1))
        with self.assertRefused(UserError, works, says="or a later day"):
            self._recognize()
        self._recognize(date=self._day(1))

    def test_a_lock_without_end_is_refused(self):
        self._invoice(self.purchase)
        for last in (self.today, date.max):
            self.company.fiscalyear_lock_date = last
            with self.assertRefused(UserError, says="is closed until"):
                self._recognize()

    def test_an_entry_of_a_period_closed_meanwhile_is_not_posted(self):
        """Core would move it to the first day that is open."""
        self._invoice(self.purchase)
        self._spend(4)
        recognition = self._recognize(post=False)
        self.company.fiscalyear_lock_date = self.today
        with self.assertRefused(UserError, says="closed until"):
            recognition.move_id.action_post()
        self.assertEqual(recognition.state, "draft")
        self.assertEqual(recognition.move_id.date, self.today)

    def test_an_edited_entry_is_not_posted(self):
        self._invoice(self.purchase)
        self._spend(4)
        recognition = self._recognize(post=False)
        recognition.move_id.date = self._day(-1)
        with self.assertRefused(UserError, recognition, says="were changed"):
            recognition.move_id.action_post()
        recognition.action_prepare()
        move = recognition.move_id
        move.line_ids = [
            Command.update(item.id, {"balance": item.balance / 2})
            for item in move.line_ids
        ]
        with self.assertRefused(UserError, recognition):
            move.action_post()
        recognition.action_prepare()
        income = recognition.move_id.line_ids.filtered(
            lambda item: item.account_id == self.income
        )
        income.account_id = self.breakage
        recognition.move_id.action_post()
        self.assertEqual(self._balance(self.liability), 600)

    def test_a_locked_one_is_not_cancelled(self):
        self._invoice(self.purchase)
        self._spend(4)
        recognition = self._recognize(date=self._day(0))
        for lock in ("fiscalyear_lock_date", "hard_lock_date"):
            self.company[lock] = self.today
            with self.assertRefused(UserError, format_date(self.env, self.today)):
                recognition.action_cancel()
            self.assertEqual(recognition.state, "posted")

    def test_a_correction_of_a_locked_month_comes_with_the_open_one(self):
        self.purchase.date_start = self._day(-40)
        self._invoice(self.purchase, date=self._day(-40))
        entry = self._spend(4, date=self._day(-35))
        self._recognize(date=self._day(-30))
        self.company.fiscalyear_lock_date = self._day(-30)
        entry.unit_amount = 3
        with self.assertRefused(UserError, format_date(self.env, self._day(-30))):
            self._recognize(date=self._day(-30))
        correction = self._recognize(date=self._day(-29))
        self.assertEqual(correction.line_ids.revenue, -100)
        self.assertEqual(correction.move_id.date, self._day(-29))
        self.assertEqual(self._balance(self.liability, self._day(-30)), 600)
        self.assertEqual(self._balance(self.liability), 700)

    def test_a_date_before_the_last_recognition_is_refused(self):
        self._invoice(self.purchase)
        self._spend(4)
        self._recognize()
        with self.assertRefused(UserError, says="already recognized until"):
            self._recognize(date=self._day(-1))

    def test_a_cancelled_one_can_be_prepared_again(self):
        self._invoice(self.purchase)
        self._spend(4)
        recognition = self._recognize()
        first = recognition.move_id
        recognition.action_cancel()
        self.assertEqual(recognition.state, "cancelled")
        self.assertEqual(first.state, "cancel")
        self.assertEqual(self._balance(self.liability), 1000)
        self.assertFalse(recognition.line_ids.consumption_ids)
        recognition.action_prepare()
        self.assertEqual(recognition.state, "draft")
        self.assertEqual(recognition.line_ids.revenue, 400)

    def test_the_latest_one_is_cancelled_first(self):
        self._invoice(self.purchase)
        self._spend(4)
        first = self._recognize()
        self._spend(1)
        second = self._recognize()
        with self.assertRefused(UserError, second):
            first.action_cancel()
        second.action_cancel()
        first.action_cancel()
        self.assertEqual(self._balance(self.liability), 1000)

    def test_deleting_or_cancelling_the_entry_cancels_the_recognition(self):
        self._invoice(self.purchase)
        self._spend(4)
        recognition = self._recognize(post=False)
        recognition.move_id.unlink()
        self.assertEqual(recognition.state, "cancelled")
        other = self._recognize(post=False)
        other.move_id.button_cancel()
        self.assertEqual(other.state, "cancelled")
        move = other.move_id
        move.button_draft()
        with self.assertRefused(UserError, other):
            move.action_post()

    def test_the_entry_cannot_be_reversed(self):
        self._invoice(self.purchase)
        self._spend(4)
        recognition = self._recognize()
        with self.assertRefused(UserError, recognition):
            recognition.move_id._reverse_moves()

    def test_a_row_is_recognized_once(self):
        self._invoice(self.purchase)
        self._spend(4)
        line = self._recognize().line_ids
        other = line.sudo().copy({"recognition_id": self._recognize().id})
        with self.assertRaises(UniqueViolation) as caught, self.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO service_credit_recognition_row (line_id, consumption_id) "
                f"VALUES ({other.id}, {line.consumption_ids[:1].id})"
            )
        self.assertIn("service_credit_recognition_row_once", str(caught.exception))

    def test_accountants_prepare_and_others_do_not(self):
        self._invoice(self.purchase)
        self._spend(4)
        mine = self.env["service.credit.recognition"].with_user(self.accountant)
        recognition = mine.create({"date": self.today})
        recognition.action_prepare()
        self.assertEqual(recognition.revenue, 400)
        recognition.action_cancel()
        for user in (self.salesman, self.agent):
            with self.assertRaises(AccessError):
                recognition.with_user(user).action_prepare()
        with self.assertRaises(AccessError):
            recognition.line_ids.with_user(self.accountant).write({"revenue": 1})
        with self.assertRaises(AccessError):
            mine.create({"date": self.today, "state": "posted"})


@tagged("post_install", "-at_install")
class TestRecognitionQueries(AccountingCommon):
    def _prepare(self, purchases, rows):
        """Return the queries of preparing so many purchases with so many rows each."""
        lines = [{"product_id": self.pack.id, "product_uom_qty": 1}] * purchases
        lots = self._ordered(*lines)
        self._invoice(lots[0])
        ticket = self._create_ticket()
        allocation = {
            "name": ticket.name,
            "allocation_type": "allocation",
            "commercial_partner_id": self.customer.id,
            "company_id": self.company.id,
            "currency_id": self.company.currency_id.id,
            "ticket_id": ticket.id,
        }
        for _number in range(rows):
            self.env["service.credit.consumption"]._post(
                [
                    {
                        "purchase": lot,
                        "allocation": allocation,
                        "consumption_type": "consumption",
                        "credits": 0.1,
                        "date": self.today,
                    }
                    for lot in lots
                ]
            )
        recognition = self.env["service.credit.recognition"].create(
            {"date": self.today}
        )
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        recognition.action_prepare()
        self.env.flush_all()
        queries = self.env.cr.sql_log_count - before
        self.assertEqual(len(recognition.line_ids), purchases)
        recognition.move_id.action_post()
        return queries

    def test_purchases_and_rows_cost_no_queries(self):
        self._prepare(2, 1)
        few = self._prepare(2, 1)
        self.assertLessEqual(self._prepare(60, 20), few + 5)

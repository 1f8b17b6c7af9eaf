# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from ..support.books import assert_books
from ..support.credit import CreditCommon


@tagged("post_install", "-at_install")
class TestCreditOpening(CreditCommon):
    """A purchase from before keeps its price and term, and what was used of it in
    another system is a row of its own."""

    def tearDown(self):
        assert_books(self, self.env)
        super().tearDown()

    def _bring(self, **values):
        return self._buy(10, -20, 200, opening_used=4, **values)

    def _assert_taken(self, purchase, used=4.0):
        left = 10 - used
        self.assertEqual(
            (purchase.credits, purchase.credits_available, purchase.credits_allocated),
            (10, left, used),
        )
        self.assertEqual(purchase.paid_available, 80 * left)
        net = sum(purchase.consumption_ids.mapped("credits"))
        self.assertEqual(net, used)

    def test_it_is_a_row_of_its_own(self):
        purchase = self._bring()
        self._assert_taken(purchase)
        row = purchase.consumption_ids
        self.assertEqual(row.consumption_type, "opening")
        self.assertEqual(row.allocation_id.allocation_type, "opening")
        self.assertEqual((row.date, row.paid), (purchase.date_start, 320))
        self.assertIn(purchase.name, row.allocation_id.name)

    def test_a_draft_takes_it_when_it_opens_and_gets_it_back(self):
        purchase = self._bring(is_draft=True)
        self._assert_taken(purchase, 0)
        purchase.opening_used = 3
        purchase.is_draft = False
        self._assert_taken(purchase, 3)
        purchase.is_draft = True
        self._assert_taken(purchase, 0)
        self.assertEqual(
            set(purchase.consumption_ids.mapped("consumption_type")), {"opening"}
        )
        purchase.write({"opening_used": 0, "is_draft": False})
        self._assert_taken(purchase, 0)

    def test_it_is_frozen_with_the_credits(self):
        purchase = self._bring()
        with self.assertRefused(UserError, purchase):
            purchase.opening_used = 5
        purchase.write({"opening_used": 5, "is_draft": True})
        self._assert_taken(purchase, 0)
        purchase.is_draft = False
        self._assert_taken(purchase, 5)

    def test_what_was_used_here_keeps_it_from_becoming_a_draft(self):
        purchase = self._bring()
        self._draw(self._create_ticket(), 1)
        with self.assertRefused(UserError, purchase):
            purchase.is_draft = True

    def test_fewer_credits_than_before_in_one_save(self):
        purchase = self._bring()
        purchase.write({"is_draft": True, "credits": 3, "opening_used": 2})
        purchase.is_draft = False
        self.assertEqual((purchase.credits, purchase.credits_available), (3, 1))

    def test_its_day_follows_the_start(self):
        purchase = self._bring()
        purchase.date_start = self._day(-40)
        self._assert_taken(purchase)
        self.assertEqual(purchase._get_balance(self._day(-40)), 6)
        self.assertEqual(purchase._get_balance(self._day(-41)), 0)

    def test_the_rest_is_drawn_and_lapses(self):
        purchase = self._bring()
        plan = self._draw(self._create_ticket(), 8)
        self.assertEqual((plan.missing, purchase.state), (2, "used"))

    def test_all_of_it_used_elsewhere(self):
        purchase = self._buy(10, opening_used=10)
        self.assertEqual((purchase.state, purchase.credits_available), ("used", 0))

    def test_impossible_numbers(self):
        for used in (-1, float("nan"), float("inf"), 0.001, "many", 10.01):
            with self.subTest(used=used), self.assertRaises(ValidationError):
                self._buy(10, opening_used=used)
        draft = self._buy(10, is_draft=True, opening_used=10)
        for change in ({"opening_used": 10.01}, {"credits": 9}):
            with self.assertRefused(ValidationError, draft):
                draft.write(change)
        self._assert_database_refuses(draft, ["opening_used = 11", "opening_used = -1"])

    def test_form_and_import(self):
        with Form(self.purchase_model) as form:
            form.partner_id = self.customer
            form.credits = 10
            form.paid_per_credit = 80
            form.opening_used = 4
        self._assert_taken(form.record)
        names = ["partner_id", "credits", "paid_per_credit", "opening_used", "is_draft"]
        rows = [["Azure Mills", "10", "80", *rest] for rest in (["4", "0"], ["", "1"])]
        result = self.purchase_model.load(names, rows)
        self.assertFalse(result["messages"])
        first, second = self.purchase_model.browse(result["ids"])
        self._assert_taken(first)
        self._assert_taken(second, 0)

    def test_a_copy_starts_anew(self):
        self.assertEqual(self._bring().copy().opening_used, 0)

    def test_reports_have_a_word_of_their_own(self):
        """On its day: in Movements, in Owed and in the statement."""
        purchase = self._bring()
        self._draw(self._create_ticket(), 1)
        self.env.flush_all()
        moves = self.env["service.credit.movement"].search(
            [("purchase_id", "=", purchase.id), ("date", "<=", self.today)]
        )
        self.assertEqual(
            {move.movement_type: move.credits for move in moves},
            {"bought": 10, "elsewhere": 4, "used": 1},
        )
        balance = self.env["service.credit.balance"].search(
            [("purchase_id", "=", purchase.id)]
        )
        self.assertEqual(
            (balance.credits_elsewhere, balance.credits_used, balance.paid_closing),
            (4, 1, 400),
        )
        statement = self.env["service.credit.statement"].create(
            {"purchase_id": purchase.id, "date_from": self._day(-20)}
        )
        [section] = statement._get_sections()
        kinds = [line["movement"].movement_type for line in section["lines"]]
        self.assertEqual(kinds, ["bought", "elsewhere", "used"])
        self.assertEqual(section["closing"]["credits"], 5)
        html = self.env["ir.actions.report"]._render_qweb_html(
            "helpdesk_service_credit.service_credit_statement_report", statement.ids
        )[0]
        self.assertIn(b"Used elsewhere", html)

    def test_what_starts_later_is_owed_without_it(self):
        purchase = self._buy(10, 5, opening_used=4)
        self.env.flush_all()
        balance = self.env["service.credit.balance"].search(
            [("purchase_id", "=", purchase.id)]
        )
        self.assertEqual((balance.credits_later, balance.paid_later), (6, 480))

    def test_queries_do_not_grow_with_purchases(self):
        def count(number):
            vals = {
                "partner_id": self.customer.id,
                "credits": 10,
                "opening_used": 4,
                "is_draft": False,
            }
            before = self.cr.sql_log_count
            self.purchase_model.create([vals] * number)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(1)
        few = count(2)
        # A number and a first message of each.
        self.assertLessEqual(count(12) - few, 10 * 4)

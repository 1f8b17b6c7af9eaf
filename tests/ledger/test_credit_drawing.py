# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import random

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.ledger.drawing import draw_credits, plan_draws
from ..support.credit import CreditCommon


@tagged("post_install", "-at_install")
class TestCreditDrawing(CreditCommon):
    def setUp(self):
        super().setUp()
        # Work of long ago is logged as if it were then.
        self.company.service_credit_late_days = 36500

    def test_order_expiry_then_start_then_id(self):
        third = self._buy(1, start=-5, expiry=20)
        fourth = self._buy(1, start=-5, expiry=20)
        second = self._buy(1, start=-9, expiry=20)
        first = self._buy(1, start=-1, expiry=10)
        plan = self._draw(self._create_ticket(), 4)
        self.assertEqual(
            [part.purchase for part in plan.slices], [first, second, third, fourth]
        )

    def test_order_does_not_depend_on_how_it_was_recorded(self):
        terms = [(start, expiry) for start in (-3, -2, -1) for expiry in (5, 6, 7)]
        expected = sorted(terms, key=lambda term: (term[1], term[0]))
        for seed in range(5):
            shuffled = terms[:]
            random.Random(seed).shuffle(shuffled)
            customer = self._create_customer(f"Shuffled {seed}")
            for start, expiry in shuffled:
                self._buy(1, start, expiry, partner_id=customer.id)
            [plan] = plan_draws(
                self.env, [self._request(self._create_ticket(), 9, partner=customer)]
            )
            drawn = [
                (
                    (part.purchase.date_start - self.today).days,
                    (part.purchase.date_expiry - self.today).days,
                )
                for part in plan.slices
            ]
            self.assertEqual(drawn, expected)

    def test_splitting_with_one_row_per_purchase(self):
        late = self._buy(10, expiry=90, paid_per_credit=50)
        soon = self._buy(4, expiry=30)
        ticket = self._create_ticket()
        plan = self._draw(ticket, 6.5)
        self.assertEqual(self._slices(plan.rows), [(soon, 4), (late, 2.5)])
        self.assertEqual(plan.missing, 0)
        self.assertEqual(soon.state, "used")
        allocation = plan.rows.allocation_id
        self.assertEqual(allocation.ticket_id, ticket)
        self.assertEqual(allocation.credits, 6.5)
        self.assertEqual(allocation.value, 650)
        self.assertEqual(allocation.paid, 4 * 80 + 2.5 * 50)
        self._draw(ticket, 1)
        self.assertEqual(allocation.credits, 7.5)
        self.assertEqual(
            self.allocation_model.search_count([("ticket_id", "=", ticket.id)]), 1
        )

    def test_as_much_as_available_or_nothing(self):
        purchase = self._buy(3)
        ticket = self._create_ticket()
        with self.assertRefused(
            UserError,
            says="needs 5.00 service credits on .* Azure Mills has 3.00 available",
        ):
            self._draw(ticket, 5, strict=True)
        self.assertEqual(purchase.credits_available, 3)
        plan = self._draw(ticket, 5)
        self.assertEqual((plan.credits, plan.missing), (3, 2))
        self.assertEqual(purchase.credits_available, 0)

    def test_who_may_not_pay(self):
        other_currency = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        branch = self.env["res.company"].create({"name": "Branch"})
        self._buy(is_draft=True)
        self._buy(start=1)
        self._buy(start=-9, expiry=-1)
        self._buy(partner_id=self.other_customer.id)
        self._buy(currency_id=other_currency.id)
        self._buy(company_id=branch.id, currency_id=self.currency.id)
        plan = self._draw(self._create_ticket(), 1)
        self.assertFalse(plan.rows)
        self.assertEqual(plan.missing, 1)
        self.assertFalse(self.allocation_model.search([("company_id", "=", branch.id)]))

    def test_work_date_decides(self):
        old = self._buy(start=-30, expiry=-10)
        new = self._buy(start=-5, expiry=30)
        ticket = self._create_ticket()
        on = {
            day: self._draw(ticket, 1, date=self._day(day)).rows.purchase_id
            for day in (-31, -30, -10, -9, -5, 30, 31)
        }
        none = self.purchase_model
        self.assertEqual(
            on, {-31: none, -30: old, -10: old, -9: none, -5: new, 30: new, 31: none}
        )

    def test_grace_and_allowed_past_expiry(self):
        purchase = self._buy(start=-30, expiry=-5)
        ticket = self._create_ticket()
        self.assertFalse(self._draw(ticket, 1).rows)
        self.company.service_credit_grace_days = 4
        self.assertFalse(self._draw(ticket, 1).rows)
        self.company.service_credit_grace_days = 5
        self.assertEqual(self._draw(ticket, 1).rows.purchase_id, purchase)
        self.company.service_credit_grace_days = 0
        self.company.service_credit_allow_past_expiry = True
        self.assertEqual(self._draw(ticket, 1).rows.purchase_id, purchase)

    def test_contact_draws_from_its_company(self):
        purchase = self._buy()
        plan = self._draw(self._create_ticket(), 1, partner=self.contact)
        self.assertEqual(plan.rows.purchase_id, purchase)
        self.assertEqual(plan.rows.allocation_id.commercial_partner_id, self.customer)

    def test_a_batch_counts_what_it_took_itself(self):
        self._buy(5)
        tickets = [self._create_ticket() for _ in range(4)]
        plans = draw_credits(self.env, [self._request(ticket, 2) for ticket in tickets])
        self.assertEqual([plan.credits for plan in plans], [2, 2, 1, 0])
        self.assertEqual([plan.missing for plan in plans], [0, 0, 1, 2])
        self.assertEqual([sum(p.rows.mapped("credits")) for p in plans], [2, 2, 1, 0])

    def test_a_strict_request_that_fails_leaves_the_rest(self):
        self._buy(5)
        tickets = [self._create_ticket() for _ in range(3)]
        plans = plan_draws(
            self.env,
            [
                self._request(ticket, credits, strict=True)
                for ticket, credits in zip(tickets, (4, 3, 1), strict=True)
            ],
        )
        self.assertEqual([plan.credits for plan in plans], [4, 0, 1])
        self.assertEqual(plans[1].available, 1)

    def test_a_batch_over_several_dates(self):
        old = self._buy(2, start=-30, expiry=-10)
        new = self._buy(2, start=-20, expiry=30)
        ticket = self._create_ticket()
        days = (0, -25, -15, -15, -15)
        plans = draw_credits(
            self.env, [self._request(ticket, 1, date=self._day(day)) for day in days]
        )
        none = self.purchase_model
        self.assertEqual(
            [plan.rows.purchase_id for plan in plans], [new, old, old, new, none]
        )

    def test_a_plan_writes_nothing(self):
        purchase = self._buy()
        self.env.flush_all()
        self.purchase_model._get_sharing()  # kept in memory from then on
        before = self.row_model.search_count([])
        # Who shares is kept in memory, which other tests may have emptied.
        self.purchase_model._get_sharing()
        with self.assertQueryCount(2):
            [plan] = plan_draws(
                self.env, [self._request(self.env["helpdesk.ticket"].browse(1), 4)]
            )
        self.assertEqual(plan.slices, [(purchase, 4)])
        self.assertEqual(self.row_model.search_count([]), before)
        self.assertEqual(purchase.credits_available, 10)

    def test_more_purchases_than_one_portion(self):
        for _ in range(40):
            self._buy(0.5)
        plan = self._draw(self._create_ticket(), 19.75)
        self.assertEqual(len(plan.rows), 40)
        self.assertEqual(plan.rows[-1].credits, 0.25)

    def test_prices_are_frozen_on_the_row(self):
        purchase = self._buy(value_per_credit=33.335, paid_per_credit=0)
        row = self._draw(self._create_ticket(), 2).rows
        self.assertEqual(row.value_per_credit, 33.335)
        self.assertEqual(row.value, 66.67)
        self.assertEqual(row.paid, 0)
        self.assertEqual(row.user_id, self.env.user)
        self.assertEqual(row.currency_id, purchase.currency_id)

    def test_money_adds_up_however_it_is_cut(self):
        """3 credits for 100.00: no cent appears or disappears."""
        for cuts in ((1, 1, 1), (0.5, 2.5), (0.01, 0.02, 2.97), (3,)):
            purchase = self._buy(3, value_per_credit=100 / 3, paid_per_credit=10 / 3)
            ticket = self._create_ticket()
            for cut in cuts:
                self._draw(ticket, cut)
            with self.subTest(cuts=cuts):
                rows = purchase.consumption_ids
                self.assertAlmostEqual(sum(rows.mapped("value")), 100, places=6)
                self.assertAlmostEqual(sum(rows.mapped("paid")), 10, places=6)
                self.assertEqual(purchase.value_available, 0)
                self.assertEqual(purchase.paid_available, 0)
                self.assertTrue(all(row.value >= 0 for row in rows))

    def test_later_purchase_leaves_rows_alone(self):
        self._buy(5, expiry=30)
        rows = self._draw(self._create_ticket(), 3).rows
        before = rows.read()
        self._buy(5, expiry=1)
        rows.invalidate_recordset()
        self.assertEqual(rows.read(), before)

    def test_two_customers_on_one_ticket_never_mix(self):
        self._buy()
        theirs = self._buy(partner_id=self.other_customer.id)
        ticket = self._create_ticket()
        mine = self._draw(ticket, 1).rows
        other = self._draw(ticket, 1, partner=self.other_customer).rows
        self.assertEqual(other.purchase_id, theirs)
        self.assertNotEqual(mine.allocation_id, other.allocation_id)


@tagged("post_install", "-at_install")
class TestCreditSelection(CreditCommon):
    """Purchases chosen by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.service_credit_manual_selection = True
        cls.soon = cls._buy(10, expiry=10)
        cls.late = cls._buy(10, expiry=20)
        cls.future = cls._buy(10, start=5, expiry=30)
        cls.milestone = cls._create_milestone(6)

    def test_chosen_purchases_pay(self):
        self.milestone.action_allocate_service_credits(
            [[self.future.id, 4], [self.late.id, 2]]
        )
        rows = self.milestone.service_credit_allocation_ids.consumption_ids
        self.assertEqual(self._slices(rows), [(self.future, 4), (self.late, 2)])
        self.assertEqual(self.soon.credits_available, 10)

    def test_the_same_purchase_twice_is_added_up(self):
        self.milestone.action_allocate_service_credits(
            [[self.late.id, 1], [self.late.id, 5]]
        )
        self.assertEqual(self.late.credits_allocated, 6)

    def test_refusals(self):
        draft = self._buy(is_draft=True)
        past = self._buy(start=-9, expiry=-1)
        foreign = self._buy(partner_id=self.other_customer.id)
        cases = [
            ([[self.late.id, 5]], "give 5.00 credits, but Go live needs exactly 6.00"),
            ([[self.late.id, 7]], "give 7.00 credits"),
            ([], "give 0.00 credits"),
            ([[draft.id, 6]], "is a draft"),
            ([[past.id, 6]], "it expired on"),
            ([[foreign.id, 6]], "same customer and company"),
            ([[0, 6]], "same customer and company"),
            ([[self.late.id, 6.001]], "at most 2 decimals"),
            ([[self.late.id, 7], [self.soon.id, -1]], "above 0"),
            ([[self.late.id, float("nan")]], "above 0"),
            ([self.late.id, 6], "pairs"),
            ("no", "pairs"),
            ([[float("inf"), 6]], "pairs"),
            ([[10**20, 6]], "same customer and company"),
        ]
        for selection, message in cases:
            with (
                self.subTest(selection=selection),
                self.assertRefused(UserError, says=message),
            ):
                self.milestone.action_allocate_service_credits(selection)
        self.assertFalse(self.milestone.service_credits_allocated)

    def test_more_than_the_purchase_has(self):
        self.milestone.service_credits = 12
        with self.assertRefused(
            UserError, says="12.00 credits were chosen.*only 10.00"
        ):
            self.milestone.action_allocate_service_credits([[self.late.id, 12]])

    def test_each_line_of_a_selection_counts(self):
        """One line cannot be made up for by another of the same purchase."""
        for selection in (
            [[self.late.id, 8], [self.late.id, -2]],
            [[self.late.id, float("inf")], [self.late.id, float("-inf")]],
            [[self.late.id, 5.999999999], [self.late.id, 1e-9]],
        ):
            with self.subTest(selection=selection), self.assertRaises(UserError):
                self.milestone.action_allocate_service_credits(selection)
        self.milestone.action_allocate_service_credits(
            [[self.late.id, 4], [self.late.id, 2]]
        )
        self.assertEqual(self.late.credits_allocated, 6)

    def test_only_when_the_company_allows_it(self):
        self.company.service_credit_manual_selection = False
        with self.assertRefused(UserError, says="doesn't allow choosing"):
            self.milestone.action_allocate_service_credits([[self.late.id, 6]])

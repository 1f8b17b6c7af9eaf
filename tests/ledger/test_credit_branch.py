# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ...models.alert.books import find_differences
from ...models.ledger.drawing import draw_credits, plan_draws
from ..support.books import assert_books
from ..support.credit import CreditCommon, give_back

GROUP = "helpdesk_service_credit.group_service_credit_"


@tagged("post_install", "-at_install")
class TestCreditBranch(CreditCommon):
    """A branch draws from what the companies above it sold, never from those beside
    or below it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north = cls._create_company("North", parent_id=cls.company.id)
        cls.south = cls._create_company("South", parent_id=cls.company.id)
        cls.harbour = cls._create_company("Harbour", parent_id=cls.north.id)
        cls.stranger = cls._create_company("Elsewhere")
        cls.companies = cls.company | cls.north | cls.south | cls.harbour
        cls.companies.service_credit_late_days = 7
        cls.ticket = cls._create_ticket(company_id=cls.north.id)

    @classmethod
    def _create_company(cls, name, **values):
        return cls.env["res.company"].create({"name": name, **values})

    @classmethod
    def _sold_by(cls, company, credits=5.0, **values):
        return cls._buy(
            credits, company_id=company.id, currency_id=cls.currency.id, **values
        )

    @classmethod
    def _work_in(cls, company, credits, **values):
        ticket = cls._create_ticket(company_id=company.id)
        return cls._draw(ticket, credits, company=company, **values)

    def _get_branch_user(self, companies=None, groups=f"base.group_user,{GROUP}user"):
        companies = companies or self.north
        return new_test_user(
            self.env,
            f"user_of_{companies[0].name.lower()}",
            groups,
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    # ------------------------------------------------------------------
    # Who pays
    # ------------------------------------------------------------------

    def test_a_branch_draws_from_itself_and_from_above(self):
        last = self._sold_by(self.company, expiry=90)
        own = self._sold_by(self.north, expiry=60)
        first = self._sold_by(self.company, 1, expiry=30)
        rows = self._draw(self.ticket, 7, company=self.north).rows
        self.assertEqual(
            [(row.purchase_id, row.credits) for row in rows],
            [(first, 1), (own, 5), (last, 1)],
        )
        self.assertEqual(
            rows.mapped("company_id"),
            self.company | self.north,
            "a row is in the books of its purchase",
        )
        self.assertEqual(len(rows.allocation_id), 1)
        self.assertEqual(rows.allocation_id.company_id, self.north)
        self.assertEqual(rows.allocation_id.credits, 7)
        assert_books(self, self.env)

    def test_however_far_above(self):
        purchase = self._sold_by(self.company)
        self.assertEqual(
            self._work_in(self.harbour, 2).rows.mapped("purchase_id"), purchase
        )

    def test_never_from_beside_below_or_elsewhere(self):
        for company in (self.south, self.harbour, self.stranger):
            self._sold_by(company)
        plan = self._draw(self.ticket, 1, company=self.north)
        self.assertEqual((plan.credits, plan.missing), (0, 1))
        self.assertFalse(self._work_in(self.company, 1).rows)
        self.assertFalse(
            self.purchase_model._has_bought(self.customer, self.company),
            "what a branch sold says nothing about the company above it",
        )
        self._sold_by(self.company)
        self.assertTrue(self.purchase_model._has_bought(self.customer, self.harbour))
        self.assertFalse(
            self.purchase_model._has_bought(
                self.customer, self._create_company("Nowhere")
            )
        )

    def test_the_terms_are_those_of_the_seller(self):
        lapsed = self._sold_by(self.company, start=-30, expiry=-3)
        self.north.service_credit_grace_days = 10
        self.assertFalse(self._draw(self.ticket, 1, company=self.north).rows)
        self.company.service_credit_grace_days = 10
        self.north.service_credit_grace_days = 0
        rows = self._draw(self.ticket, 1, company=self.north).rows
        self.assertEqual(rows.purchase_id, lapsed)

    def test_two_branches_in_one_batch_share_what_there_is(self):
        purchase = self._sold_by(self.company, 3)
        requests = [
            self._request(
                self._create_ticket(company_id=company.id), 2, company=company
            )
            for company in (self.north, self.south)
        ]
        plans = plan_draws(self.env, requests)
        self.assertEqual([plan.credits for plan in plans], [2, 1])
        draw_credits(self.env, requests)
        self.assertEqual(purchase.credits_available, 0)
        assert_books(self, self.env)

    def test_a_refused_one_leaves_it_to_the_other_branch(self):
        self._sold_by(self.company, 3)
        requests = [
            self._request(
                self._create_ticket(company_id=company.id),
                credits,
                company=company,
                strict=True,
            )
            for company, credits in ((self.north, 4), (self.south, 3))
        ]
        self.assertEqual([p.credits for p in plan_draws(self.env, requests)], [0, 3])

    def test_given_back_to_where_it_came_from(self):
        purchase = self._sold_by(self.company)
        rows = self._draw(self.ticket, 4, company=self.north).rows
        back = give_back(rows, 3)
        self.assertEqual((back.company_id, back.purchase_id), (self.company, purchase))
        self.assertEqual(purchase.credits_available, 4)
        self.assertEqual(rows.allocation_id.credits, 1)

    def test_a_milestone_of_a_branch_chooses_from_above(self):
        self.north.service_credit_manual_selection = True
        chosen = self._sold_by(self.company, expiry=90)
        self._sold_by(self.company, expiry=30)
        beside = self._sold_by(self.south)
        project = self._create_project(company_id=self.north.id)
        milestone = self._create_milestone(2, project_id=project.id)
        with self.assertRefused(UserError):
            milestone.action_allocate_service_credits([[beside.id, 2]])
        milestone.action_allocate_service_credits([[chosen.id, 2]])
        self.assertEqual(chosen.credits_available, 3)

    # ------------------------------------------------------------------
    # What people see
    # ------------------------------------------------------------------

    def test_the_balance_of_a_branch_counts_what_is_above(self):
        self._sold_by(self.company, 5, start=-9)
        self._sold_by(self.north, 2)
        self._sold_by(self.south, 11)
        for company, today, before in (
            (self.company, 5, 5),
            (self.north, 7, 5),
            (self.harbour, 7, 5),
            (self.stranger, 0, 0),
        ):
            with self.subTest(company=company.name):
                for day, expected in ((0, today), (-4, before)):
                    balance = self.customer._get_service_credit_balance(
                        self._day(day), company
                    )
                    total = sum(line["credits_available"] for line in balance)
                    self.assertEqual(total, expected)
        self.assertEqual(self.ticket.service_credits_available, 7)

    def test_people_of_a_branch_see_what_paid_and_change_nothing(self):
        above = self._sold_by(self.company)
        own = self._sold_by(self.north, 1, expiry=9)
        beside = self._sold_by(self.south)
        self._work_in(self.south, 1)
        rows = self._draw(self.ticket, 3, company=self.north).rows
        user = self._get_branch_user(groups=f"base.group_user,{GROUP}manager")
        seen = self.purchase_model.with_user(user).search(
            [("commercial_partner_id", "=", self.customer.id)]
        )
        self.assertEqual(seen, above | own)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(len(seen.read()), 2, "the form opens")
        self.assertEqual(rows.with_user(user).mapped("credits"), [1, 2])
        self.assertEqual(len(rows.allocation_id.with_user(user).read()), 1)
        with self.assertRaises(AccessError):
            beside.with_user(user).read(["credits"])
        for act in (
            lambda: above.with_user(user).write({"description": "Mine"}),
            lambda: above.with_user(user).action_expire(),
            lambda: above.with_user(user).unlink(),
            lambda: self.purchase_model.with_user(user).create(
                {
                    "partner_id": self.customer.id,
                    "credits": 1,
                    "company_id": self.company.id,
                }
            ),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_customers_of_a_branch_see_all_they_bought(self):
        """Also from above, with every row, whichever branch did the work."""
        above = self._sold_by(self.company)
        own = self._sold_by(self.north, 1, expiry=9)
        self._buy(1, company_id=self.company.id, partner_id=self.other_customer.id)
        rows = self._draw(self.ticket, 2, company=self.north).rows
        rows |= self._work_in(self.south, 1).rows
        portal = new_test_user(
            self.env,
            "portal_of_north",
            "base.group_portal",
            partner_id=self.contact.id,
            company_id=self.north.id,
            company_ids=[Command.set(self.north.ids)],
        )
        seen = self.purchase_model.with_user(portal).search([])
        self.assertEqual(seen, above | own)
        self.assertEqual(sum(seen.consumption_ids.mapped("credits")), 3)
        self.assertEqual(seen.consumption_ids.sudo(), rows.sorted("id", reverse=True))

    def test_people_above_and_elsewhere_see_nothing_of_a_branch(self):
        own = self._sold_by(self.north)
        above = self._sold_by(self.company)
        for company, expected in ((self.company, above), (self.stranger, own.browse())):
            user = self._get_branch_user(company)
            seen = self.purchase_model.with_user(user).search([])
            self.assertEqual(seen & (own | above), expected)

    def test_the_forecast_of_the_seller_counts_the_branches(self):
        self._sold_by(self.company, 10, start=-60)
        self._draw(self.ticket, 4, company=self.north, date=self._day(-10))
        self.env.flush_all()
        line = self.env["service.credit.forecast"].search(
            [("commercial_partner_id", "=", self.customer.id)]
        )
        self.assertEqual(line.company_id, self.company)
        self.assertEqual(line.credits_available, 6)
        self.assertGreater(line.pace, 0)

    # ------------------------------------------------------------------
    # The nightly check
    # ------------------------------------------------------------------

    def test_the_nightly_check_knows_who_may_pay(self):
        self._sold_by(self.company)
        rows = self._draw(self.ticket, 1, company=self.north).rows
        assert_books(self, self.env)
        for company in (self.harbour, self.stranger):
            with self.subTest(company=company.name), self.cr.savepoint() as savepoint:
                self.cr.execute(
                    "ALTER TABLE service_credit_allocation DISABLE TRIGGER USER"
                )
                self.cr.execute(
                    "UPDATE service_credit_allocation SET company_id = %s "
                    "WHERE id = %s",
                    [company.id, rows.allocation_id.id],
                )
                self.env.invalidate_all()
                found = find_differences(self.env, self.companies)
                self.assertEqual(bool(found), company == self.stranger)
                savepoint.rollback()
                self.env.invalidate_all()

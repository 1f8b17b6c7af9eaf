# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..support.books import assert_books
from ..support.credit import CreditCommon, let_expire, take_back


@tagged("post_install", "-at_install")
class TestCreditTransfer(CreditCommon):
    """Unused credits go to another customer of the group, with price and terms, as a
    pair of rows with a reason."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.daughter = cls._create_customer("Azure Daughter", parent_id=cls.customer.id)
        cls.son = cls._create_customer("Azure Son", parent_id=cls.customer.id)
        cls.purchase = cls._buy(10, -20, 200)

    def tearDown(self):
        assert_books(self, self.env)
        super().tearDown()

    def _transfer(self, credits, customer=None, purchase=None, reason="Their month"):
        purchase = (purchase or self.purchase).with_user(self.credit_manager)
        customer = (customer or self.daughter).with_user(self.credit_manager)
        return purchase._transfer(customer, credits, reason).with_env(self.env)

    def _figures(self, purchase):
        return (
            purchase.credits_available,
            purchase.credits_transferred,
            purchase.value_available,
            purchase.paid_available,
        )

    def test_a_pair_of_rows_with_a_reason(self):
        received = self._transfer(4)
        self.assertEqual(self._figures(self.purchase), (6, 4, 600, 480))
        self.assertEqual(self._figures(received), (4, 0, 400, 320))
        self.assertEqual(received.commercial_partner_id, self.daughter)
        self.assertEqual(received.origin_id, self.purchase)
        self.assertEqual((received.credits, received.paid_total), (4, 320))
        rows = (self.purchase | received).consumption_ids.sorted("id")
        self.assertEqual(rows.mapped("credits"), [4, -4])
        self.assertEqual(rows.mapped("paid"), [320, -320])
        self.assertEqual(set(rows.mapped("consumption_type")), {"transfer"})
        allocation = rows.allocation_id
        self.assertEqual(
            (len(allocation), allocation.credits, allocation.reason),
            (1, 0, "Their month"),
        )
        self.assertIn(self.purchase.name, allocation.name)
        for purchase in self.purchase | received:
            self.assertIn("Their month", purchase.message_ids[0].body)

    def test_terms_and_limits_are_the_same(self):
        team = self.env["helpdesk.ticket.team"].create({"name": "Trainers"})
        self.purchase.write(
            {
                "team_ids": [Command.set(team.ids)],
                "priority": 7,
                "sharing": "group",
                "description": "Training",
            }
        )
        received = self._transfer(4)
        for name in (
            "date_start",
            "date_expiry",
            "priority",
            "team_ids",
            "description",
        ):
            self.assertEqual(received[name], self.purchase[name], name)
        self.assertEqual((received.sharing, received.is_limited), ("customer", True))

    def test_the_price_is_the_same_where_it_follows_the_value(self):
        self.company.service_credit_paid_follows_value = True
        received = self._transfer(4)
        self.assertEqual((received.paid_per_credit, received.paid_total), (80, 320))

    def test_the_receiver_draws_the_giver_does_not(self):
        received = self._transfer(10)
        self.assertEqual(self.purchase.state, "transferred")
        ticket = self._create_ticket(partner_id=self.daughter.id)
        plan = self._draw(ticket, 3, partner=self.daughter)
        self.assertEqual(plan.slices[0].purchase, received)
        self.assertEqual(received.credits_allocated, 3)
        self.assertEqual(self._draw(self._create_ticket(), 1).missing, 1)

    def test_money_to_the_last_cent(self):
        purchase = self._buy(3, paid_per_credit=0.333, value_per_credit=0.333)
        received = [
            self._transfer(1, customer, purchase)
            for customer in (self.daughter, self.son, self.daughter)
        ]
        self.assertEqual(self._figures(purchase), (0, 3, 0, 0))
        self.assertEqual(purchase.paid_total, 1)
        self.assertAlmostEqual(sum(lot.paid_total for lot in received), 1)
        for lot in received:
            take_back(lot)
            self.assertEqual(self._figures(lot), (0, 0, 0, 0))

    def test_received_credits_are_never_worth_less_than_nothing(self):
        """A credit is worth less than a cent of the currency's rounding."""
        purchase = self._buy(3, -20, 100, paid_per_credit=0.07, value_per_credit=0.07)
        self._draw(self._create_ticket(), 0.5)
        received = self._transfer(2.42, purchase=purchase)
        self.assertEqual((received.value_total, received.paid_total), (0.16, 0.16))
        ticket = self._create_ticket(partner_id=self.daughter.id)
        self._draw(ticket, 2.41, partner=self.daughter)
        self.assertEqual(self._figures(received), (0.01, 0, 0, 0))
        self._draw(ticket, 0.01, partner=self.daughter)
        self.assertEqual(self._figures(received), (0, 0, 0, 0))

    def test_the_way_back_has_its_own_words(self):
        received = self._transfer(4)
        self._transfer(1, self.customer, received, reason="Too many")
        row = received.consumption_ids.filtered(lambda row: row.credits > 0)
        self.assertEqual(row.reason, "Too many")
        self.assertIn(received.name, row.allocation_id.name)
        self.assertIn(self.customer.name, row.allocation_id.name)
        back = self.purchase.consumption_ids.filtered(lambda row: row.credits < 0)
        self.assertEqual(back.allocation_id, row.allocation_id)
        self.assertEqual(row.allocation_id.credits, 0)
        given = self.purchase.consumption_ids - back
        self.assertEqual((given.reason, back.reversed_id), ("Their month", given))

    def test_what_forms_propose_is_not_for_the_receivers_purchase(self):
        proposed = {
            "default_description": "Proposed",
            "default_priority": 7,
            "default_active": False,
            "default_sharing": "group",
            "default_opening_used": 2,
            "default_user_id": self.credit_user.id,
            "default_consumption_type": "expiry",
        }
        purchase = self.purchase.with_user(self.credit_manager)
        received = purchase.with_context(**proposed)._transfer(self.daughter, 4, "-")
        received = received.with_env(self.env)
        self.assertEqual(self._figures(received), (4, 0, 400, 320))
        for name in ("description", "priority", "active", "opening_used"):
            self.assertEqual(received[name], self.purchase[name], name)
        self.assertEqual(received.sharing, "customer")

    def test_a_branch_gives_to_customers_of_the_companies_above(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.credit_manager.company_ids |= branch
        purchase = self._buy(10, company_id=branch.id)
        self.daughter.company_id = self.company
        received = purchase._transfer(self.daughter, 4, "Their month")
        self.assertEqual((received.company_id, received.credits), (branch, 4))

    def test_transferred_back_is_as_before(self):
        received = self._transfer(4)
        self.assertEqual(self._transfer(1, self.customer, received), self.purchase)
        self.assertEqual(self._figures(self.purchase), (7, 3, 700, 560))
        self.assertEqual(self._figures(received), (3, 1, 300, 240))
        self._transfer(3, self.customer, received)
        self.assertEqual(self._figures(self.purchase), (10, 0, 1000, 800))
        self.assertEqual(received.state, "transferred")
        self.purchase.is_draft = True
        with self.assertRefused(UserError, received):
            received.is_draft = True

    def test_passed_on_and_back_along_the_way(self):
        first = self._transfer(6)
        second = self._transfer(4, self.son, first)
        self.assertEqual(second.origin_id, self.purchase)
        self.assertEqual(self._transfer(1, self.daughter, second), first)
        third = self._transfer(3, self.customer, second)
        self.assertEqual((third.origin_id, third.credits), (self.purchase, 3))
        self.assertEqual(self._figures(first), (3, 3, 300, 240))

    def test_balances_of_earlier_days(self):
        day = self._day(-5)
        received = self._transfer(4)
        self.assertEqual(self.purchase._get_balance(day), 10)
        self.assertEqual(received._get_balance(day), 0)
        self.assertEqual(received._get_balance(), 4)
        # Late work of a day before the transfer.
        ticket = self._create_ticket(partner_id=self.daughter.id)
        self._draw(ticket, 1, partner=self.daughter, date=day)
        self.assertEqual(received._get_balance(day), 0)
        for date in (day, self.today):
            self.env.flush_all()
            self.env.invalidate_all()
            balances = self.env["service.credit.balance"].with_context(
                service_credit_date_to=str(date)
            )
            found = balances.search(
                [("purchase_id", "in", (self.purchase | received).ids)]
            )
            for line in found:
                self.assertEqual(
                    line.credits_closing, line.purchase_id._get_balance(date)
                )
                self.assertEqual(
                    line.credits_closing,
                    line.credits_bought - line.credits_used - line.credits_transferred,
                )

    def test_a_purchase_of_the_future(self):
        later = self._buy(5, 10, 100)
        received = self._transfer(2, purchase=later)
        self.assertEqual(received.date_start, later.date_start)
        self.assertEqual(received._get_balance(self._day(10)), 2)
        self.assertEqual(later._get_balance(self._day(10)), 3)

    def test_the_rest_lapses_for_each(self):
        received = self._transfer(4)
        both = self.purchase | received
        both.write({"date_expiry": self._day(-1)})
        let_expire(both)
        self.assertEqual(both.mapped("credits_expired"), [6, 4])
        self.assertEqual(both.mapped("state"), ["expired", "expired"])

    def test_the_statement_of_both(self):
        received = self._transfer(4)
        for customer, closing in ((self.customer, 6), (self.daughter, 4)):
            statement = self.env["service.credit.statement"].create(
                {"partner_id": customer.id, "date_from": self._day(-30)}
            )
            [section] = statement._get_sections()
            self.assertEqual(section["closing"]["credits"], closing)
        self.assertEqual(received.credits, 4)

    def test_what_is_refused(self):
        purchase = self.purchase
        for credits in (0, -1, 10.01, float("nan"), float("inf"), 1e308, 0.001, "x"):
            with self.assertRefused(UserError, purchase):
                self._transfer(credits)
        for reason in ("", " ", False):
            with self.assertRefused(UserError, purchase):
                self._transfer(1, reason=reason)
        for customer in (self.other_customer, self.customer, self.contact):
            with self.assertRefused(UserError, purchase):
                self._transfer(1, customer)
        abroad = self.env["res.company"].create({"name": "Elsewhere"})
        self.son.company_id = abroad
        self.credit_manager.company_ids |= abroad
        with self.assertRefused(UserError, purchase, self.son):
            everywhere = (self.company | abroad).ids
            self.purchase.with_user(self.credit_manager).with_context(
                allowed_company_ids=everywhere
            )._transfer(self.son, 1, "Abroad")
        draft = self._buy(10, is_draft=True)
        past = self._buy(10, -20, -1)
        for lot in draft | past:
            with self.assertRefused(UserError, lot):
                self._transfer(1, purchase=lot)
        self.assertEqual(self._figures(purchase), (10, 0, 1000, 800))

    def test_managers_only(self):
        for user in (self.credit_user, self.stranger):
            with self.assertRaises(AccessError):
                self.purchase.with_user(user)._transfer(self.daughter, 1, "-")
            with self.assertRaises(AccessError):
                self.purchase.with_user(user).action_transfer()
            with self.assertRaises(AccessError):
                self.env["service.credit.transfer"].with_user(user).create(
                    {"purchase_id": self.purchase.id, "partner_id": self.daughter.id}
                )

    def test_nobody_types_where_credits_came_from(self):
        purchases = self.purchase_model.with_user(self.credit_manager)
        for values in (
            {"origin_id": self.purchase.id},
            {"date_received": self.today},
            {"credits_transferred": 3},
        ):
            with self.assertRaises(AccessError):
                self.purchase.with_user(self.credit_manager).write(values)
            with self.assertRaises(AccessError):
                purchases.create({"partner_id": self.son.id, "credits": 5, **values})

    def test_the_window(self):
        action = self.purchase.with_user(self.credit_manager).action_transfer()
        window = Form(
            self.env[action["res_model"]]
            .with_user(self.credit_manager)
            .with_context(**action["context"])
        )
        self.assertEqual(window.credits, 10)
        window.partner_id = self.daughter
        self.assertIn(self.daughter.name, window.preview)
        window.credits = 11
        self.assertIn("11", window.preview)
        window.credits = 4
        window.reason = "Their month"
        action = window.save().action_transfer()
        received = self.purchase_model.browse(action["res_id"])
        self.assertEqual(self._figures(received), (4, 0, 400, 320))
        window = Form(
            self.env["service.credit.transfer"].with_context(
                default_purchase_id=received.id
            )
        )
        window.partner_id = self.customer
        self.assertIn(self.purchase.name, window.preview)

    def test_the_window_tells_nothing_that_may_not_be_known(self):
        """Neither of a purchase of another company, nor of its customer."""
        abroad = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self._buy(10, company_id=abroad.id, currency_id=self.currency.id)
        self.son.company_id = abroad
        windows = self.env["service.credit.transfer"].with_user(self.credit_manager)
        for purchase, partner in (
            (foreign, self.daughter),
            (self.purchase, self.son),
        ):
            values = {
                "purchase_id": purchase.id,
                "partner_id": partner.id,
                "credits": 1,
                "reason": "-",
            }
            with self.subTest(purchase=purchase.name, partner=partner.name):
                self.assertFalse(windows.create(values).preview)
                self.assertFalse(windows.new(values).preview)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..support.credit import CreditCommon, get_differences, give_back


@tagged("post_install", "-at_install")
class TestCreditBalance(CreditCommon):
    def _balance(self, partner=None, **kwargs):
        return (partner or self.customer).get_service_credit_balance(**kwargs)

    def test_one_entry_per_currency(self):
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self._buy(4, expiry=30)
        self._buy(5, expiry=30)
        self._buy(10, expiry=90)
        self._buy(7, currency_id=other.id, value_per_credit=10, paid_per_credit=5)
        self._draw(self._create_ticket(), 1)
        balance = {line.pop("currency"): line for line in self._balance(self.contact)}
        self.assertEqual(
            balance,
            {
                self.currency.name: {
                    "credits_available": 18,
                    "value_available": 1800,
                    "paid_available": 1440,
                    "next_expiry": self._day(30),
                    "credits_next_expiry": 8,
                },
                "XTS": {
                    "credits_available": 7,
                    "value_available": 70,
                    "paid_available": 35,
                    "next_expiry": self._day(365),
                    "credits_next_expiry": 7,
                },
            },
        )
        self.assertEqual(
            self.customer.service_credit_balance,
            f"18.00 {self.currency.name} + 7.00 XTS"
            if self.currency.name < "XTS"
            else f"7.00 XTS + 18.00 {self.currency.name}",
        )

    def test_many_customers_in_one_call(self):
        """The same for each, in as many queries as for one, and to nobody else."""
        third = self.env["res.partner"].create({"name": "Third", "is_company": True})
        for partner in (self.customer, self.other_customer):
            self._buy(4, expiry=30, partner_id=partner.id)
        partners = self.contact | self.other_customer | third
        many = partners.get_service_credit_balances()
        each = {str(one.id): self._balance(one) for one in partners}
        self.assertEqual(many, each, "XML-RPC has no other keys than text")
        self.assertEqual(many[str(third.id)], [])
        counts = []
        for some in (self.other_customer, partners):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.get_service_credit_balances()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
        user = new_test_user(self.env, "reader", "base.group_portal")
        with self.assertRefused(AccessError):
            partners.with_user(user).get_service_credit_balances()

    def test_only_what_can_be_used(self):
        self._buy(is_draft=True)
        self._buy(start=3)
        self._buy(start=-9, expiry=-3)
        self._buy(partner_id=self.other_customer.id)
        self.assertEqual(self._balance(), [])
        self.company.service_credit_grace_days = 3
        self.assertEqual(self._balance()[0]["credits_available"], 10)
        self.assertEqual(
            self._balance(date=str(self._day(3)))[0]["next_expiry"], self._day(365)
        )

    def test_on_any_date(self):
        purchase = self._buy(10, start=-20, expiry=5)
        ticket = self._create_ticket()
        self._draw(ticket, 2, date=self._day(-10))
        row = self._draw(ticket, 3, date=self._day(-5)).rows
        expected = {-21: 0, -20: 10, -11: 10, -10: 8, -6: 8, -5: 5, 0: 5, 5: 5, 6: 0}
        for day, credits in expected.items():
            with self.subTest(day=day):
                self.assertEqual(purchase._get_balance(self._day(day)), credits)
                lines = self._balance(date=self._day(day))
                self.assertEqual(
                    sum(line["credits_available"] for line in lines), credits
                )
                self.assertEqual(
                    sum(line["value_available"] for line in lines), 100 * credits
                )
        give_back(row)
        self.assertEqual(purchase._get_balance(self._day(-5)), 8)

    def test_what_is_no_date(self):
        for date in ("tomorrow", "2026-13-01", 5):
            with self.subTest(date=date), self.assertRefused(UserError, str(date)):
                self._balance(date=date)

    def test_never_negative_on_any_date(self):
        """Drawn, given back, and drawn again for an earlier day."""
        purchase = self._buy(10, start=-30, expiry=30)
        ticket = self._create_ticket()
        give_back(self._draw(ticket, 10, date=self._day(-10)).rows)
        self._draw(ticket, 10, date=self._day(-20))
        for day in range(-30, 31):
            self.assertIn(purchase._get_balance(self._day(day)), (0, 10))

    def test_the_customer_is_the_sum_of_the_purchases(self):
        purchases = self._buy(3) | self._buy(4, start=-9) | self._buy(5, start=2)
        self._draw(self._create_ticket(), 2.5)
        for day in (-9, -1, 0, 2, 365, 366):
            lines = self._balance(date=self._day(day))
            self.assertEqual(
                sum(line["credits_available"] for line in lines),
                purchases._get_balance(self._day(day)),
            )

    def test_what_is_no_company_is_refused(self):
        self._create_users()
        customer = self.customer.with_user(self.credit_user)
        for company in (True, "1", [self.env.company.id], 1.5, -1):
            with self.subTest(company=company), self.assertRaises(AccessError):
                customer.get_service_credit_balance(company_id=company)

    def test_other_companies_stay_apart(self):
        branch = self.env["res.company"].create({"name": "Branch"})
        self._buy(10, company_id=branch.id)
        self.assertEqual(self._balance(), [])
        self.assertEqual(len(self._balance(company_id=branch.id)), 1)
        self._create_users()
        with self.assertRaises(AccessError):
            self.customer.with_user(self.credit_user).get_service_credit_balance(
                company_id=branch.id
            )

    def test_without_purchases_no_values(self):
        """Agents see hours, not prices: a value divided by its credits is one."""
        self._buy()
        agent = new_test_user(
            self.env, "agent_balance", "helpdesk_mgmt.group_helpdesk_user"
        )
        self._create_ticket(user_id=agent.id)
        [line] = self.customer.with_user(agent).get_service_credit_balance()
        self.assertEqual(line["credits_available"], 10)
        self.assertFalse({"value_available", "paid_available"} & line.keys())

    def test_balances_of_many_customers_in_one_query(self):
        partners = self.env["res.partner"]
        counts = []
        for number in (3, 30):
            more = partners.create(
                [{"name": f"C{n}", "is_company": True} for n in range(number)]
            )
            for partner in more:
                self._buy(2, partner_id=partner.id)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            texts = more.mapped("service_credit_balance")
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual({text[:4] for text in texts}, {"2.00"})
        self.assertLessEqual(counts[1], counts[0] + 1)


@tagged("post_install", "-at_install")
class TestCreditOwner(CreditCommon):
    """Credits follow the entity that owns them, and nobody else."""

    def test_a_contact_that_changes_employer_leaves_the_credits(self):
        purchase = self._buy(partner_id=self.contact.id)
        self.contact.parent_id = self.other_customer
        self.assertEqual(purchase.commercial_partner_id, self.customer)
        self.assertTrue(self.customer.get_service_credit_balance())
        self.assertFalse(self.other_customer.get_service_credit_balance())

    def test_a_person_who_becomes_a_contact_takes_the_credits_along(self):
        person = self.env["res.partner"].create({"name": "Sole Trader"})
        purchase = self._buy(partner_id=person.id)
        rows = self._draw(self._create_ticket(), 1, partner=person).rows
        person.parent_id = self.other_customer
        self.assertEqual(purchase.commercial_partner_id, self.other_customer)
        self.assertEqual(rows.allocation_id.commercial_partner_id, self.other_customer)
        self.assertEqual(purchase.credits_available, 9)

    def _merge(self, source, target):
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source | target).ids, target)
        self.env.invalidate_all()

    def test_merging_customers_carries_the_balance(self):
        mine, theirs = self._buy(10), self._buy(4, partner_id=self.other_customer.id)
        ticket = self._create_ticket()
        self._draw(ticket, 3)
        self._draw(ticket, 1, partner=self.other_customer)
        milestone = self._create_milestone(2)
        milestone.action_allocate_service_credits()
        self.contact.parent_id = False
        self._merge(self.customer, self.other_customer)
        self.assertEqual((mine | theirs).commercial_partner_id, self.other_customer)
        balance = self.other_customer.get_service_credit_balance()
        self.assertEqual(balance[0]["credits_available"], 8)
        milestone.action_adjust_service_credits(5)
        self.assertEqual(milestone.service_credits_allocated, 5)
        self._draw(ticket, 1, partner=self.other_customer)
        self.assertFalse(get_differences(self.env))

    def test_merging_an_entity_into_a_contact(self):
        person = self.env["res.partner"].create({"name": "Nora A."})
        purchase = self._buy(partner_id=person.id)
        self._merge(person, self.contact)
        self.assertEqual(purchase.partner_id, self.contact)
        self.assertEqual(purchase.commercial_partner_id, self.customer)


@tagged("post_install", "-at_install")
class TestCreditReconciliation(CreditCommon):
    def _differences(self):
        return get_differences(self.env)

    def test_nothing_to_report(self):
        self._buy(3, value_per_credit=100 / 3)
        ticket = self._create_ticket()
        rows = self._draw(ticket, 1.37).rows
        give_back(rows, 0.5)
        past = self._buy(5, start=-9, expiry=-1)
        past.action_expire()
        self.assertFalse(self._differences())
        wizard = self.env["service.credit.reconciliation"].create({})
        self.assertFalse(wizard.line_ids)

    def test_every_difference_is_listed_and_nothing_fixed(self):
        purchase = self._buy(10)
        allocation = self._draw(self._create_ticket(), 4).rows.allocation_id
        entry = self.env["account.analytic.line"].create({"name": "Work"})
        self._draw(self._create_ticket(), 1, timesheet=entry)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE service_credit_purchase SET credits_allocated = 3, "
            "credits_available = 7, value_available = 1 WHERE id = %s",
            [purchase.id],
        )
        self.env.cr.execute(
            "UPDATE service_credit_allocation SET paid = 0 WHERE id = %s",
            [allocation.id],
        )
        self.env.cr.execute(
            "UPDATE account_analytic_line SET credits = 3 WHERE id = %s", entry.ids
        )
        self.env.invalidate_all()
        found = {
            (model, res_id, name): (float(stored), float(expected))
            for model, res_id, name, stored, expected in self._differences()
        }
        self.assertEqual(
            found,
            {
                ("service.credit.purchase", purchase.id, "credits_allocated"): (3, 5),
                ("service.credit.purchase", purchase.id, "credits_available"): (7, 5),
                ("service.credit.purchase", purchase.id, "value_available"): (1, 500),
                ("service.credit.allocation", allocation.id, "paid"): (0, 320),
                ("account.analytic.line", entry.id, "credits"): (3, 1),
            },
        )
        self.assertEqual(purchase.credits_allocated, 3)

    def test_the_window_names_them_as_people_know_them(self):
        purchase = self._buy(10)
        allocation = self._draw(self._create_ticket(), 4).rows.allocation_id
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE service_credit_purchase SET value_available = 1;"
            " UPDATE service_credit_allocation SET paid = 0"
        )
        self.env.invalidate_all()
        lines = self.env["service.credit.reconciliation"].create({}).line_ids
        self.assertEqual(
            lines.mapped(lambda line: (line.kind, line.record_name, line.figure)),
            [
                (
                    "Services Credits Customer Purchase",
                    purchase.name,
                    "Value Available",
                ),
                ("Services Credits Allocation", allocation.name, "Amount Paid"),
            ],
        )

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..support.alert import AlertCommon
from ..support.credit import give_back, take_back

ALL_DAYS = [("expiry", 60), ("expiry", 30), ("expiry", 14)]


@tagged("post_install", "-at_install")
class TestAlert(AlertCommon):
    """Each level fires once a cycle and is armed again by what is bought or comes
    back."""

    def test_a_level_fires_once(self):
        self._buy(10)
        self._use(7.99)
        self.assertFalse(self._fire())
        self._use(0.01)
        alert = self._fire()
        self.assertEqual(self._levels(alert), [("percent", 20)])
        self.assertEqual((alert.credits_available, alert.credits_base), (2, 10))
        self.assertEqual((alert.state, alert.date), ("open", self.today))
        self.assertFalse(self._fire())
        self.assertFalse(self._fire(1))
        self._use(1)
        self.assertEqual(self._levels(self._fire(1)), [("percent", 10)])
        self._use(1)
        self.assertFalse(self._fire(2))

    def test_two_levels_at_once_are_one_message(self):
        self._buy(10)
        self._use(9.5)
        alerts = self._fire()
        self.assertEqual(self._levels(alerts), [("percent", 20), ("percent", 10)])
        [note] = self._notes()
        self.assertEqual(note.count("<li>"), 1)
        self.assertIn("0.50 of 10.00 service credits", note)
        self.assertEqual(alerts.mapped("date_told"), [self.today] * 2)

    def test_nothing_left(self):
        self.company.service_credit_alert_percents = "0"
        self._buy(10)
        self._use(9.99)
        self.assertFalse(self._fire())
        self._use(0.01)
        self.assertEqual(self._levels(self._fire()), [("percent", 0)])
        self.assertIn("None of the 10.00 service credits", self._notes()[0])

    def test_levels_in_credits(self):
        self.company.service_credit_alert_percents = False
        self.company.service_credit_alert_credits = "5; 2.5"
        self._buy(4)
        self.assertFalse(self._fire(), "a small purchase that is not used is no alarm")
        self._use(0.5)
        self.assertEqual(self._levels(self._fire()), [("credits", 5)])
        self._use(1)
        self.assertEqual(self._levels(self._fire()), [("credits", 2.5)])

    def test_percent_of_what_there_was_after_the_latest_purchase(self):
        """Not of all that was ever bought, nor of one purchase alone."""
        self._buy(100, start=-90, expiry=300)
        self._use(90, date=self._day(-30))
        self._buy(10, start=-10, expiry=300)
        self._use(15, date=self._day(-5))
        self.assertFalse(self._fire(), "5 of 20 are left")
        self._use(1)
        alert = self._fire()
        self.assertEqual((alert.credits_available, alert.credits_base), (4, 20))

    def test_what_members_of_a_pool_use_is_the_owners(self):
        """Its levels fire, and its forecast and what is owed to it count it."""
        self._buy(10, sharing="group")
        member = self._create_customer("Azure Wheels", parent_id=self.customer.id)
        ticket = self._create_ticket(partner_id=member.id)
        self._draw(ticket, 8, partner=member)
        alert = self._fire()
        self.assertEqual(alert.commercial_partner_id, self.customer)
        self.assertEqual(self._levels(alert), [("percent", 20)])
        self.env.flush_all()
        for model, name in (
            ("service.credit.forecast", "credits_available"),
            ("service.credit.balance", "credits_closing"),
        ):
            lines = self.env[model].search(
                [("commercial_partner_id", "in", (self.customer + member).ids)]
            )
            self.assertEqual(lines.commercial_partner_id, self.customer)
            self.assertEqual(lines.mapped(name), [2])

    def test_armed_again_by_a_new_purchase(self):
        self._buy(10)
        self._use(8)
        first = self._fire()
        second = self._buy(20)
        self.assertFalse(self._fire(1))
        self.assertEqual((first.state, first.date_over), ("over", self._day(1)))
        self.assertFalse(self._activities(), "nothing is to be done about it any more")
        self._use(18)
        alert = self._fire(2)
        self.assertEqual(self._levels(alert), [("percent", 20)])
        self.assertEqual(alert.purchase_id, second)
        self.assertEqual(len(self._notes()), 2)

    def test_armed_again_by_credits_that_come_back(self):
        self._buy(10)
        rows = self._use(8)
        first = self._fire()
        give_back(rows, 1)
        self.assertFalse(self._fire(1))
        self.assertEqual(first.state, "over")
        self._use(1)
        second = self._fire(2)
        self.assertEqual(self._levels(second), [("percent", 20)])
        self.assertEqual(second.purchase_id, first.purchase_id)

    def test_not_armed_by_a_purchase_that_ends(self):
        """That an older purchase outlives the latest one is no new cycle."""
        self._buy(10, start=-30, expiry=300)
        latest = self._buy(2, start=-20, expiry=3)
        self._use(10)
        alert = self._fire()
        self.assertEqual(alert.filtered(lambda a: a.kind == "percent").level, 20)
        self.assertEqual(self._levels(self._fire(10)), [])
        self.assertEqual(latest._get_balance(self._day(10)), 0)

    def test_expiry(self):
        purchase = self._buy(10, expiry=90)
        self.assertFalse(self._fire(29))
        first = self._fire(30)
        self.assertEqual(self._levels(first), [("expiry", 60)])
        self.assertEqual((first.purchase_id, first.cycle), (purchase, self._day(90)))
        self.assertFalse(self._fire(31))
        self.assertEqual(self._levels(self._fire(60)), [("expiry", 30)])
        self.assertEqual(self._levels(self._fire(76)), [("expiry", 14)])
        self.assertIn(f"10.00 service credits of {purchase.name}", self._notes()[-1])
        self.assertEqual(len(self._notes()), 3)
        self.assertFalse(self._fire(91))
        self.assertEqual(set(self.alert_model.search([]).mapped("state")), {"over"})

    def test_expiry_found_late_is_told_once(self):
        self._buy(10, expiry=9)
        self.assertEqual(self._levels(self._fire()), ALL_DAYS)
        self.assertEqual(self._notes()[0].count("<li>"), 1)

    def test_extended_terms(self):
        purchase = self._buy(10, expiry=20)
        first = self._fire()
        self.assertEqual(len(first), 2)
        purchase.date_expiry = self._day(100)
        self.assertFalse(self._fire(1))
        self.assertEqual(set(first.mapped("state")), {"over"})
        self.assertEqual(self._levels(self._fire(40)), [("expiry", 60)])

    def test_used_up_credits_do_not_expire(self):
        self._buy(10, expiry=20)
        first = self._fire()
        self._use(10)
        self.assertEqual(len(self._fire(1)), 2, "the percents")
        self.assertEqual(set(first.mapped("state")), {"over"})

    def test_what_does_not_count(self):
        """Drafts, purchases that lapsed or were written off, and those to come."""
        self._buy(1000, is_draft=True)
        self._buy(1000, start=20)
        self._buy(1000, start=-90, expiry=-1)
        gone = self._buy(1000, start=-90)
        self._buy(10, start=-80)
        take_back(gone)
        self.assertFalse(self._fire())
        self._use(8)
        alert = self._fire()
        self.assertEqual((alert.credits_available, alert.credits_base), (2, 10))

    def test_currencies_stay_apart(self):
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self._buy(10)
        self._buy(1000, currency_id=other.id)
        self._use(8)
        alert = self._fire()
        self.assertEqual(alert.currency_id, self.currency)
        self._use(990, currency=other)
        alerts = self._fire(1)
        self.assertEqual(alerts.currency_id, other)
        self.assertIn("10.00 of 1,000.00 service credits (XTS)", self._notes()[-1])

    def test_companies_stay_apart(self):
        branch = self.env["res.company"].create({"name": "Branch"})
        self._buy(10)
        self._buy(10, company_id=branch.id, currency_id=self.currency.id)
        ticket = self._create_ticket(company_id=branch.id)
        self._draw(ticket, 9, company=branch)
        self.assertFalse(self._fire())
        branch.service_credit_alert_percents = "50"
        alert = self._fire(company=branch)
        self.assertEqual((alert.company_id, alert.level), (branch, 50))
        self.assertIn("Service credits at Branch", self._notes()[0])

    def test_levels_per_company(self):
        for name in ("percents", "credits", "days"):
            self.company[f"service_credit_alert_{name}"] = False
        self._buy(10, expiry=5)
        self._use(10)
        self.assertFalse(self._fire())
        self.assertNotIn(self.company, self.alert_model._get_alert_companies())

    def test_levels_are_numbers(self):
        levels = self.company._get_service_credit_alert_levels()
        self.assertEqual(
            levels, {"percent": [20, 10], "credits": [], "expiry": [60, 30, 14]}
        )
        self.company.service_credit_alert_percents = " 5;12.5 , 5"
        levels = self.company._get_service_credit_alert_levels()
        self.assertEqual(levels["percent"], [12.5, 5])
        for name, text in (
            ("percents", "half"),
            ("percents", "100"),
            ("percents", "-1"),
            ("percents", "0,5"),
            ("percents", "20,10"),
            ("credits", "1e5"),
            ("credits", "nan"),
            ("credits", "1.234"),
            ("days", "7.5"),
            ("days", "99999"),
        ):
            field = f"service_credit_alert_{name}"
            with self.subTest(text), self.assertRefused(ValidationError, text):
                self.company[field] = text
            self.company[field] = False

    def test_settings_on_the_helpdesk_page(self):
        settings = self.env["res.config.settings"].create({})
        for name, value in (
            ("percents", "30"),
            ("credits", "3"),
            ("days", "7"),
            ("customer", True),
            ("quotation", True),
            ("user_id", self.salesman),
        ):
            settings[f"service_credit_alert_{name}"] = value
            self.assertEqual(self.company[f"service_credit_alert_{name}"], value)

    @mute_logger("odoo.sql_db")
    def test_the_database_lets_it_fire_once(self):
        self._buy(10)
        self._use(8)
        alert = self._fire()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            alert.copy()
        alert.state = "over"
        self.env.flush_all()
        alert.copy()

    def test_merged_customers(self):
        self._buy(10)
        self._use(8)
        self._buy(10, partner_id=self.other_customer.id)
        self._use(9, partner=self.other_customer)
        self._fire()
        self.contact.parent_id = False
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.other_customer).ids, self.customer)
        self.env.invalidate_all()
        self.assertEqual(
            self.alert_model.search([]).commercial_partner_id, self.customer
        )
        self._fire(1)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..support.credit import CreditCommon, give_back

UNCOUNTABLE = (float("nan"), float("inf"), 1e308, 1e-9)


@tagged("post_install", "-at_install")
class TestCreditPurchase(CreditCommon):
    def test_defaults(self):
        purchase = self.purchase_model.create(
            {"partner_id": self.contact.id, "credits": 12.25, "value_per_credit": 100}
        )
        self.assertRegex(purchase.name, r"^SCP/\d{4}/\d{5}$")
        self.assertEqual(purchase.commercial_partner_id, self.customer)
        self.assertEqual(purchase.company_id, self.company)
        self.assertEqual(purchase.currency_id, self.currency)
        self.assertEqual(purchase.date_start, self.today)
        self.assertEqual(purchase.date_expiry, fields.Date.add(self.today, years=1))
        self.assertFalse(purchase.is_draft)
        self.assertEqual(purchase.state, "open")
        self.assertEqual(purchase.credits_available, 12.25)
        self.assertEqual(purchase.value_total, 1225)
        self.assertEqual(purchase.value_available, 1225)
        self.assertEqual(purchase.paid_per_credit, 0)

    def test_one_year_follows_the_start(self):
        purchase = self.purchase_model.create(
            {
                "partner_id": self.customer.id,
                "credits": 1,
                "date_start": "2030-02-01",
            }
        )
        self.assertEqual(str(purchase.date_expiry), "2031-02-01")
        purchase.date_start = "2030-03-01"
        self.assertEqual(str(purchase.date_expiry), "2031-02-01", "the term stays")

    def test_one_year_follows_the_start_typed(self):
        with Form(self.purchase_model) as form:
            form.partner_id = self.customer
            form.credits = 1
            for day in (30, 60):
                start = self._day(day)
                form.date_start = start
                self.assertEqual(form.date_expiry, fields.Date.add(start, years=1))
            form.date_expiry = self._day(90)
        self.assertEqual(form.record.date_expiry, self._day(90))

    def test_seed_by_form(self):
        """Ten credits for 100 USD and five for 250: the steps of the form."""
        with Form(self.purchase_model) as form:
            form.partner_id = self.customer
            form.date_start = "2030-01-01"
            form.date_expiry = "2030-12-31"
            form.credits = 200
            form.value_per_credit = 100
            form.paid_per_credit = 80
            form.description = "Framework contract"
            form.is_draft = True
        purchase = form.record
        self.assertEqual(purchase.state, "draft")
        self.assertEqual(purchase.value_total, 20000)
        self.assertEqual(purchase.paid_total, 16000)

    def test_amount_paid_follows_value(self):
        self.company.service_credit_paid_follows_value = True
        purchase = self._buy(value_per_credit=90, paid_per_credit=1, is_draft=True)
        self.assertEqual(purchase.paid_per_credit, 90)
        purchase.value_per_credit = 120
        self.assertEqual(purchase.paid_per_credit, 120)
        purchase.write({"paid_per_credit": 5})
        self.assertEqual(purchase.paid_per_credit, 120)
        with Form(self.purchase_model) as form:
            form.partner_id = self.customer
            form.credits = 10
            form.value_per_credit = 70
        self.assertEqual(form.record.paid_total, 700)

    def test_amount_paid_is_free_otherwise(self):
        for paid in (0, 50, 100, 130):
            with self.subTest(paid=paid):
                purchase = self._buy(credits=2, paid_per_credit=paid)
                self.assertEqual(purchase.paid_total, 2 * paid)

    def test_draft_by_default(self):
        self.company.service_credit_draft_by_default = True
        self.assertEqual(self._buy().state, "draft")
        self.assertEqual(self._buy(is_draft=False).state, "open")
        self.assertTrue(Form(self.purchase_model).is_draft)

    def test_draft_by_default_is_the_purchases_company(self):
        other = self.env["res.company"].create({"name": "Branch"})
        other.service_credit_draft_by_default = True
        self.assertTrue(self._buy(company_id=other.id).is_draft)
        self.assertFalse(self._buy().is_draft)

    def test_currency_of_the_pricelist(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        if euro == self.currency:
            euro = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self.env.user.group_ids |= self.env.ref("product.group_product_pricelist")
        self.customer.property_product_pricelist = self.env["product.pricelist"].create(
            {"name": "Abroad", "currency_id": euro.id}
        )
        purchase = self.purchase_model.create(
            {"partner_id": self.customer.id, "credits": 1}
        )
        self.assertEqual(purchase.currency_id, euro)
        self.assertEqual(
            self._buy(currency_id=self.currency.id).currency_id, self.currency
        )
        with Form(self.purchase_model) as form:
            form.partner_id = self.other_customer
            self.assertEqual(form.currency_id, self.currency)
            form.partner_id = self.customer
            self.assertEqual(form.currency_id, euro)
            form.currency_id = self.currency
            form.credits = 2
        self.assertEqual(form.record.currency_id, self.currency)
        draft = self._buy(partner_id=self.other_customer.id, is_draft=True)
        draft.partner_id = self.customer
        self.assertEqual(draft.currency_id, euro)

    def test_impossible_numbers(self):
        cases = [
            ({"credits": 0}, "can't have 0 credits.*above 0, up to 1,000,000,000"),
            ({"credits": -3}, "-3"),
            *(({"credits": number}, re.escape(str(number))) for number in UNCOUNTABLE),
            ({"credits": 1e15}, "1,000,000,000"),
            ({"date_expiry": "9999-12-31"}, "12/31/9999: choose 12/31/9998"),
            ({"value_per_credit": -1}, "-1 isn't possible as Value per Credit"),
            ({"paid_per_credit": -0.01}, "-0.01.*Amount Paid"),
            *(
                ({"value_per_credit": number}, re.escape(str(number)))
                for number in UNCOUNTABLE
            ),
            *(
                ({"paid_per_credit": number}, re.escape(str(number)))
                for number in UNCOUNTABLE
            ),
            (
                {"date_start": "2030-05-02", "date_expiry": "2030-05-01"},
                "05/01/2030, before it starts on 05/02/2030",
            ),
        ]
        draft = self._buy(is_draft=True)
        for values, message in cases:
            with self.subTest(values=values):
                with self.assertRefused(ValidationError, says=message):
                    self._buy(**values)
                with self.assertRefused(ValidationError, says=message):
                    draft.write(values)
        with self.assertRaises(ValidationError):
            self.purchase_model.create({"partner_id": self.customer.id})
        self._assert_no_default_counts(draft)

    def _assert_no_default_counts(self, draft):
        """The same by a default of the context, and by an import."""
        values = {"partner_id": self.customer.id, "credits": 1}
        for number in UNCOUNTABLE:
            typed = self.purchase_model.with_context(default_value_per_credit=number)
            with self.subTest(number=number), self.assertRaises(ValidationError):
                typed.create(values)
            result = self.purchase_model.load(
                ["partner_id", "credits", "value_per_credit"],
                [["Azure Mills", "1", str(number)]],
            )
            self.assertFalse(result["ids"])
            self.assertIn(str(number), result["messages"][0]["message"])

    def test_big_values_are_exact_or_refused(self):
        purchase = self._buy(
            999_999_999.99, value_per_credit=999.99, paid_per_credit=0.01
        )
        self.assertEqual(purchase.value_total, 999989999990.00)
        ticket = self._create_ticket()
        rows = self._draw(ticket, 123_456_789.01).rows
        rows |= self._draw(ticket, 876_543_210.98).rows
        self.assertEqual(sum(rows.mapped("value")), purchase.value_total)
        self.assertEqual(purchase.value_available, 0)
        with self.assertRefused(ValidationError, "1,000,000,000,000"):
            self._buy(1_000_000, value_per_credit=1_000_001)
        draft = self._buy(1_000_000, is_draft=True)
        with self.assertRefused(ValidationError, draft):
            draft.paid_per_credit = 1_000_001

    def test_nothing_derived_comes_out_of_the_context(self):
        guarded = {
            "state": "used",
            "credits_available": 99,
            "credits_withdrawn": 5,
            "value_total": 7,
            "name": "SCP/X",
            "is_withdrawn": True,
            "sale_credits": 5,
            "access_token": "guess",
        }
        context = {f"default_{name}": value for name, value in guarded.items()}
        purchase = self.purchase_model.with_context(**context).create(
            {"partner_id": self.customer.id, "credits": 10}
        )
        self.env.invalidate_all()
        self.assertEqual((purchase.state, purchase.credits_available), ("open", 10))
        self.assertRegex(purchase.name, r"^SCP/\d{4}/\d{5}$")
        self.assertFalse(purchase.is_withdrawn or purchase.access_token)
        self._create_users()
        model = self.purchase_model.with_user(self.credit_manager)
        values = {"partner_id": self.customer.id, "credits": 10}
        for name, value in guarded.items():
            with self.subTest(name=name), self.assertRaises(AccessError):
                model.create({**values, name: value})
            with self.subTest(name=name), self.assertRaises(AccessError):
                purchase.with_user(self.credit_manager).write({name: value})

    def test_a_refused_purchase_draws_no_number(self):
        first = self._buy()
        for values in ({"credits": -1}, {"value_per_credit": 1e308}):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self._buy(**values)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self._buy(currency_id=False, partner_id=self.contact.id)
        number = int(first.name.rsplit("/")[-1])
        self.assertEqual(int(self._buy().name.rsplit("/")[-1]), number + 1)

    def test_a_chosen_term_stays_in_the_form(self):
        """An expiry date that was typed stays when the start is changed afterwards,
        as it does by RPC; one that was not follows the start."""
        with Form(self.purchase_model) as form:
            form.partner_id = self.customer
            form.credits = 1
            form.date_start = "2030-01-01"
            self.assertEqual(str(form.date_expiry), "2031-01-01")
            form.date_start = "2030-02-01"
            self.assertEqual(str(form.date_expiry), "2031-02-01")
            form.date_expiry = "2030-12-31"
            form.date_start = "2030-03-01"
            self.assertEqual(str(form.date_expiry), "2030-12-31")
            form.date_start = "2031-03-01"
            self.assertEqual(str(form.date_expiry), "2032-03-01", "impossible else")

    def test_paid_follows_value_company_by_company(self):
        other = self.env["res.company"].create({"name": "Branch"})
        other.service_credit_paid_follows_value = True
        ours = self._buy(is_draft=True)
        theirs = self._buy(is_draft=True, company_id=other.id)
        (ours | theirs).write({"value_per_credit": 50, "paid_per_credit": 7})
        self.assertEqual(ours.paid_per_credit, 7)
        self.assertEqual(theirs.paid_per_credit, 50)

    def test_the_last_days_there_are(self):
        """A term that would end after them, ends with them; reports can group it."""
        with Form(self.purchase_model) as form:
            form.partner_id = self.customer
            form.credits = 1_000_000_000
            form.date_start = "9998-06-30"
            self.assertEqual(form.date_expiry, fields.Date.to_date("9998-12-31"))
            form.date_start = "9999-06-30"
            form.date_start = self.today
        self._buy(date_expiry="9998-12-31")
        self.env.flush_all()
        for model in ("service.credit.purchase", "service.credit.balance"):
            for unit in ("day", "week", "month", "quarter", "year"):
                group = f"date_expiry:{unit}"
                self.assertTrue(self.env[model].formatted_read_group([], [group], []))

    @mute_logger("odoo.sql_db")
    def test_the_database_knows_the_limits_too(self):
        purchase = self._buy()
        changes = (
            "credits = 0, credits_available = 0",
            "value_per_credit = -1",
            "paid_per_credit = -1",
            "date_expiry = date_start - 1",
            "date_expiry = DATE '9999-12-31'",
            "credits = 11",
        )
        self._assert_database_refuses(purchase, changes)

    def test_three_decimals(self):
        with self.assertRefused(ValidationError, says="1.005.*2 decimals"):
            self._buy(credits=1.005)
        purchase = self._buy(credits=1.01, is_draft=True)
        with self.assertRefused(ValidationError, says="2 decimals"):
            purchase.write({"credits": 7.123})

    def test_three_decimals_by_import(self):
        result = self.purchase_model.load(
            ["partner_id/.id", "credits"], [[str(self.customer.id), "1.005"]]
        )
        self.assertFalse(result["ids"])
        self.assertIn("2 decimals", result["messages"][0]["message"])

    def test_customer_of_another_company(self):
        other = self.env["res.company"].create({"name": "Branch"})
        stranger = self._create_customer("Branch customer", company_id=other.id)
        with self.assertRefused(UserError, says="company"):
            self._buy(partner_id=stranger.id)

    def test_copy_keeps_the_terms_only(self):
        source = self._buy(description="Terms")
        self._draw(self._create_ticket(), 4)
        copied = source.copy()
        self.assertNotEqual(copied.name, source.name)
        self.assertEqual(copied.credits_available, 10)
        self.assertEqual(copied.date_expiry, source.date_expiry)
        self.assertEqual(copied.paid_per_credit, 80)
        self.assertEqual(copied.description, "Terms")
        self.assertFalse(copied.consumption_ids)
        both = (source | copied).copy()
        self.assertEqual(len(set(both.mapped("name"))), 2)

    def test_archive_only_when_nothing_is_left(self):
        purchase = self._buy()
        with self.assertRefused(ValidationError, purchase, "10.00"):
            purchase.action_archive()
        plan = self._draw(self._create_ticket(), 10)
        purchase.action_archive()
        self.assertFalse(purchase.active)
        give_back(plan.rows, 1)
        self.assertTrue(purchase.active, "credits given back come into sight again")

    def test_delete_only_unused_drafts(self):
        draft = self._buy(is_draft=True)
        used = self._buy()
        with self.assertRefused(UserError, used, says="only delete drafts"):
            used.unlink()
        give_back(self._draw(self._create_ticket(), 4).rows)
        used.is_draft = True
        with self.assertRefused(UserError, used, says="history"):
            used.unlink()
        draft.unlink()
        self.assertFalse(draft.exists())

    def test_results_cannot_be_typed(self):
        with self.assertRefused(AccessError, says="because Odoo computes it"):
            self._buy(credits_available=50)
        purchase = self._buy(is_draft=True)
        for values in (
            {"credits_available": 0},
            {"credits_allocated": 3, "credits_available": 7},
            {"state": "used"},
            {"name": "SCP/1"},
            {"value_available": 1},
            {"commercial_partner_id": self.other_customer.id},
        ):
            with (
                self.subTest(values=values),
                self.assertRaises(AccessError),
            ):
                purchase.write(values)

    def test_order_item_once(self):
        product = self.env["product.product"].create(
            {"name": "Pack", "type": "service"}
        )
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [fields.Command.create({"product_id": product.id})],
            }
        )
        line = order.order_line
        with (
            self.assertRefused(ValidationError, says="until the order"),
            self.cr.savepoint(),
        ):
            self._buy(sale_line_id=line.id)
        purchase = self._buy(sale_line_id=line.id, is_draft=True)
        self.assertEqual(purchase.sale_order_id, order)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self._buy(sale_line_id=line.id, is_draft=True)
        order.action_confirm()
        purchase.is_draft = False
        self.assertEqual(purchase.state, "open")

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import format_date, mute_logger

from ..support.credit import get_differences
from ..support.funding import MAY, FundingCommon


@tagged("post_install", "-at_install")
class TestFundingInput(FundingCommon):
    """What cannot be paid by credits, and what happens to it instead."""

    def _use_euros(self, partner):
        euro = self.env.ref("base.EUR")
        euro.active = True
        partner.property_product_pricelist = self.env["product.pricelist"].create(
            {"name": "In Euros", "currency_id": euro.id}
        )
        return euro

    def test_work_before_every_start_and_after_every_expiry(self):
        """Refused, or what the team says instead; the credits stay."""
        purchase = self._buy(start="2026-05-01", expiry="2026-05-31")
        for day in ("2026-04-30", "2026-06-01"):
            said = format_date(self.env, day)
            with (
                self.subTest(day),
                self.assertRefused(
                    ValidationError,
                    says=f"on {said} are not covered .0.00 credits usable",
                ),
                self.cr.savepoint(),
            ):
                self._work(date=day)
        self.team.over_limit_policy = "overage"
        for day in ("2026-04-30", "2026-06-01"):
            entry = self._work(date=day)
            self.assertEqual(entry.coverage, "overage")
            self.assertIn("no other credits usable on", entry.coverage_note)
        self.assertEqual(self._work(date="2026-05-01").coverage, "credits")
        self.assertEqual(self._work(date="2026-05-31").coverage, "credits")
        self.assertEqual(purchase.credits_available, 8)

    def test_moved_out_of_every_term_it_is_refused_and_stays_paid(self):
        purchase = self._buy(start="2026-05-01", expiry="2026-05-31")
        entry = self._work(2)
        with self.assertRaises(ValidationError), self.cr.savepoint():
            entry.date = "2026-06-01"
        self.assertEqual(str(entry.date), MAY)
        self.assertEqual((entry.credits, purchase.credits_available), (2, 8))

    def test_service_type_that_costs_nothing_or_less(self):
        for factor in (0, -1):
            with (
                self.subTest(factor),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.cr.savepoint(),
            ):
                self.env["service.type"].create(
                    {"name": "Free", "credits_per_hour": factor}
                )
        constraint = self.env["service.type"]._credits_per_hour_positive
        message = constraint.get_error_message(self.env["service.type"], None)
        self.assertIn("untick Billable on the time entry", message)

    def test_the_currency_of_the_price_list_hides_no_credits(self):
        """A credit is a unit of work; only its value has a currency."""
        purchase = self._buy()
        self._use_euros(self.customer)
        self.assertEqual(self._work().credits, 1)
        self.assertEqual(purchase.credits_available, 9)

    def test_customer_merged_into_another(self):
        """Balances and rows follow, entries go on giving back, the sums hold."""
        mine, theirs = self._buy(5), self._buy(4, partner_id=self.other_customer.id)
        entry = self._work(2)
        other = self._work(1, self._create_ticket(partner_id=self.other_customer.id))
        self.contact.parent_id = False
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        both = self.customer | self.other_customer
        wizard._merge(both.ids, self.other_customer)
        self.env.invalidate_all()
        self.assertEqual(self.ticket.commercial_partner_id, self.other_customer)
        self.assertEqual(entry.partner_id, self.other_customer)
        [balance] = self.other_customer.get_service_credit_balance(MAY)
        self.assertEqual(balance["credits_available"], 6)
        entry.unit_amount = 1
        self.assertEqual((entry.credits, mine.credits_available), (1, 4))
        entry.unit_amount = 6
        self.assertEqual((entry.credits, mine.credits_available), (6, 0))
        other.unlink()
        self.assertEqual(theirs.credits_available, 3)
        self.assertFalse(get_differences(self.env))
        self._assert_adds_up()

    def test_another_customer_on_a_ticket_with_paid_entries(self):
        """Paid entries stay as they are; edited, they settle with who paid them."""
        mine = self._buy(5)
        theirs = self._buy(5, partner_id=self.other_customer.id)
        entry = self._work(2)
        self.ticket.partner_id = self.other_customer
        self._work(1)
        before = self._rows()
        self.env.flush_all()
        self.assertEqual(self._rows(), before)
        self.assertEqual((mine.credits_available, theirs.credits_available), (3, 4))
        entry.unit_amount = 1
        self.assertEqual((mine.credits_available, theirs.credits_available), (4, 4))
        entry.unit_amount = 5
        self.assertEqual((mine.credits_available, theirs.credits_available), (0, 4))
        with self.assertRaises(ValidationError), self.cr.savepoint():
            entry.unit_amount = 6
        entry.unlink()
        self.assertEqual((mine.credits_available, theirs.credits_available), (5, 4))
        self.assertFalse(get_differences(self.env))

    def test_moved_to_a_ticket_of_a_customer_without_credits(self):
        """Refused as a whole: the entry stays where it is and stays paid."""
        purchase = self._buy(5)
        self._buy(1, partner_id=self.other_customer.id)
        entry = self._work(2)
        ticket = self._create_ticket(partner_id=self.other_customer.id)
        with (
            self.assertRefused(ValidationError, says="ask Birch Works for more"),
            self.cr.savepoint(),
        ):
            entry.ticket_id = ticket
        self.assertEqual(entry.ticket_id, self.ticket)
        self.assertEqual((entry.credits, purchase.credits_available), (2, 3))
        self.team.over_limit_policy = "overage"
        self.ticket.write({"timesheet_ids": [Command.update(entry.id, {"name": "x"})]})
        entry.ticket_id = ticket
        self.assertEqual(purchase.credits_available, 5)
        none = entry.so_line.browse()
        self.assertEqual(
            self._pieces(ticket), [("credits", 1, 1, none), ("overage", 1, 0, none)]
        )

    def test_a_share_that_rounds_to_nothing_is_paid_by_credits(self):
        """A minute at a cheap rate costs 0.003 credits: nothing is drawn, and the
        team's policy is not asked, as long as there are credits."""
        self.team.default_service_type_id = self.env["service.type"].create(
            {"name": "Remote", "credits_per_hour": 0.2}
        )
        purchase = self._buy(1)
        for hours in (1 / 60, 0.001):
            entry = self._work(hours)
            self.assertEqual((entry.coverage, entry.credits), ("credits", 0))
            self.assertTrue(entry.payers)
            self.assertIn("smallest", entry.coverage_note)
            entry.unit_amount = hours * 1.1
            self.assertEqual((entry.coverage, entry.credits), ("credits", 0))
        entry.unit_amount = 1
        self.assertEqual((entry.coverage, entry.credits), ("credits", 0.2))
        self.assertEqual(purchase.credits_available, 0.8)
        self._work(4)
        with self.assertRefused(ValidationError, self.ticket, "0.00 credits usable"):
            self._work(1 / 60)

    def test_everybody_reads_the_note_in_their_language(self):
        """What was logged by one is explained to another in theirs."""
        self._buy()
        self.env["res.lang"]._activate_lang("de_DE")
        entry = self._work(1.5)
        german = entry.with_context(lang="de_DE")
        self.assertIn("1:30 h", entry.coverage_note)
        self.assertIn("1,50", german.coverage_note)
        self.assertIn("31.12.2026", german.coverage_note)

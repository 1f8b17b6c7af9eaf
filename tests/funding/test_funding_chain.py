# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..support.funding import MAY, FundingCommon


@tagged("post_install", "-at_install")
class TestFundingChain(FundingCommon):
    """Prepaid hours that are used up: the next item, below zero, or the policy."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = (
            cls._sell(hours=10, date_order=f"2026-0{month}-01") for month in (1, 2)
        )
        cls.team.sale_line_preference = "oldest"
        cls.ticket = cls._create_ticket()

    def _paid(self, ticket=None):
        """Return what each item of the customer took of the ticket, in hours."""
        hours = {}
        for entry in (ticket or self.ticket).timesheet_ids.sorted("id"):
            key = entry.so_line or entry.coverage
            hours[key] = round(hours.get(key, 0.0) + entry.hours_billed, 6)
        self.env.flush_all()
        for item in (self.first, self.second):
            entries = item.timesheet_ids
            self.assertEqual(item.qty_delivered, sum(entries.mapped("hours_billed")))
            self.assertEqual(item.remaining_hours, 10 - item.qty_delivered)
        return hours

    def test_open_goes_on_below_zero(self):
        self._work(15)
        self.assertEqual(self._paid(), {self.first: 15})
        self.assertEqual(self.first.remaining_hours, -5)

    def test_open_gives_the_rest_of_a_capped_item_to_the_policy(self):
        self._authorize(self.first, 2)
        self.team.over_limit_policy = "overage"
        self._work(5)
        self.assertEqual(self._paid(), {self.first: 12 - 10, "overage": 3})

    def test_the_next_pack_takes_what_the_first_has_not(self):
        """With the policy to refuse, 15 h went on a pack of 10 h, while the customer's
        second pack kept its 10 h."""
        for limit in ("chain", "closed"):
            with self.subTest(limit), self.env.cr.savepoint() as savepoint:
                self.team.prepaid_limit = limit
                entry = self._work(15)
                self.assertEqual(self._paid(), {self.first: 10, self.second: 5})
                self.assertEqual(self.ticket.total_hours, 15)
                self.assertEqual(sum(self.ticket.timesheet_ids.mapped("amount")), -600)
                first, second = self.first.order_id.name, self.second.order_id.name
                for piece in self.ticket.timesheet_ids:
                    self.assertIn(f"10:00 h on {first}", piece.coverage_note)
                    self.assertIn("used up", piece.coverage_note)
                    self.assertIn(f"5:00 h on {second}", piece.coverage_note)
                self.assertEqual(
                    (self.ticket.timesheet_ids - entry).split_from_id, entry
                )
                savepoint.rollback()
            self.env.invalidate_all()

    def test_a_capped_pack_gives_its_rest_to_the_next_one(self):
        """A capped pack turned 5 h into overage, although the next had 10 h."""
        self.team.write({"prepaid_limit": "closed", "over_limit_policy": "overage"})
        self._authorize(self.first, 3)
        self._work(8)
        self.assertEqual(self._paid(), {self.first: 3, self.second: 5})

    def test_the_last_item_without_a_cap_goes_below_zero(self):
        self.team.prepaid_limit = "chain"
        self._work(14)
        self._work(11)
        self.assertEqual(self._paid(), {self.first: 10, self.second: 15})
        self._work(1)
        self.assertEqual(self.second.remaining_hours, -6)
        other = self._create_ticket()
        self.assertFalse(other.sale_line_id)
        self._work(1, other)
        self.assertEqual(self.second.remaining_hours, -7)

    def test_a_capped_item_never_goes_below_zero_for_others(self):
        self.team.prepaid_limit = "chain"
        self._authorize(self.second, 4)
        self._work(20)
        self.assertEqual(self._paid(), {self.first: 16, self.second: 4})

    def test_closed_leaves_the_rest_to_the_policy(self):
        self.team.prepaid_limit = "closed"
        with self.assertRefused(ValidationError, self.ticket, "20:00", "21:00"):
            self._work(21)
        self.assertFalse(self.ticket.timesheet_ids)
        self.team.over_limit_policy = "overage"
        self._work(21)
        expected = {self.first: 10, self.second: 10, "overage": 1}
        self.assertEqual(self._paid(), expected)
        self.team.over_limit_policy = "non_billable"
        self._work(1)
        self.assertEqual(self._paid(), {**expected, "non_billable": 1})

    def test_credits_two_packs_and_the_policy_pay_one_entry(self):
        self.team.write({"prepaid_limit": "closed", "over_limit_policy": "overage"})
        expired = self._buy(10, expiry="2026-05-03")
        purchase = self._buy(2)
        self._work(23)
        self.assertEqual(
            self._paid(), {"credits": 2, self.first: 10, self.second: 10, "overage": 1}
        )
        self._assert_adds_up()
        note = self.ticket.timesheet_ids[0].coverage_note
        for words in (
            f"2.00 credits from {purchase.name}",
            f"10.00 credits of {expired.name} expired on the previous day",
            "1:00 h overage",
        ):
            self.assertIn(words, note)

    def test_an_item_that_is_used_up_is_named(self):
        self.team.prepaid_limit = "chain"
        self._work(10)
        self.ticket.sale_line_id = self.first
        entry = self._work(2)
        self.assertEqual(entry.so_line, self.second)
        self.assertIn(f"{self.first.order_id.name} is used up", entry.coverage_note)
        self.assertIn(f"2:00 h on {self.second.order_id.name}", entry.coverage_note)

    def test_the_ticket_moves_on_unless_a_person_chose_its_item(self):
        self.team.prepaid_limit = "chain"
        chosen = self._create_ticket(sale_line_id=self.second.id)
        self.assertFalse(self.ticket.is_sale_line_chosen)
        self.assertTrue(chosen.is_sale_line_chosen)
        sent_along = self._create_ticket(sale_line_id=self.first.id)
        self.assertFalse(sent_along.is_sale_line_chosen)
        self._work(11, chosen)
        self.assertEqual(chosen.sale_line_id, self.second)
        self.assertEqual(self.first.remaining_hours, 9)
        self._work(9, self.ticket)
        self.assertEqual(self.ticket.sale_line_id, self.first)
        third = self._sell(hours=5, date_order="2026-03-01")
        self._work(1, self.ticket)
        self.assertEqual(self.ticket.sale_line_id, third)
        self.assertFalse(self.ticket.is_sale_line_chosen)
        self.ticket.partner_id = self.other_customer
        self.assertFalse(self.ticket.sale_line_id)
        self.ticket.partner_id = self.customer
        self.assertEqual(self.ticket.sale_line_id, third)

    def test_what_the_chain_shared_out_is_not_offered_to_be_moved(self):
        """The ticket asked to put it all on the last pack."""
        self.team.prepaid_limit = "chain"
        self._work(12)
        self.assertEqual(self.ticket.sale_line_id, self.second)
        self.assertFalse(self.ticket.movable_timesheet_count)
        self.ticket.action_move_timesheets()
        self.assertEqual(self._paid(), {self.first: 10, self.second: 2})
        third = self._sell(hours=20, date_order="2026-03-01")
        self.ticket.sale_line_id = third
        self.assertEqual(self.ticket.movable_timesheet_count, 2)
        self.ticket.action_move_timesheets()
        self.assertEqual(self._paid(), {third: 12})

    def test_an_item_chosen_by_hand_pays_first(self):
        self.team.prepaid_limit = "closed"
        self.ticket.sale_line_id = self.second
        self._work(12)
        self.assertEqual(self._paid(), {self.second: 10, self.first: 2})
        self.assertEqual(self.ticket.sale_line_id, self.second)

    def test_the_latest_item_comes_first_where_the_team_says_so(self):
        self.team.write({"prepaid_limit": "chain", "sale_line_preference": "latest"})
        third = self._sell(hours=1, date_order="2026-03-01")
        ticket = self._create_ticket()
        self._work(12, ticket)
        self.assertEqual(self._paid(ticket), {third: 1, self.second: 10, self.first: 1})

    def test_a_time_based_item_takes_everything_its_cap_allows(self):
        self.team.prepaid_limit = "closed"
        item = self._sell(self.time_product)
        self.ticket.sale_line_id = item
        self._work(15)
        self.assertEqual(self._paid(), {item: 15})
        self._authorize(item, 16)
        self._work(3)
        self.assertEqual(self._paid(), {item: 16, self.first: 2})

    def test_longer_work_goes_on_in_the_chain(self):
        self.team.prepaid_limit = "closed"
        entry = self._work(8)
        entry.unit_amount = 12
        self.assertEqual(self._paid(), {self.first: 10, self.second: 2})
        self.assertEqual(self.ticket.total_hours, 12)
        other = self._work(3)
        self.assertEqual(other.so_line, self.second)
        entry.unit_amount = 11
        self.assertEqual(self._paid(), {self.first: 10, self.second: 6})
        self.ticket.timesheet_ids.unlink()
        self.assertEqual(self._paid(), {})

    def test_time_added_to_what_credits_paid_goes_on_in_the_chain(self):
        """On a ticket that has no item of its own, too."""
        self.team.prepaid_limit = "chain"
        self._work(20)
        ticket = self._create_ticket()
        self.assertFalse(ticket.sale_line_id)
        purchase = self._buy(2)
        entry = self._work(2, ticket)
        self.assertEqual(entry.coverage, "credits")
        third = self._sell(hours=5, date_order="2026-03-01")
        entry.unit_amount = 3
        self.assertEqual(self._paid(ticket), {"credits": 2, third: 1})
        self.assertEqual(purchase.credits_available, 0)
        self.assertEqual(ticket.sale_line_id, third)

    def test_a_cancelled_order_takes_no_new_time(self):
        """Time went on it and could never be invoiced."""
        self.team.over_limit_policy = "overage"
        entry = self._work(1)
        for limit, payer in (
            ("open", "overage"),
            ("chain", self.second),
            ("closed", self.second),
        ):
            with self.subTest(limit), self.env.cr.savepoint() as savepoint:
                self.team.prepaid_limit = limit
                self.first.order_id._action_cancel()
                new = self._work(2)
                self.assertEqual(new.so_line or new.coverage, payer)
                self.assertIn(
                    f"{self.first.order_id.name} is not a confirmed order",
                    new.coverage_note,
                )
                self.assertEqual(entry.so_line, self.first, "what was logged stays")
                entry.unit_amount = 4
                self.assertEqual(self.first.qty_delivered, 1)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_entries_of_one_batch_leave_to_each_other_what_is_left(self):
        self.team.prepaid_limit = "closed"
        values = {
            "ticket_id": self.ticket.id,
            "name": "Work",
            "unit_amount": 6,
            "employee_id": self.employee.id,
            "date": MAY,
        }
        self.env["account.analytic.line"].create([dict(values) for _ in range(3)])
        self.assertEqual(self._paid(), {self.first: 10, self.second: 8})

    def test_many_packs_are_planned_in_the_same_queries(self):
        self.team.prepaid_limit = "chain"
        for _pack in range(4):
            self._sell(hours=1, date_order="2026-03-01")

        def preview(hours):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            vals = {"ticket_id": self.ticket.id, "unit_amount": hours, "date": MAY}
            plan = self.env["account.analytic.line"]._preview_entry(vals)
            return len(plan["slices"]), self.env.cr.sql_log_count - before

        preview(11)
        (few, queries), (many, more_queries) = preview(11), preview(24)
        self.assertEqual((few, many), (2, 6))
        self.assertEqual(more_queries, queries)

    def test_the_parts_of_an_entry_are_written_together(self):
        self.team.prepaid_limit = "closed"
        self.team.over_limit_policy = "overage"
        self._buy(2)
        self.env.flush_all()
        self.env.invalidate_all()
        writes, execute = [], type(self.env.cr).execute

        def spy(cr, query, params=None, **kwargs):
            words = str(getattr(query, "code", query)).split()
            if '"account_analytic_line"' in words[1:3]:
                writes.append(words[0].upper())
            return execute(cr, query, params, **kwargs)

        self.patch(type(self.env.cr), "execute", spy)
        self._work(24)
        self.env.flush_all()
        self.assertEqual(len(self.ticket.timesheet_ids), 4)
        # The entry before who pays is known, the other parts with what they have in
        # common, then the cost of the parts, and who pays for the entry.
        self.assertEqual(sorted(writes), ["INSERT"] * 2 + ["UPDATE"] * 2)

    def test_many_entries_edited_in_one_go_cost_the_same_queries(self):
        self.team.prepaid_limit = "chain"
        self._sell(hours=5000, date_order="2026-03-01")
        values = {"unit_amount": 1, "date": MAY, "employee_id": self.employee.id}
        costs = {}
        # The first fills the caches; of each, credits pay some and the pack the rest.
        for size in (6, 20, 60):
            self._buy(3)
            ticket = self._create_ticket()
            entries = self.env["account.analytic.line"].create(
                [{**values, "ticket_id": ticket.id} for _ in range(size)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            entries.write({"unit_amount": 0.5})
            entries.write({"date": "2026-05-05"})
            self.env.flush_all()
            costs[size] = self.env.cr.sql_log_count - start
        self.assertEqual(costs[60], costs[20], costs)

    def test_time_of_who_bought_hours_or_credits_is_not_given_away(self):
        """Without an item with hours left, it was not billed without a word."""
        self._work(10)
        self._work(10, self._create_ticket())
        ticket = self._create_ticket()
        self.assertFalse(ticket.sale_line_id)
        with self.assertRefused(ValidationError, ticket, "1:00"):
            self._work(1, ticket)
        self.team.over_limit_policy = "overage"
        self.assertEqual(self._work(1, ticket).coverage, "overage")
        stranger = self._create_ticket(partner_id=self.other_customer.id)
        self.assertEqual(self._work(1, stranger).coverage, "non_billable")

    def test_time_for_a_subsidiary_of_who_bought_credits_is_not_given_away(self):
        self.team.over_limit_policy = "overage"
        self._buy(5)
        subsidiary = self.env["res.partner"].create(
            {"name": "Azure South", "is_company": True, "parent_id": self.customer.id}
        )
        ticket = self._create_ticket(partner_id=subsidiary.id)
        self.assertEqual(self._work(1, ticket).coverage, "overage")

    def test_credits_in_any_currency_pay(self):
        """Those in another currency than the price list's were not found."""
        currency = self.env.ref("base.CHF")
        currency.active = True
        foreign = self._buy(2, currency_id=currency.id)
        own = self._buy(2, expiry="2027-01-31")
        self.assertEqual(self.ticket.service_credits_available, 4)
        entry = self._work(3)
        self.assertEqual(self._rows(), [(foreign, 2, entry), (own, 1, entry)])
        allocations = self.ticket.service_credit_allocation_ids
        self.assertEqual(
            {line.currency_id: line.credits for line in allocations},
            {currency: 2, self.env.company.currency_id: 1},
        )
        self.assertEqual(self.ticket.service_credits_used, 3)
        entry.unlink()
        self.assertEqual((foreign | own).mapped("credits_available"), [2, 2])

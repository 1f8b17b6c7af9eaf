# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..support.funding import FundingCommon


@tagged("post_install", "-at_install")
class TestFundingChange(FundingCommon):
    """Edited, moved and deleted entries settle exactly their own slices."""

    def test_more_hours_draw_the_difference(self):
        first = self._buy(2, expiry="2026-06-30")
        second = self._buy(10)
        entry = self._work(1)
        entry.unit_amount = 3
        self.assertEqual(
            self._rows(), [(first, 1, entry), (first, 1, entry), (second, 1, entry)]
        )
        self._assert_adds_up()

    def test_fewer_hours_give_back_in_reverse(self):
        first = self._buy(2, expiry="2026-06-30")
        second = self._buy(10)
        entry = self._work(3)
        other = self._work(1)
        entry.unit_amount = 1.5
        self.assertEqual(first.credits_available, 0.5)
        self.assertEqual(second.credits_available, 9)
        self.assertEqual(entry.credits, 1.5)
        self.assertEqual(other.consumption_ids.mapped("credits"), [1])
        self._assert_adds_up()

    def test_the_note_tells_of_all_hours_after_a_correction(self):
        first = self._buy(2, expiry="2026-06-30")
        second = self._buy(10)
        entry = self._work(1)
        sooner = f"from {first.name} (expires 06/30/2026, sooner than {second.name})"
        alone = f"credits from {first.name} (expires 06/30/2026)"
        later = f"credits from {second.name} (expires 12/31/2026)"
        for hours, note in (
            (1.5, f"1:30 h → 1.50 {alone}"),
            (3.0, f"3:00 h → 2.00 credits {sooner}; 1.00 {later}"),
            (0.5, f"0:30 h → 0.50 {alone}"),
        ):
            entry.unit_amount = hours
            self.assertEqual(entry.coverage_note, note)
        item = self._sell()
        self.ticket.write({"use_service_credits": False, "sale_line_id": item.id})
        entry = self._work(1)
        for hours, time in ((1.5, "1:30"), (0.5, "0:30")):
            entry.unit_amount = hours
            note = f"{time} h → {time} h on {item.order_id.name}"
            self.assertEqual(entry.coverage_note, note)

    def test_more_hours_than_credits_split_the_entry(self):
        self._buy(2)
        item = self._sell()
        self.ticket.sale_line_id = item
        entry = self._work(1)
        entry.unit_amount = 5
        none = item.browse()
        self.assertEqual(
            self._pieces(), [("credits", 2, 2, none), ("sale_line", 3, 0, item)]
        )
        self._assert_adds_up()

    def test_another_date_gives_back_and_draws_anew(self):
        spring = self._buy(start="2026-05-01", expiry="2026-05-31")
        summer = self._buy(start="2026-06-01", expiry="2026-06-30")
        entry = self._work(2)
        entry.date = "2026-06-10"
        self.assertEqual(spring.credits_available, 10)
        self.assertEqual(summer.credits_available, 8)
        entry.date = "2026-06-10"
        self.assertEqual(len(self._rows()), 3)

    def test_tick_delete_and_draw_then_give_back(self):
        purchase = self._buy()
        entry = self._work(2)
        entry.is_billable = False
        self.assertEqual(
            (purchase.credits_available, entry.coverage), (10, "non_billable")
        )
        entry.is_billable = True
        self.assertEqual((purchase.credits_available, entry.coverage), (8, "credits"))
        entry.unlink()
        self.assertEqual(purchase.credits_available, 10)
        self.assertEqual(sum(row[1] for row in self._rows()), 0)

    def test_service_type_change_settles_the_difference(self):
        purchase = self._buy()
        night = self.env["service.type"].create(
            {"name": "Night Shift", "credits_per_hour": 2}
        )
        entry = self._work(2)
        entry.service_type_id = night
        self.assertEqual(purchase.credits_available, 6)
        self.assertEqual(entry.hours_billed, 2)
        entry.service_type_id = False
        self.assertEqual(purchase.credits_available, 8)
        self._assert_adds_up()

    def test_description_and_employee_leave_the_rows_alone(self):
        self._buy()
        entry = self._work(2)
        before = self._rows()
        entry.write({"name": "Better words", "employee_id": self.agent_employee.id})
        self.assertEqual(self._rows(), before)

    def test_item_chosen_by_a_person_pays_instead_of_credits(self):
        purchase = self._buy()
        item = self._sell()
        entry = self._work(2)
        entry.write({"so_line": item.id, "is_so_line_edited": True})
        self.assertEqual((entry.coverage, item.qty_delivered), ("sale_line", 2))
        self.assertEqual(purchase.credits_available, 10)
        entry.write({"so_line": False})
        self.assertEqual((entry.coverage, item.qty_delivered), ("non_billable", 0))

    def test_item_that_a_form_sends_along_is_no_choice(self):
        """It shows the item as soon as the tick or the ticket changes."""
        self._buy(10)
        self.ticket.sale_line_id = self._sell()
        entry = self._work(2)
        for ticked, coverage in ((False, "non_billable"), (True, "credits")):
            with Form(self.ticket) as form, form.timesheet_ids.edit(0) as line:
                line.is_billable = ticked
            self.assertEqual(entry.coverage, coverage)
        other = self._create_ticket(sale_line_id=self._sell().id)
        with Form(entry, "hr_timesheet.hr_timesheet_line_form") as form:
            form.ticket_id = other
        self.assertEqual((entry.ticket_id, entry.coverage), (other, "credits"))
        self.assertEqual(entry.project_id, other.project_id)

    def test_item_chosen_by_a_person_is_forgotten_with_the_tick(self):
        """Ticked again, who pays is decided anew, and it is not nobody."""
        self._buy(10)
        self.ticket.sale_line_id = item = self._sell()
        entry = self._work(2)
        entry.write({"so_line": item.id, "is_so_line_edited": True})
        self.assertEqual(entry.coverage, "sale_line")
        entry.is_billable = False
        self.assertFalse(entry.so_line)
        entry.is_billable = True
        self.assertEqual(entry.coverage, "credits")

    def test_entry_moved_to_a_ticket_of_another_customer(self):
        mine = self._buy()
        theirs = self._buy(partner_id=self.other_customer.id)
        entry = self._work(2)
        entry.ticket_id = self._create_ticket(partner_id=self.other_customer.id)
        self.assertEqual(mine.credits_available, 10)
        self.assertEqual(theirs.credits_available, 8)
        self.assertEqual(entry.partner_id, self.other_customer)

    def test_another_customer_on_the_ticket_leaves_paid_time_alone(self):
        mine = self._buy()
        theirs = self._buy(partner_id=self.other_customer.id)
        entry = self._work(2)
        self.ticket.partner_id = self.other_customer
        self.assertEqual((mine.credits_available, entry.partner_id), (8, self.customer))
        self._work(1)
        self.assertEqual(theirs.credits_available, 9)

    def test_another_customer_on_the_ticket_never_pays_for_earlier_time(self):
        theirs = self._buy(100, partner_id=self.other_customer.id)
        their_item = self._sell(partner=self.other_customer)
        changes = (
            {"date": "2026-05-02"},
            {"is_billable": False},
            {"is_billable": True},
            {"unit_amount": 3},
        )
        for credits in (0, 10):
            mine = credits and self._buy(credits)
            ticket = self._create_ticket()
            entry = self._work(2, ticket)
            ticket.write(
                {"partner_id": self.other_customer.id, "sale_line_id": their_item.id}
            )
            for values in changes:
                with self.subTest(credits=credits, values=values):
                    entry.write(values)
                    self.assertEqual(entry.partner_id, self.customer)
                    self.assertEqual(theirs.credits_available, 100)
                    self.assertFalse(entry.so_line)
                    self.assertFalse(their_item.timesheet_ids)
            if mine:
                self.assertEqual(mine.credits_available, 7)

    def test_the_former_customers_item_keeps_its_time(self):
        item = self._sell()
        ticket = self._create_ticket(sale_line_id=item.id)
        entry = self._work(2, ticket)
        entry.write({"so_line": item.id, "is_so_line_edited": True})
        ticket.write({"partner_id": self.other_customer.id, "sale_line_id": False})
        entry.date = "2026-05-02"
        self.assertEqual((entry.so_line, entry.partner_id), (item, self.customer))

    def test_later_purchase_leaves_earlier_rows_identical(self):
        self._buy(expiry="2027-06-30")
        self._work(2)
        before = self._rows()
        self._buy(expiry="2026-05-31")
        self.ticket.sale_line_id = self._sell()
        self.env.flush_all()
        self.assertEqual(self._rows(), before)

    def test_bulk_edit(self):
        purchase = self._buy(100)
        entries = self._work(1) + self._work(2) + self._work(3)
        entries.write({"unit_amount": 2})
        self.assertEqual(purchase.credits_available, 94)
        entries.write({"is_billable": False})
        self.assertEqual(purchase.credits_available, 100)

    def test_entry_paid_by_credits_is_not_billed_again(self):
        self._buy()
        item = self._sell(self.time_product, hours=0)
        self.ticket.sale_line_id = item
        self._work(2)
        self.assertEqual(item.qty_to_invoice, 0)
        with self.assertRaises(UserError):
            item.order_id._create_invoices()

    def test_merged_customers_keep_balances_and_rows(self):
        mine = self._buy()
        entry = self._work(2)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer + self.other_customer).ids, self.other_customer)
        self.assertEqual(mine.commercial_partner_id, self.other_customer)
        self.assertEqual(self.ticket.partner_id, self.other_customer)
        self.assertEqual(entry.credits, 2)
        self._work(1)
        self.assertEqual(mine.credits_available, 7)

    # Parts of a split entry

    def _split(self, credits, hours, **team):
        """Log hours of which so many credits pay a part, the rest is overage."""
        self.team.write({"over_limit_policy": "overage", **team})
        self._buy(credits)
        self._work(hours)
        return self.ticket.timesheet_ids.sorted("id")

    def test_minimum_and_rounding_count_once_for_a_split_entry(self):
        paid, waiting = self._split(0.25, 0.5, minimum_hours=1)
        self.assertEqual((paid.hours_billed, waiting.hours_billed), (0.25, 0.75))
        self.assertEqual((paid.unit_amount, waiting.unit_amount), (0.125, 0.375))
        self._assert_adds_up()

    def test_writing_what_it_has_already_changes_nothing(self):
        parts = self._split(0.25, 0.5, minimum_hours=1)
        before = self._pieces(), self._rows(), parts.mapped("hours_billed")
        self.team.minimum_hours = 2
        for entry in parts:
            entry.write({"ticket_id": self.ticket.id, "is_billable": True})
            entry.write({"unit_amount": entry.unit_amount, "date": entry.date})
        after = self._pieces(), self._rows(), parts.mapped("hours_billed")
        self.assertEqual(after, before)

    def test_the_last_hundredth_of_a_credit_pays_a_very_small_part(self):
        service_type = self.env["service.type"].create(
            {"name": "On Site", "credits_per_hour": 4}
        )
        self.team.default_service_type_id = service_type
        paid, waiting = self._split(0.01, 1)
        self.assertEqual((paid.unit_amount, waiting.unit_amount), (0.0025, 0.9975))
        self._assert_adds_up()

    def test_a_part_too_small_for_a_credit_asks_again_as_a_whole(self):
        """0.01 h cost 0.00 credits at 0.4, and 0.02 at 1.5: more than all of it."""
        cheap, dear = self.env["service.type"].create(
            [
                {"name": "Remote", "credits_per_hour": 0.4},
                {"name": "Night", "credits_per_hour": 1.5},
            ]
        )
        paid, _waiting = self._split(0.01, 1)
        paid.service_type_id = cheap
        self.assertEqual((paid.coverage, paid.credits), ("credits", 0))
        self._work(0.01)
        paid.service_type_id = dear
        self.assertEqual((paid.coverage, paid.hours_billed), ("overage", 0.01))
        self._buy(1)
        paid.action_cover_overage()
        self.assertEqual((paid.coverage, paid.credits), ("credits", 0.02))

    # Many entries at once

    def _count_edit(self, number, **values):
        """Return the queries of one edit of so many entries."""
        ticket = self._create_ticket()
        entries = self.env["account.analytic.line"].create(
            [
                {
                    "ticket_id": ticket.id,
                    "name": "Work",
                    "unit_amount": 1,
                    "date": "2026-05-04",
                    "employee_id": self.employee.id,
                }
                for _index in range(number)
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        entries.write(values)
        self.env.flush_all()
        count = self.cr.sql_log_count - before
        self.assertEqual(set(entries.mapped("coverage")), {"credits"})
        return count

    def test_a_batch_edit_costs_as_many_queries_as_a_small_one(self):
        """Change the service type or the hours of a long list."""
        dear, cheap = self.env["service.type"].create(
            [
                {"name": "Night", "credits_per_hour": 2},
                {"name": "Remote", "credits_per_hour": 0.5},
            ]
        )
        self._buy(5000)
        for values in (
            {"service_type_id": dear.id},
            {"service_type_id": cheap.id},
            {"unit_amount": 2},
            {"unit_amount": 0.5},
            {"date": "2026-05-05"},
        ):
            self._count_edit(2, **values)  # the caches are filled by now
            few = self._count_edit(3, **values)
            with self.subTest(values):
                self.assertEqual(self._count_edit(40, **values), few)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from ..support.funding import MAY, FundingCommon


@tagged("post_install", "-at_install")
class TestFunding(FundingCommon):
    """Who pays for time on tickets: credits, the item, the policy."""

    # Drawing

    def test_credits_pay_first_and_leave_the_order_alone(self):
        item = self._sell()
        self.ticket.sale_line_id = item
        purchase = self._buy()
        entry = self._work(3)
        self.assertEqual(entry.coverage, "credits")
        self.assertFalse(entry.so_line)
        self.assertEqual(entry.credits, 3)
        self.assertEqual(purchase.credits_available, 7)
        self.assertEqual(item.qty_delivered, 0)
        self.assertEqual(self.ticket.service_credits_used, 3)
        with self.assertRefused(AccessError, says="Credits Drawn"):
            entry.with_user(self.agent).write({"credits": 99})
        self.ticket.write({"service_credits_used": 99})
        self.ticket.invalidate_recordset()
        self.assertEqual(self.ticket.service_credits_used, 3)
        self.assertEqual(entry.timesheet_invoice_type, "service_credits")
        self._assert_adds_up()

    def test_soonest_expiry_first_by_work_date(self):
        late = self._buy(expiry="2027-06-30")
        soon = self._buy(2, expiry="2026-06-30")
        self._buy(start="2026-06-01", expiry="2026-06-15")
        entry = self._work(3)
        self.assertEqual(self._rows(), [(soon, 2, entry), (late, 1, entry)])

    def test_the_rest_goes_to_the_item_as_a_second_entry(self):
        item = self._sell()
        self.ticket.sale_line_id = item
        purchase = self._buy(2)
        self._work(3)
        none = item.browse()
        self.assertEqual(
            self._pieces(),
            [("credits", 2, 2, none), ("sale_line", 1, 0, item)],
        )
        first, second = self.ticket.timesheet_ids.sorted("id")
        self.assertEqual((first | second).split_from_id, first)
        self.assertFalse(first.split_from_id)
        self.assertEqual(second.split_from_id, first)
        self.assertEqual(item.qty_delivered, 1)
        self.assertEqual(self.ticket.total_hours, 3)
        for entry in self.ticket.timesheet_ids:
            self.assertIn(f"2.00 credits from {purchase.name}", entry.coverage_note)
            self.assertIn(f"1:00 h on {item.order_id.name}", entry.coverage_note)
            self.assertIn("no other credits", entry.coverage_note)
        self.assertEqual(sum(self.ticket.timesheet_ids.mapped("amount")), -120)
        self._assert_adds_up()

    def test_note_tells_which_rule_chose(self):
        later = self._buy(expiry="2027-01-31")
        self._buy(expiry="2026-12-31")
        self.assertIn(f"sooner than {later.name}", self._work(1).coverage_note)

    def test_minimum_and_rounding_are_drawn(self):
        self.team.write({"minimum_hours": 1, "rounding_hours": 0.5})
        purchase = self._buy(4)
        self.assertEqual(self._work(0.2).credits, 1)
        self.assertEqual(self._work(1.1).credits, 1.5)
        self.assertEqual(purchase.credits_available, 1.5)
        self._assert_adds_up()

    def test_service_type_sets_the_rate(self):
        training = self.env["service.type"].create(
            {"name": "Night Shift", "credits_per_hour": 2}
        )
        purchase = self._buy(5)
        self.team.over_limit_policy = "overage"
        self._work(3, service_type_id=training.id)
        none = self.env["sale.order.line"]
        self.assertEqual(
            self._pieces(), [("credits", 2.5, 5, none), ("overage", 0.5, 0, none)]
        )
        self.assertEqual(purchase.credits_available, 0)
        training.credits_per_hour = 3
        self.ticket.timesheet_ids.sorted("id")[0].unit_amount = 1
        self.assertEqual(purchase.credits_available, 3)
        self._assert_adds_up()

    def test_rounding_is_cumulative_within_a_work(self):
        """Sixty times one minute are one credit, three times twenty minutes too."""
        purchase = self._buy(10)
        for minutes, count in ((1, 60), (20, 3)):
            ticket = self._create_ticket()
            for _entry in range(count):
                self._work(minutes / 60, ticket)
            self.assertEqual(ticket.service_credits_used, 1)
            self.assertEqual(set(ticket.timesheet_ids.mapped("coverage")), {"credits"})
        batch = self._create_ticket()
        values = {"ticket_id": batch.id, "unit_amount": 1 / 60, "date": MAY}
        self.env["account.analytic.line"].create([dict(values) for _ in range(60)])
        self.assertEqual(batch.service_credits_used, 1)
        self.assertEqual(purchase.credits_available, 7)

    def test_what_needs_no_rounding_costs_just_that(self):
        """What rounding left behind is made up for by time that is rounded itself."""
        self._buy(10)
        thirds = [self._work(1 / 3) for _entry in range(3)]
        self.assertEqual([entry.credits for entry in thirds], [0.33, 0.34, 0.33])
        thirds[1].unlink()
        self.assertEqual(self._work(1).credits, 1)
        self.assertEqual(self._work(1 / 3).credits, 0.34)
        self.assertEqual(self.ticket.service_credits_used, 2)
        self._assert_adds_up()

    def test_worked_time_is_brought_to_whole_minutes_before_it_is_rounded_up(self):
        """0.17 h, ten minutes in every export, was billed as twenty."""
        for step in (1 / 6, 0.17):
            self.team.rounding_hours = step
            for hours, minutes in ((0.17, 10), (0.16, 10), (0.18, 20), (0.001, 10)):
                with self.subTest(step=step, hours=hours):
                    billed = self.team._get_billed_hours(hours)
                    self.assertAlmostEqual(billed * 60, minutes, 6)
        self.team.write({"rounding_hours": 0.025, "minimum_hours": 0.17})
        self.assertAlmostEqual(self.team._get_billed_hours(0.1) * 60, 10.5, 6)

    # Not enough

    def test_refusal_says_what_would_fit_and_saves_nothing(self):
        self._buy(2)
        with (
            self.assertRefused(
                ValidationError,
                says="Only 2:00 of the 3:00 h on ticket .* are covered .2.00 credits "
                "usable on .*. Log 2:00 h, ask Azure Mills for more",
            ),
            self.cr.savepoint(),
        ):
            self._work(3)
        self.assertFalse(self._rows())
        self.assertFalse(self.ticket.timesheet_ids)
        with self.assertRefused(ValidationError, "0.00"):
            self._work(1, date="2025-12-31")
        with self.assertRefused(ValidationError, "0.00"):
            self._work(1, date="2027-01-01")

    def test_overage_waits_unbilled(self):
        self.team.over_limit_policy = "overage"
        self._buy(2)
        self._work(3)
        none = self.env["sale.order.line"]
        self.assertEqual(
            self._pieces(), [("credits", 2, 2, none), ("overage", 1, 0, none)]
        )

    def test_policy_non_billable(self):
        self.team.over_limit_policy = "non_billable"
        self._buy(2)
        self._work(3)
        self.assertEqual(
            [piece[0] for piece in self._pieces()], ["credits", "non_billable"]
        )

    def test_customer_who_never_bought_credits_is_simply_not_funded_by_them(self):
        self._buy(is_draft=True)
        self.assertEqual(self._work().coverage, "non_billable")
        item = self._sell()
        self.ticket.sale_line_id = item
        self.assertEqual(self._work().coverage, "sale_line")

    def test_capped_item_takes_what_fits_and_the_rest_is_overage(self):
        self.team.over_limit_policy = "overage"
        item = self._sell(self.time_product, hours=2)
        item.limit_hours = True
        self.env["service.authorization"].create(
            {"sale_line_id": item.id, "hours": 2, "state": "approved"}
        )
        self.ticket.sale_line_id = item
        self._work(3)
        none = item.browse()
        self.assertEqual(
            self._pieces(), [("sale_line", 2, 0, item), ("overage", 1, 0, none)]
        )
        self._work(1)
        self.assertEqual(self._pieces()[-1], ("overage", 1, 0, none))

    def test_growth_on_a_capped_item_is_split_too(self):
        self.team.over_limit_policy = "overage"
        item = self._sell(self.time_product, hours=2)
        item.limit_hours = True
        self.env["service.authorization"].create(
            {"sale_line_id": item.id, "hours": 2, "state": "approved"}
        )
        self.ticket.sale_line_id = item
        entry = self._work(1)
        entry.unit_amount = 4
        none = item.browse()
        self.assertEqual(
            self._pieces(), [("sale_line", 2, 0, item), ("overage", 2, 0, none)]
        )

    # Preview

    def test_preview_is_the_result_and_writes_nothing(self):
        self._buy(2, expiry="2026-06-30")
        self._buy(1)
        item = self._sell()
        self.ticket.sale_line_id = item
        values = {
            "ticket_id": self.ticket.id,
            "unit_amount": 4,
            "date": MAY,
            "employee_id": self.employee.id,
        }
        self.env.flush_all()
        writes = []
        execute = type(self.env.cr).execute

        def spy(cr, query, params=None, **kwargs):
            writes.append(str(getattr(query, "code", query)).split()[0].upper())
            return execute(cr, query, params, **kwargs)

        self.patch(type(self.env.cr), "execute", spy)
        preview = self.env["account.analytic.line"]._preview_entry(values)
        self.env.flush_all()
        self.assertFalse({"INSERT", "UPDATE", "DELETE"} & set(writes), writes)
        entry = self.env["account.analytic.line"].create(values)
        self.assertEqual(preview["note"], entry.coverage_note)
        self.assertFalse(preview["refusal"])
        self.assertEqual(
            [(part["payer"], part["hours"]) for part in preview["slices"]],
            [("credits", 2), ("credits", 1), ("sale_line", 1)],
        )

    def test_preview_tells_the_refusal(self):
        self._buy(1)
        values = {"ticket_id": self.ticket.id, "unit_amount": 4, "date": MAY}
        refusal = self.env["account.analytic.line"]._preview_entry(values)["refusal"]
        with self.assertRaises(ValidationError) as caught:
            self._work(4)
        self.assertEqual(refusal, str(caught.exception))

    def test_form_shows_before_saving_what_will_pay(self):
        purchase = self._buy(2)
        cheaper = self.env["service.type"].create(
            {"name": "By Phone", "credits_per_hour": 0.5}
        )
        with (
            Form(self.ticket.with_user(self.agent)) as form,
            form.timesheet_ids.new() as line,
        ):
            line.date = MAY
            line.unit_amount = 1.5
            self.assertEqual(line.payers, f"{purchase.name} (1.50)")
            line.service_type_id = cheaper
            self.assertEqual(line.payers, f"{purchase.name} (0.75)")
            line.service_type_id = cheaper.browse()
        entry = self.ticket.timesheet_ids
        self.assertEqual((entry.coverage, entry.credits), ("credits", 1.5))
        self.assertEqual(entry.payers, f"{purchase.name} (1.50)")

    # Cost

    def _count(self, size):
        values = {
            "ticket_id": self.ticket.id,
            "name": "Work",
            "unit_amount": 1,
            "employee_id": self.employee.id,
            "date": MAY,
        }
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        self.env["account.analytic.line"].create([dict(values)] * size)
        self.env.flush_all()
        return self.env.cr.sql_log_count - start

    def test_queries_do_not_grow_with_the_batch(self):
        for _index in range(5):
            self._buy(100)
        self._count(1)
        few, many = self._count(5), self._count(50)
        self.assertLessEqual(many, few + 3)

    def test_queries_do_not_grow_with_purchases_or_history(self):
        self._buy(1000)
        self._count(1)
        before = self._count(1)
        self.env["service.credit.purchase"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "credits": 1,
                    "date_start": "2026-01-01",
                    "date_expiry": "2027-12-31",
                    "is_draft": False,
                }
            ]
            * 40
        )
        self._count(60)
        self._count(1)  # as warm as before
        self.assertLessEqual(self._count(1), before)

# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from ..support.funding import FundingCommon


@tagged("post_install", "-at_install")
class TestFundingDraft(FundingCommon):
    """What the form of a ticket says while time is typed is what saving does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.env.user)
        cls.ticket.user_id = cls.agent

    def _open(self):
        return Form(self.ticket.with_user(self.agent), "helpdesk_mgmt.ticket_view_form")

    def _add(self, form, hours, **values):
        with form.timesheet_ids.new() as row:
            row.unit_amount = hours
            for name, value in values.items():
                row[name] = value

    def _raise(self, form, index, hours):
        with form.timesheet_ids.edit(index) as row:
            row.unit_amount = hours

    def _get_figures(self, ticket):
        return (
            ticket.remaining_hours_so,
            ticket.service_credits_available,
            ticket.authorized_hours_left,
        )

    def _save(self, form):
        """Save, and check that the figures were right before."""
        typed = self._get_figures(form)
        form.save()
        self.ticket.invalidate_recordset()
        self.assertEqual(typed, self._get_figures(self.ticket))

    def _log_own(self, hours, **values):
        self._log(
            self.ticket,
            hours,
            date=self.today,
            employee_id=self.agent_employee.id,
            **values,
        )

    def _buy_today(self, credits):
        later = fields.Date.add(self.today, days=30)
        return self._buy(credits, start=self.today, expiry=later)

    def test_credits_pay_and_the_item_does_not(self):
        self._buy_today(5)
        self.ticket.sale_line_id = self._sell()
        form = self._open()
        self._add(form, 1)
        self._add(form, 1.5)
        self.assertEqual(form.remaining_hours_so, 10)
        self.assertEqual(form.service_credits_available, 2.5)
        self._save(form)

    def test_rows_share_what_is_left(self):
        """Credits run out in the middle of the second row, the item takes the rest."""
        self._buy_today(2)
        self.ticket.sale_line_id = self._sell()
        form = self._open()
        self._add(form, 1)
        self._add(form, 3)
        self.assertEqual(form.remaining_hours_so, 8)
        self.assertEqual(form.service_credits_available, 0)
        self._save(form)

    def test_a_type_that_credits_are_not_for_asks_again(self):
        training, audit = self.env["service.type"].create(
            [{"name": "Courses"}, {"name": "Inspection"}]
        )
        self.team.over_limit_policy = "overage"
        limited = self._buy_today(5)
        limited.service_type_ids = training
        self._log_own(2, service_type_id=training.id)
        self.assertEqual(self.ticket.service_credits_available, 3)
        form = self._open()
        with form.timesheet_ids.edit(0) as row:
            row.service_type_id = audit
        self.assertEqual(form.service_credits_available, 5)
        self._save(form)

    def test_saved_rows_are_raised_shortened_and_removed(self):
        self._buy_today(5)
        self.ticket.sale_line_id = self._sell()
        for _entry in range(3):
            self._log_own(1)
        form = self._open()
        self._raise(form, 0, 2.5)
        self.assertEqual(form.service_credits_available, 0.5)
        self._raise(form, 1, 0.5)
        self.assertEqual(form.service_credits_available, 1)
        form.timesheet_ids.remove(index=2)
        self.assertEqual(form.service_credits_available, 2)
        self._save(form)

    def test_refusal_is_said_before_saving(self):
        """Of two rows the second fits in part; logging what fits can be saved."""
        item = self._sell(self.time_product, hours=0)
        self._authorize(item, 2)
        self.ticket.write({"sale_line_id": item.id, "use_service_credits": False})
        form = self._open()
        self._add(form, 1)
        self.assertFalse(form.funding_draft["refused"])
        self._add(form, 3)
        [refused] = form.funding_draft["refused"]
        self.assertEqual((refused["fit"], refused["rest"]), (1, 2))
        with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
            form.save()
        self.assertEqual(str(caught.exception), refused["text"])
        self._raise(form, 1, refused["fit"])
        self.assertFalse(form.funding_draft["refused"])
        self.assertEqual(form.authorized_hours_left, 0)
        self._save(form)

    def test_hours_given_back_fit_again(self):
        """A shortened row makes room for a new one of the same form."""
        item = self._sell(self.time_product, hours=0)
        self._authorize(item, 2)
        self.ticket.write({"sale_line_id": item.id, "use_service_credits": False})
        self._log_own(2)
        form = self._open()
        self._raise(form, 0, 1)
        self._add(form, 1)
        self.assertFalse(form.funding_draft["refused"])
        self.assertEqual(form.authorized_hours_left, 0)
        self._save(form)

    def test_a_raised_row_is_refused_for_what_is_added(self):
        item = self._sell(self.time_product, hours=0)
        self._authorize(item, 2)
        self.ticket.write({"sale_line_id": item.id, "use_service_credits": False})
        self._log_own(1)
        form = self._open()
        self._raise(form, 0, 5)
        [refused] = form.funding_draft["refused"]
        self.assertEqual(refused["row"], self.ticket.timesheet_ids.id)
        self.assertEqual((refused["fit"], refused["rest"]), (2, 3))

    def test_not_billable_is_no_refusal(self):
        item = self._sell(self.time_product, hours=0)
        self._authorize(item, 0.5)
        self.ticket.write({"sale_line_id": item.id, "use_service_credits": False})
        form = self._open()
        self._add(form, 3, is_billable=False)
        self.assertFalse(form.funding_draft["refused"])
        self.assertEqual(form.authorized_hours_left, 0.5)
        self._save(form)

    def _get_planned(self, form):
        """Return the payers of the rows, in their order."""
        return list(form.funding_draft["payers"].values())

    def test_rows_that_are_typed_do_not_share_credits(self):
        """Each row names what the rows before it leave; saved ones what they get."""
        self.team.over_limit_policy = "overage"
        first, second = self._buy_today(10), self._buy_today(20)
        form = self._open()
        self._add(form, 15)
        self._add(form, 20)
        overage = f"{self._get_overage_label()} (5:00)"
        self.assertEqual(
            self._get_planned(form),
            [
                f"{first.name} (10.00), {second.name} (5.00)",
                f"{overage}, {second.name} (15.00)",
            ],
        )
        self._save(form)
        self.assertEqual(
            sorted(self.ticket.timesheet_ids.mapped("payers")),
            sorted(
                [
                    f"{first.name} (10.00), {second.name} (5.00)",
                    f"{second.name} (15.00)",
                    self._get_overage_label(),
                ]
            ),
        )

    def _get_overage_label(self):
        field = self.env["account.analytic.line"]._fields["coverage"]
        return dict(field._description_selection(self.env))["overage"]

    def test_a_raised_row_names_what_pays_already_too(self):
        first, second = self._buy_today(2), self._buy_today(3)
        self._log_own(1.5)
        entry = self.ticket.timesheet_ids
        form = self._open()
        self._raise(form, 0, 4)
        self.assertEqual(
            form.funding_draft["payers"],
            {str(entry.id): f"{first.name} (2.00), {second.name} (2.00)"},
        )
        self._save(form)
        entry.invalidate_recordset(["payers"])
        self.assertEqual(entry.payers, f"{first.name} (2.00), {second.name} (2.00)")

    def test_a_raised_row_names_the_items_that_follow(self):
        self.team.prepaid_limit = "closed"
        self.team.over_limit_policy = "overage"
        item = self._sell(hours=2)
        self.ticket.sale_line_id = item
        self._log_own(1)
        form = self._open()
        self._raise(form, 0, 4)
        self.assertEqual(
            self._get_planned(form),
            [f"{self._get_overage_label()} (2:00), {item.order_id.name} (2:00)"],
        )

    def test_what_is_refused_has_no_payer(self):
        """A row says no order that the refusal says does not cover it."""
        item = self._sell(self.time_product, hours=0)
        self._authorize(item, 2)
        self.ticket.write({"sale_line_id": item.id, "use_service_credits": False})
        form = self._open()
        self._add(form, 2)
        self._add(form, 3)
        first, second = self._get_planned(form)
        self.assertEqual(first, item.order_id.name)
        self.assertNotIn(item.order_id.name, second)
        self.assertTrue(second)

    def _allot_today(self):
        """Return the purchase of this month, of which 4 of 10 credits roll over."""
        plan = self.env["service.credit.plan"].create(
            {
                "partner_id": self.customer.id,
                "credits": 10,
                "date_start": self.today,
                "rollover": "limit",
                "rollover_credits": 4,
            }
        )
        plan.action_start()
        return plan.purchase_ids.sorted("plan_start")[:1]

    def test_the_next_expiry_is_that_of_what_the_form_leaves(self):
        """First what lapses with the period is taken, then what rolls over."""
        lot = self._allot_today()
        later = self._buy(20, start=self.today, expiry="2099-12-31")
        form = self._open()
        self._assert_next_expiry(form, lot.date_rollover)
        self.assertTrue(form.service_credit_period_note)
        self._add(form, 5)
        self._assert_next_expiry(form, lot.date_rollover)
        self.assertFalse(form.service_credit_period_note, "it is of before")
        self._add(form, 1)
        self._assert_next_expiry(form, lot.date_expiry)
        self._add(form, 4)
        self._assert_next_expiry(form, later.date_expiry)
        self._save(form)
        self.assertEqual(self.ticket.service_credit_next_expiry, later.date_expiry)

    def _assert_next_expiry(self, form, day):
        self.assertEqual(fields.Date.to_date(form.service_credit_next_expiry), day)

    def test_of_no_credits_none_expire(self):
        self._buy_today(5)
        form = self._open()
        self.assertTrue(form.service_credit_plan)
        self._add(form, 5)
        self.assertFalse(form.service_credit_plan)
        self.assertFalse(form.service_credit_next_expiry)

    def _get_notices(self):
        self.env.cr.precommit.run()
        notices = self.env["bus.bus"].search([("message", "like", "simple_notif")])
        messages = [json.loads(notice.message)["payload"] for notice in notices]
        notices.unlink()
        return messages

    def test_saving_tells_of_rows_that_it_splits(self):
        """One notification for each row that becomes several, or is overage."""
        self.team.over_limit_policy = "overage"
        purchase = self._buy_today(5)
        ticket = self.ticket.with_user(self.agent)
        self._get_notices()

        def save(*hours):
            rows = [
                Command.create({"name": "Repair", "unit_amount": one}) for one in hours
            ]
            ticket.web_save({"timesheet_ids": rows}, {})
            return self._get_notices()

        self.assertFalse(save(1, 2))
        [notice] = save(1, 4)
        self.assertEqual(notice["type"], "warning")
        self.assertIn(purchase.name, notice["message"])
        self.assertIn("3:00", notice["message"])
        ticket.write({"timesheet_ids": [Command.create({"unit_amount": 1})]})
        self.assertFalse(self._get_notices(), "a program has no window")

    def test_a_ticket_that_is_not_edited_plans_nothing(self):
        self._log(self.ticket, 1)
        self.assertFalse(self.ticket.funding_draft)

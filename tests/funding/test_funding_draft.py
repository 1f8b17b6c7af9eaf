# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields
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

    def test_a_ticket_that_is_not_edited_plans_nothing(self):
        self._log(self.ticket, 1)
        self.assertFalse(self.ticket.funding_draft)

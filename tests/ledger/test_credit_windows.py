# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from ..support.credit import CreditCommon


@tagged("post_install", "-at_install")
class TestCreditWindows(CreditCommon):
    """What the windows show is what they do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.soon = cls._buy(4, expiry=30)
        cls.late = cls._buy(10, expiry=90)
        cls.milestone = cls._create_milestone(6)

    def _open(self):
        milestone = self.milestone.with_user(self.credit_user)
        return Form.from_action(
            milestone.env, milestone.action_manage_service_credits()
        )

    def _shown(self, form):
        return {line["purchase_id"]: line["credits"] for line in form.line_ids._records}

    def _rows(self):
        return self.milestone.service_credit_allocation_ids.consumption_ids

    def test_allocate(self):
        form = self._open()
        self.assertFalse(form.is_adjustment)
        self.assertFalse(form.obstacle)
        self.assertEqual(self._shown(form), {self.soon.id: 4, self.late.id: 2})
        self.assertFalse(self._rows(), "a preview writes nothing")
        form.save().action_confirm()
        self.assertEqual(self._slices(self._rows()), [(self.soon, 4), (self.late, 2)])

    def test_not_enough(self):
        self.milestone.service_credits = 15
        form = self._open()
        self.assertIn("has 14.00 available", form.obstacle)
        with self.assertRaises(UserError):
            form.save().action_confirm()

    def test_what_cannot_be_allocated_says_why(self):
        self.milestone.service_credits = 0
        self.assertIn("costs no service credits", self._open().obstacle)
        self.milestone.service_credits = 2
        self.project.partner_id = False
        self.assertIn("set the customer of the project", self._open().obstacle)

    def test_adjust(self):
        self.milestone.action_allocate_service_credits()
        form = self._open()
        self.assertTrue(form.is_adjustment)
        form.total = 9
        self.assertEqual(self._shown(form), {self.late.id: 3})
        form.total = 3
        self.assertEqual(self._shown(form), {self.late.id: -2, self.soon.id: -1})
        form.total = 20
        self.assertIn("has 8.00 available", form.obstacle)
        form.total = -1
        self.assertIn("not a possible total", form.obstacle)
        form.total = 3
        form.save().action_confirm()
        self.assertEqual(self.milestone.service_credits_allocated, 3)
        self.assertEqual(self.soon.credits_available, 1)

    def test_select_by_hand(self):
        self.assertFalse(self._open().can_select)
        self.company.service_credit_manual_selection = True
        future = self._buy(5, start=10, expiry=200)
        self._buy(5, is_draft=True)
        form = self._open()
        form.is_manual = True
        self.assertEqual(
            self._shown(form), {self.soon.id: 4, self.late.id: 2, future.id: 0}
        )
        with form.line_ids.edit(0) as line:
            line.credits = 1
        self.assertIn("give 3.00 credits, but exactly 6.00", form.obstacle)
        with form.line_ids.edit(2) as line:
            line.credits = 3
        self.assertFalse(form.obstacle)
        form.save().action_confirm()
        self.assertEqual(
            dict(self._slices(self._rows())), {self.soon: 1, self.late: 2, future: 3}
        )

    def test_nothing_is_computed_of_what_may_not_be_seen(self):
        """The window of a milestone of another company."""
        branch = self.env["res.company"].create({"name": "Branch"})
        self.project.company_id = branch
        self._buy(7, company_id=branch.id, currency_id=branch.currency_id.id)
        self.env.flush_all()
        model = self.env["service.credit.manage"].with_user(self.credit_user)
        window = model.new({"milestone_id": self.milestone.id})
        self.assertFalse(window.line_ids)
        self.assertFalse(window.credits_needed or window.total or window.partner_id)
        self.assertTrue(window.obstacle)
        allowed = self.env["service.credit.manage"].new(
            {"milestone_id": self.milestone.id}
        )
        self.assertTrue(allowed.line_ids)

    def test_totals_that_nothing_can_count(self):
        model = self.env["service.credit.manage"]
        window = model.new({"milestone_id": self.milestone.id, "total": -1})
        self.assertTrue(window.obstacle)
        self.assertFalse(window.line_ids)
        window = model.create({"milestone_id": self.milestone.id})
        for total in (float("nan"), float("inf"), 1e308, 1e-9):
            with self.subTest(total=total):
                with self.assertRaises(UserError):
                    self.milestone.action_adjust_service_credits(total)
                with self.assertRaises(ValidationError):
                    model.create({"milestone_id": self.milestone.id, "total": total})
                with self.assertRaises(ValidationError):
                    window.write({"total": total})
                with self.assertRaises(ValidationError):
                    window.line_ids[:1].write({"credits": total})
                with self.assertRaises(ValidationError):
                    self.company.write({"service_credit_late_days": total})

    def test_several_milestones(self):
        big = self._create_milestone(9, name="Big", sequence=20)
        small = self._create_milestone(3, name="Small", sequence=30)
        project = self.project.with_user(self.credit_user)
        action = project.action_open_service_credit_milestones()
        form = Form.from_action(project.env, action)
        lines = form.line_ids._records
        self.assertEqual([line["fits"] for line in lines], [True, False, True])
        self.assertIn("4.00 from", lines[0]["preview"])
        self.assertIn("Big needs 9.00", lines[1]["preview"])
        self.assertTrue(form.is_blocked)
        form.allow_partial = True
        self.assertFalse(form.is_blocked)
        result = form.save().action_allocate()
        self.assertEqual(
            (self.milestone | big | small).mapped("service_credits_allocated"),
            [6, 0, 3],
        )
        self.assertIn("service credits: 2.", result["params"]["message"])
        self.assertIn("Big needs 9.00", result["params"]["message"])

    def test_several_milestones_without_the_one_that_does_not_fit(self):
        self._create_milestone(9, name="Big", sequence=20)
        action = self.project.action_open_service_credit_milestones()
        form = Form.from_action(self.env, action)
        with form.line_ids.edit(1) as line:
            line.is_included = False
        self.assertFalse(form.is_blocked)
        form.save().action_allocate()
        self.assertEqual(self.milestone.service_credits_allocated, 6)

    def test_no_milestone_ticked(self):
        action = self.project.action_open_service_credit_milestones()
        form = Form.from_action(self.env, action)
        with form.line_ids.edit(0) as line:
            line.is_included = False
        self.assertTrue(form.is_blocked)
        with self.assertRefused(UserError, says="Tick at least one"):
            form.save().action_allocate()

    def test_customer_button(self):
        action = self.contact.action_view_service_credit_purchases()
        found = self.purchase_model.search(action["domain"])
        self.assertEqual(found, self.soon | self.late)
        self._draw(self._create_ticket(), 1)
        action = self.soon.action_view_consumption()
        self.assertEqual(len(self.row_model.search(action["domain"])), 1)

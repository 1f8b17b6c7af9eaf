# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..support.funding import FundingCommon


@tagged("post_install", "-at_install")
class TestFundingOverage(FundingCommon):
    """Overage waits until a manager covers, bills or forgives it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.over_limit_policy = "overage"
        cls.first = cls._buy(cls, 2)
        cls.early = cls._work(cls, 3, date="2026-05-02").ticket_id.timesheet_ids
        cls.late = cls._work(cls, 2, date="2026-05-01")
        cls.waiting = cls.ticket.timesheet_ids.filtered(
            lambda line: line.coverage == "overage"
        )

    def _decide(self, action, user=None):
        entries = self.waiting.with_user(user or self.helpdesk_manager)
        return getattr(entries, f"action_{action}_overage")()

    def _hours(self, coverage):
        entries = self.ticket.timesheet_ids
        return sum(
            entries.filtered(lambda line: line.coverage == coverage).mapped(
                "hours_billed"
            )
        )

    def test_new_credits_cover_the_oldest_work_first(self):
        self.assertEqual(self._hours("overage"), 3)
        new = self._buy(2.5)
        self._decide("cover")
        self.assertEqual(new.credits_available, 0)
        self.assertEqual(self.late.coverage, "credits")
        self.assertEqual(self.late.credits, 2)
        self.assertEqual(self._hours("overage"), 0.5)
        self.assertEqual(self._hours("credits"), 4.5)
        self.assertEqual(self.late.overage_decision, "covered")
        self.assertEqual(self.late.overage_decided_by_id, self.helpdesk_manager)
        self.assertTrue(self.late.overage_decided_on)
        self.assertIn("2.50 h: Covered", self.ticket.message_ids[0].body)

    def test_nothing_to_cover_with_is_said(self):
        with self.assertRaisesRegex(UserError, "Nothing covers the overage of HT"):
            self._decide("cover")

    def test_goodwill_is_never_billed_and_keeps_its_value(self):
        value = sum(self.waiting.mapped("overage_value"))
        self.assertEqual(value, 300)
        self._decide("goodwill")
        self.assertEqual(self._hours("non_billable"), 3)
        self.assertEqual(sum(self.waiting.mapped("overage_value")), value)
        self.assertIn(self.helpdesk_manager.name, self.waiting[0].coverage_note)
        with self.assertRaisesRegex(UserError, "selected entries is pending overage"):
            self._decide("goodwill")

    def test_bill_needs_an_item_and_keeps_within_its_cap(self):
        with self.assertRaisesRegex(UserError, "choose a sales order item on the"):
            self._decide("bill")
        item = self._sell(self.time_product, hours=0)
        self.ticket.sale_line_id = item
        item.limit_hours = True
        with self.assertRaisesRegex(ValidationError, "authorized hours left on"):
            self._decide("bill")
        item.limit_hours = False
        self._decide("bill")
        self.assertEqual(item.qty_to_invoice, 3)
        self.assertEqual(self._hours("sale_line"), 3)

    def test_only_managers_decide(self):
        for user in (self.agent, self.seller):
            for action in ("cover", "bill", "goodwill"):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    self._decide(action, user)
        with self.assertRaisesRegex(AccessError, "Overage Decision"):
            self._log(self.ticket.with_user(self.agent)).browse().with_user(
                self.agent
            ).create(
                {
                    "ticket_id": self.ticket.id,
                    "unit_amount": 1,
                    "overage_decision": "goodwill",
                }
            )

    def test_authorized_hours_cover_what_waits_for_the_item(self):
        item = self._sell(self.time_product, hours=0)
        item.limit_hours = True
        self.ticket.sale_line_id = item
        self.env["service.authorization"].create(
            {"sale_line_id": item.id, "hours": 2.5, "state": "approved"}
        )
        self.env["account.analytic.line"]._cover_overage_of(item)
        self.assertEqual(item.authorized_hours_used, 2.5)
        self.assertEqual(self.late.coverage, "sale_line")
        self.assertEqual(self._hours("overage"), 0.5)

    def test_profitability_and_portal_go_on_working(self):
        self.env.flush_all()
        items = self.project._get_profitability_items(with_action=True)
        sections = {line["id"] for line in items["costs"]["data"]}
        self.assertIn("service_credits", sections)
        labels = self.project._get_profitability_labels()
        self.assertLessEqual(sections, set(labels))
        total = sum(line["billed"] for line in items["costs"]["data"])
        self.assertEqual(total, sum(self.ticket.timesheet_ids.mapped("amount")))
        action = self.project.action_profitability_items("service_credits")
        self.assertEqual(action["res_model"], "account.analytic.line")

    def test_a_batch_nobody_covers_costs_the_inserts_only(self):
        """Whether the customer buys credits is asked once, not per entry."""
        values = {
            "ticket_id": self.ticket.id,
            "name": "Work",
            "unit_amount": 1,
            "employee_id": self.employee.id,
            "date": "2026-05-02",
        }

        def count(size):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            entries = self.env["account.analytic.line"].create([dict(values)] * size)
            self.env.flush_all()
            self.assertEqual(set(entries.mapped("coverage")), {"overage"})
            return self.env.cr.sql_log_count - start

        count(1)
        few, many = count(5), count(50)
        self.assertLessEqual(many - few, 45, f"{few} then {many}")

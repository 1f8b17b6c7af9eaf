# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..support.credit import CreditCommon, give_back


@tagged("post_install", "-at_install")
class TestCreditMilestone(CreditCommon):
    def _rows(self, milestone):
        return milestone.service_credit_allocation_ids.consumption_ids

    def test_allocate(self):
        late = self._buy(10, expiry=90)
        soon = self._buy(4, expiry=30)
        milestone = self._create_milestone(6)
        milestone.action_allocate_service_credits()
        self.assertEqual(milestone.service_credits_allocated, 6)
        rows = self._rows(milestone)
        self.assertEqual(self._slices(rows), [(soon, 4), (late, 2)])
        self.assertEqual(set(rows.mapped("consumption_type")), {"consumption"})
        self.assertEqual(rows.allocation_id.name, "Go live")

    def test_not_enough_posts_nothing(self):
        purchase = self._buy(5)
        milestone = self._create_milestone(6)
        with self.assertRefused(UserError, milestone, "6.00", "5.00"):
            milestone.action_allocate_service_credits()
        self.assertEqual(purchase.credits_available, 5)
        self.assertFalse(self._rows(milestone))

    def test_what_cannot_be_allocated(self):
        self._buy()
        with self.assertRefused(UserError, says="costs no service credits"):
            self._create_milestone().action_allocate_service_credits()
        milestone = self._create_milestone(2)
        milestone.action_allocate_service_credits()
        with self.assertRefused(UserError, milestone, "2.00"):
            milestone.action_allocate_service_credits()
        orphan = self._create_project(name="Inside", partner_id=False)
        with self.assertRefused(UserError, orphan):
            self._create_milestone(
                1, project_id=orphan.id
            ).action_allocate_service_credits()

    def test_automatic_choice_leaves_future_purchases(self):
        self._buy(10, start=1)
        with self.assertRefused(UserError, "0.00"):
            self._create_milestone(1).action_allocate_service_credits()

    def test_adjust_up_and_down(self):
        soon = self._buy(4, expiry=30)
        late = self._buy(10, expiry=90)
        milestone = self._create_milestone(3)
        milestone.action_allocate_service_credits()
        milestone.action_adjust_service_credits(9)
        self.assertEqual(milestone.service_credits_allocated, 9)
        self.assertEqual((soon.credits_available, late.credits_available), (0, 5))
        milestone.action_adjust_service_credits(3.5)
        self.assertEqual(milestone.service_credits_allocated, 3.5)
        self.assertEqual((soon.credits_available, late.credits_available), (0.5, 10))
        self.assertEqual(
            self._rows(milestone).sorted("id").mapped("consumption_type"),
            ["consumption"] + ["adjustment"] * 4,
        )
        milestone.action_adjust_service_credits(3.5)
        self.assertEqual(len(self._rows(milestone)), 5, "nothing to do, nothing posted")
        milestone.action_adjust_service_credits(0)
        self.assertEqual(milestone.service_credits_allocated, 0)
        self.assertEqual((soon.credits_available, late.credits_available), (4, 10))
        milestone.action_allocate_service_credits()
        self.assertEqual(milestone.service_credits_allocated, 3)
        self.assertEqual(len(milestone.service_credit_allocation_ids), 1)

    def test_adjust_down_past_the_expiry(self):
        purchase = self._buy(10, expiry=0)
        milestone = self._create_milestone(6)
        milestone.action_allocate_service_credits()
        purchase.action_expire()
        milestone.action_adjust_service_credits(1)
        self.assertEqual(purchase.credits_available, 5)

    def test_adjust_by_hand(self):
        self._buy(4, expiry=30)
        late = self._buy(10, expiry=90)
        self.company.service_credit_manual_selection = True
        milestone = self._create_milestone(2)
        milestone.action_allocate_service_credits()
        milestone.action_adjust_service_credits(5, [[late.id, 3]])
        self.assertEqual(late.credits_allocated, 3)
        with self.assertRefused(UserError, milestone, "1.00"):
            milestone.action_adjust_service_credits(6, [[late.id, 2]])

    def test_impossible_totals(self):
        self._buy(10)
        milestone = self._create_milestone(2)
        milestone.action_allocate_service_credits()
        for total in (-1, 2.001, float("nan"), float("inf"), "x", None, [], {}):
            with (
                self.subTest(total=total),
                self.assertRefused(UserError, says="not a possible total"),
            ):
                milestone.action_adjust_service_credits(total)
        with self.assertRefused(UserError, milestone, "8.00"):
            milestone.action_adjust_service_credits(12)
        self.assertEqual(milestone.service_credits_allocated, 2)

    def test_several_adjusted_at_once(self):
        self._buy(10)
        first, second = self._create_milestone(6), self._create_milestone(2)
        (first | second).action_allocate_service_credits()
        (first | second).action_adjust_service_credits(5)
        self.assertEqual(first.service_credits_allocated, 5)
        self.assertEqual(second.service_credits_allocated, 5)

    def test_reached_only_when_allocated(self):
        self._buy(10)
        milestone = self._create_milestone(6)
        with self.assertRefused(ValidationError, milestone, "6.00"):
            milestone.toggle_is_reached(True)
        with self.assertRaises(ValidationError):
            self._create_milestone(6, is_reached=True)
        self._create_milestone(0, is_reached=True)
        milestone.invalidate_recordset()
        milestone.is_reached = False
        milestone.action_allocate_service_credits()
        milestone.toggle_is_reached(True)
        self.assertTrue(milestone.is_reached)
        with self.assertRefused(UserError, says="reopen it"):
            milestone.action_adjust_service_credits(5)
        with self.assertRaises(ValidationError):
            milestone.service_credits = 7

    def test_deleting_one_with_history(self):
        self._buy(10)
        milestone = self._create_milestone(6)
        self._create_milestone(6).unlink()
        milestone.action_allocate_service_credits()
        milestone.action_adjust_service_credits(0)
        with self.assertRefused(UserError, says="cannot be deleted"):
            milestone.unlink()

    def test_deleting_a_project_or_ticket_with_history(self):
        self._buy(10)
        milestone = self._create_milestone(2)
        milestone.action_allocate_service_credits()
        milestone.action_adjust_service_credits(0)
        with self.assertRefused(UserError, says="Rollout.*milestone Go live: archive"):
            self.project.unlink()
        ticket = self._create_ticket()
        give_back(self._draw(ticket, 1).rows)
        with self.assertRefused(UserError, says="Printer on fire.*archive it"):
            ticket.unlink()
        self._create_ticket().unlink()
        self._create_project().unlink()

    def test_copying_a_project_copies_the_cost_only(self):
        self._buy(10)
        milestone = self._create_milestone(6)
        milestone.action_allocate_service_credits()
        copied = self.project.copy().milestone_ids
        self.assertEqual(copied.service_credits, 6)
        self.assertEqual(copied.service_credits_allocated, 0)

    def test_not_billed_as_well(self):
        product = self.env["product.product"].create(
            {"name": "Stage", "type": "service", "list_price": 1000}
        )
        product.product_tmpl_id.service_policy = "delivered_milestones"
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        line = self.env["sale.order.line"].create(
            {"order_id": order.id, "product_id": product.id, "product_uom_qty": 10}
        )
        order.action_confirm()
        self._buy(10)
        billed = self._create_milestone(sale_line_id=line.id, quantity_percentage=0.2)
        paid = self._create_milestone(5, sale_line_id=line.id, quantity_percentage=0.5)
        paid.action_allocate_service_credits()
        (billed | paid).is_reached = True
        self.assertEqual(line.qty_delivered, 2)
        # Not for what it costs, but for what it got.
        paid.service_credits = 0
        self.assertEqual(line.qty_delivered, 2)
        billed.action_adjust_service_credits(3)
        self.assertEqual(line.qty_delivered, 0)
        billed.action_adjust_service_credits(0)
        self.assertEqual(line.qty_delivered, 2)

    def test_milestones_are_available(self):
        """Of the whole database, and switched on for each project, as in stock Odoo."""
        projects = self.env["project.project"].search([("allow_milestones", "=", True)])
        for milestones in (True, False):
            projects.allow_milestones = milestones  # core turns the feature off, too
            project = projects.create({"name": "New"})
            self.assertFalse(project.allow_milestones)
            project.unlink()
            self.assertIn(
                self.env.ref("project.group_project_milestone"),
                self.env.ref("base.group_user").all_implied_ids,
            )

    def test_customer_of_a_project_that_bills_no_time(self):
        """Stock Odoo hides and forgets the customer of such a project."""
        with Form(self._create_project(partner_id=False)) as form:
            form.partner_id = self.customer
        project = form.record
        self.assertFalse(project.allow_billable)
        project.allow_billable = True
        project.allow_billable = False
        self.customer.company_id = self.company
        self.assertEqual(project.partner_id, self.customer)
        self._buy(2)
        self._create_milestone(2, project_id=project.id)
        project.action_allocate_service_credits()
        project.write({"allow_milestones": False, "allow_billable": True})
        project.allow_billable = False
        self.assertFalse(project.partner_id)

    def test_rights(self):
        self._create_users()
        self._buy(10)
        milestone = self._create_milestone(2)
        for method, args in (
            ("action_allocate_service_credits", ()),
            ("action_adjust_service_credits", (1,)),
            ("action_manage_service_credits", ()),
        ):
            with self.assertRaises(AccessError):
                getattr(milestone.with_user(self.stranger), method)(*args)
        with self.assertRaises(AccessError):
            self.project.with_user(self.stranger).action_allocate_service_credits()
        milestone.with_user(self.credit_user).action_allocate_service_credits()
        milestone.with_user(self.credit_user).action_adjust_service_credits(4)
        self.assertEqual(self._rows(milestone).user_id, self.credit_user)
        milestone.with_user(self.stranger).read(["service_credits_allocated"])


@tagged("post_install", "-at_install")
class TestCreditSeveralMilestones(CreditCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._buy(10)
        cls.first = cls._create_milestone(4, name="First", sequence=1)
        cls.big = cls._create_milestone(8, name="Big", sequence=2)
        cls.last = cls._create_milestone(5, name="Last", sequence=3)
        cls.free = cls._create_milestone(0, name="Free", sequence=4)
        cls.all = cls.first | cls.big | cls.last

    def test_strict_is_all_or_nothing(self):
        with self.assertRefused(UserError, self.big, "8.00", "6.00"):
            self.project.action_allocate_service_credits()
        self.assertFalse(sum(self.all.mapped("service_credits_allocated")))
        self._buy(7)
        result = self.project.action_allocate_service_credits()
        self.assertEqual(result, {"allocated": self.all.ids, "refused": {}})
        self.assertEqual(self.all.mapped("service_credits_allocated"), [4, 8, 5])

    def test_those_that_work(self):
        result = self.project.action_allocate_service_credits(strict=False)
        self.assertEqual(result["allocated"], [self.first.id, self.last.id])
        self.assertEqual(list(result["refused"]), [self.big.id])
        self.assertIn("Big needs 8.00", result["refused"][self.big.id])
        self.assertEqual(self.all.mapped("service_credits_allocated"), [4, 0, 5])

    def test_chosen_ones_with_their_reasons(self):
        result = self.project.action_allocate_service_credits(
            [self.free.id, self.last.id], strict=False
        )
        self.assertEqual(result["allocated"], [self.last.id])
        self.assertIn("costs no service credits", result["refused"][self.free.id])

    def test_junk_instead_of_milestones(self):
        for junk in (["x"], [None], [[]], "x"):
            with self.subTest(junk=junk), self.assertRaises(UserError):
                self.project.action_allocate_service_credits(junk)

    def test_milestones_of_another_project(self):
        other = self._create_project(name="Other")
        with self.assertRefused(UserError, says="Only milestones of Rollout"):
            self.project.action_allocate_service_credits(
                [self._create_milestone(1, project_id=other.id).id]
            )
        with self.assertRefused(UserError, self.project):
            self.project.action_allocate_service_credits([2**30])

    def test_what_is_already_allocated_is_not_proposed(self):
        self.first.action_allocate_service_credits()
        result = self.project.action_allocate_service_credits(strict=False)
        self.assertEqual(result["allocated"], [self.last.id])

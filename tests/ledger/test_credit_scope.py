# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ...models.ledger.drawing import draw_credits, plan_draws
from ..support.credit import CreditCommon, take_back


@tagged("post_install", "-at_install")
class TestCreditScope(CreditCommon):
    """Which purchases are used first, and for which work."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team, cls.other_team = cls.env["helpdesk.ticket.team"].create(
            [{"name": "Repairs"}, {"name": "Lessons"}]
        )
        cls.training, cls.audit = cls.env["service.type"].create(
            [{"name": "Courses"}, {"name": "Inspection"}]
        )

    def _plan(self, work=None, credits=1, **values):
        work = work or self._create_ticket()
        return plan_draws(self.env, [self._request(work, credits, **values)])[0]

    def _purchases(self, *args, **values):
        return [part.purchase for part in self._plan(*args, **values).slices]

    def test_lowest_priority_first(self):
        usual = self._buy(1, expiry=10)
        last = self._buy(1, expiry=5, priority=100)
        first = self._buy(1, expiry=90, priority=0)
        self.assertEqual(self._purchases(credits=3), [first, usual, last])
        # It may change on an open purchase, also on one that was used.
        self._draw(self._create_ticket(), 0.5)
        first.priority = 60
        self.assertEqual(self._purchases(credits=3), [usual, first, last])

    @mute_logger("odoo.sql_db")
    def test_priorities_from_0_to_100(self):
        purchase = self._buy()
        for priority in (-1, 101):
            with self.assertRaises(IntegrityError), self.cr.savepoint():
                purchase.priority = priority
                self.env.flush_all()

    def test_each_limit_has_to_fit(self):
        ticket = self._create_ticket(team_id=self.team.id, project_id=self.project.id)
        task = self.env["project.task"].create(
            {"name": "Install", "project_id": self.project.id}
        )
        milestone = self._create_milestone(1)
        bare = self._create_ticket()
        own = {"team_ids": self.team.ids, "project_ids": self.project.ids}
        cases = [
            ({}, [ticket, task, milestone, bare]),
            ({"team_ids": self.team.ids}, [ticket]),
            ({"team_ids": (self.team | self.other_team).ids}, [ticket]),
            ({"team_ids": self.other_team.ids}, []),
            ({"project_ids": self.project.ids}, [ticket, task, milestone]),
            (own, [ticket]),
            ({"service_type_ids": self.audit.ids}, []),
            ({"service_type_ids": self.training.ids, **own}, [ticket]),
        ]
        for limits, works in cases:
            purchase = self._buy(service_type_ids=[], team_ids=[], project_ids=[])
            purchase.write(limits)
            paid = []
            for work in (ticket, task, milestone, bare):
                timed = work if work != milestone else None
                plan = self._plan(work, service_type=timed and self.training)
                paid += work if plan.slices else []
            with self.subTest(limits=limits):
                self.assertEqual(paid, works)
                self.assertEqual(purchase.is_limited, bool(limits))
            if purchase.is_draft:
                purchase.unlink()
            else:
                take_back(purchase)

    def test_what_is_passed_over_is_known(self):
        limited = self._buy(5, expiry=10, team_ids=self.other_team.ids)
        later = self._buy(5, expiry=20)
        plan = self._plan()
        self.assertEqual(plan.slices[0].purchase, later)
        self.assertEqual((plan.barred, plan.next_purchase), (limited, None))
        limited.date_expiry = self._day(30)
        self.assertFalse(self._plan().barred, "it would not have been asked")
        self.assertEqual(self._plan(credits=6).barred, limited)

    def test_an_archived_team_keeps_its_credits(self):
        purchase = self._buy(team_ids=self.team.ids)
        self.team.active = False
        self.assertFalse(self._purchases())
        self.assertTrue(purchase.is_limited)
        purchase.team_ids |= self.other_team
        self.env.invalidate_all()
        self.assertFalse(self._purchases())

    @mute_logger("odoo.sql_db")
    def test_a_limit_cannot_be_deleted_away(self):
        self._buy(service_type_ids=self.training.ids)
        self.env.flush_all()
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.training.unlink()

    def test_by_hand_the_limits_hold_too(self):
        self.company.service_credit_manual_selection = True
        limited = self._buy(team_ids=self.team.ids)
        ours = self._buy(project_ids=self.project.ids)
        milestone = self._create_milestone(2)
        request = self._request(milestone, 2)
        found = self.purchase_model._search_selectable(request, 10)
        self.assertEqual(found, ours)
        with self.assertRefused(
            UserError, says=f"{limited.name} can't pay .* only for {self.team.name}"
        ):
            milestone.action_allocate_service_credits([[limited.id, 2]])
        milestone.action_allocate_service_credits([[ours.id, 2]])
        self.assertEqual(ours.credits_available, 8)

    def test_requests_of_one_batch_do_not_share_their_limits(self):
        repairs = self._buy(1, expiry=5, team_ids=self.team.ids)
        lessons = self._buy(1, expiry=6, team_ids=self.other_team.ids)
        tickets = [
            self._create_ticket(team_id=team.id)
            for team in (self.other_team, self.team, self.team)
        ]
        plans = draw_credits(self.env, [self._request(ticket, 1) for ticket in tickets])
        self.assertEqual(
            [self._slices(plan.rows) for plan in plans],
            [[(lessons, 1)], [(repairs, 1)], []],
        )

    def test_credits_without_limits_cost_no_query_more(self):
        def count(work):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._plan(work)
            return self.env.cr.sql_log_count - before

        ticket = self._create_ticket(team_id=self.team.id)
        self._buy(100)
        count(ticket)
        without = count(ticket)
        self.assertEqual(count(ticket), without)
        for _ in range(3):
            self._buy(1, expiry=5, team_ids=self.other_team.ids)
        some = count(ticket)
        for _ in range(9):
            self._buy(1, expiry=5, team_ids=self.other_team.ids)
        self.assertEqual(count(ticket), some, "however many there are")
        self.assertLessEqual(some - without, 4)

    def test_the_product_says_it_first(self):
        product = self.env["product.product"].create(
            {
                "name": "Courses Pack",
                "type": "service",
                "service_credits": 10,
                "service_credit_priority": 20,
                "service_credit_type_ids": self.training.ids,
                "service_credit_team_ids": self.team.ids,
            }
        )
        for purchase in (
            self._buy(product_id=product.id),
            self._buy(product_id=product.id, priority=70, team_ids=[]),
        ):
            self.assertEqual(purchase.service_type_ids, self.training)
        self.assertEqual((purchase.priority, len(purchase.team_ids)), (70, 0))
        with Form(self.purchase_model) as form:
            form.partner_id = self.customer
            form.credits = 5
            form.is_draft = True
            form.product_id = product
            self.assertEqual((form.priority, form.team_ids[:]), (20, self.team))
            form.product_id = self.env["product.product"]
        self.assertEqual(form.record.priority, 20, "what was proposed stays")

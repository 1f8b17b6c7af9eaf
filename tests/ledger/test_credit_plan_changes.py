# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ...models.ledger.drawing import draw_credits, plan_draws
from ..support.credit import CreditCommon


@tagged("post_install", "-at_install")
class TestCreditPlanChanges(CreditCommon):
    """What people change about allotments that run, with a scheduled action that is on
    time or late."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket()

    def setUp(self):
        super().setUp()
        cron = type(self.env["ir.cron"])
        self.patch(cron, "_commit_progress", lambda *args, **values: 1.0)

    @classmethod
    def _allot(cls, start=date(2026, 1, 1), **values):
        with freeze_time(f"{start} 12:00"):
            return super()._allot(start, **values)

    def _lots(self, plan):
        lots = plan.purchase_ids.filtered(lambda lot: not lot.is_withdrawn)
        return lots.sorted("plan_start")

    def _starts(self, plan):
        return self._lots(plan).mapped("plan_start")

    def _balance(self, day=None):
        lines = self.customer.get_service_credit_balance(day)
        return sum(line["credits_available"] for line in lines)

    def _run(self, day):
        with freeze_time(f"{day} 12:00"):
            self.plan_model._cron_run()

    # ------------------------------------------------------------------
    # Ending
    # ------------------------------------------------------------------

    def test_ending_takes_back_no_period_that_has_begun(self):
        """On time or late, today or on a day before."""
        for runs in (True, False):
            for end in ("2026-01-15", "2026-03-10"):
                with self.subTest(runs=runs, end=end), self.cr.savepoint() as point:
                    plan = self._allot(periods=12)
                    if runs:
                        self._run("2026-01-31")
                        self._run("2026-02-28")
                    with freeze_time("2026-03-10 12:00"):
                        plan.action_end(end)
                        self.assertEqual(plan.state, "ended")
                        self.assertFalse(plan.next_start)
                        self.assertEqual(len(self._lots(plan)), 3)
                        self.assertEqual(self._balance(), 10)
                    point.rollback()

    def test_ending_withdraws_what_has_not_begun(self):
        plan = self._allot()
        self._run("2026-01-31")
        with freeze_time("2026-01-31 12:00"):
            plan.action_end()
            self.assertEqual(self._starts(plan), [date(2026, 1, 1)])

    def test_what_is_left_is_told_after_the_end(self):
        plan = self._allot(rollover="limit", rollover_credits=4)
        with freeze_time("2026-01-10 12:00"):
            self._draw(self.ticket, 2, date=date(2026, 1, 9))
            plan.action_end()
            [text] = self.customer._get_allotment_texts()
            self.assertIn("8 of 10 credits left this month", text)
            self.ticket.invalidate_recordset()
            self.assertEqual(self.ticket.service_credit_period_note, text)
        with freeze_time("2026-02-03 12:00"):
            [text] = self.customer._get_allotment_texts()
            self.assertIn("4 credits rolled over", text)
        with freeze_time("2026-03-20 12:00"):
            self.assertFalse(self.customer._get_allotment_texts())

    def test_what_lapses_is_lost_before_the_purchase_expires(self):
        """A balance says the first day on which some credits are lost."""
        plan = self._allot(rollover="limit", rollover_credits=4)
        for runs in (False, True):
            with freeze_time("2026-01-10 12:00"):
                if runs:
                    self._run("2026-01-10")
                    self._draw(self.ticket, 2, date=date(2026, 1, 9))
                [line] = self.customer.get_service_credit_balance()
                self.assertEqual(line["next_expiry"], date(2026, 1, 31))
                self.assertEqual(line["credits_next_expiry"], 4 if runs else 6)
                self.assertEqual(line["credits_available"], 8 if runs else 10)
                self.assertEqual(line["paid_available"], 640 if runs else 800)
        with freeze_time("2026-01-20 12:00"):
            self._draw(self.ticket, 5, date=date(2026, 1, 19))
            [line] = self.customer.get_service_credit_balance()
            self.assertEqual(line["next_expiry"], self._lots(plan)[:1].date_expiry)
            self.assertEqual(line["credits_next_expiry"], 3)

    def test_a_running_one_is_not_archived(self):
        plan = self._allot()
        for archive in (plan.action_archive, lambda: plan.write({"active": False})):
            with self.assertRefused(UserError, plan.name):
                archive()
        with freeze_time("2026-01-10 12:00"):
            plan.action_end()
        plan.action_archive()
        self.assertFalse(plan.active)
        draft = self.plan_model.create(
            {"partner_id": self.customer.id, "credits": 1, "active": False}
        )
        draft.action_start()
        self.assertTrue(draft.active)

    # ------------------------------------------------------------------
    # Other terms
    # ------------------------------------------------------------------

    def test_new_terms_are_for_periods_to_come(self):
        """A period that had to exist keeps the terms before, also where it did not."""
        for runs in (True, False):
            with self.subTest(runs=runs), self.cr.savepoint() as point:
                plan = self._allot()
                if runs:
                    self._run("2026-01-31")
                with freeze_time("2026-02-03 12:00"):
                    plan.write(
                        {
                            "credits": 12,
                            "paid_per_credit": 90,
                            "rollover": "limit",
                            "rollover_credits": 4,
                        }
                    )
                    january, february = self._lots(plan)
                    for lot in (january, february):
                        self.assertEqual((lot.credits, lot.paid_per_credit), (10, 80))
                        self.assertFalse(lot.date_rollover)
                self._run("2026-02-28")
                march = self._lots(plan)[-1]
                self.assertEqual((march.credits, march.rollover_credits), (12, 4))
                point.rollback()

    def test_another_contact_changes_no_currency(self):
        currency = self.env.ref(
            "base.CHF" if self.currency.name != "CHF" else "base.EUR"
        )
        currency.active = True
        pricelist = self.env["product.pricelist"].create(
            {"name": "Abroad", "currency_id": currency.id}
        )
        draft = self.plan_model.create({"partner_id": self.customer.id, "credits": 1})
        plan = self._allot()
        self.contact.property_product_pricelist = pricelist
        with freeze_time("2026-01-10 12:00"):
            for each, expected in ((draft, currency), (plan, self.currency)):
                each.partner_id = self.contact
                self.assertEqual(each.currency_id, expected)
        self._run("2026-01-31")
        february = self._lots(plan)[-1]
        self.assertEqual(february.partner_id, self.contact)
        self.assertEqual(february.currency_id, self.currency)

    def test_fewer_and_more_periods_again(self):
        """What a shorter term withdrew comes again with a longer one; what was skipped
        does not."""
        plan = self._allot(periods=12)
        self._run("2026-01-31")
        with freeze_time("2026-01-31 12:00"):
            plan.periods = 1
            self.assertEqual(self._starts(plan), [date(2026, 1, 1)])
            plan.periods = 12
            self.assertEqual(self._starts(plan), [date(2026, 1, 1), date(2026, 2, 1)])
            self.assertEqual(plan.next_start, date(2026, 3, 1))
            plan.action_skip()
            plan._create_periods(date(2026, 3, 1))
            plan.periods = 1
            self.assertEqual(self._starts(plan), [date(2026, 1, 1)])
            plan.periods = 12
        with freeze_time("2026-12-31 12:00"):
            self.plan_model._cron_run()
            self.assertEqual(len(self._lots(plan)), 11)
            self.assertNotIn(date(2026, 2, 1), self._starts(plan))
            self._draw(self.ticket, 1, date=date(2026, 3, 2))

    def test_defaults_of_the_caller_shape_nothing(self):
        """Whoever logs time first in a month makes its purchase, and no more."""
        plan = self._allot()
        odd = {
            "default_opening_used": 10,
            "default_sharing": "group",
            "default_priority": 0,
            "default_active": False,
            "default_is_draft": True,
            "default_description": "Odd",
        }
        with freeze_time("2026-02-03 12:00"):
            request = self._request(
                self.ticket.with_context(**odd), 3, date=date(2026, 2, 2)
            )
            env = self.env(context={**self.env.context, **odd})
            draw = draw_credits(env, [request])[0]
            february = self._lots(plan)[-1]
            self.assertEqual(draw.slices[0].purchase, february)
            self.assertEqual(february.credits_available, 7)
            self.assertEqual(
                (february.sharing, february.priority, february.active),
                ("customer", 50, True),
            )
            self.assertFalse(february.is_draft or february.description)

    # ------------------------------------------------------------------
    # Periods that were made ahead
    # ------------------------------------------------------------------

    def test_each_period_begins_on_its_day(self):
        """Also where several were made ahead, and after the end."""
        plan = self._allot(periods=12)
        with freeze_time("2026-01-10 12:00"):
            self._draw(self.ticket, 1, date=date(2026, 4, 5))
            self.assertEqual(len(self._lots(plan)), 4)
            self.assertEqual(plan.next_date, date(2026, 2, 1))
        self._run("2026-02-01")
        self.assertEqual(plan.next_date, date(2026, 3, 1))
        with freeze_time("2026-02-10 12:00"):
            plan.action_end()
            self.assertEqual(
                self._starts(plan)[1:], [date(2026, 2, 1), date(2026, 4, 1)]
            )
            self.assertEqual(plan.next_date, date(2026, 4, 1))
        begun = []
        follow = type(self.plan_model)._follow_begun

        def note(plans):
            begun.extend(plans.ids)
            return follow(plans)

        self.patch(type(self.plan_model), "_follow_begun", note)
        self._run("2026-04-01")
        self.assertIn(plan.id, begun)
        self.assertFalse(plan.next_date)

    def test_two_members_use_one_period_to_come(self):
        """A preview of a batch gives away no credit twice."""
        members = [
            self._create_customer(name, parent_id=self.customer.id)
            for name in ("Azure Wheels", "Azure Wings")
        ]
        product = self.env["product.product"].create(
            {
                "name": "Shared",
                "type": "service",
                "service_credits": 10,
                "service_credit_sharing": "group",
            }
        )
        self._allot(product_id=product.id)
        with freeze_time("2026-03-10 12:00"):
            requests = [
                self._request(
                    self._create_ticket(partner_id=member.id),
                    8,
                    partner=member,
                    date=date(2026, 3, 9),
                )
                for member in members
            ]
            draws = plan_draws(self.env, requests)
            self.assertEqual([draw.credits for draw in draws], [8, 2])
            draws = draw_credits(self.env, requests)
            self.assertEqual([draw.credits for draw in draws], [8, 2])

    # ------------------------------------------------------------------
    # Cost
    # ------------------------------------------------------------------

    def test_queries_do_not_grow_with_the_age_of_a_plan(self):
        plan = self._allot()
        counts = []
        for day in (date(2026, 3, 10), date(2028, 6, 10)):
            self._run(day)
            with freeze_time(f"{day} 12:00"):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self._draw(self.ticket, 1, date=day)
                self.customer._get_allotment_texts()
                plan._compute_period_note()
                self.env.flush_all()
                counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_only_the_first_allotment_of_a_customer_touches_its_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        before = self.company.service_sharing_version, other.service_sharing_version
        plan = self._allot()
        first = self.company.service_sharing_version
        self.assertNotEqual(first, before[0])
        self.assertEqual(other.service_sharing_version, before[1])
        self._allot()
        with freeze_time("2026-01-10 12:00"):
            plan.action_end()
        self.assertEqual(self.company.service_sharing_version, first)

    def test_milestone_is_paid_by_a_period_to_come(self):
        """The window shows it before it has its purchase."""
        self._create_users()
        self._allot()
        milestone = self._create_milestone(3).with_user(self.credit_user)
        with freeze_time("2026-03-10 12:00"):
            form = Form.from_action(
                milestone.env, milestone.action_manage_service_credits()
            )
            self.assertFalse(form.obstacle)
            form.save().action_confirm()
            rows = milestone.sudo().service_credit_allocation_ids.consumption_ids
            self.assertEqual(rows.purchase_id.plan_start, date(2026, 3, 1))

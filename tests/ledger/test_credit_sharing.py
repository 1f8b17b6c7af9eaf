# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.alert.books import find_differences
from ...models.ledger.drawing import draw_credits, plan_draws
from ..support.credit import CreditCommon, give_back


@tagged("post_install", "-at_install")
class TestCreditSharing(CreditCommon):
    """Credits of one customer that others draw from."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls._create_customer("Azure Repairs", parent_id=cls.customer.id)
        cls.branch_ticket = cls._create_ticket(partner_id=cls.branch.id)

    def _plan(self, partner=None, credits=1, **values):
        partner = partner or self.branch
        work = self._create_ticket(partner_id=partner.id)
        request = self._request(work, credits, partner=partner, **values)
        return plan_draws(self.env, [request])[0]

    def _purchases(self, *args, **values):
        return [part.purchase for part in self._plan(*args, **values).slices]

    def _share(self, credits=10, **values):
        return self._buy(credits, **{"sharing": "group", **values})

    def test_companies_below_draw_from_the_group(self):
        below = self._create_customer("Azure Wheels", parent_id=self.branch.id)
        contact = self.env["res.partner"].create(
            {"name": "Will", "parent_id": below.id}
        )
        beside = self._share(partner_id=below.id)
        pool = self._share()
        alone = self._buy()
        self.assertEqual(self._purchases(), [pool])
        self.assertEqual(self._purchases(contact, credits=12), [beside, pool])
        self.assertEqual(self._purchases(self.other_customer), [])
        self.assertNotIn(beside, self._purchases(self.customer, credits=99))
        self.assertEqual(self._purchases(credits=99), [pool])
        self.assertTrue(self.purchase_model._has_bought(self.branch, self.company))
        self.assertIn(alone, self._purchases(self.customer, credits=20))

    def test_chosen_customers_draw(self):
        pool = self._share(sharing="chosen", shared_partner_ids=self.other_customer.ids)
        self.assertEqual(self._purchases(self.other_customer), [pool])
        self.assertEqual(self._purchases(), [])
        self.assertTrue(
            self.purchase_model._has_bought(self.other_customer, self.company)
        )
        pool.shared_partner_ids = self.branch
        self.assertEqual(self._purchases(self.other_customer), [])
        self.assertEqual(self._purchases(), [pool])
        pool.sharing = "customer"
        self.assertEqual(self._purchases(), [])

    def test_own_before_shared_whatever_the_priority(self):
        pool = self._share(expiry=5, priority=0)
        sooner = self._share(expiry=3, priority=0)
        own = self._buy(1, expiry=300, priority=100, partner_id=self.branch.id)
        plan = self._plan(credits=15)
        self.assertEqual([part.purchase for part in plan.slices], [own, sooner, pool])
        plan = self._plan(credits=1)
        self.assertEqual(plan.next_purchase, sooner)

    def test_rows_belong_to_both(self):
        """The work's customer has the allocation, the owner the purchase."""
        pool = self._share(paid_per_credit=50)
        rows = self._draw(self.branch_ticket, 4, partner=self.branch).rows
        self.assertTrue(rows.is_shared)
        self.assertEqual(rows.used_by_id, self.branch)
        self.assertEqual(rows.commercial_partner_id, self.customer)
        self.assertEqual(rows.allocation_id.commercial_partner_id, self.branch)
        self.assertEqual((rows.paid, pool.paid_available), (200, 300))
        self.assertFalse(self._draw(self._create_ticket(), 1).rows.is_shared)
        # Nobody shares any more: what was used stays, and goes back where it was.
        pool.sharing = "customer"
        back = give_back(rows, 1.5)
        self.assertTrue(back.is_shared)
        self.assertEqual(pool.credits_available, 6.5)
        self.assertFalse(find_differences(self.env, self.company))

    def test_one_batch_of_several_members_never_takes_twice(self):
        other = self._create_customer("Azure Wheels", parent_id=self.customer.id)
        pool = self._share(5)
        requests = [
            self._request(self._create_ticket(partner_id=who.id), 3, partner=who)
            for who in (self.branch, other, self.customer)
        ]
        plans = draw_credits(self.env, requests)
        self.assertEqual([plan.credits for plan in plans], [3, 2, 0])
        self.assertEqual(pool.credits_available, 0)

    def test_companies_stay_apart(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self._share(company_id=elsewhere.id, currency_id=self.currency.id)
        self.assertEqual(self._purchases(), [])

    def test_by_hand_only_what_is_shared(self):
        self.company.service_credit_manual_selection = True
        pool, alone = self._share(), self._buy()
        project = self._create_project(partner_id=self.branch.id)
        milestone = self._create_milestone(2, project_id=project.id)
        request = milestone._prepare_draw_request(2)
        found = self.purchase_model._search_selectable(request, 10)
        self.assertEqual(found, pool)
        with self.assertRefused(UserError, milestone):
            milestone.action_allocate_service_credits([[alone.id, 2]])
        milestone.action_allocate_service_credits([[pool.id, 2]])
        self.assertEqual(pool.credits_available, 8)

    def test_shared_with_customers_not_contacts(self):
        purchase = self._buy()
        nora = self.contact
        with self.assertRefused(
            ValidationError, says=f"{nora.name}, who belongs to {self.customer.name}"
        ):
            purchase.shared_partner_ids = nora

    def test_a_member_that_joins_another_customer_takes_its_share_along(self):
        member = self.env["res.partner"].create({"name": "Sole Trader"})
        pool = self._share(sharing="chosen", shared_partner_ids=member.ids)
        self.assertEqual(self._purchases(member), [pool])
        member.parent_id = self.other_customer
        self.assertEqual(pool.shared_partner_ids, self.other_customer)
        self.assertEqual(self._purchases(self.other_customer), [pool])

    def test_a_member_that_joins_another_customer_takes_its_limit_along(self):
        members = [
            self.env["res.partner"].create({"name": name})
            for name in ("Sole Trader", "Second Trader")
        ]
        pool = self._share(sharing="chosen")
        own = self._share(sharing="chosen", partner_id=self.other_customer.id)
        share = self._limit(pool, 3, members[0])
        dropped = self._limit(pool, 4, members[1]) | self._limit(own, 4, members[1])
        for member in members:
            member.parent_id = self.other_customer
        self.assertEqual(pool.shared_partner_ids, self.other_customer)
        self.assertEqual(pool.share_ids, share)
        self.assertEqual((share.partner_id, share.credits), (self.other_customer, 7))
        self.assertFalse(dropped.exists())
        self.assertEqual(self._plan(self.other_customer, credits=19).credits, 17)

    def test_a_share_of_a_customer_off_the_list_puts_nobody_on_it(self):
        member = self.env["res.partner"].create({"name": "Sole Trader"})
        pool = self._share(10, sharing="chosen")
        share = self._limit(pool, 3, member)
        pool.shared_partner_ids -= member
        member.parent_id = self.other_customer
        self.assertFalse(pool.shared_partner_ids)
        self.assertFalse(share.exists())
        self.assertEqual(self._purchases(self.other_customer), [])

    def test_a_share_of_a_customer_off_the_list_does_not_limit_who_joins(self):
        member = self.env["res.partner"].create({"name": "Sole Trader"})
        pool = self._share(10, sharing="chosen", shared_partner_ids=member.ids)
        share = self._limit(pool, 3, self.other_customer)
        pool.shared_partner_ids -= self.other_customer
        member.parent_id = self.other_customer
        self.assertEqual(pool.shared_partner_ids, self.other_customer)
        self.assertFalse(share.exists())
        self.assertEqual(self._plan(self.other_customer, credits=19).credits, 10)

    def test_a_customer_without_a_limit_keeps_none(self):
        """Neither a member that joins it nor one that is merged brings its own."""
        member, twin = self.env["res.partner"].create(
            [{"name": "Sole Trader"}, {"name": "Second Trader"}]
        )
        joined = member | twin | self.other_customer
        pool = self._share(10, sharing="chosen", shared_partner_ids=joined.ids)
        self._limit(pool, 3, member)
        self._limit(pool, 2, twin)
        member.parent_id = self.other_customer
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((twin | self.other_customer).ids, self.other_customer)
        self.env.invalidate_all()
        self.assertFalse(pool.share_ids)
        self.assertEqual(self._plan(self.other_customer, credits=19).credits, 10)

    def test_what_was_used_without_a_limit_is_not_counted_against_one(self):
        member = self.env["res.partner"].create({"name": "Sole Trader"})
        joined = member | self.other_customer
        pool = self._share(20, sharing="chosen", shared_partner_ids=joined.ids)
        share = self._limit(pool, 3, self.other_customer)
        ticket = self._create_ticket(partner_id=member.id)
        self._draw(ticket, 8, partner=member)
        member.parent_id = self.other_customer
        self.assertEqual((share.credits, share.credits_used), (11, 8))
        self.assertEqual(self._plan(self.other_customer, credits=19).credits, 3)

    def test_sharing_and_limits_are_imported_by_their_names(self):
        self.env["service.type"].create({"name": "Remote Lessons"})
        names = [
            "partner_id",
            "credits",
            "sharing",
            "priority",
            "shared_partner_ids",
            "service_type_ids",
            "share_ids/partner_id",
            "share_ids/credits",
        ]
        owner, member = self.customer.name, self.other_customer.name
        row = [owner, "10", "Chosen customers", "5", member, "Remote Lessons"]
        result = self.purchase_model.load(names, [[*row, member, "4"]])
        self.assertFalse(result["messages"])
        pool = self.purchase_model.browse(result["ids"])
        self.assertEqual((pool.sharing, pool.priority), ("chosen", 5))
        self.assertEqual(pool.shared_partner_ids, self.other_customer)
        self.assertEqual(pool.service_type_ids.name, "Remote Lessons")
        self.assertEqual(pool.share_ids.credits, 4)

    def test_an_owner_needs_no_share_of_its_own(self):
        member = self.env["res.partner"].create({"name": "Sole Trader"})
        pool = self._share(10, sharing="chosen", partner_id=member.id)
        self._limit(pool, 3, self.other_customer)
        member.parent_id = self.other_customer
        self.assertFalse(pool.share_ids)
        self.assertEqual(self._plan(self.other_customer, credits=19).credits, 10)

    def _limit(self, pool, credits, partner=None):
        return self.env["service.credit.share"].create(
            {
                "purchase_id": pool.id,
                "partner_id": (partner or self.branch).id,
                "credits": credits,
            }
        )

    def test_a_share_is_the_most_a_member_draws(self):
        pool = self._share(10, sharing="chosen")
        share = self._limit(pool, 3)
        self.assertEqual(pool.shared_partner_ids, self.branch)
        [(_partner, _lot, left)] = self.branch._get_shared_credits()
        self.assertEqual(left, 3)
        rows = self._draw(self.branch_ticket, 2, partner=self.branch).rows
        plan = self._draw(self.branch_ticket, 2, partner=self.branch)
        self.assertEqual((plan.credits, plan.missing), (1, 1))
        self.assertEqual((share.credits_used, pool.credits_available), (3, 7))
        plan = self._plan()
        self.assertEqual((plan.barred, plan.is_share_used), (pool, True))
        give_back(rows, 1.5)
        self.assertEqual(share.credits_used, 1.5)
        self.assertEqual(self._plan(credits=9).credits, 1.5)
        share.credits = 1
        self.assertFalse(self._plan().slices)
        share.unlink()
        self.assertEqual(self._plan(credits=9).credits, 8.5)
        self.assertEqual(self._plan(self.customer, credits=9).credits, 8.5)

    def test_a_share_holds_for_a_whole_batch_and_by_hand(self):
        pool = self._share(10)
        self._limit(pool, 3)
        work = self._create_ticket(partner_id=self.branch.id)
        requests = [
            self._request(work, 2, partner=self.branch, strict=strict)
            for strict in (False, False, True, False)
        ]
        plans = plan_draws(self.env, requests)
        self.assertEqual([plan.credits for plan in plans], [2, 1, 0, 0])
        self.company.service_credit_manual_selection = True
        project = self._create_project(partner_id=self.branch.id)
        milestone = self._create_milestone(4, project_id=project.id)
        with self.assertRefused(UserError, pool, "3.00"):
            milestone.action_allocate_service_credits([[pool.id, 4]])

    def test_a_share_holds_for_the_branches_of_a_batch(self):
        """Wherever the member's work is, it has one share."""
        north = self.env["res.company"].create(
            {"name": "North", "parent_id": self.company.id}
        )
        pool = self._share(10)
        self._limit(pool, 3)
        requests = [
            self._request(self.branch_ticket, 2, partner=self.branch, company=company)
            for company in (self.company, north, self.company)
        ]
        plans = draw_credits(self.env, requests)
        self.assertEqual([plan.credits for plan in plans], [2, 1, 0])
        self.assertEqual(pool.credits_available, 7)

    def test_shares_of_several_members_are_read_together(self):
        others = self.branch
        others |= self._create_customer("Azure Wheels", parent_id=self.customer.id)
        pool = self._share(10)
        for credits, other in enumerate(others, 2):
            self._limit(pool, credits, other)

        def count(customers):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = customers._get_shared_credits()
            return self.env.cr.sql_log_count - before, found

        count(others)
        one, _found = count(self.branch)
        both, found = count(others)
        self.assertEqual([left for _who, _lot, left in found], [2, 3])
        # The other one's companies above are read; its shares are not.
        self.assertLessEqual(both, one + 1)

    def test_a_share_is_no_contacts(self):
        pool = self._share(sharing="chosen")
        nora, customer = self.contact, self.customer.name
        with self.assertRefused(ValidationError, says=f"belongs to {customer}"):
            self._limit(pool, 3, nora)
        share = self._limit(pool, 3)
        with self.assertRefused(ValidationError, says=f"belongs to {customer}"):
            share.partner_id = nora
        share.partner_id = self.other_customer
        self.assertEqual(pool.shared_partner_ids, self.branch | self.other_customer)
        self.assertEqual(self._plan(self.other_customer, credits=9).credits, 3)

    def test_members_that_are_merged_have_the_sum_of_their_shares(self):
        pool = self._share(10, sharing="chosen")
        shares = self._limit(pool, 3) | self._limit(pool, 2, self.other_customer)
        self._draw(self.branch_ticket, 1, partner=self.branch)
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.branch | self.other_customer).ids, self.other_customer)
        self.env.invalidate_all()
        share = shares.exists()
        self.assertEqual(share.partner_id, self.other_customer)
        self.assertEqual((share.credits, share.credits_used), (5, 1))
        self.assertEqual(pool.shared_partner_ids, self.other_customer)
        self.assertEqual(self._plan(self.other_customer, credits=9).credits, 4)

    def test_customers_that_share_nothing_change_nothing_in_memory(self):
        alone, owner = self.env["res.partner"].create(
            [{"name": "Sole Trader"}, {"name": "Sole Owner"}]
        )
        below = self._create_customer("Birch Wheels", parent_id=self.other_customer.id)
        self._buy(partner_id=alone.id)
        pool = self._share(partner_id=owner.id)
        self.assertEqual(self._purchases(below), [])
        before = self.company.service_sharing_version
        alone.parent_id = self.other_customer
        self.assertEqual(self.company.service_sharing_version, before)
        owner.parent_id = self.other_customer
        self.assertNotEqual(self.company.service_sharing_version, before)
        self.assertEqual(self._purchases(below), [pool])

    def test_shares_are_of_their_customers(self):
        pool = self._share(10)
        with mute_logger("odoo.sql_db"):
            for credits in (0, -1):
                with self.assertRaises(IntegrityError), self.cr.savepoint():
                    self._limit(pool, credits)
        with self.assertRefused(UserError):
            self._limit(pool, float("nan"))

    def test_balances(self):
        """A ticket tells what can pay for it; a balance is what the customer owns."""
        self._share(7)
        self._buy(3, partner_id=self.branch.id)
        self.assertEqual(self.branch_ticket.service_credits_available, 10)
        [own] = self.branch.get_service_credit_balance()
        self.assertEqual(own["credits_available"], 3)
        [owner] = self.customer.get_service_credit_balance()
        self.assertEqual(owner["credits_available"], 7)
        [both] = self.branch._get_service_credit_balances()[self.branch.id]
        self.assertEqual(
            (both["credits_available"], both["value_available"]), (10, 300)
        )

    def test_customers_without_pools_cost_no_query_more(self):
        tickets = {
            who: self._create_ticket(partner_id=who.id)
            for who in (self.other_customer, self.branch)
        }

        def count(who):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            plan_draws(self.env, [self._request(tickets[who], 5, partner=who)])
            return self.env.cr.sql_log_count - before

        self._buy(partner_id=self.other_customer.id)
        self._buy(partner_id=self.branch.id)
        count(self.branch)
        before = count(self.other_customer), count(self.branch)
        self._share()
        count(self.other_customer)
        self.assertEqual(count(self.other_customer), before[0])
        some = count(self.branch)
        self.assertLessEqual(some - before[1], 3)
        for _ in range(30):
            self._share(expiry=9)
        count(self.branch)
        self.assertEqual(count(self.branch), some, "however many there are")

    def test_a_member_reads_its_own_rows_and_no_price(self):
        pool = self._share()
        self._draw(self.branch_ticket, 4, partner=self.branch)
        self._draw(self._create_ticket(name="Secret of the group"), 2)
        member = new_test_user(
            self.env, "member", "base.group_portal", partner_id=self.branch.id
        )
        owner = new_test_user(
            self.env, "owner", "base.group_portal", partner_id=self.contact.id
        )
        rows = self.row_model.with_user(member)
        self.assertFalse(rows.search([("purchase_id", "=", pool.id)]))
        self.assertFalse(self.purchase_model.with_user(member).search([]))
        [allocation] = self.allocation_model.with_user(member).search([])
        self.assertEqual(allocation.credits, 4)
        self.assertNotIn("value", allocation.fields_get())
        # The owner reads of the others' work that it was theirs, no more.
        rows = self.row_model.with_user(owner).search([("purchase_id", "=", pool.id)])
        self.assertEqual(rows.mapped("credits"), [2])

    def test_statements(self):
        self._share()
        self._draw(self.branch_ticket, 4, partner=self.branch)
        values = {"date_from": self._day(-1), "date_to": self.today}
        owner, member = self.env["service.credit.statement"].create(
            [
                {"partner_id": self.customer.id, **values},
                {"partner_id": self.branch.id, **values},
            ]
        )
        [section] = owner._get_sections()
        used = [line for line in section["lines"] if line["movement"].credits == 4]
        self.assertEqual([line["work"] for line in used], [self.branch.name])
        self.assertEqual(section["closing"]["credits"], 6)
        self.assertFalse(owner._get_shared_lines())
        self.assertFalse(member._get_sections())
        [line] = member._get_shared_lines()
        self.assertEqual(line["credits"], -4)
        self.assertIn(self.customer.name, line["purchase"])
        self.assertIn(self.branch_ticket.name, line["work"])

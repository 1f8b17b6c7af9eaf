# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import os
import random
from datetime import date, timedelta

from odoo.tests import tagged

from ...models.ledger.drawing import DrawRequest, draw_credits
from ..support.funding import FundingCommon
from ..support.played import LONG, played

SEED = int(os.environ.get("HELPDESK_SEED", 7))
WORLDS = 40 if LONG else 3
DAYS = [date(2026, 5, 1) + timedelta(days=day) for day in range(30)]


@tagged("post_install", "-at_install")
class TestRevenueRiskShared(FundingCommon):
    """Time that was given away, though credits that others share could have paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.over_limit_policy = "overage"
        partners = cls.env["res.partner"]
        cls.branch = partners.create(
            {"name": "Branch", "is_company": True, "parent_id": cls.customer.id}
        )
        contact = partners.create({"name": "Ben", "parent_id": cls.branch.id})
        cls.desk = partners.create(
            {"name": "Desk", "is_company": True, "parent_id": contact.id}
        )
        # Who is below whom, in plain words.
        cls.above = {
            cls.customer: [],
            cls.branch: [cls.customer],
            cls.desk: [cls.branch, cls.customer],
            cls.other_customer: [],
        }
        cls.by_phone, cls.on_site = cls.env["service.type"].create(
            [
                {"name": "By Phone", "credits_per_hour": 0.5},
                {"name": "On Site", "credits_per_hour": 2},
            ]
        )

    def _find(self, *entries):
        """Return the findings about entries, by entry."""
        self.env.flush_all()
        self.env.invalidate_all()
        risks = self.env["service.revenue.risk"].search(
            [("timesheet_id", "in", [entry.id for entry in entries])]
        )
        return {risk.timesheet_id: risk for risk in risks}

    def _give_away(self, customer, **values):
        ticket = self._create_ticket(partner_id=customer.id)
        return self._work(1, ticket, is_billable=False, **values)

    def test_a_pool_of_the_group(self):
        entry = self._give_away(self.branch)
        self.assertFalse(self._find(entry))
        pool = self._buy(sharing="group")
        risk = self._find(entry)[entry]
        self.assertEqual((risk.kind, risk.value), ("non_billable", 100))
        risk.action_settle()
        self.assertEqual((entry.coverage, pool.credits_available), ("credits", 9))
        self.assertFalse(self._find(entry))

    def test_a_share_that_is_used_up(self):
        pool = self._buy(sharing="chosen", shared_partner_ids=self.other_customer.ids)
        self.env["service.credit.share"].create(
            {
                "purchase_id": pool.id,
                "partner_id": self.other_customer.id,
                "credits": 2,
            }
        )
        entry = self._give_away(self.other_customer)
        self.assertIn(entry, self._find(entry))
        self._work(2, self._create_ticket(partner_id=self.other_customer.id))
        self.assertFalse(self._find(entry))

    def test_credits_for_other_work(self):
        self._buy(sharing="group", service_type_ids=self.on_site.ids)
        by_phone = self._give_away(self.branch, service_type_id=self.by_phone.id)
        on_site = self._give_away(self.desk, service_type_id=self.on_site.id)
        self.assertEqual([*self._find(by_phone, on_site)], [on_site])

    def test_overage_costs_what_shared_credits_cost(self):
        self._buy(1, sharing="group", value_per_credit=70)
        entry = self._work(4, self._create_ticket(partner_id=self.branch.id))
        waiting = entry.search([("split_from_id", "=", entry.id)])
        self.assertEqual((waiting.coverage, waiting.hours_billed), ("overage", 3))
        self.assertEqual(waiting.overage_value, 210)
        self.assertEqual(self._find(waiting)[waiting].value, 210)
        self._buy(1, partner_id=self.branch.id, value_per_credit=60, start="2026-02-01")
        waiting.invalidate_recordset(["overage_value"])
        self.assertEqual(waiting.overage_value, 180, "its own before shared ones")
        self.assertEqual(self._find(waiting)[waiting].value, 180)

    # ------------------------------------------------------------------
    # Against a plain model
    # ------------------------------------------------------------------

    def _make_lots(self, rng):
        """Return random purchases with what a plain model knows of them."""
        lots = []
        for number in range(8):
            owner = rng.choice([*self.above])
            others = [other for other in self.above if other != owner]
            chosen = rng.sample(others, rng.randint(1, 2))
            start, stop = sorted(rng.sample(DAYS, 2))
            lot = {
                "owner": owner,
                "sharing": rng.choice(["customer", "group", "chosen"]),
                "chosen": chosen,
                "types": rng.choice([[], [], [self.by_phone], [self.on_site]]),
                "priority": rng.choice([10, 50]),
                "start": start,
                "stop": stop,
                "value": 10 + number,
                "shares": {},
            }
            values = {
                "partner_id": owner.id,
                "sharing": lot["sharing"],
                "priority": lot["priority"],
                "value_per_credit": lot["value"],
                "service_type_ids": [kind.id for kind in lot["types"]],
            }
            if lot["sharing"] == "chosen":
                values["shared_partner_ids"] = [other.id for other in chosen]
            lot["record"] = self._buy(5, start, stop, **values)
            if lot["sharing"] == "chosen" and rng.random() < 0.5:
                self._use_share(lot, chosen[0], rng.choice([0, 1]))
            lots.append(lot)
        return lots

    def _use_share(self, lot, member, used):
        """Let a customer draw one credit at most, and maybe draw it."""
        purchase = lot["record"]
        self.env["service.credit.share"].create(
            {"purchase_id": purchase.id, "partner_id": member.id, "credits": 1}
        )
        lot["shares"][member] = 1 - used
        if used:
            request = DrawRequest(
                work=self._create_ticket(partner_id=member.id),
                partner=member,
                company=self.company,
                date=lot["start"],
                credits=1,
                strict=True,
                selection=[[purchase.id, 1]],
                service_type=lot["types"][0] if lot["types"] else None,
            )
            self.company.service_credit_manual_selection = True
            draw_credits(self.env, [request])

    def _expect(self, lots, customer, day, kind):
        """Return what an hour is worth that was given away, None for nothing."""
        usable = []
        for lot in lots:
            is_shared = lot["owner"] != customer
            if is_shared and not (
                (lot["sharing"] == "group" and lot["owner"] in self.above[customer])
                or (lot["sharing"] == "chosen" and customer in lot["chosen"])
            ):
                continue
            if is_shared and lot["shares"].get(customer) == 0:
                continue
            if not lot["start"] <= day <= lot["stop"]:
                continue
            if lot["types"] and kind not in lot["types"]:
                continue
            order = lot["priority"], lot["stop"], lot["start"], lot["record"].id
            usable.append((is_shared, order, lot["value"]))
        if not usable:
            return None
        return min(usable)[2] * (kind.credits_per_hour if kind else 1)

    def _play(self, rng):
        lots = self._make_lots(rng)
        expected = {}
        for customer in self.above:
            for _entry in range(5):
                day = rng.choice(DAYS)
                kind = rng.choice([None, self.by_phone, self.on_site])
                entry = self._give_away(
                    customer, date=day, service_type_id=kind and kind.id
                )
                expected[entry] = self._expect(lots, customer, day, kind)
        found = self._find(*expected)
        self.assertEqual(
            {
                entry: found[entry].value if entry in found else None
                for entry in expected
            },
            expected,
        )
        return len(expected)

    def test_walk_what_others_share(self):
        for number in range(WORLDS):
            seed = SEED + number
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                entries = self._play(random.Random(seed))
                savepoint.rollback()
            self.env.invalidate_all()
            played("walks", "revenue at risk", worlds=1, entries=entries)
